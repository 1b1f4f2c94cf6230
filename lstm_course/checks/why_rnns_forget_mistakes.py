"""What learners get wrong in the exercises of lesson 1, and what it gives: words and values for each question."""

from collections.abc import Iterator
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor

from lstm_course import gradients
from lstm_course.checks.programs import Hole, Program

OWN = "Each row of the batch is a sequence of its own: which rows of x_t and h_prev may its h_t depend on?"
RNN_STEP = Program(
    """
z = {sum}{bias}
h_t = {squash}{outside}{rows}
""",
    ("h_t",),
    sum=Hole(
        "x_t @ W_x.T + h_prev @ W_h.T",
        "What does every new unit add up? Its weights are a row of W_x and a row of W_h.",
        *("x_t @ W_x.T", "h_prev @ W_h.T", "x_t @ W_x.T + h_prev @ W_h", "x_t @ W_x.T - h_prev @ W_h.T"),
        *("h_prev @ W_h.T - x_t @ W_x.T", "x_t @ W_x.T + h_prev", "x_t @ W_x.T + h_prev * W_h.diag()", "h_prev @ W_h"),
        *("2 * x_t @ W_x.T + h_prev @ W_h.T", "x_t @ W_x.T + 2 * h_prev @ W_h.T", "(x_t @ W_x.T) * (h_prev @ W_h.T)"),
        *(
            "x_t @ W_x.T + h_prev @ W_h.T @ W_h.T",
            "x_t @ W_x.T + h_prev[:1] @ W_h.T",
            "x_t[:1] @ W_x.T + h_prev @ W_h.T",
        ),
        *("x_t @ W_x.T + h_prev.mean(0) @ W_h.T", "x_t.mean(0) @ W_x.T + h_prev @ W_h.T"),
        "torch.cat([h_prev, x_t], 1) @ torch.cat([W_x, W_h], 1).T",
        "x_t @ W_x.reshape(-1, len(b)) + h_prev @ W_h.T",
    ),
    bias=Hole(" + b", "How often is b added?", "", " + 2 * b", " - b", " + b.mean()", " * b", " + b.abs()"),
    squash=Hole(
        "tanh(z)",
        "Which function is applied, how often, and to what?",
        *(
            "z",
            "sigmoid(z)",
            "relu(z)",
            "tanh(tanh(z))",
            "tanh(-z)",
            "sin(z)",
            "nn.functional.hardtanh(z)",
            "torch.softmax(z, 1)",
            "tanh(z / 2)",
            "nn.functional.softsign(z)",
            "nn.functional.elu(z)",
        ),
        *("tanh(z) ** 2", "2 * tanh(z)", "1 - tanh(z)", "tanh(2 * z)", "sigmoid(2 * z)", "tanh(z - b) + b"),
        *("tanh(x_t @ W_x.T) + h_prev @ W_h.T + b", "tanh(x_t @ W_x.T) + tanh(h_prev @ W_h.T + b)"),
        *("tanh(x_t @ W_x.T + b) + h_prev @ W_h.T", "tanh(x_t @ W_x.T + b) + tanh(h_prev @ W_h.T)"),
        *("x_t @ W_x.T + tanh(h_prev @ W_h.T + b)", "tanh(x_t @ W_x.T) + tanh(h_prev @ W_h.T) + tanh(b)"),
        *("tanh(x_t @ W_x.T) + tanh(h_prev @ W_h.T) + b", "h_prev / 2 + tanh(z) / 2"),
    ),
    outside=Hole("", "Is anything done after the tanh?", " + h_prev", " * h_prev", " - h_prev", " + b"),
    rows=Hole(
        "",
        OWN,
        *("; h_t = h_t[:1].expand_as(h_t)", "; h_t = h_t.mean(0).expand_as(h_t)", "; h_t = h_t.sum(0).expand_as(h_t)"),
        "; h_t = in_a_row(x_t @ W_x.T + b, h_prev[0], W_h)",
    ),
)


def in_a_row(from_x: Tensor, h: Tensor, W_h: Tensor) -> Tensor:
    """Take the batch for time, as a loop over rows does that hands its h on."""
    states = []
    for row in from_x:
        h = torch.tanh(row + W_h @ h)
        states.append(h)
    return torch.stack(states)


def norm_mistakes(states: list[Tensor], expected: Tensor) -> dict[str, Tensor]:
    """The norms by lag."""
    J = gradients.jacobians_by_lag(states)  # (T + 1, H, H)
    T = len(states) - 1
    steps = torch.stack([gradients.norms_by_lag(states[: t + 1])[1] for t in range(T, 0, -1)])
    first = torch.stack([gradients.norms_by_lag(states[: t + 1])[t] for t in range(T + 1)])
    lags = torch.arange(T + 1, dtype=J.dtype)[:, None, None]
    h_T = states[-1].detach().to(J.dtype)
    one = torch.ones(1, dtype=expected.dtype)
    return {
        "the lags in reverse order: entry 0 belongs to lag 0, h_T itself": expected.flip(0),
        "the Frobenius norm (all squared entries summed): ask for ord=2": torch.linalg.matrix_norm(J),
        "the norm of the gradient of h_T.sum(): that adds the rows of the Jacobian up": J.sum(1).norm(dim=1),
        "the norm of the gradient of h_T.mean(): that averages the rows of the Jacobian": J.mean(1).norm(dim=1),
        "the gradient of one unit of h_T only: that is one row of the Jacobian": J[:, 0].norm(dim=1),
        "the gradient of the last unit of h_T only: that is one row of the Jacobian": J[:, -1].norm(dim=1),
        "the norm of the gradient of the norm of h_T: that is one direction only": (h_T / h_T.norm() @ J).norm(dim=1),
        "the norm of the gradient of h_T's sum of squares: that is one direction only": (2 * h_T @ J).norm(dim=1),
        "the norms of the states themselves, not of gradients": torch.stack(states).detach().norm(dim=1).flip(0),
        "the largest entry of the Jacobian": J.abs().amax(dim=(1, 2)),
        "the largest row of the Jacobian: the norm of a matrix can be larger": J.norm(dim=2).amax(1),
        "the largest column of the Jacobian: the norm of a matrix can be larger": J.norm(dim=1).amax(1),
        "the mean of the rows' norms": J.norm(dim=2).mean(1),
        "the sum of the rows' norms": J.norm(dim=2).sum(1),
        "the largest column sum (ord=1): ask for ord=2": torch.linalg.matrix_norm(J, ord=1),
        "the largest row sum (ord=inf): ask for ord=2": torch.linalg.matrix_norm(J, ord=torch.inf),
        "the sum of the singular values (ord='nuc'): ask for ord=2": torch.linalg.matrix_norm(J, ord="nuc"),
        "the smallest singular value: the largest is asked for": torch.linalg.matrix_norm(J, ord=-2),
        "the mean of the singular values: the largest is asked for": torch.linalg.svdvals(J).mean(1),
        "the squares of the norms": expected**2,
        "the roots of the norms": expected.sqrt(),
        "the logarithms of the norms": expected.log(),
        "the logarithms of the norms, to base 10": expected.log10(),
        "the absolute determinant": torch.linalg.det(J).abs(),
        "the absolute trace": J.diagonal(dim1=1, dim2=2).sum(1).abs(),
        "the spectral radius: eigenvalues in place of singular values": torch.linalg.eigvals(J).abs().amax(1),
        "the product of the single steps' norms: that is only a bound": torch.cat([one, steps.cumprod(0)]),
        "the norms of single steps: each lag needs the Jacobian from h_T all the way back": torch.cat([one, steps]),
        "dh_k / dh_0, from the first state on: lag k looks back from h_T": first,
        "gradients that add up from row to row, as .backward() leaves them in .grad": torch.linalg.matrix_norm(
            J.cumsum(1), ord=2
        ),
        "gradients that add up from lag to lag, as .backward() leaves them in .grad": torch.linalg.matrix_norm(
            J.cumsum(1) + lags * J.sum(1, keepdim=True), ord=2
        ),
        "the Jacobians of single steps multiplied in the wrong order: that of the last step stands on the left": (
            torch.linalg.matrix_norm(_in_wrong_order(states), ord=2)
        ),
        "every entry one lag late: entry 0 belongs to h_T itself, whose norm is 1": torch.cat([one, expected[:-1]]),
        "every entry one lag early: entry 0 belongs to h_T itself, whose norm is 1": torch.cat(
            [expected[1:], expected[-1:]]
        ),
        "norms added up over the lags": expected.cumsum(0),
        "norms divided by that of the longest lag": expected / expected[-1],
    }


def _in_wrong_order(states: list[Tensor]) -> Tensor:
    """The products of the single steps' Jacobians, the last step's on the right."""
    product = gradients.jacobians_by_lag(states)[0]  # the identity
    products = [product]
    for t in range(len(states) - 1, 0, -1):
        product = gradients.jacobians_by_lag(states[: t + 1])[1] @ product
        products.append(product)
    return torch.stack(products)


def rate_mistakes(W_h: Tensor) -> dict[str, Tensor]:
    """The decay rate."""
    eigenvalues = torch.linalg.eigvals(W_h)
    moduli = eigenvalues.abs()
    rate = moduli.max()
    return {
        "the largest singular value, which bounds a single step only": torch.linalg.matrix_norm(W_h, ord=2),
        "the largest real part: a complex eigenvalue counts with its absolute value": eigenvalues.real.max(),
        "the largest absolute real part: the imaginary part counts as well": eigenvalues.real.abs().max(),
        "the largest imaginary part: the real part counts as well": eigenvalues.imag.abs().max(),
        "the mean of the absolute eigenvalues: in the long run the largest one wins": moduli.mean(),
        "the sum of the absolute eigenvalues: in the long run the largest one wins": moduli.sum(),
        "the smallest absolute eigenvalue": moduli.min(),
        "the absolute value of the first eigenvalue: they come in no order, take the largest": moduli[0],
        "the absolute value of the last eigenvalue: they come in no order, take the largest": moduli[-1],
        "the eigenvalues of a symmetric matrix: W_h is not symmetric, use eigvals": (
            torch.linalg.eigvalsh(W_h).abs().max()
        ),
        "the largest eigenvalue of a symmetric matrix: W_h is not symmetric, use eigvals": (
            torch.linalg.eigvalsh(W_h).max()
        ),
        "the square of the largest singular value, which bounds two steps": torch.linalg.matrix_norm(W_h, ord=2) ** 2,
        "the absolute real and imaginary parts added: square, add, take the root": (
            (eigenvalues.real.abs() + eigenvalues.imag.abs()).max()
        ),
        "no more than 1: gradients may grow as well": rate.clamp(max=1),
        "the determinant, with its sign": torch.linalg.det(W_h),
        "the eigenvalues of the symmetric half of W_h": torch.linalg.eigvalsh((W_h + W_h.T) / 2).abs().max(),
        "the largest entry of W_h": W_h.max(),
        "the largest absolute entry of W_h": W_h.abs().max(),
        "the largest absolute value on the diagonal of W_h": W_h.diag().abs().max(),
        "the Frobenius norm": torch.linalg.matrix_norm(W_h),
        "the largest column sum (ord=1)": torch.linalg.matrix_norm(W_h, ord=1),
        "the largest row sum (ord=inf)": torch.linalg.matrix_norm(W_h, ord=torch.inf),
        "the determinant": torch.linalg.det(W_h).abs(),
        "the trace": W_h.trace(),
        "the square of the rate: that is the factor for two steps": rate**2,
        "the root of the rate": rate.sqrt(),
        "the logarithm of the rate": rate.log(),
        "the inverse of the rate": 1 / rate,
    }


def clip_mistakes(grads: list[Tensor], max_norm: float) -> dict[str, list[Tensor]]:
    """Clipping by norm."""
    joined = torch.cat([grad.flatten() for grad in grads])
    total, norms = joined.norm(), [grad.norm() for grad in grads]
    numels = [grad.numel() for grad in grads]
    ends = accumulate(numels)
    return {
        "the gradients as they came, but together they are longer than max_norm": grads,
        "each gradient clipped on its own: one common factor keeps the direction": [
            grad * _factor(max_norm, norm) for grad, norm in zip(grads, norms, strict=True)
        ],
        "each number clipped on its own: that changes the direction": [
            grad.clamp(-max_norm, max_norm) for grad in grads
        ],
        "each gradient clipped by the norm of those so far: first the norm of all, then one factor": [
            grad * _factor(max_norm, joined[:end].norm()) for grad, end in zip(grads, ends, strict=True)
        ],
    } | {
        mistake: [grad * factor for grad in grads]
        for mistake, factor in _wrong_factors(joined, total, norms, numels, max_norm)
    }


def _factor(max_norm: float, norm: Any) -> float:
    return min(1.0, max_norm / max(float(norm), 1e-12))


def _wrong_factors(
    joined: Tensor, total: Tensor, norms: list[Tensor], numels: list[int], c: float
) -> Iterator[tuple[str, Any]]:
    length = max(total.item(), 1e-12)
    yield "short gradients made longer: the factor is 1 at most", c / length
    yield "short gradients made longer (and zeros NaN): the factor is 1 at most", c / total
    yield "the inverse factor: it is max_norm / norm", max(1.0, length / c)
    yield "the inverse factor, 1 at most: it is max_norm / norm", min(1.0, length / c)
    yield "short gradients scaled, long ones left: the condition is the wrong way round", max(1.0, c / length)
    yield "a norm that adds the single norms: add their squares and take the root", _factor(c, sum(norms))
    yield "the squared norm: take the root", _factor(c, total**2)
    yield "the root of the norm: take the root once", _factor(c, total.sqrt())
    yield "the squared factor", _factor(c, total) ** 2
    yield "the norm of the first gradient only: all of them count", _factor(c, norms[0])
    yield "the norm of the last gradient only: all of them count, so add up in the loop", _factor(c, norms[-1])
    yield "the norm of the longest gradient only: all of them count", _factor(c, max(norms))
    yield "the sum of all absolute values: square, add, take the root", _factor(c, joined.abs().sum())
    yield "the largest number: that is another norm (ord=inf)", _factor(c, joined.abs().max())
    yield "the mean of the squares: add them up", _factor(c, joined.square().mean().sqrt())
    means = sum(norm**2 / numel for norm, numel in zip(norms, numels, strict=True))
    yield "the means of the squares of each: add the squares up", _factor(c, means**0.5)
    yield "the sum without squares: square first", _factor(c, abs(joined.sum()))
    yield "the mean of the single norms: add squares and take the root", _factor(c, sum(norms) / len(norms))
    yield (
        "gradients of length 1 where they were too long: multiply by max_norm",
        _factor(1.0, total) if total > c else 1,
    )
    yield "every gradient brought to length 1", 1 / length
    yield "max_norm times what is right: do not multiply by it twice", c * _factor(c, total) if total > c else 1
