"""Gradient norms agree with products of Jacobians; rates, radii and random matrices keep what they promise."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from lstm_course import gradients

F64 = torch.float64


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def run(W, inputs, dtype=F64):
    h = [torch.zeros(len(W), dtype=dtype, requires_grad=True)]
    for x in inputs:
        h.append(torch.tanh(W @ h[-1] + x))
    return h


@pytest.fixture
def states():
    W = torch.randn(4, 4, generator=seeded(), dtype=F64)
    return W, run(W, torch.randn(6, 4, generator=seeded(1), dtype=F64))


def test_jacobians_are_the_product_of_the_steps(states):
    W, h = states
    product = torch.eye(4, dtype=F64)
    jacobians = gradients.jacobians_by_lag(h)
    assert jacobians.shape == (7, 4, 4)
    for k in range(7):
        torch.testing.assert_close(jacobians[k], product, rtol=1e-12, atol=1e-14)
        if k < 6:
            product = product @ torch.diag(1 - h[6 - k] ** 2) @ W


def test_norms_are_the_largest_singular_values(states):
    _, h = states
    expected = torch.linalg.svdvals(gradients.jacobians_by_lag(h))[:, 0]
    norms = gradients.norms_by_lag(h)
    assert norms.dtype == F64
    assert norms[0] == 1
    torch.testing.assert_close(norms, expected)


def test_norms_can_be_measured_twice_and_leave_no_gradient_behind(states):
    _, h = states
    assert torch.equal(gradients.norms_by_lag(h), gradients.norms_by_lag(h))
    assert h[0].grad is None


def test_a_batch_of_one_and_float32_are_accepted():
    cell = nn.LSTMCell(3, 5)
    h, c = torch.zeros(1, 5, requires_grad=True), torch.zeros(1, 5)
    states = [h]
    for x in torch.randn(4, 1, 3, generator=seeded()):
        h, c = cell(x, (h, c))
        states.append(h)
    norms = gradients.norms_by_lag(states)
    by_row = torch.stack([torch.autograd.grad(h[0, i], states[1], retain_graph=True)[0][0] for i in range(5)])
    assert norms.shape == (5,)
    assert norms[3] == pytest.approx(torch.linalg.matrix_norm(by_row, ord=2).item(), rel=1e-5)


def test_nothing_comes_through_a_detach(states):
    W, _ = states
    h = [torch.zeros(4, dtype=F64, requires_grad=True)]
    for t in range(4):
        start = h[-1].detach().requires_grad_() if t == 2 else h[-1]
        h.append(torch.tanh(W @ start + 0.1))
    norms = gradients.norms_by_lag(h)
    assert bool((norms[:2] > 0).all())
    assert norms[2:].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ([], r"at least one hidden state, got an empty list: pass \[h_0, ..., h_T\]"),
        ([torch.zeros(2, 3, requires_grad=True)], r"each \(H,\) or \(1, H\), got h_0 of shape \(2, 3\).*pick one row"),
        ([torch.zeros(2, requires_grad=True), torch.zeros(3, requires_grad=True)], r"got h_0 of shape \(2,\)"),
        ([torch.tensor(1.0, requires_grad=True)], r"got h_0 of shape \(\)"),
        ([torch.zeros(3)], r"joined by an autograd graph, got h_0 without one: start from an h_0 with requires_grad_"),
    ],
)
def test_states_that_cannot_be_measured_are_refused(bad, words):
    with pytest.raises(ValueError, match=words):
        gradients.norms_by_lag(bad)


@given(st.floats(0.1, 2.0), st.floats(1e-3, 1e3), st.integers(0, 10))
def test_the_rate_of_an_exact_exponential_is_found(rate, start, first):
    norms = start * torch.tensor(rate, dtype=F64) ** torch.arange(40)
    assert gradients.decay_rate(norms, first) == pytest.approx(rate)


def test_the_fit_leaves_out_what_comes_before_first():
    norms = torch.cat([torch.tensor([1.0, 10.0, 10.0], dtype=F64), 0.5 ** torch.arange(3, 20, dtype=F64)])
    assert gradients.decay_rate(norms, first=3) == pytest.approx(0.5)
    assert gradients.decay_rate(norms) < 0.49


@pytest.mark.parametrize(
    ("norms", "first", "words"),
    [
        (torch.ones(3), 2, r"two lags at least, got shape \(3,\) and first=2"),
        (torch.ones(3), -1, "first=-1"),
        (torch.ones(3, 3), 0, r"a vector of norms.*got shape \(3, 3\)"),
        (torch.tensor([1.0, 0.5, 0.0]), 0, "positive and finite, got 0 to 1"),
        (torch.tensor([1.0, math.inf]), 0, "positive and finite, got 1 to inf"),
    ],
)
def test_norms_without_a_rate_are_refused(norms, first, words):
    with pytest.raises(ValueError, match=words):
        gradients.decay_rate(norms, first)


def test_radius_and_singular_value_differ_where_the_lesson_says():
    W = torch.tensor([[0.5, 10.0], [0.0, 0.5]])
    assert gradients.spectral_radius(W) == pytest.approx(0.5)
    assert gradients.largest_singular_value(W) == pytest.approx(10.0249, abs=1e-4)


def test_radius_counts_complex_and_negative_eigenvalues():
    assert gradients.spectral_radius(torch.tensor([[0.0, -0.7], [0.7, 0.0]])) == pytest.approx(0.7)
    assert gradients.spectral_radius(torch.diag(torch.tensor([-0.9, 0.2]))) == pytest.approx(0.9)


@pytest.mark.parametrize("function", [gradients.spectral_radius, gradients.largest_singular_value])
@pytest.mark.parametrize("shape", [(2, 3), (3,), (0, 0), (2, 2, 2)])
def test_only_square_matrices_have_these_numbers(function, shape):
    with pytest.raises(ValueError, match=r"must be square, \(H, H\), got shape .*: pass W_h"):
        function(torch.ones(shape))


@pytest.mark.parametrize("kind", ["gaussian", "orthogonal"])
@pytest.mark.parametrize("radius", [0.5, 1.5])
def test_random_matrices_have_the_radius_asked_for(kind, radius):
    W = gradients.random_matrix(12, radius, kind, seeded())
    assert (W.shape, W.dtype) == ((12, 12), F64)
    assert gradients.spectral_radius(W) == pytest.approx(radius)
    assert torch.equal(W, gradients.random_matrix(12, radius, kind, seeded()))
    assert not torch.allclose(W, gradients.random_matrix(12, radius, kind, seeded(1)))


def test_orthogonal_matrices_stretch_every_direction_alike():
    W = gradients.random_matrix(12, 0.8, "orthogonal", seeded())
    torch.testing.assert_close(W.T @ W, 0.64 * torch.eye(12, dtype=F64))
    gaussian = gradients.random_matrix(12, 0.8, "gaussian", seeded())
    assert gradients.largest_singular_value(gaussian) > 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((0, 1.0), "size >= 1 and a finite radius > 0, got size=0"),
        ((3, 0.0), "radius=0.0"),
        ((3, math.inf), "radius=inf"),
        ((3, 1.0, "square"), "'gaussian' or 'orthogonal', got 'square'"),
    ],
)
def test_random_matrices_that_cannot_be_are_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        gradients.random_matrix(*arguments)


@pytest.mark.parametrize(("radius", "scale", "low", "high"), [(0.5, 0.01, 0.49, 0.51), (0.9, 1.0, 0.5, 0.65)])
def test_measured_rates_are_those_of_the_lesson(radius, scale, low, high):
    """Small inputs: the spectral radius; inputs of size 1: less."""
    W = gradients.random_matrix(64, radius, generator=seeded())
    h = run(W, scale * torch.randn(60, 64, generator=seeded(1), dtype=F64))
    assert low < gradients.decay_rate(gradients.norms_by_lag(h)) < high
