"""Exercise 1: answers that were tried against the finished checks, and what these now say of them."""

import numpy as np
import torch
from torch import tanh
from torch.linalg import eigvals, matrix_norm
from torch.nn.functional import hardtanh
from torch.nn.utils import clip_grad_norm_

from lstm_course.checks import why_rnns_forget as check
from tests.mistakes.catalogue import Mistake


def total(x, h, W, U, b):
    return x @ W.T + h @ U.T + b


def in_words_of_exp(x, h, W, U, b):
    e = torch.exp(-2 * total(x, h, W, U, b))
    return (1 - e) / (1 + e)


def jacobian(h, k, t=-1):
    rows = [torch.autograd.grad(unit, h[t - k], retain_graph=True)[0] for unit in h[t]]
    return torch.stack(rows)


def norms(h, norm=lambda J: matrix_norm(J, ord=2)):
    return torch.stack([norm(jacobian(h, k)) for k in range(len(h))])


def by_batched_grad(h):
    eye = torch.eye(len(h[0]), dtype=h[0].dtype)
    found = (torch.autograd.grad(h[-1], state, eye, retain_graph=True, is_grads_batched=True)[0] for state in h[::-1])
    return torch.stack([matrix_norm(J, ord=2) for J in found])


def in_steps(h, left=True):
    J = jacobian(h, 0)
    products = [J]
    for t in range(len(h) - 1, 0, -1):
        J = J @ jacobian(h, 1, t) if left else jacobian(h, 1, t) @ J
        products.append(J)
    return torch.stack([matrix_norm(J, ord=2) for J in products])


def of_one_number(h, number):
    return torch.stack([torch.autograd.grad(number(h[-1]), s, retain_graph=True)[0].norm() for s in h[::-1]])


def never_cleared(h):
    for state in h:
        state.retain_grad()
    found = []
    for state in h[::-1]:
        rows = []
        for unit in h[-1]:
            unit.backward(retain_graph=True)
            rows.append(state.grad.clone())
        found.append(matrix_norm(torch.stack(rows), ord=2))
    return torch.stack(found)


def norm_of(grads):
    return torch.sqrt(sum((g**2).sum() for g in grads))


def clip(grads, c, norm=norm_of):
    return [g * min(1.0, c / (norm(grads) + 1e-6)) for g in grads]


def while_adding(grads, c):
    clipped, squares = [], 0.0
    for g in grads:
        squares = squares + (g**2).sum()
        clipped.append(g * min(1.0, c / (squares.sqrt() + 1e-6)))
    return clipped


def by_an_imported_name(grads, c):
    parameters = [torch.nn.Parameter(g.clone()) for g in grads]
    for parameter, g in zip(parameters, grads, strict=True):
        parameter.grad = g.clone()
    clip_grad_norm_(parameters, c)
    return [parameter.grad for parameter in parameters]


def with_numpy(grads, c):
    arrays = [g.numpy() for g in grads]
    norm = np.sqrt(sum(np.square(a).sum() for a in arrays))
    return [torch.from_numpy(np.asarray(a * min(1.0, c / max(norm, 1e-9)), a.dtype)) for a in arrays]


RIGHT = {
    check.rnn_step: {
        "exponentials": in_words_of_exp,
        "a row at a time, mapped": lambda x, h, W, U, b: torch.vmap(lambda x, h: tanh(W @ x + U @ h + b))(x, h),
        "sigmoid": lambda x, h, W, U, b: 2 * torch.sigmoid(2 * total(x, h, W, U, b)) - 1,
    },
    check.norms_by_lag: {
        "batched gradients": by_batched_grad,
        "a product of steps": in_steps,
        "numbers in float32": lambda h: torch.tensor(norms(h).tolist()),
        "through float32": lambda h: torch.Tensor(norms(h).tolist()).to(h[0]),
    },
    check.decay_rate: {
        "largest by size": lambda W: max(eigvals(W), key=abs).abs(),
        "norm of eigenvalues": lambda W: torch.linalg.vector_norm(eigvals(W), ord=torch.inf),
        "array": lambda W: np.max(np.abs(np.linalg.eig(W.numpy())[0])),
    },
    check.clip_by_norm: {
        "numpy": with_numpy,
        "clamped infinity": lambda grads, c: [g * torch.clamp(c / norm_of(grads), max=1) for g in grads],
        "divided": lambda grads, c: [g / max(1.0, float(norm_of(grads)) / c) for g in grads],
    },
}
MISTAKES = {
    check.rnn_step: {
        "hardtanh": Mistake(lambda *a: hardtanh(total(*a)), "h_t = nn.functional.hardtanh(z)"),
        "each squashed": Mistake(
            lambda x, h, W, U, b: tanh(x @ W.T) + tanh(h @ U.T) + b, "tanh(x_t @ W_x.T) + tanh(h_prev @ W_h.T) + b"
        ),
        "half tanh": Mistake(lambda *a: tanh(total(*a) / 2), "h_t = tanh(z / 2)"),
        "mean of old and new": Mistake(lambda x, h, *w: (h + tanh(total(x, h, *w))) / 2, "h_prev / 2 + tanh(z) / 2"),
        "generator": Mistake(
            lambda x, h, W, U, b: (tanh(W @ r + U @ s + b) for r, s in zip(x, h, strict=True)), "Is there a yield"
        ),
        "two arguments": Mistake(lambda x, h: x, "must take 5 arguments, in the order of the task"),
    },
    check.norms_by_lag: {
        "of the norm": Mistake(lambda h: of_one_number(h, torch.norm), "gradient of the norm of h_T"),
        "of the squares": Mistake(lambda h: of_one_number(h, lambda v: (v**2).sum()), "h_T's sum of squares"),
        "of the states": Mistake(lambda h: torch.stack([s.norm() for s in h[::-1]]), "of the states themselves"),
        "to base 10": Mistake(lambda h: norms(h).log10(), "to base 10"),
        "largest column": Mistake(lambda h: norms(h, lambda J: J.norm(dim=0).max()), "the largest column"),
        "never cleared": Mistake(never_cleared, "add up from lag to lag"),
        "wrong order": Mistake(lambda h: in_steps(h, left=False), "multiplied in the wrong order"),
        "zeros": Mistake(lambda h: 0 * norms(h), "Got zeros only"),
        "a vector's gradient": Mistake(
            lambda h: torch.autograd.grad(h[-1], h[0]), "for scalar outputs", "starts from one number"
        ),
        "other way round": Mistake(
            lambda h: torch.autograd.grad(h[0][0], h[-1]), "not have been used", "does not hang on the other"
        ),
        "list of numbers": Mistake(lambda h: norms(h).tolist(), "(list). torch.tensor makes one of it."),
    },
    check.decay_rate: {
        "symmetric, with sign": Mistake(lambda W: torch.linalg.eigvalsh(W).max(), "largest eigenvalue of a symmetric"),
        "squared singular value": Mistake(lambda W: torch.linalg.eigvalsh(W.T @ W).max(), "which bounds two steps"),
        "parts added": Mistake(lambda W: (eigvals(W).real.abs() + eigvals(W).imag.abs()).max(), "parts added"),
        "1 at most": Mistake(lambda W: eigvals(W).abs().max().clamp(max=1), "no more than 1"),
        "determinant": Mistake(torch.linalg.det, "the determinant, with its sign"),
        "complex maximum": Mistake(lambda W: eigvals(W).max(), "Complex numbers have no order"),
        "value and place": Mistake(
            lambda W: eigvals(W).abs().max(dim=0), "one real number", "Got torch.return_types.max("
        ),
    },
    check.clip_by_norm: {
        "short ones as well": Mistake(lambda grads, c: [g * c / norm_of(grads) for g in grads], "zeros NaN"),
        "inverse, 1 at most": Mistake(
            lambda grads, c: [g * min(1, norm_of(grads) / c) for g in grads], "1 at most: it"
        ),
        "while adding": Mistake(while_adding, "by the norm of those so far"),
        "means": Mistake(
            lambda grads, c: clip(grads, c, lambda all: sum((g**2).mean() for g in all).sqrt()),
            "the means of the squares",
        ),
        "imported": Mistake(by_an_imported_name, "Got a call of clip_grad_norm_"),
        "whole factors": Mistake(
            lambda grads, c: [g * int(min(1, c / (norm_of(grads) + 1e-6))) for g in grads], "zeros"
        ),
    },
}
