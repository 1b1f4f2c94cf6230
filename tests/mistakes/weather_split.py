"""Exercise 5, question 2: training and test without leakage."""

import numpy as np
import torch

from lstm_course.checks import weather as check
from tests.mistakes.catalogue import Mistake
from tests.mistakes.weather import cut, with_lists


def split(series, L, H, boundary, *, train=0, test=0):
    """The right split, or one whose parts end or begin some hours off."""
    return cut(series[: boundary + train], L, H), cut(series[boundary - L + test :], L, H)


def by_mask(series, L, H, boundary):
    past, future = cut(np.arange(len(series)), L, H)
    train, test = (future < boundary).all(axis=1), (future >= boundary).all(axis=1)
    return [[series[past[train]], series[future[train]]], [series[past[test]], series[future[test]]]]


def by_last_and_first(series, L, H, boundary):
    past, future = cut(series, L, H)
    start = np.arange(len(past))
    train, test = start + L + H <= boundary, start + L >= boundary
    return (past[train], future[train]), (past[test], future[test])


def by_slices(series, L, H, boundary):
    past, future = cut(series, L, H)
    train, test = slice(0, boundary - L - H + 1), slice(boundary - L, None)
    return (past[train], future[train]), (past[test], future[test])


def with_torch(series, L, H, boundary):
    y = torch.tensor(series)
    train, test = (part.unfold(0, L + H, 1) for part in (y[:boundary], y[boundary - L :]))
    return (train[:, :L], train[:, L:]), (test[:, :L], test[:, L:])


def by_appending(series, L, H, boundary):
    train, test = ([], []), ([], [])
    for t in range(L, len(series) - H + 1):
        part = train if t + H <= boundary else test if t >= boundary else None
        if part:
            part[0].append(series[t - L : t].tolist())
            part[1].append(series[t : t + H].tolist())
    return train, test


def windows_at(place):
    def answer(series, L, H, boundary):
        past, future = cut(series, L, H)
        at = place(len(past), L, H, boundary)
        return (past[:at], future[:at]), (past[at:], future[at:])

    return answer


def shuffled(series, L, H, boundary):
    past, future = cut(series, L, H)
    order = np.random.default_rng(0).permutation(len(past))
    past, future = past[order], future[order]
    return (past[: boundary - L], future[: boundary - L]), (past[boundary - L :], future[boundary - L :])


def shuffled_after(series, L, H, boundary):
    train, test = split(series, L, H, boundary)
    order = np.random.default_rng(0).permutation(len(train[0]))
    return (train[0][order], train[1][order]), test


def by_past(series, L, H, boundary):
    past, future = cut(series, L, H)
    hours = np.arange(len(past))
    train = hours + L <= boundary
    return (past[train], future[train]), split(series, L, H, boundary)[1]


def any_test(series, L, H, boundary):
    past, future = cut(series, L, H)
    last = np.arange(len(past)) + L + H - 1
    test = last >= boundary
    return (past[~test], future[~test]), (past[test], future[test])


def writing(series, L, H, boundary):
    got = split(series.copy(), L, H, boundary)
    series -= series[:boundary].mean()
    return got


def scaled(series, L, H, boundary):
    return split((series - series[:boundary].mean()) / series[:boundary].std(), L, H, boundary)


def hours(series, L, H, boundary):
    return split(np.arange(len(series)) + 0.0, L, H, boundary)


def backwards(series, L, H, boundary):
    train, test = split(series, L, H, boundary)
    return tuple(part[::-1] for part in train), test


RIGHT = {
    check.split_windows: {
        "series first": split,
        "masks": by_mask,
        "starts": by_last_and_first,
        "slices": by_slices,
        "torch": with_torch,
        "appended": by_appending,
        "lists": lambda y, L, H, b: (with_lists(y[:b], L, H), with_lists(y[b - L :], L, H)),
    },
}
MISTAKES = {
    check.split_windows: {
        "none": Mistake(lambda *a: None, "Got NoneType"),
        "windows split at the first that forecasts the boundary": Mistake(
            windows_at(lambda n, L, H, b: b - L), "train = both[starts + look_back < boundary]"
        ),
        "windows split at index boundary": Mistake(windows_at(lambda n, L, H, b: b), "train = both[starts < boundary]"),
        "windows split 80/20": Mistake(
            windows_at(lambda n, L, H, b: int(0.8 * n)), "train = both[starts < int(0.8 * len(starts))]"
        ),
        "windows split after train": Mistake(
            windows_at(lambda n, L, H, b: b - L - H + 1), "test = both[starts + look_back > boundary - horizon]"
        ),
        "shuffled": Mistake(shuffled, "Got windows that begin with the hours 18, 4, 21, 10, 11, 2, 22, 6 ..."),
        "shuffled train": Mistake(shuffled_after, "Got windows that begin with the hours 2, 4, 3, 6, 5, 0, 1, 7 ..."),
        "by past": Mistake(by_past, "train = both[starts + look_back <= boundary]"),
        "any test": Mistake(any_test, "test = both[starts + look_back > boundary - horizon]"),
        "straddling": Mistake(lambda *a: split(*a, test=-1), "test = both[starts + look_back >= boundary - 1]"),
        "cold": Mistake(lambda y, L, H, b: (cut(y[:b], L, H), cut(y[b:], L, H)), "test = both[starts >= boundary]"),
        "test one late": Mistake(lambda *a: split(*a, test=1), "test = both[starts + look_back > boundary]"),
        "train one early": Mistake(
            lambda *a: split(*a, train=-1), "train = both[starts + look_back + horizon < boundary]"
        ),
        "boundary hour in train": Mistake(
            lambda *a: split(*a, train=1), "train = both[starts + look_back + horizon <= boundary + 1]"
        ),
        "train misses horizon": Mistake(
            lambda y, L, H, b: split(y, L, H, b, train=-H),
            "train = both[starts + look_back + horizon <= boundary - horizon]",
        ),
        "train misses look_back": Mistake(
            lambda y, L, H, b: split(y, L, H, b, train=-L),
            "train = both[starts + look_back + horizon <= boundary - look_back]",
        ),
        "last test lost": Mistake(
            lambda y, L, H, b: (cut(y[:b], L, H), cut(y[b - L :], L, H, fewer=1)),
            "test = both[(starts + look_back >= boundary) & (starts < len(starts) - 1)]",
        ),
        "both one lost": Mistake(
            lambda y, L, H, b: (cut(y[:b], L, H, fewer=1), cut(y[b - L :], L, H, fewer=1)),
            "train = both[starts + look_back + horizon < boundary]",
        ),
        "first train lost": Mistake(
            lambda y, L, H, b: (cut(y[:b], L, H, first=1), cut(y[b - L :], L, H)),
            "train = both[(starts > 0) & (starts + look_back + horizon <= boundary)]",
        ),
        "backwards": Mistake(backwards, "train = both[starts + look_back + horizon <= boundary][::-1]"),
        "swapped": Mistake(lambda *a: split(*a)[::-1], "train, test = test, train"),
        "train only": Mistake(lambda *a: split(*a)[0], "Got ndarray"),
        "regrouped": Mistake(
            lambda *a: tuple(zip(*split(*a), strict=True)), "train_future, test_past = test_past, train_future"
        ),
        "four": Mistake(lambda *a: sum(split(*a), ()), "Got 4 values"),
        "overlap": Mistake(
            lambda y, L, H, b: (cut(y[:b], L, H, shift=-1), cut(y[b - L :], L, H, shift=-1)),
            "past, future = slice(0, look_back), slice(look_back - 1, -1)",
        ),
        "future past swapped": Mistake(
            lambda *a: tuple(part[::-1] for part in split(*a)),
            "train_past, train_future, test_past, test_future = train_future, train_past, test_future, test_",
        ),
        "writing": Mistake(writing, "Got an argument that was changed in place: series"),
        "scaled": Mistake(scaled, "series = (series - series[:boundary].mean()) / series[:boundary].std()"),
        "hours": Mistake(hours, "series = np.arange(float(len(series)))"),
        "float32": Mistake(
            lambda *a: tuple(tuple(x.astype(np.float32) for x in part) for part in split(*a)), "Got float32"
        ),
        "test is all": Mistake(lambda y, L, H, b: (cut(y[:b], L, H), cut(y, L, H)), "test = both[starts >= 0]"),
        "side by side": Mistake(
            lambda y, L, H, b: (cut(y[:b], L, H, stride=H), cut(y[b - L :], L, H, stride=H)),
            "train = both[(starts + look_back + horizon <= boundary) & (starts % horizon == 0)]",
        ),
        "series parts": Mistake(lambda y, L, H, b: (y[:b], y[b:]), "Got ndarray"),
    },
}
