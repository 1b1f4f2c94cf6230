"""Checks of the exercises of lesson 1: one RNN step, gradient norms by lag, the decay rate, clipping by norm."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn

from lstm_course import cells, gradients
from lstm_course.checks.answers import Answer, call, require_gradient, require_right
from lstm_course.checks.base import generator, question, require, require_tensor

# (B, I, H): all different, so that a swapped axis shows; then a batch of one, in float32.
STEP_SIZES = ((3, 2, 4, torch.float64), (1, 5, 2, torch.float32))
# (T, H) of the sequences whose gradient norms are asked for.
SEQUENCE_SIZES = ((7, 3, torch.float64), (4, 5, torch.float32))


@question
def rnn_step(answer: Answer) -> None:
    """Check question 1: one step of the tanh RNN."""
    rule = "h_t must be tanh(x_t W_x^T + h_prev W_h^T + b)."
    for seed, (B, I, H, dtype) in enumerate(STEP_SIZES):
        case = _draw(seed, dtype, (B, I), (B, H), (H, I), (H, H), (H,))
        got = require_tensor("h_t", call("rnn_step", answer, *case), (B, H), "(batch, hidden)", dtype)
        require_right("h_t", got, cells.rnn_step(*case), rule, _step_mistakes(*case))
        require_gradient("rnn_step", answer, case, cells.rnn_step)


def _draw(seed: int, dtype: torch.dtype, *shapes: tuple[int, ...]) -> list[Tensor]:
    draw = generator(seed)
    return [torch.randn(shape, generator=draw, dtype=torch.float64).to(dtype) for shape in shapes]


def _step_mistakes(x_t: Tensor, h_prev: Tensor, W_x: Tensor, W_h: Tensor, b: Tensor) -> dict[str, Tensor]:
    from_x, from_h = x_t @ W_x.T, h_prev @ W_h.T
    return {
        "a result without tanh": from_x + from_h + b,
        "a result without the bias b": torch.tanh(from_x + from_h),
        "a result without h_prev": torch.tanh(from_x + b),
        "a result without x_t": torch.tanh(from_h + b),
        "sigmoid in place of tanh": torch.sigmoid(from_x + from_h + b),
        "tanh of a part only: the bias belongs inside": torch.tanh(from_x + from_h) + b,
        "h_prev @ W_h without the transpose (rows of W_h belong to the new units)": torch.tanh(
            from_x + h_prev @ W_h + b
        ),
    }


@question
def norms_by_lag(answer: Answer) -> None:
    """Check question 2: the 2-norms of dh_T / dh_{T-k} for every lag k."""
    rule = "Entry k must be the largest singular value of the Jacobian dh_T / dh_{T-k}."
    for seed, (T, H, dtype) in enumerate(SEQUENCE_SIZES):
        states = _states(seed, T, H, dtype)
        given = list(states)
        result = answer(given)
        require(
            len(given) == len(states) and all(a is b for a, b in zip(given, states, strict=True)),
            "norms_by_lag must leave the list of states as it is.",
            "a changed list",
            "Index it, or reverse a copy.",
        )
        got = require_tensor("norms_by_lag(h)", result, (T + 1,), "(T + 1,): lags 0 to T").detach()
        expected = gradients.norms_by_lag(states).to(dtype)
        require_right("norms", got, expected, rule, _norm_mistakes(states, expected))


def _states(seed: int, T: int, H: int, dtype: torch.dtype) -> list[Tensor]:
    """Run a small random RNN and keep its graph."""
    inputs, W_h = _draw(seed, dtype, (T, H), (H, H))
    states = [torch.zeros(H, dtype=dtype, requires_grad=True)]
    for x_t in inputs:
        states.append(torch.tanh(W_h @ states[-1] + x_t))
    return states


def _norm_mistakes(states: list[Tensor], expected: Tensor) -> dict[str, Tensor]:
    jacobians = gradients.jacobians_by_lag(states).to(expected.dtype)
    step_norms = torch.stack([gradients.norms_by_lag(states[: t + 1])[1] for t in range(len(states) - 1, 0, -1)])
    return {
        "the lags in reverse order: entry 0 belongs to lag 0, h_T itself": expected.flip(0),
        "the Frobenius norm (all squared entries summed): ask for ord=2": torch.linalg.matrix_norm(jacobians),
        "the norm of the gradient of h_T.sum(): that adds the rows of the Jacobian up": jacobians.sum(1).norm(dim=1),
        "the gradient of one unit of h_T only: that is one row of the Jacobian": jacobians[:, 0].norm(dim=1),
        "the largest entry of the Jacobian": jacobians.abs().amax(dim=(1, 2)),
        "the spectral radius: eigenvalues in place of singular values": torch.linalg.eigvals(jacobians).abs().amax(1),
        "the product of the single steps' norms: that is only a bound": torch.cat(
            [expected[:1], step_norms.cumprod(0).to(expected.dtype)]
        ),
    }


@question
def decay_rate(answer: Answer) -> None:
    """Check question 3: the spectral radius of W_h."""
    rule = "The decay rate must be the largest absolute value of an eigenvalue of W_h."
    for W_h in _recurrent_matrices():
        got = call("decay_rate", answer, W_h)
        real = isinstance(got, (int, float)) or (isinstance(got, Tensor) and got.dim() == 0 and not got.is_complex())
        require(real, "decay_rate must return one real number.", f"{got!r}", "Use .abs() on complex eigenvalues.")
        expected = torch.tensor(gradients.spectral_radius(W_h), dtype=torch.float64)
        value = torch.as_tensor(got, dtype=torch.float64).detach()
        require_right("decay_rate(W_h)", value, expected, rule, _rate_mistakes(W_h))


def _recurrent_matrices() -> Iterable[Tensor]:
    """Matrices for which the usual shortcuts give something else; the first has eigenvalues 0.3 +- 0.75i, -0.6, 0.2."""
    turning = [[0.3, -0.75, 2.0, 0.0], [0.75, 0.3, 0.0, 1.0], [0.0, 0.0, -0.6, 1.0], [0.0, 0.0, 0.0, 0.2]]
    yield from (torch.tensor(rows, dtype=torch.float64) for rows in (turning, [[0.5, 10.0], [0.0, 0.5]]))
    yield from _draw(0, torch.float64, (6, 6))


def _rate_mistakes(W_h: Tensor) -> dict[str, Tensor]:
    eigenvalues = torch.linalg.eigvals(W_h)
    return {
        "the largest singular value, which bounds a single step only": torch.linalg.matrix_norm(W_h, ord=2),
        "the largest real part: a complex eigenvalue counts with its absolute value": eigenvalues.real.max(),
        "the largest absolute real part: the imaginary part counts as well": eigenvalues.real.abs().max(),
        "the mean of the absolute eigenvalues: in the long run the largest one wins": eigenvalues.abs().mean(),
        "the smallest absolute eigenvalue": eigenvalues.abs().min(),
        "the eigenvalues of a symmetric matrix: W_h is not symmetric, use eigvals": (
            torch.linalg.eigvalsh(W_h).abs().max()
        ),
        "the Frobenius norm": torch.linalg.matrix_norm(W_h),
        "the determinant": torch.linalg.det(W_h).abs(),
    }


@question
def clip_by_norm(answer: Answer) -> None:
    """Check question 4: clipping as torch.nn.utils.clip_grad_norm_ does it."""
    rule = "Clipping must scale all gradients by min(1, max_norm / norm of all of them together)."
    for scale, max_norm in ((3.0, 1.5), (0.01, 1.5), (40.0, 0.5), (0.0, 1.0)):
        grads = [scale * grad for grad in _draw(1, torch.float32, (4, 3), (4,), (2, 4))]
        result = call("clip_by_norm", answer, grads, max_norm)
        fits = isinstance(result, (list, tuple)) and len(result) == len(grads)
        found = f"{len(result)} values" if isinstance(result, (list, tuple)) else type(result).__name__
        require(fits, f"clip_by_norm must return a list of {len(grads)} tensors, one for each gradient.", found)
        expected = _clipped(grads, max_norm)
        for n, (grad, got) in enumerate(zip(grads, result, strict=True)):
            require_tensor(f"clipped[{n}]", got, tuple(grad.shape), "of its gradient", grad.dtype)
            mistakes = {mistake: wrong[n] for mistake, wrong in _clip_mistakes(grads, max_norm).items()}
            require_right(f"clipped[{n}]", got, expected[n], rule, mistakes)


def _clipped(grads: list[Tensor], max_norm: float) -> list[Tensor]:
    """Let PyTorch clip."""
    parameters = [nn.Parameter(torch.zeros_like(grad)) for grad in grads]
    for parameter, grad in zip(parameters, grads, strict=True):
        parameter.grad = grad.clone()
    nn.utils.clip_grad_norm_(parameters, max_norm)
    return [parameter.grad for parameter in parameters]


def _clip_mistakes(grads: list[Tensor], max_norm: float) -> dict[str, list[Tensor]]:
    total = torch.cat([grad.flatten() for grad in grads]).norm()
    added = sum(grad.norm() for grad in grads)

    def scaled(factor: Any) -> list[Tensor]:
        return [grad * factor for grad in grads]

    return {
        "the gradients as they came, but together they are longer than max_norm": grads,
        "each gradient clipped on its own: one common factor keeps the direction": [
            grad * min(1.0, max_norm / max(grad.norm().item(), 1e-12)) for grad in grads
        ],
        "each number clipped on its own: that changes the direction": [
            grad.clamp(-max_norm, max_norm) for grad in grads
        ],
        "short gradients made longer: the factor is 1 at most": scaled(max_norm / total.clamp(min=1e-12)),
        "a norm that adds the single norms: add their squares and take the root": scaled(
            min(1, max_norm / max(added, 1e-12))
        ),
        "the squared norm: take the root": scaled(min(1, max_norm / max(total**2, 1e-12))),
        "gradients of length 1 where they were too long: multiply by max_norm": scaled(1 / max(total, 1e-12)),
    }
