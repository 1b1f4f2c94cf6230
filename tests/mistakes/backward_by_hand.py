"""Exercise 3, right answers: a step, a sequence and a coupled step backward, a truncated run."""

import torch
from torch import tanh

from lstm_course import cells
from lstm_course.checks import backward_by_hand as check

# ---- one step backward


def step(dh, dc, x, h, c_prev, c_t, gates, W_x, W_h):
    dz, dc_prev = check.back_to_maps(dh, dc, c_prev, c_t, gates)
    return dz @ W_x, dz @ W_h, dc_prev, dz.T @ x, dz.T @ h, dz.sum(0)


def step_by_one_einsum(dh, dc, x, h, c_prev, c_t, gates, W_x, W_h):
    H = dh.size(1)
    i, f, g, o = (gates[:, k * H : (k + 1) * H] for k in range(4))
    new = dc + dh * o / torch.cosh(c_t) ** 2
    parts = [new * g * (i - i * i), new * c_prev * (f - f**2), new * i * (1 - g) * (1 + g), dh * tanh(c_t) * (o - o**2)]
    dz = torch.stack(parts, 1).reshape(len(dh), 4 * H)
    joined = torch.einsum("bj,bk->jk", dz, torch.cat([x, h, torch.ones_like(x[:, :1])], 1))
    I = x.shape[1]
    return [dz.matmul(W_x), torch.mm(dz, W_h), new * f, joined[:, :I], joined[:, I:-1], joined[:, -1]]


def step_sequence_by_sequence(dh, dc, x, h, c_prev, c_t, gates, W_x, W_h, scale=1.0):
    batched = dh, dc, x, h, c_prev, c_t, gates
    rows = [step(*(tensor[b : b + 1] for tensor in batched), W_x, W_h) for b in range(len(x))]
    columns = list(zip(*rows, strict=True))
    return *map(torch.cat, columns[:3]), *(sum(parts) * scale for parts in columns[3:])


def step_map_by_map(dh_t, dc_t, x_t, h_prev, c_prev, c_t, gates, W_x, W_h):
    i, f, g, o = torch.tensor_split(gates, 4, dim=-1)
    dc = torch.addcmul(dc_t, dh_t * o, 1 - tanh(c_t).square())
    before = {"i": dc * g, "f": dc * c_prev, "g": dc * i, "o": dh_t * tanh(c_t)}
    slopes = {"i": i * (1 - i), "f": f * (1 - f), "g": 1 - g * g, "o": o * (1 - o)}
    dz = {k: before[k] * slopes[k] for k in "ifgo"}
    dx = sum(dz[k] @ W for k, W in zip("ifgo", W_x.chunk(4), strict=True))
    dh = sum(dz[k] @ W for k, W in zip("ifgo", W_h.chunk(4), strict=True))
    dW_x, dW_h = (torch.cat([dz[k].T @ v for k in "ifgo"]) for v in (x_t, h_prev))
    return dx, dh, dc * f, dW_x, dW_h, torch.cat([dz[k].sum(dim=0) for k in "ifgo"])


def step_number_by_number(dh_t, dc_t, x_t, h_prev, c_prev, c_t, gates, W_x, W_h):
    dz, dc_prev = check.back_to_maps(dh_t, dc_t, c_prev, c_t, gates)
    dx, dW_x, dW_h = torch.zeros_like(x_t), torch.zeros_like(W_x), torch.zeros_like(W_h)
    for b in range(len(dz)):
        for j in range(dz.shape[1]):
            dx[b] += dz[b, j] * W_x[j]
            dW_x[j] += dz[b, j] * x_t[b]
            dW_h[j] += dz[b, j] * h_prev[b]
    return dx, (dz[:, :, None] * W_h).sum(1), dc_prev, dW_x, dW_h, dz.T @ torch.ones(len(dz), dtype=dz.dtype)


# ---- a sequence backward


def sequence(dh, dc, x, h, c, gates, W_x, W_h):
    dz = torch.empty_like(gates)
    dh_next = torch.zeros_like(dc)
    for t in reversed(range(len(x))):
        dz[t], dc = check.back_to_maps(dh[t] + dh_next, dc, c[t], c[t + 1], gates[t])
        dh_next = dz[t] @ W_h
    rows = dz.flatten(0, 1)
    return dz @ W_x, dh_next, dc, rows.T @ x.flatten(0, 1), rows.T @ h[:-1].flatten(0, 1), rows.sum(0)


def sequence_by_list(dh, dc, x, h, c, gates, W_x, W_h):
    found, dh_next = [], 0
    for t in range(len(x) - 1, -1, -1):
        dz, dc = check.back_to_maps(dh[t] + dh_next, dc, c[t], c[t + 1], gates[t])
        dh_next = torch.matmul(dz, W_h)
        found.insert(0, dz)
    dz = torch.stack(found)
    dW_x, dW_h = (torch.einsum("tbj,tbk->jk", dz, v) for v in (x, h[:-1]))
    return [torch.einsum("tbj,jk->tbk", dz, W_x), dh_next, dc, dW_x, dW_h, dz.sum(dim=(0, 1))]


def sequence_with_slopes_before(dh, dc_T, x, h, c, gates, W_x, W_h):
    T, B, H = dh.shape
    i, f, g, o = gates.view(T, B, 4, H).unbind(2)
    tanh_c = tanh(c[1:])
    to_c, to_o = o * (1 - tanh_c**2), tanh_c * o * (1 - o)
    to_z = torch.stack([g * i * (1 - i), c[:-1] * f * (1 - f), i * (1 - g**2)], dim=2)
    dz, dh_next, dc = x.new_empty(T, B, 4, H), torch.zeros_like(dc_T), dc_T
    for t in range(T - 1, -1, -1):
        dh_t = dh[t] + dh_next
        dc = dc + dh_t * to_c[t]
        dz[t, :, :3], dz[t, :, 3] = dc[:, None] * to_z[t], dh_t * to_o[t]
        dh_next, dc = dz[t].flatten(1) @ W_h, dc * f[t]
    rows = dz.reshape(T * B, 4 * H)
    both = rows.T @ torch.cat([x, h[:-1]], dim=2).reshape(T * B, -1)
    return (rows @ W_x).view_as(x), dh_next, dc, both[:, : x.shape[2]], both[:, x.shape[2] :], rows.sum(dim=0)


def sequence_by_recursion(dh, dc, x, h, c, gates, W_x, W_h):
    def walk(t, dh_next, dc):
        if t < 0:
            return [], dh_next, dc
        dz, dc = check.back_to_maps(dh[t] + dh_next, dc, c[t], c[t + 1], gates[t])
        earlier, dh_0, dc_0 = walk(t - 1, dz @ W_h, dc)
        return [*earlier, dz], dh_0, dc_0

    found, dh_0, dc_0 = walk(len(x) - 1, torch.zeros_like(dc), dc)
    dz = torch.cat(found)
    dW_x, dW_h = dz.T.mm(x.reshape(len(dz), -1)), dz.T @ h[:-1].flatten(0, 1)
    return dz.mm(W_x).reshape(x.shape), dh_0, dc_0, dW_x, dW_h, dz.sum(0)


def sequence_with_linear(dh, dc, x, h, c, gates, W_x, W_h):
    dz = list(range(len(x)))
    dh_next = dh.new_zeros(dc.shape)
    for t in dz[::-1]:
        dz[t], dc = check.back_to_maps(dh[t].add(dh_next), dc, c[t], c[t + 1], gates[t])
        dh_next = torch.nn.functional.linear(dz[t], W_h.T)
    dz = torch.stack(dz)
    dW_x, dW_h = (torch.tensordot(dz, v, dims=([0, 1], [0, 1])) for v in (x, h[:-1]))
    return torch.nn.functional.linear(dz, W_x.T), dh_next, dc, dW_x, dW_h, dz.sum(0).sum(0)


# ---- the coupled cell


def coupled(dh, dc, c_prev, c_t, gates):
    f, g, o = gates.chunk(3, dim=1)
    new = dc + dh * o * (1 - tanh(c_t) ** 2)
    df, dg, do = new * (c_prev - g), new * (1 - f), dh * tanh(c_t)
    return torch.cat([df * f * (1 - f), dg * (1 - g * g), do * o * (1 - o)], 1), new * f


def coupled_as_lstm(dh, dc, c_prev, c_t, gates):
    f, g, o = gates.chunk(3, dim=1)
    dz, dc_prev = check.back_to_maps(dh, dc, c_prev, c_t, torch.cat([1 - f, f, g, o], 1))
    z_i, z_f, z_g, z_o = dz.chunk(4, dim=1)
    return torch.cat([z_f - z_i, z_g, z_o], 1), dc_prev


def coupled_by_slices(dh_t, dc_t, c_prev, c_t, gates):
    H = c_t.shape[1]
    f_t, g_t, o_t = gates[:, :H], gates[:, H : 2 * H], gates[:, 2 * H :]
    belt = dc_t + dh_t * o_t / torch.cosh(c_t).square()
    dz = torch.empty_like(gates)
    dz[:, :H] = belt * c_prev * f_t * (1 - f_t) - belt * g_t * f_t * (1 - f_t)
    dz[:, H : 2 * H] = (belt - belt * f_t) * (1 - g_t.pow(2))
    dz[:, 2 * H :] = dh_t * c_t.tanh() * (o_t - o_t.pow(2))
    return dz, torch.mul(belt, f_t)


def coupled_row_by_row(dh, dc, c_prev, c_t, gates):
    rows = [coupled(*(v[b : b + 1] for v in (dh, dc, c_prev, c_t, gates))) for b in range(len(dh))]
    return tuple(torch.cat(parts) for parts in zip(*rows, strict=True))


def coupled_stacked(dh, dc, c_prev, c_t, gates, eps=0.0):
    f, g, o = gates.view(len(dh), 3, -1).unbind(1)
    new = dc + eps + dh * o * (1 - tanh(c_t)) * (1 + tanh(c_t))
    before = torch.stack([new * (c_prev - g), new * (1 - f), dh * tanh(c_t)], 1)
    slopes = torch.stack([f - f * f, 1 - g**2, o - o * o], 1)
    return [(before * slopes).flatten(1), new * f]


# ---- the truncated run


def run(x, h, c, W_x, W_h, b, window):
    out = []
    for t, x_t in enumerate(x):
        if t and not t % window:
            h, c = h.detach(), c.detach()
        h, c, _ = cells.lstm_step(x_t, h, c, W_x, W_h, b)
        out.append(h)
    return torch.stack(out)


def run_by_parts(x, h, c, W_x, W_h, b, window):
    out = []
    for part in x.split(window):
        for x_t in part:
            h, c, _ = cells.lstm_step(x_t, h, c, W_x, W_h, b)
            out.append(h)
        h, c = h.detach().clone(), c.detach()
    return torch.stack(out)


def run_by_data(x, h, c, W_x, W_h, b, window=4):
    out = torch.empty(0, *h.shape, dtype=x.dtype)
    for t in range(x.shape[0]):
        if t in range(window, len(x), window):
            h, c = h.data, c.data
        h, c = cells.lstm_step(x[t], h, c, W_x, W_h, b)[:2]
        out = torch.cat([out, h[None]])
    return out


def run_by_hand(x, h, c, W_x, W_h, b, window):
    from_x, out = x @ W_x.T + b, []
    for t in range(len(x)):
        h_prev, c_prev = (h, c) if t % window or t == 0 else (h.detach(), c.detach())
        i, f, g, o = (from_x[t] + h_prev @ W_h.T).chunk(4, 1)
        c = f.sigmoid() * c_prev + i.sigmoid() * g.tanh()
        h = o.sigmoid() * c.tanh()
        out += [h]
    return torch.stack(out, dim=0)


def run_by_recursion(x, h, c, W_x, W_h, b, window):
    states = []
    for x_t in x[:window]:
        h, c, _ = cells.lstm_step(x_t, h, c, W_x, W_h, b)
        states.append(h)
    rest = x[window:]
    later = [run_by_recursion(rest, h.detach(), c.detach(), W_x, W_h, b, window)] if len(rest) else []
    return torch.cat([torch.stack(states), *later])


RIGHT = {
    check.step_backward: {
        "as in the lesson": step,
        "one einsum": step_by_one_einsum,
        "sequence by sequence": step_sequence_by_sequence,
        "map by map": step_map_by_map,
        "number by number": step_number_by_number,
    },
    check.sequence_backward: {
        "as in the lesson": sequence,
        "a list": sequence_by_list,
        "slopes before the loop": sequence_with_slopes_before,
        "recursion": sequence_by_recursion,
        "linear and tensordot": sequence_with_linear,
    },
    check.coupled_backward: {
        "as in the solution": coupled,
        "as an LSTM with i = 1 - f": coupled_as_lstm,
        "slices": coupled_by_slices,
        "row by row": coupled_row_by_row,
        "stacked": coupled_stacked,
    },
    check.truncated_run: {
        "as in the solution": run,
        "split": run_by_parts,
        "data, one tensor": run_by_data,
        "the cell written out": run_by_hand,
        "recursion": run_by_recursion,
    },
}
MISTAKES = {}
