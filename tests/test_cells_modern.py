"""minLSTM, sLSTM and mLSTM against loops over single numbers, without logarithms or stabilisers, and at extremes."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_course import cells

torch.set_num_threads(1)


# The formulas once more, for one sequence and unit by unit, with Python's numbers and nothing else. The states of the
# xLSTM's cells are the plain ones here: the stabiliser is multiplied in and out again by the test.


def sigma(z):
    return 1 / (1 + math.exp(-z))


def dot(row, vector):
    return sum(weight * value for weight, value in zip(row, vector, strict=True))


def minlstm_reference(x, h, W_x, b):
    H = len(h)
    for unit in range(H):
        f, i, z = (dot(W_x[row], x) + b[row] for row in range(unit, 3 * H, H))
        f, i, g = sigma(f), sigma(i), z + 0.5 if z >= 0 else sigma(z)
        yield (f * h[unit] + i * g) / (f + i), f / (f + i), i / (f + i), g


def slstm_reference(x, h, c, n, W_x, W_h, b):
    H = len(h)
    for unit in range(H):
        z = [dot(W_x[row], x) + dot(W_h[row], h) + b[row] for row in range(unit, 4 * H, H)]
        i_t, f_t, g_t, o_t = math.exp(z[0]), sigma(z[1]), math.tanh(z[2]), sigma(z[3])
        c_t = f_t * c[unit] + i_t * g_t
        n_t = f_t * n[unit] + i_t
        yield o_t * c_t / n_t, c_t, n_t, i_t, f_t, g_t, o_t


def mlstm_reference(x, C, n, W_x, b):
    H = len(n)
    z = [dot(row, x) + bias for row, bias in zip(W_x, b, strict=True)]
    q, k, v, o = z[:H], [value / math.sqrt(H) for value in z[H : 2 * H]], z[2 * H : 3 * H], z[3 * H : 4 * H]
    i_t, f_t = math.exp(z[4 * H]), sigma(z[4 * H + 1])
    C_t = [[f_t * C[a][b] + i_t * v[a] * k[b] for b in range(H)] for a in range(H)]
    n_t = [f_t * n[a] + i_t * k[a] for a in range(H)]
    h_t = [sigma(o[a]) * dot(C_t[a], q) / max(abs(dot(n_t, q)), 1) for a in range(H)]
    return h_t, C_t, n_t, i_t, f_t, q, k, v, [sigma(value) for value in o]


def minlstm_shapes(B, I, H):
    return {"x_t": (B, I), "h_prev": (B, H), "W_x": (3 * H, I), "b": (3 * H,)}


def slstm_shapes(B, I, H):
    states = dict.fromkeys(("h_prev", "c_prev", "n_prev", "m_prev"), (B, H))
    return {"x_t": (B, I), **states, "W_x": (4 * H, I), "W_h": (4 * H, H), "b": (4 * H,)}


def mlstm_shapes(B, I, H):
    states = {"C_prev": (B, H, H), "n_prev": (B, H), "m_prev": (B, 1)}
    return {"x_t": (B, I), **states, "W_x": (4 * H + 2, I), "b": (4 * H + 2,)}


STEPS = {
    "minlstm": (cells.minlstm_step, minlstm_shapes),
    "slstm": (cells.slstm_step, slstm_shapes),
    "mlstm": (cells.mlstm_step, mlstm_shapes),
}
every_step = pytest.mark.parametrize(("step", "shapes_of"), STEPS.values(), ids=STEPS)
a_few = settings(max_examples=20, deadline=None)
sizes = st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 5))
seeds = st.integers(0, 999)
scales = st.floats(0.1, 4)


def draw(shapes, seed, scale=1.0, dtype=torch.float64):
    """Random arguments by name; a normaliser of the sLSTM, like every one that it reaches, is at least 1."""
    generator = torch.Generator().manual_seed(seed)
    tensors = {
        name: (scale * torch.randn(shape, generator=generator, dtype=torch.float64)).to(dtype)
        for name, shape in shapes.items()
    }
    if "h_prev" in tensors and "n_prev" in tensors:
        tensors["n_prev"] = 1 + tensors["n_prev"].abs()
    return tensors


def flat(result):
    """All tensors of a step's result, its gates included."""
    return [*result[:-1], *result[-1]]


def about(expected):
    return pytest.approx(expected, rel=1e-11, abs=1e-11)


@a_few
@given(sizes=sizes, seed=seeds, scale=scales)
def test_minlstm_equals_a_loop_over_single_numbers(sizes, seed, scale):
    x, h, W_x, b = draw(minlstm_shapes(*sizes), seed, scale).values()
    ours = flat(cells.minlstm_step(x, h, W_x, b))
    for row in range(sizes[0]):
        for unit, expected in enumerate(minlstm_reference(x[row].tolist(), h[row].tolist(), W_x.tolist(), b.tolist())):
            assert [tensor[row, unit].item() for tensor in ours] == about(expected)
    assert unit == sizes[2] - 1


@a_few
@given(sizes=sizes, seed=seeds, scale=scales)
def test_slstm_equals_a_loop_over_single_numbers_without_stabiliser(sizes, seed, scale):
    x, h, c, n, m, W_x, W_h, b = draw(slstm_shapes(*sizes), seed, scale).values()
    h_t, c_t, n_t, m_t, (i_t, f_t, g_t, o_t) = cells.slstm_step(x, h, c, n, m, W_x, W_h, b)
    up, down = m.exp(), (-m_t).exp()
    for row in range(sizes[0]):
        states = (tensor[row].tolist() for tensor in (x, h, c * up, n * up))
        for unit, plain in enumerate(slstm_reference(*states, W_x.tolist(), W_h.tolist(), b.tolist())):
            at, (h_ref, c_ref, n_ref, i_ref, f_ref, g_ref, o_ref) = (row, unit), plain
            scale_t, decay = down[at].item(), math.exp(m[at].item() - m_t[at].item())
            expected = [h_ref, c_ref * scale_t, n_ref * scale_t, i_ref * scale_t, f_ref * decay, g_ref, o_ref]
            assert [tensor[at].item() for tensor in (h_t, c_t, n_t, i_t, f_t, g_t, o_t)] == about(expected)
            assert m_t[at].item() == about(max(math.log(f_ref) + m[at].item(), math.log(i_ref)))
    assert unit == sizes[2] - 1


@a_few
@given(sizes=sizes, seed=seeds, scale=scales)
def test_mlstm_equals_a_loop_over_single_numbers_without_stabiliser(sizes, seed, scale):
    x, C, n, m, W_x, b = draw(mlstm_shapes(*sizes), seed, scale).values()
    h_t, C_t, n_t, m_t, gates = cells.mlstm_step(x, C, n, m, W_x, b)
    up = m.exp()
    for row in range(sizes[0]):
        plain_states = (x[row].tolist(), (C * up[..., None])[row].tolist(), (n * up)[row].tolist())
        h_ref, C_ref, n_ref, i_ref, f_ref, q, k, v, o = mlstm_reference(*plain_states, W_x.tolist(), b.tolist())
        before, after = m[row].item(), m_t[row].item()
        assert after == about(max(math.log(f_ref) + before, math.log(i_ref)))
        assert h_t[row].tolist() == about(h_ref)
        assert C_t[row].flatten().tolist() == about([value * math.exp(-after) for line in C_ref for value in line])
        assert n_t[row].tolist() == about([value * math.exp(-after) for value in n_ref])
        assert gates.i[row].item() == about(i_ref * math.exp(-after))
        assert gates.f[row].item() == about(f_ref * math.exp(before - after))
        for ours, expected in zip((gates.q, gates.k, gates.v, gates.o), (q, k, v, o), strict=True):
            assert ours[row].tolist() == about(expected)


@every_step
def test_gradcheck(step, shapes_of):
    arguments = [tensor.requires_grad_() for tensor in draw(shapes_of(2, 3, 2), seed=1).values()]
    assert torch.autograd.gradcheck(lambda *inputs: tuple(flat(step(*inputs))), arguments)


@every_step
def test_the_dtype_is_kept_and_the_arguments_are_left_alone(step, shapes_of):
    tensors = draw(shapes_of(2, 3, 4), seed=0, dtype=torch.float32)
    before = {name: tensor.clone() for name, tensor in tensors.items()}
    assert {tensor.dtype for tensor in flat(step(**tensors))} == {torch.float32}
    assert all(torch.equal(tensors[name], before[name]) for name in tensors)


# The scan of the minLSTM


def scan_arguments(T, B, I, H, seed=0, scale=1.0, start=1.0, dtype=torch.float64):
    shapes = {"x": (T, B, I), "h_0": (B, H), "W_x": (3 * H, I), "b": (3 * H,), "along": (T, B, H)}
    x, h_0, W_x, b, along = draw(shapes, seed, scale, dtype).values()
    return [tensor.requires_grad_() for tensor in (x, start * h_0, W_x, b)], along


def minlstm_loop(x, h, W_x, b):
    steps = []
    for x_t in x:
        h, gates = cells.minlstm_step(x_t, h, W_x, b)
        steps.append([h, *gates])
    return [torch.stack(tensors) for tensors in zip(*steps, strict=True)]


@a_few
@given(T=st.integers(1, 40), sizes=sizes, seed=seeds, scale=st.floats(0.1, 3), start=st.sampled_from([0.0, 1.0]))
def test_the_scan_equals_the_loop_in_values_and_gradients(T, sizes, seed, scale, start):
    arguments, along = scan_arguments(T, *sizes, seed=seed, scale=scale, start=start)
    scan, loop = flat(cells.minlstm_scan(*arguments)), minlstm_loop(*arguments)
    for a, b in zip(scan, loop, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-10)
    gradients = [torch.autograd.grad((out[0] * along).sum(), arguments) for out in (scan, loop)]
    for a, b in zip(*gradients, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-10 * max(1.0, b.abs().max().item()))


def test_gradcheck_of_the_scan():
    arguments, _ = scan_arguments(4, 2, 3, 2)
    assert torch.autograd.gradcheck(lambda *inputs: tuple(flat(cells.minlstm_scan(*inputs))), arguments)


@pytest.mark.parametrize("z_g", [-0.5, 0.0])
def test_the_scan_has_the_gradients_of_the_loop_where_the_candidate_changes_its_formula(z_g):
    arguments, _ = scan_arguments(3, 1, 2, 1, scale=0.0)
    arguments[3] = torch.full((3,), z_g, dtype=torch.float64, requires_grad=True)
    scan, loop = cells.minlstm_scan(*arguments)[0], minlstm_loop(*arguments)[0]
    gradients = [torch.autograd.grad(out.sum(), arguments[3])[0] for out in (scan, loop)]
    torch.testing.assert_close(*gradients)


def test_the_scan_outlasts_what_plain_numbers_can_hold():
    arguments, _ = scan_arguments(1000, 2, 3, 4, dtype=torch.float32)
    h, gates = cells.minlstm_scan(*arguments)
    assert torch.exp(-gates.f.log().sum(dim=0)).isinf().all()
    torch.testing.assert_close(h, minlstm_loop(*arguments)[0], rtol=1e-3, atol=1e-3)


def test_the_gates_of_minlstm_share_one_whole_and_the_candidate_is_positive():
    _, (f, i, g) = cells.minlstm_step(**draw(minlstm_shapes(4, 3, 5), seed=0, scale=3))
    torch.testing.assert_close(f + i, torch.ones_like(f))
    assert (g > 0).all()


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


def test_the_scan_asks_for_the_axis_of_time():
    (x, *rest), _ = scan_arguments(4, 2, 3, 5)
    with pytest.raises(ValueError, match=r"x must have the shape \(T, B, I\) for H=5, got \(2, 3\)"):
        cells.minlstm_scan(x[0], *rest)
