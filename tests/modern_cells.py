"""minLSTM, sLSTM and mLSTM once more, unit by unit with Python's numbers, and random arguments for them."""

import math

import pytest
import torch

from lstm_course import cells

# The formulas, for one sequence and unit by unit, with Python's numbers and nothing else. The states of the
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
