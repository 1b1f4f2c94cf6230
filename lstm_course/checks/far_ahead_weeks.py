"""Check of exercise 7: a forecast of whole weeks that beats the climatology."""

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

PAST, WEEK = 72, 168  # hours known, hours to forecast
BOUND = 0.97  # of the climatology's error
Forecast = Callable[[Tensor, Tensor, Tensor], Any]


class Weeks(NamedTuple):
    """The weeks of 2014 by which the last question is judged."""

    past: Tensor  # (M, PAST), scaled
    past_calendar: Tensor  # (M, PAST, 4)
    week_calendar: Tensor  # (M, WEEK, 4)
    truth: Floats  # (M, WEEK), scaled
    climatology: float  # its RMSE, scaled
    standing: float  # RMSE of persistence, scaled
    spread: float  # one scaled unit, deg C


@cache
def _weather() -> tuple[Tensor, Tensor, Weeks]:
    """Return scaled temperature and calendar of the training years, and the weeks to judge by."""
    beijing = weather.load()
    time, degrees = beijing.time, beijing.temperature
    learn, test = weather.years(time, 2010, 2012), weather.years(time, 2014, 2014)
    spread = float(degrees[learn].std())
    scaled = (degrees - degrees[learn].mean()) / spread
    calendar = torch.tensor(weather.calendar(time), dtype=torch.float32)
    start = torch.arange(test.start, test.stop - WEEK, 29)
    before, ahead = start[:, None] + torch.arange(-PAST, 0), start[:, None] + torch.arange(WEEK)
    past, truth = scaled[before], scaled[ahead]
    usual = baselines.Climatology.of(scaled[learn], time[learn]).at(time)[ahead]
    weeks = Weeks(
        torch.tensor(past, dtype=torch.float32),
        calendar[before],
        calendar[ahead],
        truth,
        baselines.rmse(usual, truth),
        baselines.rmse(baselines.persistence(past, WEEK), truth),
        spread,
    )
    return torch.tensor(scaled[learn], dtype=torch.float32), calendar[learn], weeks


@question(seconds=120)
def forecast_weeks(answer: Answer) -> None:
    """Train by the learner's recipe and judge the forecasts of weeks that it has not seen."""
    temperature, calendar, weeks = _weather()
    forecast = call("forecast_weeks", answer, temperature.clone(), calendar.clone(), again=False)
    hint = "Return the inner function itself, without calling it."
    is_function = callable(forecast) and not isinstance(forecast, type)
    require(is_function, "forecast_weeks must return a function.", f"{type(forecast).__name__} {short(forecast)}", hint)
    inputs = weeks.past, weeks.past_calendar, weeks.week_calendar
    got = _forecast(forecast, *inputs)
    _require_sober(forecast, inputs, got)
    values = got.double().numpy()
    error, bound = baselines.rmse(values, weeks.truth), BOUND * weeks.climatology
    if error >= bound:
        unit = weeks.spread
        rule = f"The RMSE in the weeks of 2014 must be below {bound * unit:.2f} deg C, {BOUND} of the climatology's."
        found = f"{error * unit:.2f} (persistence has {weeks.standing * unit:.2f})"
        raise CheckFailed(f"{rule} Got {found}.\n{_advice(values, weeks, bound)}")


def _forecast(forecast: Forecast, *inputs: Tensor) -> Tensor:
    got = call("forecast", forecast, *inputs, again=False)
    hints = {
        type(None): "Is a return missing?",
        tuple: "nn.LSTM, for one, returns a pair: outputs, (h_n, c_n).",
        np.ndarray: "torch.from_numpy makes a tensor of it.",
    }
    rule = "The function that is returned must give a tensor."
    require(isinstance(got, Tensor), rule, type(got).__name__, hints.get(type(got), ""))
    rule = "The forecast must be one row of 168 temperatures for each week."
    hint = "Take the row that was made at the last hour of the past, [:, -1]."
    require(got.shape[1:] != (PAST, WEEK), rule, f"shape {tuple(got.shape)}", hint)
    require_tensor("The forecast", got, (len(inputs[0]), WEEK), "(M, 168)")
    require(got.is_floating_point(), "The forecast must hold real numbers.", got.dtype)
    hint = "Did the loss become NaN while training? Try a smaller lr."
    require(bool(torch.isfinite(got).all()), "Every forecast must be a finite number.", "NaN or infinity", hint)
    return got.detach()


def _require_sober(forecast: Forecast, inputs: tuple[Tensor, ...], got: Tensor) -> None:
    """Require the same forecasts twice, and for each week by itself."""
    moved = (_forecast(forecast, *inputs) - got).abs().max().item()
    hint = "Is dropout still on (model.eval())? Or is a state kept from call to call?"
    found = f"forecasts that move by {moved:.3g} at the second call"
    require(moved < 1e-3, "The same weeks must get the same forecasts.", found, hint)
    alone = _forecast(forecast, *(part[5:6] for part in inputs))
    moved = (alone - got[5:6]).abs().max().item()
    hint = "Is batch_first=True forgotten, or is something averaged over the weeks? Other weeks hold later hours."
    found = f"a forecast that moves by {moved:.3g} when its week is forecast alone"
    require(moved < 1e-3, "Each week must be forecast from its own past only.", found, hint)


def _advice(got: Floats, weeks: Weeks, bound: float) -> str:
    """Say what is wrong with forecasts, by comparing them with what some mistakes would give."""
    last = weeks.past[:, -1:].double().numpy()

    def is_right(forecast: Floats, hours: slice = slice(None)) -> bool:
        return baselines.rmse(forecast, weeks.truth[:, hours]) < bound

    if got.std(axis=1).mean() < 0.05:
        return "It is flat: each week gets one number for all its hours. Does the calendar of the week reach the model?"
    if got.std(axis=0).mean() < 0.05:
        return "It is the same for all weeks: do past and calendar reach the model?"
    factor, shift = np.polyfit(got.ravel(), weeks.truth.ravel(), 1)
    if is_right(got[:, ::-1]):
        return "In reverse order it would be right: column 0 is the first hour of the week."
    if is_right(got + last):
        return "Added to the last known temperature it would be right: it gives changes, return temperatures."
    if is_right(got.cumsum(axis=1) + last):
        return "Added up from the last known temperature it would be right: it gives changes from hour to hour."
    for lag in (1, -1, 2, 24, -24, 12, -12):
        ahead, back = slice(max(0, lag), WEEK + min(0, lag)), slice(max(0, -lag), WEEK + min(0, -lag))
        if is_right(got[:, ahead], back):
            return (
                f"Its column {max(0, lag)} is right for hour {max(0, -lag)}: column 0 is the first hour after the past."
            )
    if abs(factor - 1) + abs(shift) > 0.3 and is_right(factor * got + shift):
        words = f"Times {factor:.3g} and plus {shift:.3g} it would be right"
        return f"{words}: is it scaled as the past is, to mean 0 and standard deviation 1?"
    return "Does the model know the calendar, and is its forecast scaled as the past is? Or train for longer."
