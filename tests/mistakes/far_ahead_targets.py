"""Exercise 7, question 4: direct targets."""

import math

import numpy as np
import torch

from lstm_course.checks import far_ahead as check
from tests.mistakes.catalogue import Mistake


def shifted(y, h):
    n = len(y) - h
    return torch.stack([y[1 + k : 1 + k + n] - y[:n] for k in range(h)], 1)


def looped(y, h):
    return torch.stack([y[t + 1 : t + 1 + h] - y[t] for t in range(len(y) - h)])


def unfolded(y, h):
    w = y.unfold(0, h + 1, 1)
    return w[:, 1:] - w[:, :1]


def summed(y, h):
    return y.diff().unfold(0, h, 1).cumsum(1)


def indexed(y, h):
    t, k = torch.arange(len(y) - h)[:, None], torch.arange(h)
    return y[t + 1 + k] - y[t]


def doubly(y, h):
    out = torch.empty(len(y) - h, h, dtype=y.dtype)
    for t in range(len(y) - h):
        for k in range(h):
            out[t, k] = y[t + k + 1] - y[t]
    return out


def numpyish(y, h):
    y = y.numpy()
    return torch.from_numpy(np.lib.stride_tricks.sliding_window_view(y[1:], h) - y[: len(y) - h, None])


def pylist(y, h):
    v = y.tolist()
    return torch.tensor([[v[t + 1 + k] - v[t] for k in range(h)] for t in range(len(v) - h)], dtype=y.dtype)


def U(y, h):
    return y[1:].unfold(0, h, 1)


def subtracting(y, h):
    got = shifted(y, h)
    y -= y.mean()
    return got


def ext(y, h, fill):
    return shifted(torch.cat([y, fill]), h)


RIGHT = {
    check.direct_targets: {
        "shifted": shifted,
        "looped": looped,
        "unfolded": unfolded,
        "summed": summed,
        "indexed": indexed,
        "doubly": doubly,
        "numpyish": numpyish,
        "pylist": pylist,
    },
}
MISTAKES = {
    check.direct_targets: {
        "none": Mistake(lambda y, h: None, "Got NoneType"),
        "float64": Mistake(lambda y, h: shifted(y, h).double(), "Got torch.float64"),
        "from t, one row more": Mistake(
            lambda y, h: y.unfold(0, h, 1) - y[: len(y) - h + 1, None],
            "y, n = series, len(series) - horizon + 1; targets = torch.stack([y[k : k + n] - y[:n] for k in range(hori",
        ),
        "rolled the other way": Mistake(
            lambda y, h: torch.stack([y.roll(1 + k) - y for k in range(h)], 1)[: len(y) - h], "y.roll(1 + k)[:n]"
        ),
        "transposed": Mistake(
            lambda y, h: shifted(y, h).T,
            "targets = torch.stack([y[1 + k : 1 + k + n] - y[:n] for k in range(horizon)], dim=1).T",
        ),
        "last row lost": Mistake(lambda y, h: shifted(y, h)[:-1], "y, n = series, len(series) - horizon - 1"),
        "first row lost": Mistake(lambda y, h: shifted(y, h)[1:], "y, n = series, len(series) - horizon - 1"),
        "float32": Mistake(lambda y, h: shifted(y, h).float(), "Got torch.float32"),
        "array": Mistake(lambda y, h: shifted(y, h).numpy(), "Got ndarray"),
        "values": Mistake(U, "targets = torch.stack([y[1 + k : 1 + k + n] for k in range(horizon)], dim=1)"),
        "begins with 0": Mistake(
            lambda y, h: y[:-1].unfold(0, h, 1) - y[: len(y) - h, None],
            "targets = torch.stack([y[k : k + n] - y[:n] for k in range(horizon)], dim=1)",
        ),
        "one late": Mistake(
            lambda y, h: y[2:].unfold(0, h, 1) - y[: len(y) - h - 1, None],
            "targets must have the shape (T - horizon, horizon) = (8, 3). Got shape (7, 3).",
            named=False,
        ),
        "sign": Mistake(
            lambda y, h: -shifted(y, h),
            "targets = torch.stack([y[1 + k : 1 + k + n] - y[:n] for k in range(horizon)], dim=1) * -1",
        ),
        "reversed": Mistake(
            lambda y, h: shifted(y, h).flip(1),
            "targets = torch.stack([y[horizon - k : horizon - k + n] - y[:n] for k in range(horizon)], dim=1",
        ),
        "steps": Mistake(
            lambda y, h: y.diff().unfold(0, h, 1),
            "targets = torch.stack([y[1 + k : 1 + k + n] - y[k : k + n] for k in range(horizon)], dim=1)",
        ),
        "from the last": Mistake(
            lambda y, h: U(y, h) - y[h:, None],
            "targets = torch.stack([y[1 + k : 1 + k + n] - y[horizon : horizon + n] for k in range(horizon)]",
        ),
        "from next": Mistake(
            lambda y, h: U(y, h) - y[1 : len(y) - h + 1, None],
            "targets = torch.stack([y[1 + k : 1 + k + n] - y[1 : 1 + n] for k in range(horizon)], dim=1)",
        ),
        "from first": Mistake(
            lambda y, h: U(y, h) - y[0],
            "targets = torch.stack([y[1 + k : 1 + k + n] - y[:1] for k in range(horizon)], dim=1)",
        ),
        "centred": Mistake(
            lambda y, h: U(y, h) - y.mean(),
            "targets = torch.stack([y[1 + k : 1 + k + n] - y.mean() for k in range(horizon)], dim=1)",
        ),
        "ratio": Mistake(
            lambda y, h: U(y, h) / y[: len(y) - h, None],
            "targets = torch.stack([y[1 + k : 1 + k + n] / y[:n] for k in range(horizon)], dim=1)",
        ),
        "percent": Mistake(
            lambda y, h: U(y, h) / y[: len(y) - h, None] - 1,
            "targets = torch.stack([y[1 + k : 1 + k + n] / y[:n] - 1 for k in range(horizon)], dim=1)",
        ),
        "plus": Mistake(
            lambda y, h: U(y, h) + y[: len(y) - h, None],
            "targets = torch.stack([y[1 + k : 1 + k + n] + y[:n] for k in range(horizon)], dim=1)",
        ),
        "padded": Mistake(lambda y, h: ext(y, h, 0 * y[:h]), "y, n = series, len(series)"),
        "wrapped": Mistake(lambda y, h: ext(y, h, y[:h]), "y, n = series, len(series)"),
        "held": Mistake(lambda y, h: ext(y, h, y[-1:].expand(h)), "y, n = series, len(series)"),
        "nan": Mistake(lambda y, h: ext(y, h, y[:h] * math.nan), "y, n = series, len(series)"),
        "rolled": Mistake(
            lambda y, h: torch.stack([y.roll(-1 - k) - y for k in range(h)], 1), "y, n = series, len(series)"
        ),
        "only last": Mistake(
            lambda y, h: shifted(y, h)[:, -1:],
            "targets = torch.stack([y[1 + k : 1 + k + n] - y[:n] for k in range(horizon)], dim=1)[:, -1:]",
        ),
        "only last flat": Mistake(
            lambda y, h: shifted(y, h)[:, -1],
            "targets = torch.stack([y[1 + k : 1 + k + n] - y[:n] for k in range(horizon)], dim=1)[:, -1]",
        ),
        "all the same": Mistake(
            lambda y, h: shifted(y, h)[:, -1:].expand(-1, h),
            "targets = torch.stack([y[horizon : horizon + n] - y[:n] for k in range(horizon)], dim=1)",
        ),
        "summed": Mistake(
            lambda y, h: shifted(y, h).cumsum(1),
            "targets = torch.stack([y[1 + k : 1 + k + n] - y[:n] for k in range(horizon)], dim=1).cumsum(1)",
        ),
        "mean": Mistake(
            lambda y, h: shifted(y, h).mean(1),
            "targets = torch.stack([y[1 + k : 1 + k + n] - y[:n] for k in range(horizon)], dim=1).mean(1)",
        ),
        "abs": Mistake(
            lambda y, h: shifted(y, h).abs(),
            "targets = torch.stack([y[1 + k : 1 + k + n] - y[:n] for k in range(horizon)], dim=1).abs()",
        ),
        "feature": Mistake(
            lambda y, h: shifted(y, h)[..., None],
            "targets = torch.stack([y[1 + k : 1 + k + n] - y[:n] for k in range(horizon)], dim=1)[..., None]",
        ),
        "one column more": Mistake(
            lambda y, h: y.unfold(0, h + 1, 1) - y[: len(y) - h, None],
            "targets = torch.stack([y[1 + k : 1 + k + n] - y[:n] for k in range(horizon)], dim=1)",
        ),
        "blocks": Mistake(
            lambda y, h: shifted(y, h)[::h],
            "targets = torch.stack([y[1 + k : 1 + k + n] - y[:n] for k in range(horizon)], dim=1)[::horizon]",
        ),
        "subtracting": Mistake(subtracting, "Got an argument that was changed in place: y"),
        "list": Mistake(lambda y, h: shifted(y, h).tolist(), "Got list"),
        "list of columns": Mistake(lambda y, h: list(shifted(y, h).unbind(1)), "Got list"),
        "int": Mistake(lambda y, h: shifted(y, h).long(), "Got torch.int64"),
        "reverse time": Mistake(
            lambda y, h: shifted(y, h).flip(0),
            "targets = torch.stack([y[1 + k : 1 + k + n] - y[:n] for k in range(horizon)], dim=1).flip(0)",
        ),
        "horizon - 1": Mistake(
            lambda y, h: shifted(y, h)[:, :-1] if h > 1 else shifted(y, h)[:, :0],
            "targets = torch.stack([y[1 + k : 1 + k + n] - y[:n] for k in range(horizon - 1)], dim=1)",
        ),
    },
}
