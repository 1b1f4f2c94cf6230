"""Exercise 5, question 1: windows."""

import numpy as np
import torch
from numpy.lib.stride_tricks import as_strided, sliding_window_view

from lstm_course.checks import weather as check
from tests.mistakes.catalogue import Mistake


def cut(series, look_back, horizon, *, first=0, fewer=0, shift=0, stride=1):
    """All windows, or what a slip makes of them: where they start, how many are lost, how far the future is moved."""
    pairs = range(first, len(series) - look_back - horizon + 1 - fewer, stride)
    past = np.stack([series[m : m + look_back] for m in pairs])
    return past, np.stack([series[m + look_back + shift : m + look_back + horizon + shift] for m in pairs])


def with_views(series, look_back, horizon):
    both = sliding_window_view(series, look_back + horizon)
    return both[:, :look_back], both[:, look_back:]


def with_unfold(series, look_back, horizon):
    both = torch.from_numpy(series).unfold(0, look_back + horizon, 1)
    return both[:, :look_back], both[:, look_back:]


def with_lists(series, look_back, horizon):
    past, future = [], []
    values = list(series)
    while len(values) >= look_back + horizon:
        past.append(values[:look_back])
        future.append(values[look_back : look_back + horizon])
        values.pop(0)
    return past, future


def with_indices(series, look_back, horizon):
    start = np.arange(len(series) - look_back - horizon + 1)[:, None]
    return series[start + np.arange(look_back)], series[start + np.arange(look_back, look_back + horizon)]


def by_columns(series, look_back, horizon):
    pairs = len(series) - (look_back + horizon - 1)
    columns = [series[k : k + pairs] for k in range(look_back + horizon)]
    return np.column_stack(columns[:look_back]), np.column_stack(columns[look_back:])


def with_strides(series, look_back, horizon):
    shape = len(series) - look_back - horizon + 1, look_back + horizon
    both = as_strided(series, shape, 2 * series.strides)
    return both[:, :look_back].copy(), both[:, look_back:].copy()


def filled(series, look_back, horizon):
    last = len(series) - horizon  # the last hour at which a future may begin
    past, future = np.empty((last - look_back + 1, look_back)), np.empty((last - look_back + 1, horizon))
    for row, hour in enumerate(range(look_back, last + 1)):
        past[row], future[row] = series[hour - look_back : hour], series[hour : hour + horizon]
    return [past, future]


def writing(series, look_back, horizon):
    got = cut(series, look_back, horizon)
    series -= series.mean()
    return got


def without_horizon(series, look_back, horizon):
    return cut(np.pad(series, (0, horizon - 1)), look_back, horizon)


def round_the_end(series, look_back, horizon):
    start = np.arange(len(series))[:, None]
    n = len(series)
    return series[(start + np.arange(look_back)) % n], series[(start + look_back + np.arange(horizon)) % n]


def only_last(series, look_back, horizon):
    past, future = cut(series, look_back, horizon)
    return past, future[:, -1:]


def repeated_first(series, look_back, horizon):
    past, future = cut(series, look_back, horizon)
    return past, np.repeat(future[:, :1], horizon, axis=1)


def centred(series, look_back, horizon):
    past, future = cut(series, look_back, horizon)
    mean = past.mean(axis=1, keepdims=True)
    return past - mean, future - mean


def jumping_future(series, look_back, horizon):
    """The future jumps a whole horizon a pair, the past an hour."""
    pairs = len(series) - look_back - horizon + 1
    past = cut(series, look_back, horizon)[0]
    start = (np.arange(pairs) * horizon + look_back) % (len(series) - horizon + 1)
    return past, series[start[:, None] + np.arange(horizon)]


def after_horizon(series, look_back, horizon):
    """The future begins `horizon` after the start of the past."""
    past, _ = cut(series, look_back, horizon)
    start = np.arange(len(past))[:, None] + horizon
    return past, series[np.minimum(start + np.arange(horizon), len(series) - 1)]


def part(which, change):
    """Right, but one of the two parts is changed."""

    def answer(series, look_back, horizon):
        got = list(cut(series, look_back, horizon))
        got[which] = change(got[which])
        return tuple(got)

    return answer


def shuffled(series, look_back, horizon):
    past, future = cut(series, look_back, horizon)
    order = np.random.default_rng(0).permutation(len(past))
    return past[order], future[order]


def shared_hour(series, look_back, horizon):
    """Let each future begin with the last hour of its past, and count the pairs accordingly."""
    pairs = range(len(series) - look_back - horizon + 2)
    past = np.stack([series[m : m + look_back] for m in pairs])
    return past, np.stack([series[m + look_back - 1 : m + look_back + horizon - 1] for m in pairs])


def objects(series, look_back, horizon):
    past = np.stack([series[m : m + look_back] for m in range(len(series) - look_back)])
    rows = [series[m + look_back : m + look_back + horizon] for m in range(len(past))]
    return past, np.array(rows, dtype=object)


RIGHT = {
    check.windows: {
        "slices": cut,
        "views": with_views,
        "unfold": with_unfold,
        "lists": with_lists,
        "indices": with_indices,
        "columns": by_columns,
        "strides": with_strides,
        "filled": filled,
    },
}
MISTAKES = {
    check.windows: {
        "nothing returned": Mistake(lambda y, L, H: None, "Got NoneType"),
        "past alone": Mistake(lambda y, L, H: cut(y, L, H)[0], "Got ndarray"),
        "one table of both": Mistake(lambda y, L, H: np.hstack(cut(y, L, H)), "Got ndarray"),
        "future first": Mistake(lambda y, L, H: cut(y, L, H)[::-1], "past, future = future, past"),
        "one pair too few": Mistake(
            lambda y, L, H: cut(y, L, H, fewer=1),
            "last = len(series) - look_back - horizon - 1  # where the last pair starts",
        ),
        "first pair lost": Mistake(lambda y, L, H: cut(y, L, H, first=1), "starts = range(1, last + 1, 1)"),
        "horizon not counted in pairs": Mistake(
            without_horizon, "series = np.concatenate([series, np.zeros(horizon - 1)])"
        ),
        "future begins with last past": Mistake(
            lambda y, L, H: cut(y, L, H, shift=-1),
            "future = [series[m + look_back - 1 : m + look_back + horizon - 1] for m in starts]",
        ),
        "gap": Mistake(
            lambda y, L, H: cut(y, L, H, shift=1, fewer=1),
            "last = len(series) - look_back - horizon - 1  # where the last pair starts",
        ),
        "windows side by side": Mistake(
            lambda y, L, H: cut(y, L, H, stride=L), "starts = range(0, last + 1, look_back)"
        ),
        "stride of the horizon": Mistake(
            lambda y, L, H: cut(y, L, H, stride=H), "starts = range(0, last + 1, horizon)"
        ),
        "round the end": Mistake(round_the_end, "series = np.concatenate([series, series[: look_back + horizon - 1]])"),
        "past reversed": Mistake(
            part(0, lambda a: a[:, ::-1]), "past = [series[m : m + look_back][::-1] for m in starts]"
        ),
        "future reversed": Mistake(
            part(1, lambda a: a[:, ::-1]),
            "future = [series[m + look_back : m + look_back + horizon][::-1] for m in starts]",
        ),
        "transposed": Mistake(
            lambda y, L, H: tuple(a.T for a in cut(y, L, H)), "past, future = tensor(past).T, tensor(future).T"
        ),
        "only last": Mistake(
            only_last, "future = [series[m + look_back + horizon - 1 : m + look_back + horizon] for m in starts]"
        ),
        "flat future": Mistake(
            part(1, lambda a: a[:, 0]), "future = [series[m + look_back : m + look_back + horizon][0] for m in starts]"
        ),
        "first repeated": Mistake(
            repeated_first,
            "future = [series[m + look_back : m + look_back + horizon][:1].repeat(horizon) for m in starts]",
        ),
        "centred": Mistake(
            centred, "past = [series[m : m + look_back] - series[m : m + look_back].mean() for m in starts]"
        ),
        "jumping": Mistake(jumping_future, "Expected ", named=False),
        "after horizon": Mistake(after_horizon, "future = [series[m + horizon : m + 2 * horizon] for m in starts]"),
        "feature axis": Mistake(
            lambda y, L, H: tuple(a[..., None] for a in cut(y, L, H)),
            "past, future = tensor(past)[..., None], tensor(future)[..., None]",
        ),
        "shuffled": Mistake(shuffled, "Got windows that begin with the hours 2, 0, 1, 3 ..."),
        "latest pair first": Mistake(
            lambda y, L, H: tuple(a[::-1] for a in cut(y, L, H)), "past, future = past[::-1], future[::-1]"
        ),
        "changes the series": Mistake(writing, "Got an argument that was changed in place: series"),
        "float32": Mistake(lambda y, L, H: tuple(a.astype(np.float32) for a in cut(y, L, H)), "Got float32"),
        "sizes of the example": Mistake(lambda y, L, H: cut(y, 3, 2), "look_back, horizon = 3, 2"),
        "indices": Mistake(
            lambda y, L, H: cut(np.arange(len(y)) + 0.0, L, H), "series = np.arange(float(len(series)))"
        ),
        "exchanged arguments": Mistake(lambda y, L, H: cut(y, H, L), "look_back, horizon = horizon, look_back"),
        "names": Mistake(lambda y, L, H: ("past", "future"), "Got str 'past'."),
        "nan": Mistake(
            part(0, lambda a: a * np.nan),
            "Got NaN: something is divided by zero, or subtracts infinities, or takes the root or log",
        ),
        "global": Mistake(lambda y, L, H: cut(np.linspace(20, 30, 24), L, H), "Got shape (17, 5).", named=False),
        "one hour shared, so one pair more": Mistake(
            shared_hour,
            "last = len(series) - look_back - horizon + 1  # where the last pair starts",
        ),
        "all pasts": Mistake(
            lambda y, L, H: (sliding_window_view(y, L), sliding_window_view(y[L:], H)),
            "last = len(series) - look_back  # where the last pair starts",
        ),
        "rows of several lengths": Mistake(
            lambda y, L, H: tuple(
                [y[m + at : m + at + size] for m in range(len(y) - L)] for at, size in ((0, L), (L, H))
            ),
            "Got rows of 3, 3, 3, 3, 2, 1 numbers: slices that reach behind the end come out shorter",
        ),
        "array of objects": Mistake(
            objects, "Got rows of 3, 3, 3, 3, 2, 1 numbers: slices that reach behind the end come out shorter"
        ),
        "ragged": Mistake(
            lambda y, L, H: cut(y, L, H, fewer=-1), "ValueError: all input arrays must have the same shape", named=False
        ),
    },
}
