"""The variants against PyTorch, against loops over single numbers, and against each other where they meet."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from lstm_course import cells

torch.set_num_threads(1)


# The formulas once more, for one sequence and unit by unit, with Python's numbers and nothing else.


def sigma(z):
    return 1 / (1 + math.exp(-z))


def dot(row, vector):
    return sum(weight * value for weight, value in zip(row, vector, strict=True))


def gru_reference(x, h, W_x, W_h, b_x, b_h):
    for r, (z, n) in enumerate(zip(range(len(h), 2 * len(h)), range(2 * len(h), 3 * len(h)), strict=True)):
        r_t = sigma(dot(W_x[r], x) + b_x[r] + dot(W_h[r], h) + b_h[r])
        z_t = sigma(dot(W_x[z], x) + b_x[z] + dot(W_h[z], h) + b_h[z])
        n_t = math.tanh(dot(W_x[n], x) + b_x[n] + r_t * (dot(W_h[n], h) + b_h[n]))
        yield (1 - z_t) * n_t + z_t * h[r], r_t, z_t, n_t


def peephole_reference(x, h, c, W_x, W_h, b, p):
    H = len(h)
    for unit in range(H):
        z = [dot(W_x[row], x) + dot(W_h[row], h) + b[row] for row in range(unit, 4 * H, H)]
        i_t = sigma(z[0] + p[unit] * c[unit])
        f_t = sigma(z[1] + p[H + unit] * c[unit])
        c_t = f_t * c[unit] + i_t * math.tanh(z[2])
        o_t = sigma(z[3] + p[2 * H + unit] * c_t)
        yield o_t * math.tanh(c_t), c_t, i_t, f_t, math.tanh(z[2]), o_t


def coupled_reference(x, h, c, W_x, W_h, b):
    H = len(h)
    for unit in range(H):
        i, g, o = (dot(W_x[row], x) + dot(W_h[row], h) + b[row] for row in range(unit, 3 * H, H))
        c_t = (1 - sigma(i)) * c[unit] + sigma(i) * math.tanh(g)
        yield sigma(o) * math.tanh(c_t), c_t, sigma(i), 1 - sigma(i), math.tanh(g), sigma(o)


def standardised(values, gains):
    mean = math.fsum(values) / len(values)
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values) + 1e-5)
    return [gain * (value - mean) / deviation for value, gain in zip(values, gains, strict=True)]


def layer_norm_reference(x, h, c, W_x, W_h, b, gain_x, gain_h, gain_c, b_c):
    H = len(h)
    from_x = standardised([dot(row, x) for row in W_x], gain_x)
    from_h = standardised([dot(row, h) for row in W_h], gain_h)
    z = [sum(parts) for parts in zip(from_x, from_h, b, strict=True)]
    i, f, g, o = (
        [squash(value) for value in z[k * H : (k + 1) * H]] for k, squash in enumerate((sigma, sigma, math.tanh, sigma))
    )
    c_t = [f[unit] * c[unit] + i[unit] * g[unit] for unit in range(H)]
    shown = [math.tanh(value + bias) for value, bias in zip(standardised(c_t, gain_c), b_c, strict=True)]
    yield from zip([o[unit] * shown[unit] for unit in range(H)], c_t, i, f, g, o, strict=True)


def two_dimensional_reference(x, h_up, c_up, h_left, c_left, W_x, W_up, W_left, b):
    H = len(h_up)
    for unit in range(H):
        rows = range(unit, 5 * H, H)
        z = [dot(W_x[row], x) + dot(W_up[row], h_up) + dot(W_left[row], h_left) + b[row] for row in rows]
        i_t, f_up, f_left, g_t, o_t = sigma(z[0]), sigma(z[1]), sigma(z[2]), math.tanh(z[3]), sigma(z[4])
        c_t = f_up * c_up[unit] + f_left * c_left[unit] + i_t * g_t
        yield o_t * math.tanh(c_t), c_t, i_t, f_up, f_left, g_t, o_t


def shapes(maps, states, **more):
    """The shapes of a step's arguments by name, as a function of B, I and H; `more` are vectors, in multiples of H."""

    def of(B, I, H):
        weights = {"W_x": (maps * H, I), "W_h": (maps * H, H), "b": (maps * H,)}
        extra = {name: (number * H,) for name, number in more.items()}
        return {"x_t": (B, I), **dict.fromkeys(states, (B, H)), **weights, **extra}

    return of


def gru_shapes(B, I, H):
    return {"x_t": (B, I), "h_prev": (B, H), "W_x": (3 * H, I), "W_h": (3 * H, H), "b_x": (3 * H,), "b_h": (3 * H,)}


def two_dimensional_shapes(B, I, H):
    states = dict.fromkeys(("h_up", "c_up", "h_left", "c_left"), (B, H))
    return {"x_t": (B, I), **states, "W_x": (5 * H, I), "W_up": (5 * H, H), "W_left": (5 * H, H), "b": (5 * H,)}


LSTM_STATE = ("h_prev", "c_prev")
STEPS = {
    "gru": (cells.gru_step, gru_reference, gru_shapes),
    "peephole": (cells.peephole_lstm_step, peephole_reference, shapes(4, LSTM_STATE, p=3)),
    "coupled": (cells.coupled_lstm_step, coupled_reference, shapes(3, LSTM_STATE)),
    "layer_norm": (
        cells.layer_norm_lstm_step,
        layer_norm_reference,
        shapes(4, LSTM_STATE, gain_x=4, gain_h=4, gain_c=1, b_c=1),
    ),
    "two_dimensional": (cells.lstm_2d_step, two_dimensional_reference, two_dimensional_shapes),
}
every_step = pytest.mark.parametrize(("step", "reference", "shapes_of"), STEPS.values(), ids=STEPS)
a_few = settings(max_examples=20, deadline=None)
sizes = st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 5))
seeds = st.integers(0, 999)


def draw(shapes, seed, scale=1.0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return {
        name: (scale * torch.randn(shape, generator=generator, dtype=torch.float64)).to(dtype)
        for name, shape in shapes.items()
    }


def flat(result):
    """All tensors of a step's result, its gates included."""
    return [*result[:-1], *result[-1]]


@every_step
@a_few
@given(sizes=sizes, seed=seeds, scale=st.floats(0.1, 4))
def test_a_step_equals_a_loop_over_single_numbers(step, reference, shapes_of, sizes, seed, scale):
    B, _, H = sizes
    tensors = draw(shapes_of(*sizes), seed, scale)
    states = {"x_t", "h_prev", "c_prev", "h_up", "c_up", "h_left", "c_left"}
    ours = flat(step(**tensors))
    for row in range(B):
        arguments = [(t[row] if name in states else t).tolist() for name, t in tensors.items()]
        for unit, expected in enumerate(reference(*arguments)):
            assert [tensor[row, unit].item() for tensor in ours] == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert unit == H - 1
    assert all(tensor.shape == (B, H) for tensor in ours)


@every_step
def test_gradcheck(step, reference, shapes_of):
    arguments = [tensor.requires_grad_() for tensor in draw(shapes_of(2, 3, 2), seed=1).values()]
    assert torch.autograd.gradcheck(lambda *inputs: tuple(flat(step(*inputs))), arguments)


@every_step
def test_the_dtype_is_kept_and_the_arguments_are_left_alone(step, reference, shapes_of):
    tensors = draw(shapes_of(2, 3, 4), seed=0, dtype=torch.float32)
    before = {name: tensor.clone() for name, tensor in tensors.items()}
    assert {tensor.dtype for tensor in flat(step(**tensors))} == {torch.float32}
    assert all(torch.equal(tensors[name], before[name]) for name in tensors)


def close(ours, theirs, bound):
    torch.testing.assert_close(ours, theirs, rtol=0, atol=bound * max(theirs.abs().max().item(), 1e-3))


@pytest.mark.parametrize(("dtype", "bound"), [(torch.float64, 1e-12), (torch.float32, 1e-5)], ids=str)
@a_few
@given(sizes=sizes, seed=seeds, start=st.sampled_from([0.0, 1.0]))
def test_the_gru_equals_torch_in_values_and_gradients(dtype, bound, sizes, seed, start):
    B, I, H = sizes
    torch.manual_seed(seed)
    cell = nn.GRUCell(I, H, dtype=dtype)
    x, h, along = draw({"x": (B, I), "h": (B, H), "along": (B, H)}, seed, dtype=dtype).values()
    inputs = [x.requires_grad_(), (start * h).requires_grad_(), *cell.parameters()]
    ours, theirs = cells.gru_step(*inputs)[0], cell(*inputs[:2])
    assert ours.dtype == dtype
    close(ours, theirs, bound)
    gradients = [torch.autograd.grad((out * along).sum(), inputs) for out in (ours, theirs)]
    for a, b in zip(*gradients, strict=True):
        close(a, b, bound)


def test_a_gru_that_carries_its_state_equals_nn_gru():
    torch.manual_seed(0)
    layer = nn.GRU(3, 4, dtype=torch.float64)
    x, h = torch.randn(6, 2, 3, dtype=torch.float64), torch.zeros(2, 4, dtype=torch.float64)
    steps = []
    for x_t in x:
        h, _ = cells.gru_step(x_t, h, *layer.parameters())
        steps.append(h)
    torch.testing.assert_close(torch.stack(steps), layer(x)[0], rtol=1e-12, atol=1e-12)


def lstm_arguments(seed=0, B=3, I=2, H=4):
    return draw(shapes(4, LSTM_STATE)(B, I, H), seed)


def test_without_peepholes_the_peephole_lstm_is_the_lstm():
    tensors = lstm_arguments()
    ours = cells.peephole_lstm_step(**tensors, p=torch.zeros(12, dtype=torch.float64))
    for a, b in zip(flat(ours), flat(cells.lstm_step(**tensors)), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-14, atol=1e-14)


def test_the_output_peephole_sees_the_new_cell():
    tensors = {name: torch.zeros_like(tensor) for name, tensor in lstm_arguments(H=1).items()}
    p = torch.tensor([0.0, 0.0, 2.0], dtype=torch.float64)
    _, c_t, gates = cells.peephole_lstm_step(**{**tensors, "c_prev": tensors["c_prev"] + 1}, p=p)
    torch.testing.assert_close(c_t, torch.full_like(c_t, 0.5))  # f = 1/2
    torch.testing.assert_close(gates.o, torch.sigmoid(2 * c_t))


def test_the_coupled_lstm_is_the_lstm_whose_forget_gate_mirrors_the_input_gate():
    tensors = draw(shapes(3, LSTM_STATE)(3, 2, 4), seed=0)
    full = dict(tensors)
    for name in ("W_x", "W_h", "b"):
        i, g, o = tensors[name].chunk(3)
        full[name] = torch.cat([i, -i, g, o])  # sigma(-z) = 1 - sigma(z)
    ours = cells.coupled_lstm_step(**tensors)
    for a, b in zip(flat(ours), flat(cells.lstm_step(**full)), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-14, atol=1e-14)
    assert torch.equal(ours[-1].f, 1 - ours[-1].i)


@a_few
@given(rows=st.integers(1, 4), numbers=st.integers(1, 9), seed=seeds)
def test_layer_norm_equals_torch(rows, numbers, seed):
    a, gain = draw({"a": (rows, numbers), "gain": (numbers,)}, seed).values()
    theirs = nn.functional.layer_norm(a, (numbers,), weight=gain)
    torch.testing.assert_close(cells.layer_norm(a, gain), theirs, rtol=1e-12, atol=1e-12)


def test_layer_norm_makes_the_step_blind_to_the_scale_of_a_weight_matrix():
    step, _, shapes_of = STEPS["layer_norm"]
    tensors = draw(shapes_of(3, 2, 4), seed=0)
    scaled = {**tensors, "W_x": 100 * tensors["W_x"], "W_h": 30 * tensors["W_h"]}
    for a, b in zip(flat(step(**tensors)), flat(step(**scaled)), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-3)


def test_with_nothing_on_the_left_the_two_dimensional_lstm_is_the_lstm():
    tensors = lstm_arguments()
    none, weights = torch.zeros(3, 4, dtype=torch.float64), {}
    for name in ("W_x", "W_h", "b"):
        i, f, g, o = tensors[name].chunk(4)
        weights[name] = torch.cat([i, f, torch.ones_like(f), g, o])
    h, c, gates = cells.lstm_2d_step(
        *(tensors[name] for name in ("x_t", "h_prev", "c_prev")),
        *(none, none, weights["W_x"], weights["W_h"], torch.ones(20, 4, dtype=torch.float64), weights["b"]),
    )
    h_lstm, c_lstm, expected = cells.lstm_step(**tensors)
    ours = [h, c, gates.i, gates.f_up, gates.g, gates.o]
    for a, b in zip(ours, [h_lstm, c_lstm, *expected], strict=True):
        torch.testing.assert_close(a, b, rtol=1e-14, atol=1e-14)


def test_the_two_dimensional_lstm_treats_its_directions_alike():
    step, _, shapes_of = STEPS["two_dimensional"]
    tensors = draw(shapes_of(3, 2, 4), seed=0)
    h_up, c_up, h_left, c_left = (tensors[name] for name in ("h_up", "c_up", "h_left", "c_left"))
    swapped = {**tensors, "h_up": h_left, "c_up": c_left, "h_left": h_up, "c_left": c_up}
    for name, tensor in {"W_x": tensors["W_x"], "W_up": tensors["W_left"], "W_left": tensors["W_up"]}.items():
        swapped[name] = tensor.view(5, 4, -1)[[0, 2, 1, 3, 4]].flatten(0, 1)
    swapped["b"] = tensors["b"].view(5, 4)[[0, 2, 1, 3, 4]].flatten()
    (h, c, gates), (h_swapped, c_swapped, mirrored) = step(**tensors), step(**swapped)
    torch.testing.assert_close(h, h_swapped)
    torch.testing.assert_close(c, c_swapped)
    torch.testing.assert_close(gates.f_up, mirrored.f_left)


@pytest.mark.parametrize(
    ("name", "cell"), [(name, cell) for cell, (_, _, shapes_of) in STEPS.items() for name in shapes_of(2, 3, 5)]
)
def test_every_argument_of_a_wrong_shape_is_named(name, cell):
    step, _, shapes_of = STEPS[cell]
    tensors = draw(shapes_of(2, 3, 5), seed=0)
    tensors[name] = tensors[name][0] if name == "x_t" else tensors[name][:1]  # the latter would broadcast
    with pytest.raises(ValueError, match=f"^{name} must have the shape .* got .*: see the shapes"):
        step(**tensors)


@pytest.mark.parametrize(
    ("name", "shape", "words"),
    [
        ("x_t", (3,), r"x_t must have the shape \(B, I\) for H=5, got \(3,\)"),
        ("h_prev", (1, 5), r"h_prev must have the shape \(2, 5\) for B=2, I=3, H=5, got \(1, 5\)"),
        ("c_prev", (2, 4), r"c_prev must have the shape \(2, 5\).*got \(2, 4\)"),
        ("W_x", (3, 20), r"W_x must have the shape \(20, 3\).*got \(3, 20\)"),
        ("W_h", (15, 5), r"W_h must have the shape \(20, 5\).*got \(15, 5\)"),
        ("p", (20,), r"p must have the shape \(15,\).*got \(20,\)"),
    ],
)
def test_the_message_says_the_rule_and_what_was_given(name, shape, words):
    step, _, shapes_of = STEPS["peephole"]
    tensors = draw({**shapes_of(2, 3, 5), name: shape}, seed=0)
    with pytest.raises(ValueError, match=words):
        step(**tensors)
