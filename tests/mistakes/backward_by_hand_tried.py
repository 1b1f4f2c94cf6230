"""Exercise 3: answers that were tried against the finished checks, and what these now say of them."""

import torch
from torch import cat
from torch.autograd import grad

from lstm_course import cells
from lstm_course.checks import backward_by_hand as check
from tests.mistakes.catalogue import Mistake

SLOPES = (lambda s: s * (1 - s), lambda s: s * (1 - s), lambda s: 1 - s**2, lambda s: s * (1 - s))


def step(slopes=SLOPES, mean=False):
    """A right step backward but for the slopes of i, f, g, o, or with means in place of sums."""

    def backward(dh, dc, x, h, c_prev, c, gates, W_x, W_h):
        i, f, g, o = gates.chunk(4, dim=1)
        dc = dc + dh * o * (1 - c.tanh() ** 2)
        parts = (dc * g, dc * c_prev, dc * i, dh * c.tanh())
        dz = cat([part * slope(gate) for part, slope, gate in zip(parts, slopes, (i, f, g, o), strict=True)], dim=1)
        n = len(dz) if mean else 1
        return dz @ W_x, dz @ W_h, dc * f, dz.T @ x / n, dz.T @ h / n, dz.sum(0) / n

    return backward


def with_autograd(dh, dc, x, h, c_prev, c, gates, W_x, W_h):
    i, f, g, o = gates.chunk(4, dim=1)
    z = cat([i.logit(), f.logit(), g.atanh(), o.logit()], dim=1)
    inputs = [t.clone().requires_grad_() for t in (x, h, c_prev, W_x, W_h, (z - x @ W_x.T - h @ W_h.T)[0])]
    h_t, c_t, _ = cells.lstm_step(*inputs)
    return grad([h_t, c_t], inputs, [dh, dc])


def sequence(dh, dc_T, x, h, c, gates, W_x, W_h, turn=lambda dx: dx):
    dh_next, dc, found = 0, dc_T, []
    for t in reversed(range(len(x))):
        dz, dc = check.back_to_maps(dh[t] + dh_next, dc, c[t], c[t + 1], gates[t])
        dh_next = dz @ W_h
        found.insert(0, dz)
    rows = cat(found)
    into = rows.T @ cat([x, h[:-1]], dim=2).flatten(0, 1)
    dW_x, dW_h = into.split([x.shape[2], h.shape[2]], dim=1)
    return turn((rows @ W_x).view_as(x)), dh_next, dc, dW_x, dW_h, rows.sum(0)


def one_name(dh, dc_T, x, h, c, gates, W_x, W_h):
    dz = torch.empty_like(gates)
    dz[-1] = check.back_to_maps(dh[-1], dc_T, c[-2], c[-1], gates[-1])


def coupled(dh, dc, c_prev, c, gates, join=lambda *parts: cat(parts, dim=1)):
    f, g, o = gates.chunk(3, dim=1)
    dc = dc + dh * o * (1 - c.tanh() ** 2)
    return join(dc * (c - g) * (1 - f), dc * (1 - f) * (1 - g**2), dh * c.tanh() * o * (1 - o)), dc * f


def windows(x, h, c, W_x, W_h, b, window, late=False):
    states = []
    for t, x_t in enumerate(x):
        h, c, _ = cells.lstm_step(x_t, h, c, W_x, W_h, b)
        states.append(h)
        if (t > 0 and t % window == 0) if late else (t + 1) % window == 0:
            h, c = h.detach(), c.detach()
    return torch.stack(states)


RIGHT = {
    check.step_backward: {"slopes in a table": step()},
    check.sequence_backward: {"x and h in one product": sequence},
    check.coupled_backward: {"from the new memory": coupled},
    check.truncated_run: {"cut behind a step": windows},
}
MISTAKES = {
    check.step_backward: {
        "no slopes": Mistake(
            step([torch.ones_like] * 4),
            "values are those of   dz_f = dc_t * c_prev; dz_g = dc_t * i_t; dz_o = dh_t * tanh_c; dz_i = dc_t * g_t",
        ),
        "slope of tanh everywhere": Mistake(
            step([SLOPES[2]] * 4), "dz_f = dc_t * c_prev * (1 - f_t**2); dz_o = dh_t * tanh_c * (1 - o_t**2); dz_i"
        ),
        "means": Mistake(
            step(mean=True), "dW_x = dz.T @ x_t / len(dz)", "dW_h = dz.T @ h_prev / len(dz)", "dz.mean(0)"
        ),
        "imported autograd": Mistake(with_autograd, "Got a call of it: derive the lines yourself"),
    },
    check.sequence_backward: {
        "dx in rows": Mistake(lambda *a: sequence(*a, turn=lambda dx: dx.flatten(0, 1)), "Axes are joined"),
        "one name for two": Mistake(one_name, "can't assign a tuple", "write a name for each"),
    },
    check.coupled_backward: {
        "stacked": Mistake(lambda *a: coupled(*a, join=lambda *parts: torch.stack(parts, 1)), "makes a new axis")
    },
    check.truncated_run: {
        "a step late": Mistake(
            lambda *a: windows(*a, late=True), "if t > 1 and (t - 1) % window == 0:", "a window begin"
        )
    },
}
