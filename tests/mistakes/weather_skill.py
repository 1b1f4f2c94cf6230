"""Exercise 5, question 5: skill."""

import numpy as np
import torch
from torch.nn.functional import mse_loss

from lstm_course.checks import weather as check
from tests.mistakes.catalogue import Mistake


def mse(a, b):
    return np.mean((a - b) ** 2)


def w_inplace(f, r, y):
    f -= y
    r -= y
    return 1 - (f**2).mean() / (r**2).mean()


RIGHT = {
    check.skill: {
        "formula": lambda f, r, y: 1 - mse(f, y) / mse(r, y),
        "one fraction": lambda f, r, y: (mse(r, y) - mse(f, y)) / mse(r, y),
        "sums": lambda f, r, y: torch.tensor(1 - ((f - y) ** 2).sum() / ((r - y) ** 2).sum()),
        "norms": lambda f, r, y: float(1 - (np.linalg.norm(f - y) / np.linalg.norm(r - y)) ** 2),
        "plain Python": lambda f, r, y: (
            1 - sum(e * e for e in np.ravel(f - y).tolist()) / sum(e * e for e in np.ravel(r - y).tolist())
        ),
        "variance and bias": lambda f, r, y: np.asarray(
            1 - np.var(f - y) / mse(r, y) - np.mean(f - y) ** 2 / mse(r, y)
        ),
        "torch loss": lambda f, r, y: (
            1 - mse_loss(torch.tensor(f), torch.tensor(y)).item() / mse_loss(torch.tensor(r), torch.tensor(y)).item()
        ),
    },
}
MISTAKES = {
    check.skill: {
        "no mean": Mistake(
            lambda f, r, y: 1 - (f - y) ** 2 / (r - y) ** 2,
            "skill = 1 - (forecast - truth) ** 2 / (reference - truth) ** 2",
        ),
        "mean of rows": Mistake(
            lambda f, r, y: np.mean(1 - ((f - y) ** 2).mean(-1) / ((r - y) ** 2).mean(-1)),
            "skill = np.mean(1 - ((forecast - truth) ** 2).mean(-1) / ((reference - truth) ** 2).mean(-1))",
        ),
        "better or not": Mistake(lambda f, r, y: bool(mse(f, y) < mse(r, y)), "The skill must be a number. Got True"),
        "none": Mistake(lambda f, r, y: None, "Got None"),
        "rmse": Mistake(
            lambda f, r, y: 1 - np.sqrt(mse(f, y) / mse(r, y)),
            "error = lambda forecast, truth: np.sqrt(np.mean((forecast - truth) ** 2))",
        ),
        "ratio": Mistake(
            lambda f, r, y: mse(f, y) / mse(r, y), "skill = error(forecast, truth) / error(reference, truth)"
        ),
        "swapped": Mistake(
            lambda f, r, y: 1 - mse(r, y) / mse(f, y), "skill = 1 - error(reference, truth) / error(forecast, truth)"
        ),
        "swapped ratio": Mistake(
            lambda f, r, y: mse(r, y) / mse(f, y), "skill = error(reference, truth) / error(forecast, truth)"
        ),
        "sign": Mistake(
            lambda f, r, y: mse(f, y) / mse(r, y) - 1, "skill = error(forecast, truth) / error(reference, truth) - 1"
        ),
        "difference": Mistake(
            lambda f, r, y: mse(r, y) - mse(f, y), "skill = error(reference, truth) - error(forecast, truth)"
        ),
        "by forecast": Mistake(
            lambda f, r, y: (mse(r, y) - mse(f, y)) / mse(f, y),
            "skill = error(reference, truth) / error(forecast, truth) - 1",
        ),
        "var": Mistake(lambda f, r, y: 1 - mse(f, y) / np.var(y), "skill = 1 - error(forecast, truth) / np.var(truth)"),
        "mae": Mistake(
            lambda f, r, y: 1 - np.mean(np.abs(f - y)) / np.mean(np.abs(r - y)),
            "error = lambda forecast, truth: np.mean(np.abs(forecast - truth))",
        ),
        "no square": Mistake(
            lambda f, r, y: 1 - np.mean(f - y) / np.mean(r - y),
            "error = lambda forecast, truth: np.mean(forecast - truth)",
        ),
        "square of mean": Mistake(
            lambda f, r, y: 1 - np.mean(f - y) ** 2 / np.mean(r - y) ** 2,
            "error = lambda forecast, truth: np.mean(forecast - truth) ** 2",
        ),
        "variance of errors": Mistake(
            lambda f, r, y: 1 - np.var(f - y) / np.var(r - y),
            "error = lambda forecast, truth: np.var(forecast - truth)",
        ),
        "columns": Mistake(
            lambda f, r, y: 1 - ((f - y) ** 2).mean(axis=0) / ((r - y) ** 2).mean(axis=0),
            "error = lambda forecast, truth: np.mean((forecast - truth) ** 2, axis=0)",
        ),
        "mean of columns": Mistake(
            lambda f, r, y: (1 - ((f - y) ** 2).mean(axis=0) / ((r - y) ** 2).mean(axis=0)).mean(),
            "skill = np.mean(1 - ((forecast - truth) ** 2).mean(0) / ((reference - truth) ** 2).mean(0))",
        ),
        "mean of ratios": Mistake(
            lambda f, r, y: 1 - np.mean((f - y) ** 2 / (r - y) ** 2),
            "skill = 1 - np.mean((forecast - truth) ** 2 / (reference - truth) ** 2)",
        ),
        "forecast vs reference": Mistake(
            lambda f, r, y: 1 - mse(f, r) / mse(r, y),
            "skill = 1 - error(forecast, reference) / error(truth, reference)",
        ),
        "percent": Mistake(
            lambda f, r, y: 100 * (1 - mse(f, y) / mse(r, y)),
            "skill = 100 * (1 - error(forecast, truth) / error(reference, truth))",
        ),
        "precedence": Mistake(
            lambda f, r, y: (1 - mse(f, y)) / mse(r, y),
            "skill = (1 - error(forecast, truth)) / error(reference, truth)",
        ),
        "correlation": Mistake(
            lambda f, r, y: np.corrcoef(f.ravel(), y.ravel())[0, 1],
            "skill = np.corrcoef(forecast.flat, truth.flat)[0, 1]",
        ),
        "r2": Mistake(
            lambda f, r, y: np.corrcoef(f.ravel(), y.ravel())[0, 1] ** 2,
            "skill = np.corrcoef(forecast.flat, truth.flat)[0, 1] ** 2",
        ),
        "rounded": Mistake(
            lambda f, r, y: round(1 - mse(f, y) / mse(r, y), 2),
            "skill = round(1 - error(forecast, truth) / error(reference, truth), 2)",
        ),
        "clipped": Mistake(
            lambda f, r, y: max(0.0, 1 - mse(f, y) / mse(r, y)),
            "skill = max(0.0, 1 - error(forecast, truth) / error(reference, truth))",
        ),
        "abs": Mistake(
            lambda f, r, y: abs(1 - mse(f, y) / mse(r, y)),
            "skill = error(forecast, truth) / error(reference, truth) - 1",
        ),
        "in place": Mistake(w_inplace, "Got an argument that was changed in place: f"),
        "mse": Mistake(lambda f, r, y: mse(f, y), "skill = error(forecast, truth)"),
        "print": Mistake(lambda f, r, y: str(1 - mse(f, y) / mse(r, y)), "Got str '0.6569614674891533'."),
        "pair": Mistake(lambda f, r, y: (mse(f, y), mse(r, y)), "Got shape (2,)."),
        "sum": Mistake(
            lambda f, r, y: 1 - np.sum((f - y) ** 2) / np.mean((r - y) ** 2),
            "skill = 1 - np.sum((forecast - truth) ** 2) / error(reference, truth)",
        ),
    },
}
