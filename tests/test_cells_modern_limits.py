"""The stabilisers of sLSTM and mLSTM: what they must not change and must keep finite; and errors of all three."""

import math

import pytest
import torch

from lstm_course import cells
from tests.modern_cells import STEPS, about, draw, mlstm_reference, mlstm_shapes, slstm_reference, slstm_shapes

torch.set_num_threads(1)

# The stabiliser: what it must not change, and what it must keep finite


def nothing_stored(B, H, dtype=torch.float64):
    """The states c or C, n and m at the start, by cell."""
    zeros = torch.zeros(B, H, dtype=dtype)
    slstm = [zeros, zeros, torch.full((B, H), -math.inf, dtype=dtype)]
    return slstm, [torch.zeros(B, H, H, dtype=dtype), zeros, torch.full((B, 1), -math.inf, dtype=dtype)]


def test_a_sequence_of_slstm_steps_equals_plain_numbers_from_zero():
    shapes = {name: shape for name, shape in slstm_shapes(1, 3, 4).items() if name[0] in "Wb"}
    x, W_x, W_h, b = draw({"x": (30, 1, 3), **shapes}, seed=0).values()
    h, state = torch.zeros(1, 4, dtype=torch.float64), nothing_stored(1, 4)[0]
    plain_h, plain_c, plain_n = [0.0] * 4, [0.0] * 4, [0.0] * 4
    for x_t in x:
        h, *state, gates = cells.slstm_step(x_t, h, *state, W_x, W_h, b)
        units = slstm_reference(x_t[0].tolist(), plain_h, plain_c, plain_n, W_x.tolist(), W_h.tolist(), b.tolist())
        plain_h, plain_c, plain_n, *_ = zip(*units, strict=True)
        assert h[0].tolist() == about(list(plain_h))
        assert (state[1] >= 1).all()
        assert torch.equal(torch.maximum(gates.i, gates.f), torch.ones_like(h))


def test_a_sequence_of_mlstm_steps_equals_plain_numbers_from_zero():
    x, W_x, b = draw({"x": (30, 1, 3), "W_x": (18, 3), "b": (18,)}, seed=0).values()
    state, (plain_C, plain_n) = nothing_stored(1, 4)[1], ([[0.0] * 4] * 4, [0.0] * 4)
    for x_t in x:
        h, *state, _ = cells.mlstm_step(x_t, *state, W_x, b)
        plain_h, plain_C, plain_n, *_ = mlstm_reference(x_t[0].tolist(), plain_C, plain_n, W_x.tolist(), b.tolist())
        assert h[0].tolist() == about(plain_h)


def test_the_value_of_the_stabiliser_changes_no_output():
    tensors = draw(slstm_shapes(3, 2, 4), seed=0)
    shifted = {
        name: tensor * math.exp(-5) if name in {"c_prev", "n_prev"} else tensor for name, tensor in tensors.items()
    }
    shifted["m_prev"] = tensors["m_prev"] + 5
    torch.testing.assert_close(cells.slstm_step(**tensors)[0], cells.slstm_step(**shifted)[0], rtol=1e-12, atol=0)
    tensors = draw(mlstm_shapes(3, 2, 4), seed=0)
    shifted = {
        name: tensor * math.exp(-5) if name in {"C_prev", "n_prev"} else tensor for name, tensor in tensors.items()
    }
    shifted["m_prev"] = tensors["m_prev"] + 5
    torch.testing.assert_close(cells.mlstm_step(**tensors)[0], cells.mlstm_step(**shifted)[0], rtol=1e-12, atol=0)


def run(cell, x, weights):
    """The outputs of a whole sequence from nothing stored."""
    B, H = x.shape[1], weights[-1].shape[0] // 4
    slstm, mlstm = nothing_stored(B, H, x.dtype)
    if cell == "minlstm":
        return cells.minlstm_scan(x, torch.zeros(B, weights[-1].shape[0] // 3, dtype=x.dtype), *weights)[0]
    h, state, outputs = torch.zeros(B, H, dtype=x.dtype), slstm if cell == "slstm" else mlstm, []
    for x_t in x:
        h, *state, _ = (
            cells.slstm_step(x_t, h, *state, *weights) if cell == "slstm" else cells.mlstm_step(x_t, *state, *weights)
        )
        outputs.append(h)
    return torch.stack(outputs)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("bias", [-1000.0, 0.0, 1000.0])
@pytest.mark.parametrize("cell", STEPS)
def test_huge_preactivations_leave_outputs_and_gradients_finite(cell, bias, dtype):
    shapes = {name: shape for name, shape in STEPS[cell][1](2, 3, 4).items() if name[0] in "Wb"}
    x, *weights = draw({"x": (12, 2, 3), **shapes}, seed=0, dtype=dtype).values()
    x[-1] = 0  # such as padding: an mLSTM's query is zero then, and where much is stored its gradient has no bound
    weights[0] = weights[0] * 1000
    weights[-1] = torch.full_like(weights[-1], bias)
    inputs = [tensor.requires_grad_() for tensor in (x, *weights)]
    h = run(cell, *inputs[:1], inputs[1:])
    assert h.isfinite().all()
    assert all(gradient.isfinite().all() for gradient in torch.autograd.grad(h[:-1].sum(), inputs))


def only(rows, total, value, dtype=torch.float64):
    """A bias that is `value` in some rows and zero in the others."""
    bias = torch.zeros(total, dtype=dtype)
    bias[rows] = value
    return bias


def test_an_overwhelming_input_gate_replaces_all_that_an_slstm_has_stored():
    tensors = draw(slstm_shapes(3, 2, 4), seed=0)
    tensors["b"] = tensors["b"] + only(slice(0, 4), 16, 1000.0)
    h_t, *_, gates = cells.slstm_step(**tensors)
    torch.testing.assert_close(h_t, gates.o * gates.g, rtol=1e-12, atol=0)
    assert torch.equal(gates.f, torch.zeros_like(h_t))


def test_an_mlstm_recalls_the_value_that_was_stored_under_a_key():
    H = 4
    eye, none = torch.eye(H, dtype=torch.float64), torch.zeros(H, H, dtype=torch.float64)
    two = torch.zeros(2, 2 * H, dtype=torch.float64)
    # The input is a key beside a value; the key scaled by sqrt(H) is stored as it is; it serves as the query too.
    key, value = torch.cat([eye * math.sqrt(H), none], dim=1), torch.cat([none, eye], dim=1)
    W_x = torch.cat([key / math.sqrt(H), key, value, torch.zeros_like(key), two])
    b = only(slice(3 * H, 4 * H), 4 * H + 2, 100.0) + only(slice(4 * H + 1, None), 4 * H + 2, 100.0)  # o and f open
    values = draw({"values": (H, 1, H)}, seed=0)["values"]
    state = nothing_stored(1, H)[1]
    for k, v in zip(eye, values, strict=True):
        _, *state, _ = cells.mlstm_step(torch.cat([k[None], v], dim=1), *state, W_x, b)
    for k, v in zip(eye, values, strict=True):
        query = torch.cat([k[None], torch.zeros_like(v)], dim=1)
        closed = only(slice(4 * H, 4 * H + 1), 4 * H + 2, -1000.0)  # asking stores nothing
        torch.testing.assert_close(cells.mlstm_step(query, *state, W_x, b + closed)[0], v, rtol=1e-12, atol=1e-12)


# Errors


@pytest.mark.parametrize(
    ("name", "cell"), [(name, cell) for cell, (_, shapes_of) in STEPS.items() for name in shapes_of(2, 3, 5)]
)
def test_every_argument_of_a_wrong_shape_is_named(name, cell):
    step, shapes_of = STEPS[cell]
    tensors = draw(shapes_of(2, 3, 5), seed=0)
    if name == "x_t":
        tensors[name] = tensors[name][0]
    elif name == "W_x":
        tensors[name] = tensors[name][:, :2]
    else:
        tensors[name] = tensors[name][:1]  # would broadcast
    with pytest.raises(ValueError, match=f"^{name} must have the shape .* got .*: see the shapes"):
        step(**tensors)


@pytest.mark.parametrize(
    ("cell", "name", "shape", "words"),
    [
        (
            "minlstm",
            "W_x",
            (16, 3),
            r"W_x must have the shape \(15, 3\).*got \(16, 3\)",
        ),
        ("slstm", "m_prev", (2, 1), r"m_prev must have the shape \(2, 5\) for B=2, I=3, H=5, got \(2, 1\)"),
        ("mlstm", "C_prev", (2, 5), r"C_prev must have the shape \(2, 5, 5\) for .*, got \(2, 5\)"),
        ("mlstm", "m_prev", (2, 5), r"m_prev must have the shape \(2, 1\).*got \(2, 5\)"),
        ("mlstm", "b", (20,), r"b must have the shape \(22,\).*got \(20,\)"),
    ],
)
def test_the_message_says_the_rule_and_what_was_given(cell, name, shape, words):
    step, shapes_of = STEPS[cell]
    tensors = draw({**shapes_of(2, 3, 5), name: shape}, seed=0)
    with pytest.raises(ValueError, match=words):
        step(**tensors)
