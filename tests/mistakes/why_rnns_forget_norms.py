"""Exercise 1, questions 2 and 4: the norms of the Jacobians by lag, clipping by norm."""

import math

import torch

from lstm_course import gradients
from lstm_course.checks import why_rnns_forget as check
from tests.mistakes.catalogue import Mistake

norm = torch.linalg.matrix_norm

# ---- norms by lag


def jacobian(h, k, start=-1):
    return torch.stack([torch.autograd.grad(unit, h[-1 - k], retain_graph=True)[0] for unit in h[start]])


def each(measure):
    """Measure the Jacobian of every lag."""
    return lambda h: torch.stack([measure(jacobian(h, k)) for k in range(len(h))])


def floats(h):
    return torch.tensor([norm(jacobian(h, k), ord=2).item() for k in range(len(h))])


def batched(h):
    rows = torch.eye(len(h[-1]), dtype=h[-1].dtype)
    jacobians = torch.autograd.grad(h[-1], h[::-1], rows, is_grads_batched=True, retain_graph=True)
    return torch.linalg.norm(torch.stack(jacobians), ord=2, dim=(1, 2))


def chained(h):
    """Backwards, one step's Jacobian at a time."""
    product, norms = torch.eye(len(h[0]), dtype=h[0].dtype), [torch.ones((), dtype=h[0].dtype)]
    for late, early in zip(h[:0:-1], h[-2::-1], strict=True):
        product = product @ torch.stack([torch.autograd.grad(u, early, retain_graph=True)[0] for u in late])
        norms.append(norm(product, ord=2))
    return torch.stack(norms)


def filled(h, keep=True):
    T, H = len(h) - 1, h[0].numel()
    norms = torch.zeros(T + 1)
    for k in range(T + 1):
        J = torch.empty(H, H)
        for i in range(H):
            (J[i],) = torch.autograd.grad(h[T][i], h[T - k], retain_graph=keep)
        norms[k] = torch.linalg.svd(J).S.max()
    return norms


def one_graph_less(h):
    """Let autograd drop the graph with the very last row, which is all right."""
    T, H = len(h) - 1, len(h[0])
    rows = [
        [torch.autograd.grad(h[T][i], h[T - k], retain_graph=(k, i) != (T, H - 1))[0] for i in range(H)]
        for k in range(T + 1)
    ]
    return torch.linalg.norm(torch.stack([torch.stack(row) for row in rows]), ord=2, dim=(-2, -1))


def by_backward(h):
    norms = []
    for state in h[::-1]:
        state.retain_grad()
        rows = []
        for unit in h[-1]:
            state.grad = None
            unit.backward(retain_graph=True)
            rows.append(state.grad)
        norms.append(norm(torch.stack(rows), ord=2))
    return torch.stack(norms)


def summed(h):
    return torch.stack([torch.autograd.grad(h[-1].sum(), s, retain_graph=True)[0].norm() for s in h[::-1]])


def averaged(h):
    return torch.stack([torch.autograd.grad(h[-1].mean(), s, retain_graph=True)[0].norm() for s in h[::-1]])


def reversed_in_place(h):
    norms = floats(h)
    h.reverse()
    return norms


def single_steps(h):
    steps = [norm(jacobian(h[: t + 1], 1), ord=2) for t in range(len(h) - 1, 0, -1)]
    return torch.cat([torch.ones(1, dtype=h[0].dtype), torch.stack(steps)])


def from_the_first(h):
    return torch.stack([norm(jacobian(h[: t + 1], t), ord=2) for t in range(len(h))])


# ---- clip by norm


def total(grads):
    return torch.cat([g.flatten() for g in grads]).norm()


def clip(grads, c, size=None):
    size = total(grads) if size is None else size
    return [g * min(1.0, c / (float(size) + 1e-12)) for g in grads]


def by_torch_norms(grads, c):
    size = torch.stack([torch.linalg.vector_norm(g) for g in grads]).norm()
    factor = torch.clamp(c / (size + 1e-6), max=1.0)
    return [factor * g for g in grads]


def by_plain_python(grads, c):
    size = math.sqrt(sum(float((g * g).sum()) for g in grads))
    return tuple(g * (c / size if size > c else 1.0) for g in grads)


def by_loop(grads, max_norm, *, eps=1e-6):
    squares = 0.0
    for grad in grads:
        for number in grad.reshape(-1).tolist():
            squares += number**2
    clipped = []
    for grad in grads:
        clipped.append(grad.mul(max_norm / max(squares**0.5 + eps, max_norm)))
    return clipped


def by_einsum(grads, c):
    squares = sum(torch.einsum("i,i->", g.ravel(), g.ravel()) for g in grads)
    return list(grads) if squares <= c**2 else [g / squares.sqrt() * c for g in grads]


def in_place(grads, c):
    return [g.mul_(min(1.0, c / (total(grads).item() + 1e-6))) for g in grads]


def list_in_place(grads, c):
    grads[:] = clip(grads, c)
    return grads


def in_place_without_return(grads, c):
    in_place(grads, c)


def given_by_torch(grads, c):
    torch.nn.utils.clip_grad_norm_([torch.nn.Parameter(g) for g in grads], c)
    return grads


def in_the_loop(grads, c):
    """Overwrite the norm in the loop instead of adding up."""
    for g in grads:
        size = g.norm()
    return clip(grads, c, size)


RIGHT = {
    check.norms_by_lag: {
        "as the formula": each(lambda J: norm(J, ord=2)),
        "floats in float32": floats,
        "singular values": each(lambda J: torch.linalg.svdvals(J)[0]),
        "largest eigenvalue of J^T J": each(lambda J: torch.linalg.eigvalsh(J.T @ J)[-1].clamp(min=0).sqrt()),
        "batched": batched,
        "chained": chained,
        "filled": filled,
        "graph dropped at the end": one_graph_less,
        "by backward": by_backward,
    },
    check.clip_by_norm: {
        "as the formula": clip,
        "norm of norms": by_torch_norms,
        "plain Python": by_plain_python,
        "loops": by_loop,
        "einsum": by_einsum,
        "get_total_norm": lambda grads, c: clip(grads, c, torch.nn.utils.get_total_norm(grads)),
        "as torch does": lambda grads, max_norm=1.0, norm_type=2.0: clip(
            grads, max_norm, torch.norm(torch.stack([torch.norm(g, norm_type) for g in grads]), norm_type)
        ),
    },
}

MISTAKES = {
    check.norms_by_lag: {
        "reversed": Mistake(lambda h: floats(h).flip(0), "lags in reverse order"),
        "Frobenius": Mistake(each(norm), "Frobenius norm", "ask for ord=2"),
        "sum of units": Mistake(summed, "gradient of h_T.sum()"),
        "mean of units": Mistake(averaged, "gradient of h_T.mean()"),
        "one unit": Mistake(each(lambda J: J[0].norm()), "one unit of h_T only"),
        "last unit": Mistake(each(lambda J: J[-1].norm()), "last unit of h_T only"),
        "largest entry": Mistake(each(lambda J: J.abs().max()), "largest entry"),
        "largest row": Mistake(each(lambda J: J.norm(dim=1).max()), "largest row"),
        "mean of rows": Mistake(each(lambda J: J.norm(dim=1).mean()), "mean of the rows' norms"),
        "ord=1": Mistake(each(lambda J: norm(J, ord=1)), "largest column sum"),
        "ord=inf": Mistake(each(lambda J: norm(J, ord=torch.inf)), "largest row sum"),
        "nuclear": Mistake(each(lambda J: norm(J, ord="nuc")), "sum of the singular values"),
        "smallest": Mistake(each(lambda J: norm(J, ord=-2)), "smallest singular value"),
        "mean": Mistake(each(lambda J: torch.linalg.svdvals(J).mean()), "mean of the singular values"),
        "squared": Mistake(each(lambda J: norm(J, ord=2) ** 2), "squares of the norms"),
        "logarithm": Mistake(lambda h: floats(h).log(), "logarithms of the norms"),
        "spectral radius": Mistake(each(lambda J: torch.linalg.eigvals(J).abs().max()), "eigenvalues in place of"),
        "determinant": Mistake(each(lambda J: torch.linalg.det(J).abs()), "determinant"),
        "bound": Mistake(lambda h: single_steps(h).cumprod(0), "only a bound"),
        "single steps": Mistake(single_steps, "norms of single steps"),
        "from the first": Mistake(from_the_first, "dh_k / dh_0", "lag k looks back from h_T"),
        "rows that add up": Mistake(each(lambda J: norm(J.cumsum(0), ord=2)), "add up from row to row", ".grad"),
        "a lag late": Mistake(lambda h: torch.cat([torch.ones(1), floats(h)[:-1]]), "one lag late"),
        "a lag early": Mistake(lambda h: floats(h)[[*range(1, len(h)), -1]], "one lag early"),
        "without lag 0": Mistake(lambda h: floats(h)[1:], "(T + 1,): lags 0 to T = (8,). Got shape (7,)"),
        "without the last lag": Mistake(lambda h: floats(h)[:-1], "lags 0 to T = (8,). Got shape (7,)"),
        "the Jacobians": Mistake(lambda h: torch.stack([jacobian(h, k) for k in range(len(h))]), "Got shape (8, 3, 3)"),
        "the average over lags": Mistake(lambda h: floats(h).mean(), "lags 0 to T", "Got shape ()"),
        "integers": Mistake(
            lambda h: floats(h).long(), "must hold numbers of the dtype torch.float64. Got torch.int64"
        ),
        "a list": Mistake(lambda h: floats(h).tolist(), "must be a tensor", "(list)"),
        "no graph kept": Mistake(lambda h: filled(h, keep=False), "norms_by_lag raised", "retain_graph=True keeps it"),
        "grad of a vector": Mistake(
            lambda h: torch.autograd.grad(h[-1], h[0])[0], "norms_by_lag raised", "grad can be implicitly created only"
        ),
        "reversed in place": Mistake(reversed_in_place, "leave the list of states as it is", "reverse a copy"),
        "no return": Mistake(lambda h: None, "Is a return missing?"),
        "the ready one": Mistake(lambda h: gradients.norms_by_lag(h), "what you are building"),
        "absolute trace": Mistake(each(lambda J: J.trace().abs()), "absolute trace"),
        "cumulative": Mistake(lambda h: floats(h).cumsum(0), "added up over the lags"),
    },
    check.clip_by_norm: {
        "unclipped": Mistake(lambda grads, c: list(grads), "as they came, but together they are longer"),
        "each alone": Mistake(
            lambda grads, c: [g * min(1, c / (g.norm() + 1e-12)) for g in grads], "clipped on its own"
        ),
        "by value": Mistake(lambda grads, c: [g.clamp(-c, c) for g in grads], "each number clipped on its own"),
        "short ones too": Mistake(
            lambda grads, c: [g * c / (total(grads) + 1e-12) for g in grads], "the factor is 1 at most"
        ),
        "inverse factor": Mistake(lambda grads, c: [g * max(1, total(grads) / c) for g in grads], "the inverse factor"),
        "wrong way round": Mistake(
            lambda grads, c: grads if total(grads) > c else [g * c / (total(grads) + 1e-12) for g in grads],
            "the condition is the wrong way round",
        ),
        "norms added": Mistake(lambda grads, c: clip(grads, c, sum(g.norm() for g in grads)), "adds the single norms"),
        "squared norm": Mistake(lambda grads, c: clip(grads, c, total(grads) ** 2), "the squared norm: take the root"),
        "first only": Mistake(lambda grads, c: clip(grads, c, grads[0].norm()), "norm of the first gradient only"),
        "last only": Mistake(in_the_loop, "norm of the last gradient only", "add up in the loop"),
        "longest only": Mistake(lambda grads, c: clip(grads, c, max(g.norm() for g in grads)), "longest gradient only"),
        "absolute values": Mistake(
            lambda grads, c: clip(grads, c, sum(g.abs().sum() for g in grads)), "absolute values"
        ),
        "largest number": Mistake(lambda grads, c: clip(grads, c, max(g.abs().max() for g in grads)), "ord=inf"),
        "mean square": Mistake(
            lambda grads, c: clip(grads, c, torch.cat([g.flatten() for g in grads]).square().mean().sqrt()),
            "the mean of the squares: add them up",
        ),
        "without squares": Mistake(lambda grads, c: clip(grads, c, sum(g.sum() for g in grads).abs()), "square first"),
        "mean of norms": Mistake(
            lambda grads, c: clip(grads, c, sum(g.norm() for g in grads) / len(grads)), "mean of the single norms"
        ),
        "length 1": Mistake(
            lambda grads, c: [g / total(grads) if total(grads) > c else g for g in grads], "multiply by max_norm"
        ),
        "always length 1": Mistake(lambda grads, c: [g / (total(grads) + 1e-12) for g in grads], "brought to length 1"),
        "max_norm twice": Mistake(
            lambda grads, c: [g * c * c / total(grads) if total(grads) > c else g for g in grads], "by it twice"
        ),
        "a little less": Mistake(lambda grads, c: [0.9 * g for g in clip(grads, c)], "0.9 times the right values"),
        "zero by zero": Mistake(
            lambda grads, c: [g * (c / total(grads)).clamp(max=1) * (g / g) for g in grads], "Got NaN"
        ),
        "floor of the factor": Mistake(
            lambda grads, c: [g * min(1, c // (total(grads) + 1e-12)) for g in grads], "Got zeros only"
        ),
        "one long tensor": Mistake(
            lambda grads, c: torch.cat([g.flatten() for g in clip(grads, c)]), "a list of 4 tensors", "Got Tensor"
        ),
        "too few": Mistake(lambda grads, c: clip(grads, c)[:2], "Got 2 values"),
        "flattened": Mistake(lambda grads, c: [g.flatten() for g in clip(grads, c)], "shape of its gradient"),
        "float64": Mistake(lambda grads, c: [g.double() for g in clip(grads, c)], "keep the dtype torch.float32"),
        "generator": Mistake(lambda grads, c: (g for g in clip(grads, c)), "Got generator"),
        "in place": Mistake(in_place, "leave its arguments as they are"),
        "list in place": Mistake(list_in_place, "leave its arguments as they are"),
        "in place without return": Mistake(in_place_without_return, "leave its arguments as they are"),
        "no return": Mistake(lambda grads, c: None, "Got NoneType", "Is a return missing?"),
        "with torch's": Mistake(given_by_torch, "what you are building", "do without it"),
        "a list as a number": Mistake(lambda grads, c: grads / c, "clip_by_norm raised TypeError", "in line"),
    },
}
