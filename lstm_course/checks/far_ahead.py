"""Checks of exercise 7: rollout, the loop's matrix and radius, direct targets, a forecast of whole weeks."""

import math
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import torch
from torch import Tensor

from lstm_course import baselines, forecasting, weather
from lstm_course.checks.answers import Answer, call, require_gradient, require_parts, require_right
from lstm_course.checks.base import CheckFailed, generator, question, require, require_tensor
from lstm_course.weather import Floats

__all__ = ["companion_matrix", "direct_targets", "forecast_weeks", "rollout", "wave_left"]

PAST, WEEK = 72, 168  # hours known, hours to forecast
BOUND = 0.97  # of the climatology's error


def _random(seed: int, *shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(*shape, generator=generator(seed), dtype=torch.float64).to(dtype)


@question
def rollout(answer: Answer) -> None:
    """Check that forecasts are fed back, newest last, without touching the window given."""
    for seed, (rows, length, horizon) in enumerate(((3, 4, 6), (5, 2, 1), (1, 5, 7), (4, 1, 3))):
        window = _random(seed, rows, length)
        weights = _random(seed + 10, length) / length

        def one_step(some: Tensor, weights: Tensor = weights, shape: tuple[int, int] = (rows, length)) -> Tensor:
            require_tensor("The window given to one_step", some, shape, "(M, L)")
            return torch.tanh(some @ weights) + 0.1

        got = _tensor("rollout", call("rollout", lambda w, h, f=one_step: answer(f, w, h), window, horizon))
        got = require_tensor("rollout", got, (rows, horizon), "(M, horizon)", window.dtype)
        right = forecasting.rollout(one_step, window, horizon)
        repeated = right[:, :1].expand(-1, horizon)
        newest_first = _wrong_rollout(one_step, window, horizon, lambda w, v: torch.cat([v, w[:, :-1]], dim=1))
        kept_oldest = _wrong_rollout(one_step, window, horizon, lambda w, v: torch.cat([w[:, :-1], v], dim=1))
        mistakes = {
            "the first forecast again and again: put each forecast into the window": repeated,
            "a window with the newest value first: append the forecast at the end": newest_first,
            "a window whose newest value is replaced: drop the oldest one instead": kept_oldest,
        }
        require_right("rollout", got, right, "Each forecast must enter the window as its newest value.", mistakes)
    weights = _random(20, 3)
    require_gradient(
        "rollout",
        lambda window, scale: answer(lambda some: torch.tanh(some @ weights) * scale, window, 4),
        [_random(21, 2, 3), _random(22, 2)],
        lambda window, scale: forecasting.rollout(lambda some: torch.tanh(some @ weights) * scale, window, 4),
    )


def _wrong_rollout(
    one_step: forecasting.Map, window: Tensor, horizon: int, move: Callable[[Tensor, Tensor], Tensor]
) -> Tensor:
    values = []
    for _ in range(horizon):
        values.append(one_step(window))
        window = move(window, values[-1][:, None])
    return torch.stack(values, dim=1)


def _tensor(name: str, got: Any) -> Tensor:
    require(isinstance(got, Tensor), f"{name} must return a tensor.", type(got).__name__, "Is a return missing?")
    return got


@question
def companion_matrix(answer: Answer) -> None:
    """Check the matrix that moves the window of a linear autoregression."""
    for seed, (length, dtype) in enumerate(((3, torch.float64), (5, torch.float32), (2, torch.float64))):
        a = 2 * _random(seed + 30, length, dtype=dtype)
        got = _tensor("companion_matrix", call("companion_matrix", answer, a))
        got = require_tensor("companion_matrix", got, (length, length), "(L, L)", dtype)
        right = forecasting.companion_matrix(a)
        mistakes = {
            "its transpose: the coefficients belong into the last row": right.T,
            "the coefficients in the opposite order: they come oldest first, as the window does": (
                forecasting.companion_matrix(a.flip(0))
            ),
            "the form for windows with the newest value first: here the newest is last": right.flip(0, 1),
            "the newest-first form, and the order of the coefficients not turned round": (
                torch.cat([a[None], torch.eye(length, dtype=dtype)[:-1]])
            ),
            "a matrix that leaves the window in its place: the ones stand right of the diagonal": (
                torch.cat([torch.eye(length, dtype=dtype)[:-1], a[None]])
            ),
        }
        rule = "companion_matrix(a) @ window must be the window one step later."
        require_right("companion_matrix", got, right, rule, mistakes)
    got = _tensor("companion_matrix", answer(_random(33, 1)))
    require_tensor("companion_matrix of a single coefficient", got, (1, 1), "(L, L)")
    require_right("companion_matrix", got, _random(33, 1)[None], "With L = 1 the matrix is the coefficient.", {})


@question
def wave_left(answer: Answer) -> None:
    """Check the spectral radius and the steps until a share is left."""
    cases = [
        (forecasting.companion_matrix(torch.tensor(a, dtype=torch.float64)), share)
        for a, share in (((-0.81, 1.3), 0.5), ((0.1, -0.7), 0.01), ((-0.2, 0.1, 0.2, 0.5), 0.1))
    ]
    cases.append((torch.tensor([[0.5, 10.0], [0.0, 0.4]], dtype=torch.float64), 0.25))
    for C, share in cases:
        radius, steps = _two_numbers(call("wave_left", answer, C, share))
        values = torch.linalg.eigvals(C)
        right = values.abs().max()
        mistakes = {
            "the largest singular value: that bounds a single step": torch.linalg.matrix_norm(C, ord=2),
            "the largest real part: take the modulus of the complex eigenvalue": values.real.max(),
            "the modulus of the smallest eigenvalue": values.abs().min(),
            "the square of the radius": right**2,
            "the largest entry": C.max(),
        }
        require_right("radius", radius, right, "The radius must be the largest modulus of an eigenvalue.", mistakes)
        right_steps = math.log(share) / right.log()
        mistakes = {
            "its inverse: divide log(share) by log(radius)": 1 / right_steps,
            "a negative number of steps: both logarithms are negative, so their ratio is positive": -right_steps,
            "a whole number: return the ratio as it is": right_steps.ceil(),
        }
        rule = "The steps must be log(share) / log(radius)."
        require_right("steps", steps, right_steps, rule, mistakes)
    for a in ((-1.0, math.sqrt(3)), (-1.2, 1.0)):
        C = forecasting.companion_matrix(torch.tensor(a, dtype=torch.float64)) * 1.001
        _, steps = _two_numbers(call("wave_left", answer, C, 0.5))
        require(
            steps.item() == math.inf,
            "With a radius of 1 or more the wave never shrinks to the share: the steps must be infinite.",
            f"{steps.item():g}",
            'Return float("inf").',
        )


def _two_numbers(got: Any) -> list[Tensor]:
    numbers = []
    for name, value in zip(("radius", "steps"), require_parts("wave_left", got, "radius", "steps"), strict=True):
        try:
            numbers.append(torch.tensor(float(value), dtype=torch.float64))
        except (TypeError, ValueError, RuntimeError):
            raise CheckFailed(f"The {name} of wave_left must be one real number. Got {value!r:.60}.") from None
    return [_rounded(number) for number in numbers]


def _rounded(number: Tensor) -> Tensor:
    """Take a number for a float32 one, so that an answer may compute in either precision."""
    return number.float() if bool(torch.isfinite(number)) else number


@question
def direct_targets(answer: Answer) -> None:
    """Check the changes from each value to the next ones."""
    for seed, (count, horizon) in enumerate(((11, 3), (9, 1), (7, 6), (40, 5))):
        series = _random(seed + 40, count)
        got = _tensor("direct_targets", call("direct_targets", answer, series, horizon))
        rows = count - horizon
        got = require_tensor("direct_targets", got, (rows, horizon), "(T - horizon, horizon)", series.dtype)
        later = series[1:].unfold(0, horizon, 1)
        now = series[:rows, None]
        steps = later - series.unfold(0, horizon, 1)[:rows]
        mistakes = {
            "the values themselves: subtract the value at t": later,
            "changes that begin with y_t - y_t = 0: column 0 belongs to t + 1": series[:-1].unfold(0, horizon, 1) - now,
            "the change of each single step: all are counted from the value at t": steps,
            "the opposite sign: later minus now": now - later,
            "each row in reverse: column 0 is the next value": (later - now).flip(1),
            "changes from the last value of each row: subtract the value at t": later - later[:, -1:],
        }
        rule = "Entry [t, k] must be the value at t + 1 + k minus the value at t."
        require_right("direct_targets", got, later - now, rule, mistakes)


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


@question
def forecast_weeks(answer: Callable[[Tensor, Tensor], Any]) -> None:
    """Train by the learner's recipe and judge the forecasts of weeks that it has not seen."""
    temperature, calendar, weeks = _weather()
    forecast = answer(temperature.clone(), calendar.clone())
    hint = "Return the inner function itself, without calling it."
    require(callable(forecast), "forecast_weeks must return a function.", type(forecast).__name__, hint)
    given = weeks.past.clone(), weeks.past_calendar.clone(), weeks.week_calendar.clone()
    got = _tensor("The function returned by forecast_weeks", call("forecast", forecast, *given)).detach()
    require_tensor("The forecast", got, weeks.truth.shape, "(M, 168)")
    require(bool(torch.isfinite(got).all()), "Every forecast must be a finite number.", "NaN or infinity")
    error = baselines.rmse(got.double().numpy(), weeks.truth)
    bound = BOUND * weeks.climatology
    reverse = baselines.rmse(got.double().numpy()[:, ::-1], weeks.truth)
    require(
        error < bound,
        f"The RMSE in the weeks of 2014 must be below {bound * weeks.spread:.2f} deg C, {BOUND} of the climatology's.",
        f"{error * weeks.spread:.2f} (persistence has {weeks.standing * weeks.spread:.2f})",
        "The hours seem to be in reverse order."
        if reverse < error
        else "Does the model know the calendar, and is its forecast scaled as the past is? Or train for longer.",
    )
