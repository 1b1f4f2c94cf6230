"""The checks of lesson 1 accept right answers in any style and name what is wrong with wrong ones."""

import math

import numpy as np
import pytest
import torch

from lstm_course.checks import why_rnns_forget as check
from lstm_course.checks.base import CheckFailed

QUESTIONS = ("rnn_step", "norms_by_lag", "decay_rate", "clip_by_norm")


def test_the_unanswered_questions_raise_not_implemented():
    def unanswered(*arguments):
        raise NotImplementedError

    for name in QUESTIONS:
        with pytest.raises(NotImplementedError):
            getattr(check, name)(unanswered)


def assert_refused(question, answer, words):
    with pytest.raises(CheckFailed, match=words) as failure:
        getattr(check, question)(answer)
    assert "\n" not in str(failure.value)


# ---- right answers, written differently


def step_by_rows(x, h, W_x, W_h, b):
    return torch.stack([torch.tanh(W_x @ x[i] + W_h @ h[i] + b) for i in range(len(x))])


def step_fused(x, h, W_x, W_h, b):
    return (torch.cat([x, h], dim=1) @ torch.cat([W_x, W_h], dim=1).T).add(b).tanh()


def step_linear(x, h, W_x, W_h, b):
    F = torch.nn.functional
    return 2 * torch.sigmoid(2 * (F.linear(x, W_x, b) + F.linear(h, W_h))) - 1


def jacobian(h, k):
    return torch.stack([torch.autograd.grad(unit, h[-1 - k], retain_graph=True)[0] for unit in h[-1]])


def norms_loop(h):
    return torch.tensor([torch.linalg.matrix_norm(jacobian(h, k), ord=2).item() for k in range(len(h))])


def norms_svd(h):
    return torch.stack([torch.linalg.svdvals(jacobian(h, k))[0] for k in range(len(h))])


def norms_batched(h):
    rows = torch.eye(len(h[-1]), dtype=h[-1].dtype)
    jacobians = torch.autograd.grad(h[-1], h[::-1], rows, is_grads_batched=True, retain_graph=True)
    return torch.linalg.norm(torch.stack(jacobians), ord=2, dim=(1, 2))


def norms_chained(h):
    """Backwards, one step's Jacobian at a time."""
    product, norms = torch.eye(len(h[0]), dtype=h[0].dtype), [torch.ones((), dtype=h[0].dtype)]
    for late, early in zip(h[:0:-1], h[-2::-1], strict=True):
        product = product @ torch.stack([torch.autograd.grad(u, early, retain_graph=True)[0] for u in late])
        norms.append(torch.linalg.matrix_norm(product, ord=2))
    return torch.stack(norms)


def clip_with_torch_norms(grads, c):
    total = torch.stack([torch.linalg.vector_norm(g) for g in grads]).norm()
    factor = torch.clamp(c / (total + 1e-6), max=1.0)
    return [factor * g for g in grads]


def clip_in_plain_python(grads, c):
    total = math.sqrt(sum(float((g * g).sum()) for g in grads))
    return tuple(g * (c / total if total > c else 1.0) for g in grads)


RIGHT = {
    "rnn_step": [step_by_rows, step_fused, step_linear],
    "norms_by_lag": [norms_loop, norms_svd, norms_batched, norms_chained],
    "decay_rate": [
        lambda W: torch.linalg.eigvals(W).abs().max(),
        lambda W: max(abs(value) for value in torch.linalg.eigvals(W).tolist()),
        lambda W: np.abs(np.linalg.eigvals(W.numpy())).max(),
        lambda W: torch.linalg.eig(W.clone().requires_grad_())[0].abs().max(),
    ],
    "clip_by_norm": [clip_with_torch_norms, clip_in_plain_python],
}


@pytest.mark.parametrize(("question", "answer"), [(q, answer) for q, answers in RIGHT.items() for answer in answers])
def test_right_answers_pass_in_any_style(question, answer, capsys):
    getattr(check, question)(answer)
    assert capsys.readouterr().out == f"✓ {question} is right.\n"


# ---- wrong answers


def step_in_place(x, h, W_x, W_h, b):
    return h.copy_(step_fused(x, h, W_x, W_h, b))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x, h, W, U, b: x @ W.T + h @ U.T + b, r"h_t must be tanh\(.*Got a result without tanh\."),
        (lambda x, h, W, U, b: torch.tanh(x @ W.T + h @ U.T), "without the bias b"),
        (lambda x, h, W, U, b: torch.tanh(x @ W.T + b), "without h_prev"),
        (lambda x, h, W, U, b: torch.tanh(h @ U.T + b), "without x_t"),
        (lambda x, h, W, U, b: torch.sigmoid(x @ W.T + h @ U.T + b), "sigmoid in place of tanh"),
        (lambda x, h, W, U, b: torch.tanh(x @ W.T + h @ U.T) + b, "bias belongs inside"),
        (lambda x, h, W, U, b: torch.tanh(x @ W.T + h @ U + b), "without the transpose"),
        (lambda x, h, W, U, b: torch.tanh(x @ W.T + h @ U.T + 2 * b), r"Expected h_t\[0, 0\] = .*got"),
        (lambda x, h, W, U, b: step_fused(x, h, W, U, b).T, r"the shape \(batch, hidden\) = \(3, 4\)"),
        (lambda x, h, W, U, b: step_fused(x, h, W, U, b)[0], r"Got shape \(4,\)"),
        (lambda x, h, W, U, b: step_fused(x, h, W, U, b).float(), "keep the dtype torch.float64"),
        (lambda x, h, W, U, b: step_fused(x, h, W, U, b).detach(), "Gradients must flow"),
        (lambda x, h, W, U, b: step_fused(x, h.detach(), W, U, b), "a wrong gradient for argument 2"),
        (lambda x, h, W, U, b: None, r"must be a tensor.*Got None \(NoneType\)"),
        (step_in_place, "leave its arguments as they are"),
    ],
)
def test_wrong_steps_are_named(answer, words):
    assert_refused("rnn_step", answer, words)


def summed(h):
    return torch.stack([torch.autograd.grad(h[-1].sum(), s, retain_graph=True)[0].norm() for s in h[::-1]])


def reversed_in_place(h):
    norms = norms_svd(h)
    h.reverse()
    return norms


def bound(h):
    """Multiply the norms of the single steps, the last one first."""
    steps = [torch.linalg.matrix_norm(jacobian(h[: t + 1], 1), ord=2) for t in range(len(h) - 1, 0, -1)]
    return torch.cat([torch.ones(1, dtype=h[0].dtype), torch.stack(steps).cumprod(0)])


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda h: norms_svd(h).flip(0), "lags in reverse order"),
        (lambda h: torch.stack([jacobian(h, k).norm() for k in range(len(h))]), "Frobenius norm"),
        (summed, r"gradient of h_T\.sum\(\)"),
        (lambda h: torch.stack([jacobian(h, k)[0].norm() for k in range(len(h))]), "one unit of h_T only"),
        (lambda h: torch.stack([jacobian(h, k).abs().max() for k in range(len(h))]), "largest entry"),
        (lambda h: torch.stack([torch.linalg.eigvals(jacobian(h, k)).abs().max() for k in range(len(h))]), "radius"),
        (bound, "only a bound"),
        (lambda h: norms_svd(h) ** 2, r"Expected norms\[1\]"),
        (lambda h: norms_svd(h)[1:], r"the shape \(T \+ 1,\): lags 0 to T = \(8,\)\. Got shape \(7,\)"),
        (lambda h: norms_svd(h).tolist(), "must be a tensor"),
        (reversed_in_place, "leave the list of states as it is"),
    ],
)
def test_wrong_norms_are_named(answer, words):
    assert_refused("norms_by_lag", answer, words)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda W: torch.linalg.matrix_norm(W, ord=2), "largest singular value, which bounds a single step only"),
        (lambda W: torch.linalg.eigvals(W).real.max(), "largest real part"),
        (lambda W: torch.linalg.eigvals(W).real.abs().max(), "imaginary part counts"),
        (lambda W: torch.linalg.eigvals(W).abs().mean(), "mean of the absolute eigenvalues"),
        (lambda W: torch.linalg.eigvals(W).abs().min(), "smallest"),
        (lambda W: torch.linalg.eigvalsh(W).abs().max(), "not symmetric"),
        (lambda W: W.norm(), "Frobenius"),
        (lambda W: torch.linalg.det(W).abs(), "determinant"),
        (lambda W: W.abs().max(), r"Expected decay_rate\(W_h\) = 0\.807775, got 2\."),
        (lambda W: torch.linalg.eigvals(W)[0], r"one real number.*Use \.abs\(\)"),
        (lambda W: torch.linalg.eigvals(W).abs(), "one real number"),
        (lambda W: None, "Got None"),
        (lambda W: torch.linalg.eigvals(W.mul_(2)).abs().max() / 2, "leave its arguments as they are"),
    ],
)
def test_wrong_rates_are_named(answer, words):
    assert_refused("decay_rate", answer, words)


def total(grads):
    return torch.cat([g.flatten() for g in grads]).norm()


def clip_in_place(grads, c):
    factor = min(1.0, c / (total(grads).item() + 1e-6))
    return [g.mul_(factor) for g in grads]


def clip_list_in_place(grads, c):
    grads[:] = clip_with_torch_norms(grads, c)
    return grads


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda grads, c: list(grads), "as they came, but together they are longer"),
        (lambda grads, c: [g * min(1, c / (g.norm() + 1e-12)) for g in grads], "each gradient clipped on its own"),
        (lambda grads, c: [g.clamp(-c, c) for g in grads], "each number clipped on its own"),
        (lambda grads, c: [g * c / (total(grads) + 1e-12) for g in grads], "the factor is 1 at most"),
        (lambda grads, c: [g * min(1, c / (sum(g.norm() for g in grads) + 1e-12)) for g in grads], "adds the single"),
        (lambda grads, c: [g * min(1, c / (total(grads) ** 2 + 1e-12)) for g in grads], "take the root"),
        (lambda grads, c: [g / total(grads) if total(grads) > c else g for g in grads], "multiply by max_norm"),
        (lambda grads, c: [g * (c / total(grads)).clamp(max=1) * 0.9 for g in grads], "Clipping must scale all"),
        (lambda grads, c: [g * (c * g / (g * total(grads))).clamp(max=1) for g in grads], "got nan"),
        (lambda grads, c: clip_with_torch_norms(grads, c)[0], "a list of 3 tensors.*Got Tensor"),
        (lambda grads, c: clip_with_torch_norms(grads, c)[:2], "Got 2 values"),
        (lambda grads, c: [g.flatten() for g in clip_with_torch_norms(grads, c)], "shape of its gradient"),
        (lambda grads, c: [g.double() for g in clip_with_torch_norms(grads, c)], "keep the dtype torch.float32"),
        (clip_in_place, "leave its arguments as they are"),
        (clip_list_in_place, "leave its arguments as they are"),
    ],
)
def test_wrong_clipping_is_named(answer, words):
    assert_refused("clip_by_norm", answer, words)
