"""Checks of exercise 5: windows, splits, scaling, climatology, skill (the trained model: `forecaster`)."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lstm_course.checks.base import CheckFailed, generator, question, require, require_close
from lstm_course.checks.forecaster import train_forecaster, training_data
from lstm_course.weather import Floats

__all__ = ["climatology", "scale", "skill", "split_windows", "train_forecaster", "training_data", "windows"]


def _random(seed: int, *shape: int) -> Floats:
    return torch.randn(*shape, generator=generator(seed), dtype=torch.float64).numpy()


def _pair(name: str, got: Any, parts: str) -> tuple[Any, ...]:
    require(
        isinstance(got, tuple | list) and len(got) == len(parts.split(", ")),
        f"{name} must return {parts}.",
        f"{type(got).__name__}",
    )
    return tuple(got)


def _array(name: str, got: Any, shape: tuple[int, ...], meaning: str) -> Tensor:
    """Require numbers of `shape`, in a numpy array, a tensor or a list, and return them as a float64 tensor."""
    try:
        values = got.detach() if isinstance(got, Tensor) else torch.from_numpy(np.array(got, np.float64, order="C"))
        values = values.to(torch.float64)
        require(
            got is not None, f"{name} must be an array of shape {meaning} = {shape}.", "None", "Is a return missing?"
        )
    except (TypeError, ValueError, RuntimeError):
        raise CheckFailed(f"{name} must be an array of shape {meaning} = {shape}. Got {type(got).__name__}.") from None
    require(
        tuple(values.shape) == shape, f"{name} must have the shape {meaning} = {shape}.", f"shape {tuple(values.shape)}"
    )
    return values


def _require_values(name: str, got: Tensor, expected: Floats, rule: str, mistakes: dict[str, Floats]) -> None:
    """Require the expected values; where a known mistake gives exactly what was got, say which."""
    for mistake, values in mistakes.items():
        right = torch.as_tensor(expected)
        wrong = torch.as_tensor(values)
        if wrong.shape == got.shape and torch.allclose(got, wrong) and not torch.allclose(right, wrong):
            raise CheckFailed(f"{rule} {mistake}")
    require_close(name, got, torch.as_tensor(expected), rule, rtol=1e-6, atol=1e-9)


def _require_unchanged(name: str, now: Floats, before: Floats) -> None:
    require(
        np.array_equal(now, before),
        f"{name} must stay as it was: it belongs to the caller.",
        "changed values after the call",
        "Work on a new array instead of writing into it.",
    )


@question
def windows(answer: Callable[..., Any]) -> None:
    """Check all pairs of past and future of a series."""
    for count, look_back, horizon in ((11, 4, 2), (9, 3, 1), (7, 2, 5)):
        series = _random(count, count)
        given = series.copy()
        pairs = count - look_back - horizon + 1
        past, future = _pair("windows", answer(given, look_back, horizon), "past, future")
        case = f"For {count} hours, look_back {look_back} and horizon {horizon}"
        past = _array(f"{case}, past", past, (pairs, look_back), "(pairs, look_back)")
        future = _array(f"{case}, future", future, (pairs, horizon), "(pairs, horizon)")
        first = np.arange(pairs)[:, None]
        _require_values(
            "past",
            past,
            series[first + np.arange(look_back)],
            "Row m of past must hold hours m to m + look_back - 1.",
            {},
        )
        overlap = series[first + look_back - 1 + np.arange(horizon)]
        _require_values(
            "future",
            future,
            series[first + look_back + np.arange(horizon)],
            "Row m of future must begin one hour after row m of past ends.",
            {"Got a future that begins with the last hour of the past: the answer leaks into the input.": overlap},
        )
        _require_unchanged("The series", given, series)


@question
def split_windows(answer: Callable[..., Any]) -> None:
    """Check that windows are assigned to training or test by time, without an hour of the test part in training."""
    for count, look_back, horizon, boundary in ((30, 4, 3, 19), (25, 2, 1, 12), (24, 5, 4, 16)):
        series = np.arange(float(count))  # each value is its own hour, so that a leak can be named
        got = _pair("split_windows", answer(series.copy(), look_back, horizon, boundary), "train, test")
        train, test = (
            _pair(f"The {name} part", part, "past, future") for name, part in zip(("train", "test"), got, strict=True)
        )
        last = [float(np.max(np.asarray(part, dtype=np.float64), initial=-1)) for part in train]
        require(
            max(last) < boundary,
            f"No training window may hold an hour at or after the boundary {boundary}.",
            f"hour {max(last):.0f} in training",
            "Windows overlap: cut the series first, or stop the training windows earlier.",
        )
        first = float(np.min(np.asarray(test[1], dtype=np.float64), initial=count))
        require(
            first >= boundary,
            f"Every hour of a test target must be at or after the boundary {boundary}.",
            f"hour {first:.0f} in a test target",
        )
        parts = (("train", train, look_back, boundary), ("test", test, boundary, count))
        for name, (past, future), start, stop in parts:
            _require_all_windows(name, past, future, np.arange(start, stop - horizon + 1), look_back, horizon)


def _require_all_windows(name: str, past: Any, future: Any, starts: np.ndarray, look_back: int, horizon: int) -> None:
    """Require exactly the windows whose targets begin at the hours `starts`, in the series 0, 1, 2, ..."""
    hint = " (the past of a test window may reach back before the boundary)" if name == "test" else ""
    rule = f"The {name} part must keep every window that is allowed{hint}, {len(starts)} here."
    require(len(past) == len(starts) and len(future) == len(starts), rule, f"{len(past)} pasts, {len(future)} futures")
    past = _array(f"{name} past", past, (len(starts), look_back), "(pairs, look_back)")
    future = _array(f"{name} future", future, (len(starts), horizon), "(pairs, horizon)")
    order = "Windows must stay in the order of time."
    _require_values(f"{name} past", past, starts[:, None] - look_back + np.arange(look_back) + 0.0, order, {})
    _require_values(f"{name} future", future, starts[:, None] + np.arange(horizon) + 0.0, order, {})


@question
def scale(answer: Callable[..., Any]) -> None:
    """Check scaling by the mean and standard deviation of the training hours."""
    for seed, (rows, others, columns) in enumerate(((13, 7, 3), (40, 5, 1))):
        train = 5 + 3 * _random(seed, rows, columns) * np.arange(1, columns + 1)
        other = 11 + 2 * _random(seed + 10, others, columns)
        given = train.copy(), other.copy()
        got = _pair("scale", answer(*given), "scaled train, scaled other")
        shapes = ((rows, columns), (others, columns))
        got = [
            _array(f"The scaled {name}", part, shape, "(hours, columns)")
            for name, part, shape in zip(("train", "other"), got, shapes, strict=True)
        ]
        mean, spread = train.mean(axis=0), train.std(axis=0)
        both = np.concatenate([train, other])
        rule = "Both parts must be scaled, column by column, by the mean and standard deviation of train."
        leak = "Got the result of statistics of both parts together: that leaks the later part into training."
        own = "Got the other part scaled by its own statistics: the same temperature would get two different numbers."
        whole = "Got one mean and spread for all columns together: use axis=0."
        loose = "Got only the mean removed: divide by the standard deviation too."
        variance = "Got division by the variance: divide by its square root."
        sample = "Got the spread with n - 1: here it is the plain standard deviation, numpy's std with its default."
        for name, values, part in zip(("train", "other"), (train, other), got, strict=True):
            mistakes = {
                leak: (values - both.mean(axis=0)) / both.std(axis=0),
                own: (values - values.mean(axis=0)) / values.std(axis=0),
                whole: (values - train.mean()) / train.std(),
                loose: values - mean,
                variance: (values - mean) / spread**2,
                sample: (values - mean) / train.std(axis=0, ddof=1),
            }
            _require_values(f"scaled {name}", part, (values - mean) / spread, rule, mistakes)
        _require_unchanged("train", given[0], train)
        _require_unchanged("other", given[1], other)


@question
def climatology(answer: Callable[..., Any]) -> None:
    """Check means by day of the year and hour, over neighbouring days, on a year that is a circle."""
    for seed, (years, half_width, missing) in enumerate(((2, 0, 0), (3, 2, 500), (1, 5, 0))):
        day, hour = (np.tile(part.ravel(), years) for part in np.indices((365, 24)))
        keep = torch.randperm(len(day), generator=generator(seed)).numpy()[missing:]
        day, hour = day[keep], hour[keep]
        values = 10 + 3 * hour + _random(seed + 20, len(day))
        given = values.copy()
        got = _array("The climatology", answer(given, day, hour, half_width), (365, 24), "(days, hours)")
        rule = "Entry [d, h] must be the mean of all values at hour h on the days within half_width of d."
        _require_values("climatology", got, *_climatologies(values, day, hour, half_width, rule))
        _require_unchanged("values", given, values)


def _climatologies(
    values: Floats, day: np.ndarray, hour: np.ndarray, half_width: int, rule: str
) -> tuple[Floats, str, dict[str, Floats]]:
    """Return the right table, the rule, and the tables that common mistakes give."""
    total, count, last = np.zeros((365, 24)), np.zeros((365, 24)), np.zeros((365, 24))
    np.add.at(total, (day, hour), values)
    np.add.at(count, (day, hour), 1)
    last[day, hour] += values

    def near(table: Floats, first: int = -half_width) -> Floats:
        return sum(np.roll(table, shift, axis=0) for shift in range(first, half_width + 1))

    def open_year(table: Floats) -> Floats:
        return np.stack([table[max(0, d - half_width) : d + half_width + 1].sum(axis=0) for d in range(365)])

    with np.errstate(invalid="ignore", divide="ignore"):
        mistakes = {
            "Got a year with two ends: the neighbours of 1 January lie in December too (np.roll goes round).": (
                open_year(total) / open_year(count)
            ),
            "Got neighbours on one side only: days before and after count.": near(total, 0) / near(count, 0),
            "Got equal dates only: average over the neighbouring days too.": total / count,
            "Got one value for each place: table[day, hour] += values keeps only the last, np.add.at adds up all.": (
                near(last) / near(count)
            ),
            "Got the mean of the dates' means: add up sums and counts over the days and divide once, at the end.": (
                near(total / count) / (2 * half_width + 1)
            ),
        }
    return near(total) / near(count), rule, mistakes


@question
def skill(answer: Callable[..., Any]) -> None:
    """Check the skill score of a forecast against a reference."""
    for seed, shape in enumerate(((9,), (6, 4))):
        truth = _random(seed, *shape)
        forecast, reference = (truth + size * _random(seed + k, *shape) for k, size in ((30, 0.5), (40, 1.5)))
        good, poor = np.mean((forecast - truth) ** 2), np.mean((reference - truth) ** 2)
        got = _array("The skill", answer(forecast.copy(), reference.copy(), truth.copy()), (), "a single number")
        mistakes = {
            "Got the ratio of the root mean squared errors: leave the squares.": 1 - np.sqrt(good / poor),
            "Got the ratio itself: skill is 1 minus it.": good / poor,
            "Got forecast and reference in exchanged places.": 1 - poor / good,
            "Got 1 - MSE / variance of the truth: divide by the reference's MSE.": 1 - good / np.var(truth),
        }
        _require_values("skill", got, np.array(1 - good / poor), "Skill is 1 - MSE / MSE of the reference.", mistakes)
