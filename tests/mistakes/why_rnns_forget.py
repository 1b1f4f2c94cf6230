"""Exercise 1, questions 1 and 3: one RNN step, the decay rate."""

import numpy as np
import torch
from torch import tanh
from torch.nn.functional import linear

from lstm_course.checks import why_rnns_forget as check
from tests.mistakes.catalogue import Mistake

# ---- one RNN step


def step(x, h, W, U, b):
    return tanh(x @ W.T + h @ U.T + b)


def step_by_rows(x, h, W_x, W_h, b):
    return torch.stack([tanh(W_x @ x[i] + W_h @ h[i] + b) for i in range(len(x))])


def step_by_loops(x, h, W_x, W_h, b):
    rows = []
    for x_row, h_row in zip(x, h, strict=True):
        units = []
        for unit in range(len(b)):
            z = b[unit]
            for k in range(len(x_row)):
                z = z + W_x[unit, k] * x_row[k]
            for k in range(len(h_row)):
                z = z + W_h[unit, k] * h_row[k]
            units.append(z.tanh())
        rows.append(torch.stack(units))
    return torch.stack(rows)


def step_with_options(x_t, h_prev, W_x, W_h, b, *, squash=torch.tanh):
    return squash(torch.addmm(b, x_t, W_x.t()) + torch.mm(h_prev, W_h.t()))


def step_in_cell(x, h, W, U, b):
    return torch.rnn_tanh_cell(x, h, W, U, b, torch.zeros_like(b))


def step_in_steps(x, h, W, U, b):
    z = x @ W.T
    z += h @ U.T
    z += b
    return z.tanh_()


def in_a_row(x, h, W, U, b):
    h, rows = h[0], []
    for x_t in x:
        h = tanh(W @ x_t + U @ h + b)
        rows.append(h)
    return torch.stack(rows)


def from_the_notebook(x, h, W, U, b):
    return tanh(x @ W_x.T + h @ W_h.T + b)


W_x, W_h = torch.ones(4, 2, dtype=torch.float64), torch.ones(4, 4, dtype=torch.float64)


def step_in_place(x, h, W, U, b):
    return h.copy_(step(x, h, W, U, b))


def bias_in_place(x, h, W, U, b):
    b += h.mean(0)
    return step(x, h, W, U, b)


def without_return(x, h, W, U, b):
    tanh(x @ W.T + h @ U.T + b)


def at_numpy(x, h, W, U, b):
    return torch.from_numpy(np.tanh((x @ W.T + h @ U.T + b).detach().numpy()))


# ---- the decay rate


def in_the_long_run(W):
    """The growth over 2^20 steps, by squaring; the scale is kept apart lest it overflow."""
    power, scale = W.double(), 0.0
    for _ in range(20):
        size = torch.linalg.matrix_norm(power)
        power, scale = (power / size) @ (power / size), 2 * (scale + size.log())
    return ((scale + torch.linalg.matrix_norm(power).log()) / 2**20).exp().item()


RIGHT = {
    check.rnn_step: {
        "as the formula": step,
        "row by row": step_by_rows,
        "number by number": step_by_loops,
        "one long product": lambda x, h, W, U, b: tanh(torch.cat([x, h], 1) @ torch.cat([W, U], 1).T + b),
        "linear, and tanh from sigmoid": lambda x, h, W, U, b: (
            2 * torch.sigmoid(2 * (linear(x, W, b) + linear(h, U))) - 1
        ),
        "einsum": lambda x, h, W, U, b: tanh(torch.einsum("bi,hi->bh", x, W) + torch.einsum("bk,hk->bh", h, U) + b),
        "transposed": lambda x, h, W, U, b: tanh(W @ x.T + U @ h.T + b[:, None]).T,
        "with an option": step_with_options,
        "torch's own cell": step_in_cell,
        "a sum built up in place": step_in_steps,
        "a class with __call__": type("Step", (), {"__call__": staticmethod(step)})(),
    },
    check.decay_rate: {
        "as the formula": lambda W_h: torch.linalg.eigvals(W_h).abs().max(),
        "plain Python": lambda W: max(abs(value) for value in torch.linalg.eigvals(W).tolist()),
        "numpy": lambda W: np.abs(np.linalg.eigvals(W.numpy())).max(),
        "eig, with a gradient": lambda W: torch.linalg.eig(W.clone().requires_grad_())[0].abs().max(),
        "a float": lambda W: torch.linalg.eigvals(W).abs().sort().values[-1].item(),
        "float32": lambda W: torch.linalg.eigvals(W.float()).abs().amax(),
        "numpy float32": lambda W: np.float32(np.abs(np.linalg.eigvals(W.numpy())).max()),
        "in the long run": in_the_long_run,
        "real and imaginary parts": lambda W: (lambda v: torch.sqrt(v.real**2 + v.imag**2).max())(
            torch.linalg.eigvals(W)
        ),
    },
}

MISTAKES = {
    check.rnn_step: {
        "no tanh": Mistake(
            lambda x, h, W, U, b: x @ W.T + h @ U.T + b,
            "Your values are those of   h_t = z",
            "Which function",
            "Expected h_t[0, 0]",
        ),
        "no bias": Mistake(
            lambda x, h, W, U, b: tanh(x @ W.T + h @ U.T), "z = x_t @ W_x.T + h_prev @ W_h.T", "How often is b added?"
        ),
        "no h": Mistake(lambda x, h, W, U, b: tanh(x @ W.T + b), "z = x_t @ W_x.T + b", "add up"),
        "no x": Mistake(lambda x, h, W, U, b: tanh(h @ U.T + b), "z = h_prev @ W_h.T + b"),
        "sigmoid": Mistake(lambda x, h, W, U, b: torch.sigmoid(x @ W.T + h @ U.T + b), "h_t = sigmoid(z)"),
        "relu": Mistake(lambda x, h, W, U, b: torch.relu(x @ W.T + h @ U.T + b), "h_t = relu(z)"),
        "tanh twice": Mistake(lambda *a: tanh(step(*a)), "h_t = tanh(tanh(z))", "how often"),
        "bias outside": Mistake(lambda x, h, W, U, b: tanh(x @ W.T + h @ U.T) + b, "tanh(z - b) + b", "to what"),
        "bias twice": Mistake(lambda x, h, W, U, b: step(x, h, W, U, 2 * b), "+ 2 * b", "How often is b added?"),
        "bias subtracted": Mistake(lambda x, h, W, U, b: step(x, h, W, U, -b), "h_prev @ W_h.T - b"),
        "h subtracted": Mistake(lambda x, h, W, U, b: step(x, -h, W, U, b), "x_t @ W_x.T - h_prev @ W_h.T"),
        "tanh of x only": Mistake(
            lambda x, h, W, U, b: tanh(x @ W.T) + h @ U.T + b, "tanh(x_t @ W_x.T) + h_prev @ W_h.T + b"
        ),
        "tanh of each": Mistake(
            lambda x, h, W, U, b: tanh(x @ W.T) + tanh(h @ U.T + b), "tanh(h_prev @ W_h.T + b)", "to what"
        ),
        "tanh of all three": Mistake(
            lambda x, h, W, U, b: tanh(x @ W.T) + tanh(h @ U.T) + tanh(b), "tanh(b)", "to what"
        ),
        "W_h not transposed": Mistake(
            lambda x, h, W, U, b: tanh(x @ W.T + h @ U + b), "+ h_prev @ W_h + b", "a row of W_h"
        ),
        "W_x not transposed": Mistake(
            lambda x, h, W, U, b: tanh(x @ W + h @ U.T + b), "rnn_step raised RuntimeError", "is a .T missing", "line"
        ),
        "x and h swapped": Mistake(
            lambda x, h, W, U, b: tanh(torch.cat([h, x], 1) @ torch.cat([W, U], 1).T + b), "torch.cat([h_prev, x_t], 1)"
        ),
        "reshaped, not transposed": Mistake(
            lambda x, h, W, U, b: step(x, h, W.reshape(-1, len(W)).T, U, b), "x_t @ W_x.reshape(-1, len(b))"
        ),
        "weights swapped": Mistake(lambda x, h, W, U, b: step(x, h, U, W, b), "raised RuntimeError", "inner sizes"),
        "h as it is": Mistake(lambda x, h, W, U, b: tanh(x @ W.T + h + b), "x_t @ W_x.T + h_prev + b"),
        "h number by number": Mistake(lambda x, h, W, U, b: tanh(x @ W.T + h * U.diag() + b), "h_prev * W_h.diag()"),
        "h behind tanh": Mistake(
            lambda x, h, W, U, b: h + tanh(x @ W.T + b), "z = x_t @ W_x.T + b; h_t = tanh(z) + h_prev"
        ),
        "residual": Mistake(
            lambda x, h, W, U, b: h + step(x, h, W, U, b), "h_t = tanh(z) + h_prev", "done after the tanh"
        ),
        "row 0 for all": Mistake(
            lambda x, h, W, U, b: step(x, h, W, U, b)[:1].repeat(len(x), 1),
            "h_t[:1].expand_as(h_t)",
            "a sequence of its own",
        ),
        "h of row 0 for all": Mistake(lambda x, h, W, U, b: step(x, h[:1], W, U, b), "h_prev[:1] @ W_h.T"),
        "mean over the batch": Mistake(
            lambda *a: step(*a).mean(0).expand(len(a[0]), -1), "h_t.mean(0)", "a sequence of its own"
        ),
        "sum over the batch": Mistake(
            lambda *a: step(*a).sum(0).expand(len(a[0]), -1), "h_t.sum(0)", "a sequence of its own"
        ),
        "batch taken for time": Mistake(in_a_row, "in_a_row(", "a sequence of its own"),
        "the negative": Mistake(lambda *a: -step(*a), "h_t = tanh(-z)"),
        "half": Mistake(lambda *a: step(*a) / 2, "0.5 times the right values"),
        "no bias, sigmoid": Mistake(
            lambda x, h, W, U, b: torch.sigmoid(x @ W.T + h @ U.T), "h_t = sigmoid(z)", "How often is b added?"
        ),
        "cosine": Mistake(lambda *a: step(*a).cos(), "Expected h_t[0, 0]", "argument 1 = [[2.0]], ", named=False),
        "transposed": Mistake(lambda *a: step(*a).T, "(batch, hidden) = (3, 4)", "is a transpose missing"),
        "one row": Mistake(lambda *a: step(*a)[0], "Got shape (4,)", "The first axis is missing"),
        "batch of one only": Mistake(lambda x, h, W, U, b: tanh(W @ x[0] + U @ h[0] + b)[None], "Got shape (1, 4)"),
        "squeezed": Mistake(lambda *a: step(*a).squeeze(), "= (1, 2). Got shape (2,)", "An axis of size 1 is lost"),
        "an axis too many": Mistake(lambda *a: step(*a)[None], "Some axis of size 1 is too much"),
        "bias as a column": Mistake(
            lambda x, h, W, U, b: step(x, h, W, U, b[:, None]), "raised RuntimeError", "shapes"
        ),
        "float32": Mistake(lambda *a: step(*a).float(), "keep the dtype torch.float64", "Got torch.float32"),
        "float64": Mistake(lambda *a: step(*[t.double() for t in a]), "keep the dtype torch.float32 of its inputs"),
        "detached": Mistake(lambda *a: step(*a).detach(), "Gradients must flow", "a result without a gradient"),
        "h detached": Mistake(
            lambda x, h, W, U, b: step(x, h.detach(), W, U, b), "Gradients must flow", "no gradient for h"
        ),
        "numpy": Mistake(at_numpy, "Gradients must flow through rnn_step", "numpy"),
        "no_grad": Mistake(torch.no_grad()(step), "Gradients must flow", "torch.no_grad()"),
        "a list": Mistake(lambda *a: list(step(*a)), "must be a tensor", "(list)", "torch.stack"),
        "plain lists": Mistake(lambda *a: step(*a).tolist(), "must be a tensor", "(list)"),
        "a pair": Mistake(lambda *a: (step(*a), a[1]), "must be a tensor", "Return one tensor only"),
        "no return": Mistake(without_return, "Got None", "Is a return missing?"),
        "NaN": Mistake(lambda *a: step(*a) / 0 * 0, "Got NaN", "divided by zero"),
        "another device": Mistake(lambda *a: step(*a).to("meta"), "device cpu", "Got device meta"),
        "in place": Mistake(step_in_place, "leave its arguments as they are", "changed in place: h"),
        "bias in place": Mistake(bias_in_place, "leave its arguments as they are", "changed in place: b"),
        "globals": Mistake(from_the_notebook, "It reads W_x, W_h from the notebook", "must come from its arguments"),
        "too few arguments": Mistake(lambda x, h, W: x, "must take 5 arguments", "but 5 were given"),
        "too many arguments": Mistake(
            lambda x, h, W, U, b, c: x, "must take 5 arguments", "1 required positional argument: 'c'"
        ),
        "called at once": Mistake(torch.zeros(3, 4), "must be a function", "with its name alone"),
        "a class": Mistake(type("Step", (), {}), "must be a function. Got the class Step"),
    },
    check.decay_rate: {
        "norm": Mistake(
            lambda W: torch.linalg.matrix_norm(W, ord=2), "the largest singular value, which bounds a single step only"
        ),
        "real part": Mistake(lambda W: torch.linalg.eigvals(W).real.max(), "largest real part"),
        "absolute real part": Mistake(lambda W: torch.linalg.eigvals(W).real.abs().max(), "imaginary part counts"),
        "imaginary part": Mistake(lambda W: torch.linalg.eigvals(W).imag.max(), "real part counts"),
        "mean": Mistake(lambda W: torch.linalg.eigvals(W).abs().mean(), "mean of the absolute eigenvalues"),
        "sum": Mistake(lambda W: torch.linalg.eigvals(W).abs().sum(), "sum of the absolute eigenvalues"),
        "smallest": Mistake(lambda W: torch.linalg.eigvals(W).abs().min(), "smallest absolute eigenvalue"),
        "first": Mistake(lambda W: torch.linalg.eigvals(W)[0].abs(), "first eigenvalue"),
        "last": Mistake(lambda W: torch.linalg.eigvals(W)[-1].abs(), "last eigenvalue"),
        "symmetric": Mistake(lambda W: torch.linalg.eigvalsh(W).abs().max(), "not symmetric"),
        "symmetrised": Mistake(lambda W: torch.linalg.eigvalsh((W + W.T) / 2).abs().max(), "symmetric half"),
        "Frobenius": Mistake(lambda W: W.norm(), "Frobenius"),
        "ord=1": Mistake(lambda W: torch.linalg.matrix_norm(W, ord=1), "largest column sum"),
        "ord=inf": Mistake(lambda W: torch.linalg.matrix_norm(W, ord=torch.inf), "largest row sum"),
        "determinant": Mistake(lambda W: torch.linalg.det(W).abs(), "determinant"),
        "trace": Mistake(lambda W: W.trace(), "trace"),
        "largest entry": Mistake(lambda W: W.max(), "largest entry"),
        "largest absolute entry": Mistake(lambda W: W.abs().max(), "largest absolute entry"),
        "diagonal": Mistake(lambda W: W.diag().abs().max(), "on the diagonal"),
        "squared": Mistake(lambda W: torch.linalg.eigvals(W).abs().max() ** 2, "factor for two steps"),
        "logarithm": Mistake(lambda W: torch.linalg.eigvals(W).abs().max().log(), "logarithm of the rate"),
        "inverse": Mistake(lambda W: 1 / torch.linalg.eigvals(W).abs().max(), "inverse of the rate"),
        "negative": Mistake(lambda W: -torch.linalg.eigvals(W).abs().max(), "with the other sign"),
        "complex": Mistake(lambda W: torch.linalg.eigvals(W)[0], "one real number", "Use .abs()"),
        "all of them": Mistake(lambda W: torch.linalg.eigvals(W).abs(), "one real number"),
        "in a list": Mistake(lambda W: [torch.linalg.eigvals(W).abs().max().item()], "one real number"),
        "for small inputs, but of a step": Mistake(
            lambda W: torch.linalg.svdvals(torch.tanh(W))[0], "Expected", named=False
        ),
        "no return": Mistake(lambda W: None, "Got None", "Is a return missing?"),
        "in place": Mistake(
            lambda W: torch.linalg.eigvals(W.mul_(2)).abs().max() / 2, "leave its arguments as they are"
        ),
        "complex maximum": Mistake(lambda W: torch.linalg.eigvals(W).max(), "decay_rate raised"),
    },
}
