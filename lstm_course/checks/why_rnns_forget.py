"""Checks of the exercises of lesson 1: one RNN step, gradient norms by lag, the decay rate, clipping by norm."""

from collections.abc import Iterable, Iterator
from numbers import Real
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lstm_course import cells, gradients
from lstm_course.checks.answers import Answer, call, explaining, require_gradient, require_right, same
from lstm_course.checks.base import draw, each_case, question, require, require_numbers_of_a_kind, require_tensor
from lstm_course.checks.learner import short
from lstm_course.checks.programs import require_program
from lstm_course.checks.refusal import refused
from lstm_course.checks.why_rnns_forget_mistakes import RNN_STEP, clip_mistakes, in_a_row, norm_mistakes, rate_mistakes

FUNCTIONS = {"torch": torch, "nn": nn, "in_a_row": in_a_row} | {
    name: getattr(torch, name) for name in ("tanh", "sigmoid", "relu", "sin")
}
# (B, I, H): all different, so that a swapped axis shows; then a batch of one, in float32.
STEP_SIZES = ((3, 2, 4, torch.float64), (1, 5, 2, torch.float32))
SMALL_STEP = [torch.tensor(numbers, dtype=torch.float64) for numbers in ([[2.0]], [[0.5]], [[0.5]], [[-1.0]], [0.25])]
READY = "norms_by_lag is what you are building. Got a call of gradients.norms_by_lag or jacobians_by_lag: do without."
# (T, H) of the sequences whose gradient norms are asked for.
SEQUENCE_SIZES = ((7, 3, torch.float64), (4, 5, torch.float32), (2, 1, torch.float64))
# (scale, max_norm, shapes) of the gradients to clip: too long, short, much too long, zeros, just too long.
MANY = ((4,), (4, 3), (2, 1, 4), ())
CLIPPINGS = (
    (3.0, 1.5, MANY),
    (0.01, 1.5, MANY),
    (40.0, 0.5, MANY),
    (0.0, 1.0, MANY),
    (1.0, 2, ((3,), (5, 2), (2,))),
    (2.0, 1.0, ((2,), (1,))),
)


@question
def rnn_step(answer: Answer) -> None:
    """Check question 1: one step of the tanh RNN."""
    rule = "h_t must be tanh(x_t W_x^T + h_prev W_h^T + b)."

    def check_one(case: list[Tensor]) -> None:
        names = dict(zip(("x_t", "h_prev", "W_x", "W_h", "b"), case, strict=True))
        h_prev = case[1]
        result = call("rnn_step", answer, *case)
        got = require_tensor("h_t", result, tuple(h_prev.shape), "(batch, hidden)", h_prev.dtype)
        require_program(RNN_STEP, FUNCTIONS | names, {"h_t": got}, {"h_t": rule}, {})
        require_gradient("rnn_step", answer, case, cells.rnn_step)

    each_case([*(_step(seed, *size) for seed, size in enumerate(STEP_SIZES)), SMALL_STEP], check_one)


def _step(seed: int, B: int, I: int, H: int, dtype: torch.dtype) -> list[Tensor]:
    return [tensor.mul(10).round() / 10 for tensor in draw(seed, dtype, (B, I), (B, H), (H, I), (H, H), (H,))]


@question
def norms_by_lag(answer: Answer) -> None:
    """Check question 2: the 2-norms of dh_T / dh_{T-k} for every lag k."""
    rule = "Entry k must be the largest singular value of the Jacobian dh_T / dh_{T-k}."

    def check_one(size: tuple[int, int, torch.dtype]) -> None:
        states, own = _states(*size), _states(*size)  # an answer may use its graph up
        with refused(READY, (gradients, "norms_by_lag"), (gradients, "jacobians_by_lag")):
            result = call("norms_by_lag", answer, states, in_place=True)
        _require_states_kept(states, own)
        got = require_tensor("norms", result, (len(own),), "(T + 1,): lags 0 to T").detach()
        expected = gradients.norms_by_lag(own)
        require_numbers_of_a_kind("norms", got, expected)
        # Not to more digits than float32 has: a list of numbers becomes a tensor in float32.
        require_right("norms", got, expected.float(), rule, norm_mistakes(own, expected))

    each_case(SEQUENCE_SIZES, check_one)


def _require_states_kept(states: list[Tensor], own: list[Tensor]) -> None:
    kept = same([state.detach() for state in own], [state.detach() for state in states])
    rule = "norms_by_lag must leave the list of states as it is."
    require(kept, rule, "a changed list", "Index it, or reverse a copy: h[::-1].")


def _states(T: int, H: int, dtype: torch.dtype) -> list[Tensor]:
    """Run a small random RNN and keep its graph."""
    inputs, W_h = draw(T + 1, dtype, (T, H), (H, H))
    states = [torch.zeros(H, dtype=dtype, requires_grad=True)]
    for x_t in inputs:
        states.append(torch.tanh(W_h @ states[-1] + x_t))
    return states


@question
def decay_rate(answer: Answer) -> None:
    """Check question 3: the spectral radius of W_h."""
    rule = "The decay rate must be the largest absolute value of an eigenvalue of W_h."

    def rate(W_h: Tensor) -> Tensor:
        return _real(call("decay_rate", answer, W_h))

    matrices = list(_recurrent_matrices())
    found = explaining([[rate(W_h)] for W_h in matrices], [_listed(rate_mistakes(W_h)) for W_h in matrices])

    def check_one(W_h: Tensor) -> None:
        expected = torch.tensor(gradients.spectral_radius(W_h), dtype=torch.float32)
        mistakes = rate_mistakes(W_h)
        require_right("decay_rate(W_h)", rate(W_h), expected, rule, {words: mistakes[words] for words in found})

    each_case(matrices, check_one)


def _listed(mistakes: dict[str, Tensor]) -> dict[str, list[Tensor]]:
    return {words: [value] for words, value in mistakes.items()}


def _real(got: Any) -> Tensor:
    """Require one real number, of whatever type, and return it in float32: a rate needs no more digits."""
    is_number = isinstance(got, Real) and not isinstance(got, bool)
    is_scalar = isinstance(got, (Tensor, np.ndarray)) and got.ndim == 0
    value = torch.as_tensor(got).detach() if is_number or is_scalar else torch.tensor(0j)
    hint = "Is a return missing?" if got is None else "Use .abs() on complex eigenvalues and return the largest."
    holds = not value.is_complex() and value.dtype != torch.bool and value.device.type == "cpu"
    require(holds, "decay_rate must return one real number.", short(got), hint)
    return value.float()


def _recurrent_matrices() -> Iterable[Tensor]:
    """Matrices for which shortcuts give something else."""
    turning = [[0.3, -0.75, 2.0, 0.0], [0.75, 0.3, 0.0, 1.0], [0.0, 0.0, -0.6, 1.0], [0.0, 0.0, 0.0, 0.2]]
    yield from draw(0, torch.float64, (6, 6))
    yield from draw(3, torch.float32, (5, 5))
    for rows in (turning, [[-0.9, 0.0, 1.0], [2.0, 0.5, 0.0], [0.0, 0.0, 0.4]], [[0.5, 10.0], [0.0, 0.5]]):
        yield torch.tensor(rows, dtype=torch.float64)
    yield torch.tensor([[0.0, -2.0], [0.5, 0.0]], dtype=torch.float64)


@question
def clip_by_norm(answer: Answer) -> None:
    """Check question 4: clipping as torch.nn.utils.clip_grad_norm_ does it."""
    rule = "Clipping must scale all gradients by min(1, max_norm / norm of all of them together)."

    cases = list(_gradients())
    found = explaining([_clip(answer, *case) for case in cases], [clip_mistakes(*case) for case in cases])

    def check_one(case: tuple[list[Tensor], float]) -> None:
        mistakes = clip_mistakes(*case)
        for n, (got, right) in enumerate(zip(_clip(answer, *case), _clipped(*case), strict=True)):
            wrong = {words: mistakes[words][n] for words in found}
            # Not to more digits than float32 has: torch adds 1e-6 to the norm, the formula does not.
            require_right(f"clipped[{n}]", got, right.float(), rule, wrong)

    each_case(cases, check_one)


def _clip(answer: Answer, grads: list[Tensor], max_norm: float) -> list[Tensor]:
    """Call the answer and require tensors like those given."""
    sentence = "clip_by_norm is what you are building. Got a call of clip_grad_norm_: do without it."
    with refused(sentence, (nn.utils, "clip_grad_norm_"), (nn.utils, "clip_grads_with_norm_")):
        result = call("clip_by_norm", answer, grads, max_norm)
    fits = isinstance(result, (list, tuple)) and len(result) == len(grads)
    found = f"{len(result)} values" if isinstance(result, (list, tuple)) else type(result).__name__
    hint = "Is a return missing?" if result is None else ""
    require(fits, f"clip_by_norm must return a list of {len(grads)} tensors, one for each gradient.", found, hint)
    for n, (grad, got) in enumerate(zip(grads, result, strict=True)):
        require_tensor(f"clipped[{n}]", got, tuple(grad.shape), "of its gradient", grad.dtype)
    return [tensor.detach() for tensor in result]


def _gradients() -> Iterator[tuple[list[Tensor], float]]:
    for seed, (scale, max_norm, shapes) in enumerate(CLIPPINGS):
        dtype = torch.float64 if seed % 2 else torch.float32
        yield [scale * grad for grad in draw(seed, dtype, *shapes)], max_norm


def _clipped(grads: list[Tensor], max_norm: float) -> list[Tensor]:
    """Let PyTorch clip."""
    parameters = [nn.Parameter(torch.zeros_like(grad)) for grad in grads]
    for parameter, grad in zip(parameters, grads, strict=True):
        parameter.grad = grad.clone()
    nn.utils.clip_grad_norm_(parameters, max_norm)
    return [parameter.grad for parameter in parameters]
