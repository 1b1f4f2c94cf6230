"""The check of a trained forecaster: its error on a year that it has not seen, and that it does not look ahead."""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from lstm_course import baselines, weather
from lstm_course.checks.answers import Answer, call
from lstm_course.checks.base import CheckFailed, question, require, require_tensor
from lstm_course.checks.learner import short
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


@question(seconds=120)
def train_forecaster(answer: Answer) -> None:
    """Train the learner's model and judge its forecasts of a year that it has not seen."""
    model = call("train_forecaster", answer, *training_data(), again=False)
    require(
        callable(model) and not isinstance(model, type),
        "train_forecaster must return the trained model: something to be called with inputs (B, T, 12).",
        f"{type(model).__name__} {short(model)}",
        "Do you return the losses, or forget the return?",
    )
    year = _test_year()
    _require_sober(model, year.inputs[None, :200])
    changes = _changes(model, year.inputs[None])[0, WARM_UP:].double().numpy()[:, None]
    error = baselines.rmse(year.now + changes * year.spread, year.truth)
    standing = baselines.rmse(year.now, year.truth)
    rule = f"The RMSE one hour ahead in 2014 must be below {year.bound:.3f} deg C, {BOUND} of the linear model's."
    found = f"{error:.3f} ('nothing changes' has {standing:.3f})"
    if error >= year.bound:
        raise CheckFailed(f"{rule} Got {found}.\n{_advice(model, year, changes)}")


def _changes(model: Callable[[Tensor], Any], inputs: Tensor) -> Tensor:
    batch, hours, _ = inputs.shape
    with torch.no_grad():
        got = call("The model", model, inputs, again=False)
    hints = {tuple: "nn.LSTM returns a pair: outputs, (h_n, c_n).", np.ndarray: "Stay with torch."}
    require(isinstance(got, Tensor), "The model must return a tensor.", type(got).__name__, hints.get(type(got), ""))
    shape = tuple(got.shape)
    is_last = shape in ((batch,), (batch, 1), (batch, 1, 1))
    require(
        shape in ((batch, hours), (batch, hours, 1)),
        f"For inputs (B, T, 12) = ({batch}, {hours}, 12) the model must return a change for every hour, (B, T).",
        f"shape {shape}",
        "Does h[:, -1] keep the last hour only? The linear layer takes all hours at once." if is_last else "",
    )
    require_tensor("What the model returns", got, shape, "(B, T)")
    require(got.is_floating_point(), "The model must return real numbers.", got.dtype)
    hint = "Did the loss become NaN while training? Try a smaller lr."
    require(bool(torch.isfinite(got).all()), "Every forecast must be a finite number.", "NaN or infinity", hint)
    return got.reshape(batch, hours)


def _require_sober(model: Callable[[Tensor], Any], inputs: Tensor) -> None:
    """Require the same forecasts twice, none that looks ahead, and none that depends on the rest of the batch."""
    got, hours = _changes(model, inputs), inputs.shape[1]
    moved = (_changes(model, inputs) - got).abs().max().item()
    require(
        moved < 1e-4,
        "The same inputs must give the same forecasts.",
        f"forecasts that move by {moved:.3g} from call to call",
        "Is dropout still on (model.eval() switches it off), does the model draw, or keep its state from call to call?",
    )
    half = hours // 2
    later = torch.cat([inputs[:, :half], -inputs[:, half:]], dim=1)
    moved = (_changes(model, later) - got)[:, :half].abs().max().item()
    require(
        moved < 1e-4,
        "The forecast made at hour t must depend on hours up to t only.",
        f"a forecast that moves by {moved:.3g} when later hours are changed",
        "Is it bidirectional, normalised over time (BatchNorm without model.eval(), too), or reads it inputs[t + 1]?",
    )
    moved = (_changes(model, torch.cat([-inputs, inputs]))[1:] - got).abs().max().item()
    require(
        moved < 1e-4,
        "The forecasts for one series must not depend on the others of its batch.",
        f"a forecast that moves by {moved:.3g} when another series is added",
        "nn.LSTM without batch_first=True takes the series for steps of time. Or is it normalised over the batch?",
    )


def _advice(model: Callable[[Tensor], Any], year: Year, changes: Floats) -> str:
    """Say what is wrong with forecasts, by comparing them with what some mistakes would give."""
    right = (year.truth - year.now) / year.spread
    factor = float((changes * right).sum() / max((changes**2).sum(), 1e-9))
    alone = _changes(model, year.inputs[None, -1:])[0, -1].item()
    suspects = {
        "It says nearly the same at every hour: is an optimiser.step() missing, lr far too small, or does the loss "
        "subtract (B, T) from (B, T, 1), which broadcasts?": changes.std() < 0.1,
        f"Multiplied by {factor:.3g} it would be right: a change is later minus now, in units of the spread.": (
            abs(factor - 1) > 0.2 and baselines.rmse(year.now + factor * changes * year.spread, year.truth) < year.bound
        ),
        "It forecasts the temperature itself rather than its change.": (
            baselines.rmse(changes[:-1], year.inputs[WARM_UP + 1 :, :1].double().numpy()) < 0.5
        ),
        "It says the change of the hour before, which it has read: output t belongs to changes[t], not to t - 1.": (
            baselines.rmse(changes[1:], right[:-1]) < 0.5
        ),
        "It is worse than saying that nothing changes. Does the loss fall? Try a smaller lr.": (
            baselines.rmse(changes, right) > baselines.rmse(0 * right, right)
        ),
        "It fits the hour after next better: output t belongs to changes[t], not to t + 1.": (
            baselines.rmse(changes[:-1], right[1:]) < 0.98 * baselines.rmse(changes, right)
        ),
        "It remembers nothing: its forecast is the same without the hours before.": abs(alone - changes[-1, 0]) < 1e-5,
    }
    found = [words for words, holds in suspects.items() if holds]
    return found[0] if found else "Train for more steps (the lesson takes 250 with lr=0.01), or with more units."
