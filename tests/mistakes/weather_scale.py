"""Exercise 5, question 3: scaling."""

import statistics

import numpy as np
import torch

from lstm_course.checks import weather as check
from tests.mistakes.catalogue import Mistake


def scaled(train, other):
    return (train - train.mean(axis=0)) / train.std(axis=0), (other - train.mean(axis=0)) / train.std(axis=0)


def by_columns(train, other):
    columns = [(np.sum(c) / len(c), np.sqrt(np.mean((c - np.mean(c)) ** 2))) for c in train.T]
    return [np.stack([(c - m) / s for c, (m, s) in zip(part.T, columns, strict=True)], 1) for part in (train, other)]


def with_torch(train, other):
    train, other = torch.tensor(train), torch.tensor(other)
    mean, spread = train.mean(0), train.std(0, correction=0)
    return (train - mean) / spread, (other - mean) / spread


def with_python(train, other):
    columns = list(zip(*train.tolist(), strict=True))
    means = [statistics.fmean(c) for c in columns]
    spreads = [statistics.pstdev(c) for c in columns]
    return [
        [[(x - m) / s for x, m, s in zip(row, means, spreads, strict=True)] for row in part] for part in (train, other)
    ]


def with_einsum(train, other):
    n = len(train)
    mean = np.einsum("nf->f", train) / n
    rest = train - mean
    spread = np.sqrt(np.einsum("nf,nf->f", rest, rest) / n)
    return tuple(np.divide(np.subtract(part, mean), spread + 1e-12) for part in (train, other))


def with_squares(train, other):
    mean = np.average(train, axis=0)[None]
    spread = ((train**2).mean(axis=0, keepdims=True) - mean**2) ** 0.5
    both = (np.vstack([train, other]) - mean) / spread
    return np.split(both, [len(train)])


def stat(center, spread):
    def answer(train, other):
        return tuple((v - center(v, train, other)) / spread(v, train, other) for v in (train, other))

    return answer


def in_place(train, other):
    mean, spread = train.mean(axis=0), train.std(axis=0)
    train -= mean
    train /= spread
    return train, (other - mean) / spread


def in_place_other(train, other):
    mean, spread = train.mean(axis=0), train.std(axis=0)
    other -= mean
    other /= spread
    return (train - mean) / spread, other


def after(train, other):
    """Train is overwritten by its scaled self before other is scaled."""
    train = (train - train.mean(axis=0)) / train.std(axis=0)
    return train, (other - train.mean(axis=0)) / train.std(axis=0)


def both(a, b):
    return np.concatenate([a, b])


def m0(v, a, b):
    return a.mean(axis=0)


def s0(v, a, b):
    return a.std(axis=0)


def overwritten(train, other):
    train = (train - train.mean(axis=0)) / train.std(axis=0)
    return train, (other - train.mean(axis=0)) / train.std(axis=0)


RIGHT = {
    check.scale: {
        "formula": scaled,
        "column by column": by_columns,
        "torch": with_torch,
        "plain Python": with_python,
        "einsum": with_einsum,
        "mean of squares": with_squares,
    },
}
MISTAKES = {
    check.scale: {
        "minus one to one": Mistake(
            lambda a, b: tuple(2 * (x - a.min(0)) / (a.max(0) - a.min(0)) - 1 for x in (a, b)),
            "scaled_train = 2 * (train - train.min(axis=0)) / (train.max(axis=0) - train.min(axis=0)) - 1",
        ),
        "length": Mistake(
            lambda a, b: tuple(x / np.linalg.norm(a, axis=0) for x in (a, b)),
            "scaled_train = train / np.linalg.norm(train, axis=0)",
        ),
        "clipped": Mistake(
            lambda a, b: ((a - a.mean(0)) / a.std(0), np.clip((b - a.mean(0)) / a.std(0), -3, 3)),
            "scaled_other = np.clip((other - mean) / spread, -3, 3)",
        ),
        "train overwritten": Mistake(
            overwritten, "scaled_other = other  # as it is, or scaled by what train has after scaling"
        ),
        "none": Mistake(lambda a, b: None, "Got NoneType"),
        "train only": Mistake(lambda a, b: scaled(a, b)[0], "Got ndarray"),
        "stacked": Mistake(lambda a, b: np.concatenate(scaled(a, b)), "Got ndarray"),
        "exchanged": Mistake(
            lambda a, b: scaled(a, b)[::-1], "scaled_train, scaled_other = scaled_other, scaled_train"
        ),
        "by other": Mistake(lambda a, b: scaled(b, a)[::-1], "mean = other.mean(axis=0)"),
        "both": Mistake(
            stat(lambda v, a, b: both(a, b).mean(axis=0), lambda v, a, b: both(a, b).std(axis=0)),
            "mean = both.mean(axis=0)",
        ),
        "own": Mistake(
            stat(lambda v, a, b: v.mean(axis=0), lambda v, a, b: v.std(axis=0)), "mean = other.mean(axis=0)"
        ),
        "own mean": Mistake(stat(lambda v, a, b: v.mean(axis=0), s0), "mean = other.mean(axis=0)"),
        "own spread": Mistake(stat(m0, lambda v, a, b: v.std(axis=0)), "spread = other.std(axis=0)"),
        "whole": Mistake(stat(lambda v, a, b: a.mean(), lambda v, a, b: a.std()), "mean = train.mean()"),
        "whole spread": Mistake(stat(m0, lambda v, a, b: a.std()), "spread = train.std()"),
        "whole mean": Mistake(stat(lambda v, a, b: a.mean(), s0), "mean = train.mean()"),
        "rows": Mistake(
            stat(lambda v, a, b: v.mean(axis=1, keepdims=True), lambda v, a, b: v.std(axis=1, keepdims=True) + 1e-9),
            "scaled_train = (train - train.mean(axis=1, keepdims=True)) / train.std(axis=1, keepdims=True)",
        ),
        "loose": Mistake(stat(m0, lambda v, a, b: 1), "scaled_train = train - mean"),
        "unloose": Mistake(stat(lambda v, a, b: 0, s0), "scaled_train = train / spread"),
        "variance": Mistake(stat(m0, lambda v, a, b: a.var(axis=0)), "spread = train.var(axis=0)"),
        "n-1": Mistake(stat(m0, lambda v, a, b: a.std(axis=0, ddof=1)), "spread = train.std(axis=0, ddof=1)"),
        "times": Mistake(stat(m0, lambda v, a, b: 1 / a.std(axis=0)), "scaled_train = (train - mean) * spread"),
        "precedence": Mistake(
            lambda a, b: tuple(v - a.mean(axis=0) / a.std(axis=0) for v in (a, b)),
            "scaled_train = train - mean / spread",
        ),
        "minmax": Mistake(
            stat(lambda v, a, b: a.min(axis=0), lambda v, a, b: a.max(axis=0) - a.min(axis=0)),
            "mean = train.min(axis=0)",
        ),
        "range": Mistake(
            stat(m0, lambda v, a, b: a.max(axis=0) - a.min(axis=0)), "spread = train.max(axis=0) - train.min(axis=0)"
        ),
        "median": Mistake(
            stat(lambda v, a, b: np.median(a, axis=0), s0), "scaled_train = (train - np.median(train, axis=0)) / spread"
        ),
        "mad": Mistake(
            stat(m0, lambda v, a, b: np.abs(a - a.mean(axis=0)).mean(axis=0)),
            "scaled_train = (train - mean) / np.abs(train - mean).mean(axis=0)",
        ),
        "rms": Mistake(
            stat(m0, lambda v, a, b: np.sqrt((a**2).mean(axis=0))),
            "scaled_train = (train - mean) / np.sqrt((train**2).mean(axis=0))",
        ),
        "by max": Mistake(
            stat(lambda v, a, b: 0, lambda v, a, b: np.abs(a).max(axis=0)),
            "scaled_train = train / np.abs(train).max(axis=0)",
        ),
        "plus": Mistake(stat(lambda v, a, b: -a.mean(axis=0), s0), "scaled_train = (train + mean) / spread"),
        "sign": Mistake(lambda a, b: tuple(-v for v in scaled(a, b)), "scaled_train = (mean - train) / spread"),
        "other unscaled": Mistake(lambda a, b: (scaled(a, b)[0], b), "scaled_other = other"),
        "in place": Mistake(in_place, "Got an argument that was changed in place: train"),
        "in place other": Mistake(in_place_other, "Got an argument that was changed in place: other"),
        "after": Mistake(after, "scaled_other = other"),
        "transposed": Mistake(
            lambda a, b: tuple(v.T for v in scaled(a, b)),
            "scaled_train, scaled_other = tensor(scaled_train).T, tensor(scaled_other).T",
        ),
        "float32": Mistake(lambda a, b: tuple(v.astype(np.float32) for v in scaled(a, b)), "Got float32"),
        "first column": Mistake(
            stat(lambda v, a, b: a[:, :1].mean(), lambda v, a, b: a[:, :1].std()), "mean = train[:, :1].mean(axis=0)"
        ),
        "norm": Mistake(
            stat(m0, lambda v, a, b: np.linalg.norm(a - a.mean(axis=0), axis=0)),
            "spread = train.std(axis=0) * len(train) ** 0.5",
        ),
        "big eps": Mistake(stat(m0, lambda v, a, b: a.std(axis=0) + 0.01), "Expected ", named=False),
    },
}
