"""The cells against PyTorch's own, values and gradients, and against their formulas worked by hand."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from lstm_course import cells

BOUNDS = {torch.float64: 1e-12, torch.float32: 1e-6}


def case(cell, B, seed=0):
    """Random x and states for a torch cell, and its weights as our steps take them."""
    generator = torch.Generator().manual_seed(seed)
    dtype, I, H = cell.weight_ih.dtype, cell.input_size, cell.hidden_size
    shapes = ((B, I), (B, H), (B, H))
    states = [torch.randn(s, generator=generator, dtype=torch.float64).to(dtype).requires_grad_() for s in shapes]
    return states, (cell.weight_ih, cell.weight_hh, cell.bias_ih + cell.bias_hh)


def rnn_pair(cell, B, seed):
    (x, h, _), weights = case(cell, B, seed)
    return [cells.rnn_step(x, h, *weights)], [cell(x, h)], [x, h, *cell.parameters()]


def lstm_pair(cell, B, seed):
    (x, h, c), weights = case(cell, B, seed)
    return cells.lstm_step(x, h, c, *weights)[:2], cell(x, (h, c)), [x, h, c, *cell.parameters()]


@pytest.mark.parametrize("dtype", BOUNDS, ids=str)
@pytest.mark.parametrize(("cell_type", "pair"), [(nn.RNNCell, rnn_pair), (nn.LSTMCell, lstm_pair)])
@settings(max_examples=20, deadline=None)
@given(B=st.integers(1, 4), I=st.integers(1, 5), H=st.integers(1, 5), seed=st.integers(0, 99))
def test_a_step_equals_torch_in_values_and_gradients(dtype, cell_type, pair, B, I, H, seed):
    torch.manual_seed(seed)
    ours, theirs, inputs = pair(cell_type(I, H, dtype=dtype), B, seed)
    for a, b in zip(ours, theirs, strict=True):
        assert a.dtype == dtype
        torch.testing.assert_close(a, b, rtol=BOUNDS[dtype], atol=BOUNDS[dtype])
    gradients = [torch.autograd.grad(sum(out.square().mean() for out in outs), inputs) for outs in (ours, theirs)]
    for a, b in zip(*gradients, strict=True):
        torch.testing.assert_close(a, b, rtol=BOUNDS[dtype], atol=BOUNDS[dtype])


def test_gradcheck():
    states, weights = case(nn.LSTMCell(2, 3, dtype=torch.float64), B=2)
    arguments = [*states, *(w.detach().requires_grad_() for w in weights)]
    assert torch.autograd.gradcheck(lambda *a: cells.lstm_step(*a)[:2], arguments)
    states, weights = case(nn.RNNCell(2, 3, dtype=torch.float64), B=2)
    arguments = [*states[:2], *(w.detach().requires_grad_() for w in weights)]
    assert torch.autograd.gradcheck(cells.rnn_step, arguments)


def test_an_lstm_step_worked_by_hand():
    x, h, c = torch.tensor([[1.0]]), torch.tensor([[-0.5]]), torch.tensor([[-1.0]])
    W_x, W_h = torch.tensor([[0.5], [0.5], [2.0], [1.0]]), torch.tensor([[-1.0], [-1.0], [1.0], [2.0]])
    h_t, c_t, gates = cells.lstm_step(x, h, c, W_x, W_h, torch.tensor([0.0, 1.0, -1.0, 0.0]))
    sigma = lambda z: 1 / (1 + math.exp(-z))  # noqa: E731
    expected = {"i": sigma(1), "f": sigma(2), "g": math.tanh(0.5), "o": 0.5}
    assert {name: value.item() for name, value in gates._asdict().items()} == pytest.approx(expected)
    assert c_t.item() == pytest.approx(-sigma(2) + sigma(1) * math.tanh(0.5))
    assert h_t.item() == pytest.approx(0.5 * math.tanh(c_t.item()))


def test_the_gates_belong_to_the_new_state():
    states, weights = case(nn.LSTMCell(2, 3), B=4)
    h_t, c_t, (i, f, g, o) = cells.lstm_step(*states, *weights)
    torch.testing.assert_close(c_t, f * states[2] + i * g)
    torch.testing.assert_close(h_t, o * c_t.tanh())


LSTM_SHAPES = {"x_t": (2, 3), "h_prev": (2, 5), "c_prev": (2, 5), "W_x": (20, 3), "W_h": (20, 5), "b": (20,)}


@pytest.mark.parametrize(
    ("name", "shape", "words"),
    [
        ("x_t", (3,), r"x_t must have the shape \(B, I\) for H=5, got \(3,\)"),
        ("h_prev", (1, 5), r"h_prev must have the shape \(2, 5\) for B=2, I=3, H=5, got \(1, 5\)"),
        ("c_prev", (2, 4), r"c_prev must have the shape \(2, 5\).*got \(2, 4\)"),
        ("W_x", (3, 20), r"W_x must have the shape \(20, 3\).*got \(3, 20\)"),
        ("W_h", (15, 5), r"W_h must have the shape \(20, 5\).*got \(15, 5\)"),
        ("b", (5,), r"b must have the shape \(20,\).*got \(5,\)"),
    ],
)
def test_shapes_that_do_not_fit_are_named(name, shape, words):
    tensors = {key: torch.zeros(shape if key == name else right) for key, right in LSTM_SHAPES.items()}
    with pytest.raises(ValueError, match=words):
        cells.lstm_step(**tensors)


def test_the_rnn_step_refuses_lstm_weights():
    with pytest.raises(ValueError, match=r"W_x must have the shape \(5, 3\).*got \(20, 3\)"):
        cells.rnn_step(*(torch.zeros(LSTM_SHAPES[name]) for name in ("x_t", "h_prev", "W_x", "W_h", "b")))
