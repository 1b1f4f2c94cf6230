"""minLSTM, sLSTM and mLSTM against loops over single numbers, without logarithms or stabilisers, and the scan."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lstm_course import cells
from tests.modern_cells import (
    STEPS,
    about,
    draw,
    flat,
    minlstm_reference,
    minlstm_shapes,
    mlstm_reference,
    mlstm_shapes,
    slstm_reference,
    slstm_shapes,
)

torch.set_num_threads(1)

every_step = pytest.mark.parametrize(("step", "shapes_of"), STEPS.values(), ids=STEPS)
a_few = settings(max_examples=20, deadline=None)
sizes = st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 5))
seeds = st.integers(0, 999)
scales = st.floats(0.1, 4)


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


def test_the_scan_asks_for_the_axis_of_time():
    (x, *rest), _ = scan_arguments(4, 2, 3, 5)
    with pytest.raises(ValueError, match=r"x must have the shape \(T, B, I\) for H=5, got \(2, 3\)"):
        cells.minlstm_scan(x[0], *rest)
