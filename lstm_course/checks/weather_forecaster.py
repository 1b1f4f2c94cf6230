"""The check of a trained forecaster: its error on a year that it has not seen, and that it does not look ahead."""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from lstm_course import baselines, weather
from lstm_course.checks.base import question, require
from lstm_course.weather import Floats

WARM_UP = 48  # hours that a model reads before the first forecast that counts
BOUND = 0.97  # of the linear baseline's error


class Year(NamedTuple):
    """What the last question judges by."""

    inputs: Tensor  # (WARM_UP + hours, 12), scaled by training years
    now: Floats  # (hours, 1) temperature when a forecast is made
    truth: Floats  # (hours, 1) one hour later
    spread: float  # of one hour's change over the training years
    bound: float  # largest RMSE allowed, deg C


@cache
def _series() -> tuple[weather.Weather, Tensor, slice, slice]:
    beijing = weather.load()
    train, test = weather.years(beijing.time, 2010, 2012), weather.years(beijing.time, 2014, 2014)
    table, _ = weather.features(beijing)
    scaled = weather.Scaling.of(table[train]).apply(table)
    return beijing, torch.tensor(scaled, dtype=torch.float32), train, test


def training_data() -> tuple[Tensor, Tensor]:
    """Return the training years for the last question.

    Returns
    -------
    inputs : Tensor (26303, 12)
        The columns of `weather.features`, scaled, one row per hour, float32.
    changes : Tensor (26303,)
        How much the temperature changes in the hour after, in units of the spread of these changes.
    """
    beijing, scaled, train, _ = _series()
    steps = np.diff(beijing.temperature[train])
    return scaled[train][:-1].clone(), torch.tensor(steps / steps.std(), dtype=torch.float32)


@cache
def _test_year() -> Year:
    """Return 2014 and its bound: BOUND times the error of a linear AR(24) with calendar, fitted on 2010 to 2012."""
    beijing, scaled, train, test = _series()
    y = beijing.temperature
    waves = weather.calendar(beijing.time, daily=3, yearly=2)
    past, future = weather.windows(y, 24, targets_in=train)
    linear = baselines.Linear.of(np.column_stack([past, waves[24 : train.stop]]), future)
    past, truth = weather.windows(y, 24, targets_in=test)
    error = baselines.rmse(linear.forecast(np.column_stack([past, waves[test]])), truth)
    inputs = scaled[test.start - 1 - WARM_UP : test.stop - 1]
    return Year(inputs, past[:, -1:], truth, float(np.diff(y[train]).std()), BOUND * error)


@question
def train_forecaster(answer: Callable[..., Any]) -> None:
    """Train the learner's model and judge its forecasts of a year that it has not seen."""
    model = answer(*training_data())
    require(
        callable(model),
        "train_forecaster must return the trained model: something to be called with inputs (B, T, 12).",
        f"{type(model).__name__}",
        "Do you return the losses, or forget the return?",
    )
    year = _test_year()
    changes = _changes(model, year.inputs)
    _require_no_look_ahead(model, year.inputs)
    error = baselines.rmse(year.now + changes[WARM_UP:, None].double().numpy() * year.spread, year.truth)
    standing = baselines.rmse(year.now, year.truth)
    require(
        error < year.bound,
        f"The RMSE one hour ahead in 2014 must be below {year.bound:.3f} deg C, {BOUND} of the linear model's.",
        f"{error:.3f} ('nothing changes' has {standing:.3f})",
        "Train for more steps, or check that output at hour t is compared with changes[t] of the same hour.",
    )


def _changes(model: Callable[[Tensor], Any], inputs: Tensor) -> Tensor:
    hours = len(inputs)
    with torch.no_grad():
        got = model(inputs[None].clone())
    require(isinstance(got, Tensor), "The model must return a tensor.", type(got).__name__, "nn.LSTM returns a pair.")
    require(
        tuple(got.shape) in ((1, hours), (1, hours, 1)),
        f"For inputs (B, T, 12) = (1, {hours}, 12) the model must return a change for every hour, (B, T).",
        f"shape {tuple(got.shape)}",
    )
    require(bool(torch.isfinite(got).all()), "Every forecast must be a finite number.", "NaN or infinity")
    return got.reshape(hours)


def _require_no_look_ahead(model: Callable[[Tensor], Any], inputs: Tensor) -> None:
    """Change the second half of some inputs; what the model says in the first half must stay."""
    some, half = inputs[:200], 100
    later = torch.cat([some[:half], -some[half:]])
    change = (_changes(model, some) - _changes(model, later))[:half].abs().max().item()
    require(
        change < 1e-4,
        "The forecast made at hour t must depend on hours up to t only.",
        f"a forecast that moves by {change:.3g} when later hours are changed",
        "Is the network bidirectional, normalised over time, or with dropout on (call model.eval() first)?",
    )
