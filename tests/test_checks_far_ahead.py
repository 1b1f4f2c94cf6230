"""The checks of lesson 7 accept right answers in any style and name what is wrong with wrong ones."""

import math

import numpy as np
import pytest
import torch

from lstm_course import forecasting
from lstm_course.checks import far_ahead as check
from lstm_course.checks.base import CheckFailed

torch.set_num_threads(1)  # two threads on a busy machine can be ten times slower

QUESTIONS = ("rollout", "companion_matrix", "wave_left", "direct_targets", "forecast_weeks")


def passes(question, answer, capsys):
    question(answer)
    assert capsys.readouterr().out == f"✓ {question.__name__} is right.\n"


def fails(question, answer, words):
    with pytest.raises(CheckFailed) as raised:
        question(answer)
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_unanswered_questions_raise_not_implemented(name):
    def unanswered(*arguments):
        raise NotImplementedError

    with pytest.raises(NotImplementedError):
        getattr(check, name)(unanswered)


# ---- rollout


def growing(one_step, window, horizon):
    """Keep the whole series and cut the last window each time."""
    series, length = window, window.shape[1]
    for _ in range(horizon):
        series = torch.cat([series, one_step(series[:, -length:]).unsqueeze(1)], 1)
    return series[:, length:]


def rolling(one_step, window, horizon):
    window, values = window.clone(), []
    for _ in range(horizon):
        values.append(one_step(window))
        window = window.roll(-1, 1)
        window = torch.column_stack([window[:, :-1], values[-1]])
    return torch.column_stack(values)


def in_place(one_step, window, horizon):
    values = []
    for _ in range(horizon):
        values.append(one_step(window.clone()))
        window[:, :-1] = window[:, 1:].clone()
        window[:, -1] = values[-1]
    return torch.stack(values, 1)


def moving(move):
    return lambda f, w, h: check._wrong_rollout(f, w, h, move)


@pytest.mark.parametrize("answer", [forecasting.rollout, growing, rolling])
def test_rollout_right(answer, capsys):
    passes(check.rollout, answer, capsys)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda f, w, h: None, "rollout must return a tensor. Got NoneType"),
        (lambda f, w, h: growing(f, w, h).T, "must have the shape (M, horizon)"),
        (lambda f, w, h: growing(f, w, h - 1), "must have the shape (M, horizon)"),
        (lambda f, w, h: torch.cat([w, growing(f, w, h)], 1), "must have the shape (M, horizon)"),
        (lambda f, w, h: growing(f, w, h).float(), "must keep the dtype"),
        (lambda f, w, h: f(w)[:, None].expand(-1, h), "the first forecast again and again"),
        (moving(lambda w, v: torch.cat([v, w[:, :-1]], 1)), "newest value first: append"),
        (moving(lambda w, v: torch.cat([w[:, :-1], v], 1)), "drop the oldest one instead"),
        (moving(lambda w, v: torch.cat([w, v], 1)), "given to one_step must have the shape (M, L)"),
        (in_place, "must leave its arguments as they are"),
        (lambda f, w, h: forecasting.rollout(lambda some: f(some).detach(), w, h), "Gradients must flow"),
    ],
)
def test_rollout_wrong(answer, words):
    fails(check.rollout, answer, words)


# ---- companion matrix


def with_diagonal(a):
    C = torch.diag(torch.ones(len(a) - 1, dtype=a.dtype), 1)
    C[-1] = a
    return C


def with_rows(a):
    L = len(a)
    return torch.stack([torch.eye(L, dtype=a.dtype)[k + 1] if k < L - 1 else a for k in range(L)])


def writing(a):
    C = with_diagonal(a)
    a[0] = 0
    return C


@pytest.mark.parametrize("answer", [forecasting.companion_matrix, with_diagonal, with_rows])
def test_companion_matrix_right(answer, capsys):
    passes(check.companion_matrix, answer, capsys)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda a: None, "must return a tensor"),
        (lambda a: with_diagonal(a)[:-1], "must have the shape (L, L)"),
        (lambda a: with_diagonal(a).double().numpy(), "must return a tensor. Got ndarray"),
        (lambda a: with_diagonal(a).float(), "must keep the dtype"),
        (lambda a: with_diagonal(a).T, "its transpose"),
        (lambda a: with_diagonal(a.flip(0)), "they come oldest first"),
        (lambda a: with_diagonal(a).flip(0, 1), "here the newest is last"),
        (lambda a: torch.cat([a[None], torch.eye(len(a), dtype=a.dtype)[:-1]]), "not turned round"),
        (lambda a: torch.cat([torch.eye(len(a), dtype=a.dtype)[:-1], a[None]]), "right of the diagonal"),
        (lambda a: torch.diag(torch.ones(len(a) - 1, dtype=a.dtype), 1), "Expected companion_matrix["),
        (writing, "must leave its arguments"),
    ],
)
def test_companion_matrix_wrong(answer, words):
    fails(check.companion_matrix, answer, words)


# ---- spectral radius and steps


def radius(C):
    return torch.linalg.eigvals(C).abs().max()


def left(C, share, rho=radius):
    rho = rho(C)
    return rho, math.log(share) / torch.log(rho) if rho < 1 else math.inf


def with_numpy(C, share):
    rho = np.abs(np.linalg.eigvals(C.numpy())).max()
    return [rho, np.inf if rho >= 1 else np.log(share) / np.log(rho)]


def in_float32(C, share):
    rho, steps = left(C.float(), share)
    return rho.item(), float(steps)


@pytest.mark.parametrize("answer", [left, with_numpy, in_float32])
def test_wave_left_right(answer, capsys):
    passes(check.wave_left, answer, capsys)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda C, s: radius(C), "must give 2 values: radius, steps"),
        (lambda C, s: (torch.linalg.eigvals(C)[0], 1.0), "must be one real number"),
        (lambda C, s: (None, 1.0), "must be one real number"),
        (lambda C, s: left(C, s, lambda C: torch.linalg.matrix_norm(C, 2)), "the largest singular value"),
        (lambda C, s: left(C, s, lambda C: torch.linalg.eigvals(C).real.max()), "the largest real part"),
        (
            lambda C, s: left(C, s, lambda C: torch.linalg.eigvals(C).real.abs().max()),
            "take the modulus of the complex",
        ),
        (lambda C, s: left(C, s, lambda C: torch.linalg.eigvals(C).abs().min()), "of an eigenvalue"),
        (lambda C, s: (radius(C), 1 / left(C, s)[1]), "its inverse"),
        (lambda C, s: (radius(C), -left(C, s)[1]), "negative number of steps"),
        (lambda C, s: (radius(C), torch.as_tensor(left(C, s)[1]).ceil()), "a whole number"),
        (lambda C, s: (radius(C), math.log(s) / torch.log(radius(C))), "the steps must be infinite"),
    ],
)
def test_wave_left_wrong(answer, words):
    fails(check.wave_left, answer, words)


# ---- direct targets


def shifted(series, horizon):
    n = len(series) - horizon
    return torch.stack([series[1 + k : 1 + k + n] - series[:n] for k in range(horizon)], 1)


def looped(series, horizon):
    return torch.stack([series[t + 1 : t + 1 + horizon] - series[t] for t in range(len(series) - horizon)])


def subtracting(series, horizon):
    got = shifted(series, horizon)
    series -= series.mean()
    return got


@pytest.mark.parametrize("answer", [shifted, looped])
def test_direct_targets_right(answer, capsys):
    passes(check.direct_targets, answer, capsys)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda y, h: None, "must return a tensor"),
        (lambda y, h: shifted(y, h).T, "must have the shape (T - horizon, horizon)"),
        (lambda y, h: shifted(y, h)[:-1], "must have the shape (T - horizon, horizon)"),
        (lambda y, h: shifted(y, h).float(), "must keep the dtype"),
        (lambda y, h: y[1:].unfold(0, h, 1), "the values themselves"),
        (lambda y, h: y[:-1].unfold(0, h, 1) - y[: len(y) - h, None], "column 0 belongs to t + 1"),
        (lambda y, h: -shifted(y, h), "the opposite sign"),
        (lambda y, h: shifted(y, h).flip(1), "in reverse"),
        (lambda y, h: (y[1:] - y[:-1]).unfold(0, h, 1), "the change of each single step"),
        (lambda y, h: y[1:].unfold(0, h, 1) - y[h:, None], "changes from the last value"),
        (subtracting, "must leave its arguments"),
    ],
)
def test_direct_targets_wrong(answer, words):
    fails(check.direct_targets, answer, words)


# ---- a forecast of weeks, here without a network so that the tests stay quick


def linear(temperature, calendar, mistake=lambda forecast: forecast):
    """Least squares from the last hours and the calendar, direct for all hours of the week."""

    def inputs(past, past_calendar):
        ones = torch.ones(len(past), 1)
        return torch.cat([past[:, -24:], past_calendar[:, -1], ones], 1).double()

    start = torch.arange(72, len(temperature) - 168, 11)[:, None]
    before = start + torch.arange(-72, 0)
    week = temperature[start + torch.arange(168)].double()
    weights = torch.linalg.lstsq(inputs(temperature[before], calendar[before]), week).solution
    return lambda past, past_calendar, week_calendar: mistake((inputs(past, past_calendar) @ weights).float())


def writing_past(temperature, calendar):
    inner = linear(temperature, calendar)

    def forecast(past, past_calendar, week_calendar):
        got = inner(past, past_calendar, week_calendar)
        past -= 1
        return got

    return forecast


def persistence(temperature, calendar):
    return lambda past, past_calendar, week_calendar: past[:, -1:].expand(-1, 168)


def test_forecast_weeks_right(capsys):
    passes(check.forecast_weeks, linear, capsys)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda y, c: None, "must return a function. Got NoneType"),
        (lambda y, c: linear(y, c, lambda f: None), "must return a tensor"),
        (lambda y, c: linear(y, c, lambda f: f[:, :24]), "must have the shape (M, 168)"),
        (lambda y, c: linear(y, c, lambda f: f[..., None]), "must have the shape (M, 168)"),
        (lambda y, c: linear(y, c, lambda f: f * math.nan), "must be a finite number"),
        (lambda y, c: linear(y, c, lambda f: f * 11 + 13), "scaled as the past is"),
        (lambda y, c: linear(y, c, lambda f: f.flip(1)), "in reverse order"),
        (persistence, "persistence has 6.4"),
        (writing_past, "must leave its arguments"),
    ],
)
def test_forecast_weeks_wrong(answer, words):
    fails(check.forecast_weeks, answer, words)


def test_the_training_data_are_copies():
    def spoiling(temperature, calendar):
        assert temperature.shape == (26304,)
        assert calendar.shape == (26304, 4)
        forecast = linear(temperature, calendar)
        temperature.zero_()
        calendar.zero_()
        return forecast

    check.forecast_weeks(spoiling)
    check.forecast_weeks(spoiling)
