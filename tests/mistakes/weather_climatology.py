"""Exercise 5, question 4: the climatology."""

import math

import numpy as np
import torch

from lstm_course.checks import weather as check
from tests.mistakes.catalogue import Mistake


def tables(values, day, hour):
    total, count = np.zeros((365, 24)), np.zeros((365, 24))
    np.add.at(total, (day, hour), values)
    np.add.at(count, (day, hour), 1)
    return total, count


def usual(values, day, hour, half_width, near=None, axis=0):
    near = range(-half_width, half_width + 1) if near is None else near
    total, count = (sum(np.roll(table, k, axis=axis) for k in near) for table in tables(values, day, hour))
    return total / count


def by_counting(values, day, hour, half_width):
    place = 24 * day + hour
    sums, counts = (np.bincount(place, w, minlength=8760).reshape(365, 24) for w in (values, None))
    around = (np.arange(365)[:, None] + np.arange(-half_width, half_width + 1)) % 365
    return sums[around].sum(axis=1) / counts[around].sum(axis=1)


def by_masks(values, day, hour, half_width):
    table = np.empty((365, 24))
    for d in range(365):
        apart = np.abs(day - d)
        near = np.minimum(apart, 365 - apart) <= half_width
        some, at = values[near], hour[near]
        for h in range(24):
            table[d, h] = some[at == h].mean()
    return table


def by_all_masks(values, day, hour, half_width):
    table = np.empty((365, 24))
    for d in range(365):
        for h in range(24):
            near = [(d + k) % 365 for k in range(-half_width, half_width + 1)]
            table[d, h] = values[np.isin(day, near) & (hour == h)].mean()
    return table


def by_dict(values, day, hour, half_width):
    got = {}
    for y, d, h in zip(values.tolist(), day.tolist(), hour.tolist(), strict=True):
        for k in range(-half_width, half_width + 1):
            got.setdefault(((d + k) % 365, h), []).append(y)
    return [[sum(got[d, h]) / len(got[d, h]) for h in range(24)] for d in range(365)]


def by_matrix(values, day, hour, half_width):
    total, count = tables(values, day, hour)
    apart = np.abs(np.subtract.outer(np.arange(365), np.arange(365)))
    near = (np.minimum(apart, 365 - apart) <= half_width).astype(float)
    return (near @ total) / (near @ count)


def by_torch(values, day, hour, half_width):
    place = torch.as_tensor(24 * day + hour)
    total = torch.zeros(8760, dtype=torch.float64).index_add_(0, place, torch.as_tensor(values)).view(365, 24)
    count = torch.bincount(place, minlength=8760).double().view(365, 24)

    def near(t):
        return torch.cat([t[365 - half_width :], t, t[:half_width]]).unfold(0, 2 * half_width + 1, 1).sum(-1)

    return near(total) / near(count)


def overwriting(values, day, hour, w):
    total, count = np.zeros((365, 24)), np.zeros((365, 24))
    total[day, hour] += values
    np.add.at(count, (day, hour), 1)
    near = range(-w, w + 1)
    return sum(np.roll(total, k, axis=0) for k in near) / sum(np.roll(count, k, axis=0) for k in near)


def overwriting_both(values, day, hour, w):
    total, count = np.zeros((365, 24)), np.zeros((365, 24))
    total[day, hour] += values
    count[day, hour] += 1
    near = range(-w, w + 1)
    return sum(np.roll(total, k, axis=0) for k in near) / sum(np.roll(count, k, axis=0) for k in near)


def over(days):
    """Take the mean over the days that `days(d, w)` names for day d."""

    def climatology(values, day, hour, w):
        sums, counts = tables(values, day, hour)
        return np.stack([sums[days(d, w)].sum(axis=0) / counts[days(d, w)].sum(axis=0) for d in range(365)])

    return climatology


def clipped(values, day, hour, w):
    sums, counts = tables(values, day, hour)
    rows = np.clip(np.arange(365)[:, None] + np.arange(-w, w + 1), 0, 364)
    return sums[rows].sum(1) / counts[rows].sum(1)


def mean_of_means(values, day, hour, w):
    dates = usual(values, day, hour, 0)
    return sum(np.roll(dates, k, axis=0) for k in range(-w, w + 1)) / (2 * w + 1)


def nanmean_of_means(values, day, hour, w):
    dates = usual(values, day, hour, 0)
    return np.nanmean([np.roll(dates, k, axis=0) for k in range(-w, w + 1)], axis=0)


def fixed_years(values, day, hour, w):
    sums, _ = tables(values, day, hour)
    years = math.ceil(len(values) / 8760)
    return sum(np.roll(sums, k, axis=0) for k in range(-w, w + 1)) / (years * (2 * w + 1))


def sums(values, day, hour, w):
    s, _ = tables(values, day, hour)
    return sum(np.roll(s, k, axis=0) for k in range(-w, w + 1))


def only_total_smoothed(values, day, hour, w):
    s, c = tables(values, day, hour)
    return sum(np.roll(s, k, axis=0) for k in range(-w, w + 1)) / c


def only_total_smoothed2(values, day, hour, w):
    s, c = tables(values, day, hour)
    return sum(np.roll(s, k, axis=0) for k in range(-w, w + 1)) / c / (2 * w + 1)


def compounding(values, day, hour, w):
    s, c = tables(values, day, hour)
    for k in range(-w, w + 1):
        s += np.roll(s, k, axis=0)
        c += np.roll(c, k, axis=0)
    return s / c


def compounding2(values, day, hour, w):
    s, c = tables(values, day, hour)
    for k in range(1, w + 1):
        s = s + np.roll(s, k, axis=0) + np.roll(s, -k, axis=0)
        c = c + np.roll(c, k, axis=0) + np.roll(c, -k, axis=0)
    return s / c


def centre_twice(values, day, hour, w):
    return usual(values, day, hour, w, [*range(-w, w + 1), 0])


def day_mean(values, day, hour, w):
    s, c = (t.sum(1, keepdims=True) for t in tables(values, day, hour))
    near = range(-w, w + 1)
    return np.broadcast_to(
        sum(np.roll(s, k, axis=0) for k in near) / sum(np.roll(c, k, axis=0) for k in near), (365, 24)
    )


def hour_mean(values, day, hour, w):
    s, c = (t.sum(0, keepdims=True) for t in tables(values, day, hour))
    return np.broadcast_to(s / c, (365, 24))


def medians(values, day, hour, w):
    table = np.empty((365, 24))
    for d in range(365):
        apart = np.abs(day - d)
        near = np.minimum(apart, 365 - apart) <= w
        for h in range(24):
            table[d, h] = np.median(values[near][hour[near] == h])
    return table


def circle366(values, day, hour, w):
    s, c = (np.pad(t, ((0, 1), (0, 0))) for t in tables(values, day, hour))
    near = range(-w, w + 1)
    return (sum(np.roll(s, k, axis=0) for k in near) / sum(np.roll(c, k, axis=0) for k in near))[:365]


def hours_instead(values, day, hour, w):
    return usual(values, day, hour, w, axis=1)


def writing(values, day, hour, w):
    got = usual(values, day, hour, w)
    values -= values.mean()
    return got


def open_with_zeros(values, day, hour, w):
    table = np.zeros((365, 24))
    for d, h in np.ndindex(365, 24):
        near = (hour == h) & (abs(day - d) <= w)
        table[d, h] = values[near].mean() if near.any() else 0
    return table


RIGHT = {
    check.climatology: {
        "tables": usual,
        "bincount": by_counting,
        "masks by day": by_masks,
        "masks by place": by_all_masks,
        "dictionary": by_dict,
        "matrix product": by_matrix,
        "torch": by_torch,
    },
}
MISTAKES = {
    check.climatology: {
        "none": Mistake(lambda v, d, h, w: None, "Got None"),
        "overwriting": Mistake(overwriting, "total, count = overwritten(values), added_up(1)"),
        "overwriting both": Mistake(overwriting_both, "total, count = overwritten(values), overwritten(1)"),
        "open": Mistake(
            over(lambda d, w: slice(max(0, d - w), d + w + 1)),
            "near = lambda table: sum(np.where((np.arange(365) - k)[:, None] // 365 == 0, np.roll(table, k, ",
        ),
        "clipped": Mistake(
            clipped, "near = lambda table: sum(table[np.clip(np.arange(365) + k, 0, 364)] for k in days)"
        ),
        "mean of means": Mistake(mean_of_means, "mean = near(total / count) / len(days)"),
        "nanmean of means": Mistake(
            nanmean_of_means, "mean = np.nanmean([np.roll(total / count, k, axis=0) for k in days], axis=0)"
        ),
        "fixed years": Mistake(fixed_years, "mean = near(total) / len(days)"),
        "open with zeros": Mistake(
            open_with_zeros, "sum(np.where((np.arange(365) - k)[:, None] // 365 == 0, np.roll(table, k, axis=0), 0) for"
        ),
        "slices from negative days": Mistake(
            over(lambda d, w: slice(d - w, d + w + 1)),
            "np.stack([table[d - half_width : d + half_width + 1].sum(axis=0) for d in range(365)])",
        ),
        "364": Mistake(
            over(lambda d, w: [(d + k) % 364 for k in range(-w, w + 1)]),
            "near = lambda table: sum(table[(np.arange(365) + k) % 364] for k in days)",
        ),
        "alone, none as zero": Mistake(
            lambda v, d, h, w: np.nan_to_num(usual(v, d, h, 0)), "mean = total / np.maximum(count, 1)"
        ),
        "sums": Mistake(sums, "mean = near(total)"),
        "only total": Mistake(only_total_smoothed, "mean = near(total) / count"),
        "only total/": Mistake(only_total_smoothed2, "mean = near(total) / count / len(days)"),
        "compounding": Mistake(compounding, "mean = added_to_itself(total, days) / added_to_itself(count, days)"),
        "compounding2": Mistake(compounding2, "Expected ", named=False),
        "centre twice": Mistake(
            centre_twice, "near = lambda table: sum(np.roll(table, k, axis=0) * (1 + (k == 0)) for k in days)"
        ),
        "day mean": Mistake(
            day_mean, "mean = near(total).sum(1, keepdims=True) / near(count).sum(1, keepdims=True) + np.zeros(24)"
        ),
        "hour mean": Mistake(hour_mean, "mean = np.tile(total.sum(axis=0) / count.sum(axis=0), (365, 1))"),
        "median": Mistake(medians, "Expected ", named=False),
        "366": Mistake(
            circle366, "near = lambda table: sum(np.roll(np.pad(table, ((0, 1), (0, 0))), k, axis=0)[:365] for k in day"
        ),
        "hours instead": Mistake(hours_instead, "near = lambda table: sum(np.roll(table, k, axis=1) for k in days)"),
        "one side": Mistake(lambda v, d, h, w: usual(v, d, h, w, range(w + 1)), "days = range(0, half_width + 1)"),
        "one side before": Mistake(lambda v, d, h, w: usual(v, d, h, w, range(-w, 1)), "days = range(-half_width, 1)"),
        "last day missing": Mistake(
            lambda v, d, h, w: usual(v, d, h, w, range(-w, w) if w else [0]), "days = range(-half_width, half_width)"
        ),
        "without the day itself": Mistake(
            lambda v, d, h, w: usual(v, d, h, w, [k for k in range(-w, w + 1) if k] or [0]),
            "near = lambda table: sum(np.roll(table, k, axis=0) * (k != 0) for k in days)",
        ),
        "two ends": Mistake(
            lambda v, d, h, w: usual(v, d, h, w, (-w, 0, w) if w else (0,)),
            "near = lambda table: sum(np.roll(table, k, axis=0) * (k % half_width == 0) for k in days)",
        ),
        "transposed": Mistake(lambda v, d, h, w: usual(v, d, h, w).T, "climatology = tensor(mean).T"),
        "equal dates": Mistake(lambda v, d, h, w: usual(v, d, h, 0), "mean = total / count"),
        "all": Mistake(lambda v, d, h, w: np.full((365, 24), v.mean()), "mean = np.full((365, 24), values.mean())"),
        "flat": Mistake(lambda v, d, h, w: usual(v, d, h, w).ravel(), "climatology = tensor(mean).flatten()"),
        "per value": Mistake(lambda v, d, h, w: usual(v, d, h, w)[d, h], "climatology = tensor(mean)[day, hour]"),
        "writing": Mistake(writing, "Got an argument that was changed in place: values"),
        "float32": Mistake(lambda v, d, h, w: usual(v, d, h, w).astype(np.float32), "Got float32"),
        "day from 1": Mistake(
            lambda v, d, h, w: np.roll(usual(v, d, h, w), 1, axis=0), "days = range(-half_width + 1, half_width + 2)"
        ),
        "hour from 1": Mistake(
            lambda v, d, h, w: np.roll(usual(v, d, h, w), 1, axis=1),
            "near = lambda table: sum(np.roll(np.roll(table, k, axis=0), 1, axis=1) for k in days)",
        ),
        "anomaly": Mistake(
            lambda v, d, h, w: usual(v, d, h, w) - v.mean(),
            "total, count = added_up(values - values.mean()), added_up(1)",
        ),
    },
}
