"""Checks of exercise 7: rollout and the loop's matrix here, the others in the modules imported."""

from typing import Any

import torch
from torch import Tensor

from lstm_course import forecasting
from lstm_course.checks.answers import Answer, call, require_gradient
from lstm_course.checks.base import each_case, generator, question, require, require_tensor
from lstm_course.checks.far_ahead_wave import direct_targets, wave_left
from lstm_course.checks.far_ahead_weeks import forecast_weeks
from lstm_course.checks.programs import Hole, Program
from lstm_course.checks.refusal import refused
from lstm_course.checks.results import require_result, tensor_of

__all__ = ["companion_matrix", "direct_targets", "forecast_weeks", "rollout", "wave_left"]


def _random(seed: int, *shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(*shape, generator=generator(seed), dtype=torch.float64).to(dtype)


class OneStep:
    """A one-step forecast of windows (M, L): the sum, or a squashed weighted sum if there are weights, (L,)."""

    def __init__(self, length: int, weights: Tensor | None = None) -> None:
        self.length, self.weights = length, weights

    def __call__(self, window: Any) -> Tensor:
        """Forecast, and refuse what is no window (M, L)."""
        shape = tuple(window.shape) if isinstance(window, Tensor) else None
        fits = shape is not None and len(shape) == 2 and shape[1] == self.length
        found = type(window).__name__ if shape is None else f"shape {shape}"
        hint = "A window keeps its length: append the forecast as a column, and drop the oldest value."
        require(fits, f"one_step must be given windows (M, L) with L = {self.length}.", found, hint)
        return self.plain(window)

    def plain(self, window: Tensor) -> Tensor:
        """Forecast."""
        return window.sum(1) if self.weights is None else torch.tanh(window @ self.weights) + 0.1

    def __repr__(self) -> str:
        return "the sum of the window" if self.weights is None else "a weighted sum of the window, squashed"


ROLLOUT = Program(
    """
known, values = window, []
{start}
for _ in range({steps}):
    value = one_step(window)
    values.append({kept})
    window = {move}
forecasts = torch.stack(values, dim=1){form}
""",
    ("forecasts",),
    start=Hole(
        "",
        "What is forecast first? One step from the known window as it is given, oldest value first.",
        "values.append(window[:, -1])",
        "window = window.flip(1)",
        "window = window[:, :1].expand_as(window)",
        "window = window.roll(-1, 1)",
        "window = torch.cat([window[:, 1:], one_step(window)[:, None]], dim=1)",
    ),
    steps=Hole("horizon", "How many values are to be forecast?", "horizon - 1", "horizon + 1", "window.shape[1]", "1"),
    kept=Hole(
        "value",
        "What is returned? The forecasts themselves, one a step.",
        "window[:, -1]",
        "window[:, 0]",
        "value - window[:, -1]",
        "value + sum(values)",
        "value + window[:, -1]",
        "value.mean().expand(len(value))",
        "value[0].expand(len(value))",
    ),
    move=Hole(
        "torch.cat([window[:, 1:], value[:, None]], dim=1)",
        "What is the next window? The forecast comes in at the end, as the newest; the oldest, in front, goes.",
        "window",
        "torch.cat([value[:, None], window[:, :-1]], dim=1)",
        "torch.cat([window[:, :-1], value[:, None]], dim=1)",
        "torch.cat([value[:, None], window[:, 1:]], dim=1)",
        "window.roll(-1, 1)",
        "window.roll(1, 1)",
        "torch.cat([window[:, 1:], window[:, -1:]], dim=1)",
        "torch.cat([window[:, 1:], 0 * value[:, None]], dim=1)",
        "value[:, None].expand_as(window)",
        "torch.cat([window[:, 1:], (value - window[:, -1])[:, None]], dim=1)",
        "torch.cat([window[:, 1:], (value + window[:, -1])[:, None]], dim=1)",
        "torch.cat([window[:, 1:], (0 * value + value.mean())[:, None]], dim=1)",
    ),
    form=Hole(
        "",
        "One row per window, one column per step, in the order of time?",
        ".T",
        ".flip(1)",
        "[:, -1]",
        "[:, -1:]",
        "[..., None]",
        ".cumsum(1)",
        "; forecasts = torch.cat([known, forecasts], dim=1)",
        "; forecasts = torch.cat(values)",
    ),
)


@question
def rollout(answer: Answer) -> None:
    """Check that forecasts are fed back, newest last, without touching the window given."""
    cases = [
        (_random(seed, *shape), horizon) for seed, (*shape, horizon) in enumerate(((3, 4, 6), (5, 2, 1), (4, 1, 3)))
    ]
    weighted = [(OneStep(len(w[0]), _random(20, len(w[0])) / len(w[0])), w, horizon) for w, horizon in cases]
    single = (OneStep(5, _random(21, 5)), _random(22, 1, 5, dtype=torch.float64), 7)
    short = (OneStep(3, _random(25, 3).float()), _random(26, 2, 3, dtype=torch.float32), 2)
    smallest = (OneStep(2), torch.tensor([[1.0, 2.0]], dtype=torch.float64), 3)
    each_case([*weighted, single, short, smallest], lambda case: _check_rollout(answer, *case))
    require_gradient(
        "rollout",
        lambda window, weights: answer(lambda some: torch.tanh(some @ weights), window, 4),
        [_random(23, 2, 3), _random(24, 3)],
        lambda window, weights: forecasting.rollout(lambda some: torch.tanh(some @ weights), window, 4),
    )


def _check_rollout(answer: Answer, one_step: OneStep, window: Tensor, horizon: int) -> None:
    with refused("rollout must feed back itself, without forecasting.rollout.", (forecasting, "rollout")):
        got = tensor_of("rollout", call("rollout", answer, one_step, window, horizon))
    names = {"torch": torch, "one_step": one_step.plain, "window": window, "horizon": horizon}
    rule = (
        f"For a window of shape {tuple(window.shape)} and horizon {horizon}, each forecast must enter the next window."
    )
    require_result(ROLLOUT, names, {"forecasts": got}, {"forecasts": rule}, {"forecasts": "(M, horizon)"})
    require_tensor("rollout", got, tuple(got.shape), "(M, horizon)", window.dtype)


COMPANION = Program(
    """
L, a = len(coefficients), coefficients
shift = {shift}
last = {last}
C = torch.cat([{rows}]){form}
""",
    ("C",),
    shift=Hole(
        "torch.eye(L, dtype=a.dtype)[1:]",
        "Row 0 of C picks the new window's first value: which entry of the old one is that?",
        "torch.eye(L, dtype=a.dtype)[:-1]",
        "torch.zeros(L - 1, L, dtype=a.dtype)",
        "torch.ones(L - 1, L, dtype=a.dtype)",
        "torch.eye(L, dtype=a.dtype)[1:] * (torch.arange(L) < L - 1)  # the last 1 is missing",
        "torch.ones(L - 1, L, dtype=a.dtype).triu(1)",
        "torch.ones(L - 1, L, dtype=a.dtype).tril(1)",
        "torch.eye(L, dtype=a.dtype).flip(0)[1:]",
        "torch.eye(L, dtype=a.dtype).flip(0)[:-1]",
        "torch.eye(L, dtype=a.dtype).roll(2, 1)[:-1]",
        "torch.eye(L, dtype=a.dtype).roll(-1, 1)[:-1]",
        "torch.eye(L, dtype=a.dtype)[:-1] + torch.eye(L, dtype=a.dtype)[1:]",
        "torch.eye(L, dtype=a.dtype)[1:] * a",
        "-torch.eye(L, dtype=a.dtype)[1:]",
        "torch.ones(L - 1, dtype=a.dtype).diag(-1)[:-1]",
        "torch.ones(max(L - 2, 0), dtype=a.dtype).diag(2)[:-1]",
    ),
    last=Hole(
        "a",
        "The last row makes the forecast: windows and coefficients both have the oldest first. Which belongs to which?",
        "a.flip(0)",
        "-a",
        "torch.zeros_like(a)",
        "torch.ones_like(a)",
        "a / a.sum()",
        "a.roll(1)",
        "a.roll(-1)",
        "a.cumsum(0)",
        "torch.eye(L, dtype=a.dtype)[0]",
        "a + torch.eye(L, dtype=a.dtype)[0]",
        "a + torch.eye(L, dtype=a.dtype)[-1]",
    ),
    rows=Hole(
        "shift, last[None]",
        "The forecast is the newest value: which entry of the new window is it, the first or the last?",
        "last[None], shift",
        "last[None], torch.eye(L, dtype=a.dtype)[:-1]",
        "torch.eye(L, dtype=a.dtype)[:-1], last[None]",
        "shift, torch.eye(L, dtype=a.dtype)[:1], last[None]",
        "torch.eye(L, dtype=a.dtype), last[None]",
    ),
    form=Hole(
        "",
        "C @ window multiplies each row of C by the window: one row for each value of the new window, L of them.",
        ".T",
        ".flip(0, 1)",
        ".flip(0)",
        ".flip(1)",
        ".flip(0, 1).T",
        "[:-1]",
        "[-1]",
        "[None]",
        ".inverse()",
        " * 0 + torch.eye(L, dtype=a.dtype)",
        " * 0 + a.diag()",
        " * 0 + a.outer(a)",
    ),
)


@question
def companion_matrix(answer: Answer) -> None:
    """Check the matrix that moves the window of a linear autoregression."""
    sizes = ((4, torch.float64), (5, torch.float32), (3, torch.float64), (1, torch.float64))
    drawn = [2 * _random(seed + 30, length, dtype=dtype) for seed, (length, dtype) in enumerate(sizes)]
    each_case([*drawn, torch.tensor([0.5, 2.0], dtype=torch.float64)], lambda a: _check_companion(answer, a))


def _check_companion(answer: Answer, a: Tensor) -> None:
    sentence = "companion_matrix must make the matrix itself, without forecasting.companion_matrix."
    with refused(sentence, (forecasting, "companion_matrix")):
        got = tensor_of("companion_matrix", call("companion_matrix", answer, a))
    rule = f"For L = {len(a)} coefficients, C @ window must be the window one step later."
    require_result(COMPANION, {"torch": torch, "coefficients": a}, {"C": got}, {"C": rule}, {"C": "(L, L)"})
    require_tensor("companion_matrix", got, tuple(got.shape), "(L, L)", a.dtype)
