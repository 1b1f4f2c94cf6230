"""Exercise 8, right answers: peepholes, coupled gates, parameters, attention."""

import torch
from torch import nn, sigmoid, tanh

from lstm_course.checks import variants_and_after as check

# ---- peepholes


def peephole(x, h, c, W_x, W_h, b, p_i, p_f, p_o):
    i, f, g, o = (x @ W_x.T + h @ W_h.T + b).chunk(4, 1)
    new = sigmoid(f + p_f * c) * c + sigmoid(i + p_i * c) * tanh(g)
    return sigmoid(o + p_o * new) * tanh(new), new


def peephole_by_diag(x, h, c, W_x, W_h, b, p_i, p_f, p_o):
    H = h.shape[1]
    z = torch.cat([x, h], 1) @ torch.cat([W_x, W_h], 1).T + b
    i, f = (1 / (1 + torch.exp(-(z[:, k * H : (k + 1) * H] + c @ torch.diag(p)))) for k, p in enumerate((p_i, p_f)))
    new = torch.addcmul(f * c, i, z[:, 2 * H : 3 * H].tanh())
    return [torch.mul((z[:, 3 * H :] + new * p_o).sigmoid(), new.tanh()), new]


def peephole_map_by_map(x_t, h_prev, c_prev, W_x, W_h, b, p_i, p_f, p_o):
    def z(k):
        H = len(p_i)
        rows = slice(k * H, (k + 1) * H)
        return nn.functional.linear(x_t, W_x[rows], b[rows]) + nn.functional.linear(h_prev, W_h[rows])

    i_t, f_t, g_t = sigmoid(z(0) + p_i * c_prev), sigmoid(z(1) + p_f * c_prev), tanh(z(2))
    c_t = f_t * c_prev + i_t * g_t
    o_t = sigmoid(z(3) + p_o * c_t)
    return o_t * tanh(c_t), c_t


def peephole_by_einsum(x, h, c, W_x, W_h, b, p_i, p_f, p_o):
    z = torch.einsum("bi,ji->bj", x, W_x) + torch.einsum("bk,jk->bj", h, W_h) + b
    seen = torch.cat([p_i * c, p_f * c, torch.zeros_like(c)], dim=1)
    H = c.size(1)
    first = z[:, : 3 * H] + seen
    new = first[:, H : 2 * H].sigmoid() * c + first[:, :H].sigmoid() * first[:, 2 * H :].tanh()
    return torch.sigmoid(z[:, 3 * H :] + torch.einsum("h,bh->bh", p_o, new)) * new.tanh(), new


def peephole_row_by_row(x, h, c, W_x, W_h, b, p_i, p_f, p_o):
    found = []
    for x_j, h_j, c_j in zip(x, h, c, strict=True):
        i, f, g, o = (W_x @ x_j + W_h @ h_j + b).view(4, -1)
        new = sigmoid(f + p_f * c_j) * c_j + sigmoid(i + p_i * c_j) * tanh(g)
        found.append((sigmoid(o + p_o * new) * tanh(new), new))
    return tuple(torch.stack(parts) for parts in zip(*found, strict=True))


# ---- coupled gates


def coupled(x, h, c, W_x, W_h, b):
    i, g, o = (x @ W_x.T + h @ W_h.T + b).chunk(3, 1)
    new = (1 - sigmoid(i)) * c + sigmoid(i) * tanh(g)
    return sigmoid(o) * tanh(new), new


def coupled_by_lerp(x, h, c, W_x, W_h, b):
    i, g, o = torch.split(nn.functional.linear(x, W_x, b) + nn.functional.linear(h, W_h), h.shape[1], dim=-1)
    new = torch.lerp(c, g.tanh(), i.sigmoid())
    return [o.sigmoid() * new.tanh(), new]


def coupled_by_minus(x, h, c, W_x, W_h, b):
    i, g, o = torch.addmm(b, torch.hstack([x, h]), torch.hstack([W_x, W_h]).T).tensor_split(3, dim=1)
    c_t = c + sigmoid(i) * (tanh(g) - c)
    return sigmoid(o).mul(tanh(c_t)), c_t


def coupled_with_forget(x_t, h_prev, c_prev, W_x, W_h, b):
    H = c_prev.shape[-1]
    z = torch.einsum("bi,ji->bj", x_t, W_x) + torch.einsum("bk,jk->bj", h_prev, W_h) + b
    f_t = sigmoid(-z[:, :H])
    c_t = f_t * c_prev + (1 - f_t) * torch.tanh(z[:, H : 2 * H])
    return 1 / (1 + torch.exp(-z[:, 2 * H :])) * torch.tanh(c_t), c_t


def coupled_row_by_row(x, h, c, W_x, W_h, b):
    found = []
    for x_j, h_j, c_j in zip(x, h, c, strict=True):
        i, g, o = (W_x @ x_j + W_h @ h_j + b).reshape(3, -1)
        new = (1 - sigmoid(i)) * c_j + sigmoid(i) * tanh(g)
        found.append((sigmoid(o) * tanh(new), new))
    return tuple(map(torch.stack, zip(*found, strict=True)))


# ---- parameters


def count(kind, I, H):
    maps = {"lstm": 4, "peephole": 4, "coupled": 3, "gru": 3, "bidirectional": 8, "2d": 5}[kind]
    extra = {"peephole": 3 * H, "gru": 3 * H, "2d": 5 * H * H}.get(kind, 0)
    return maps * H * (I + H + 1) + extra


def count_by_torch(kind, I, H):
    def numbers(module):
        return sum(p.numel() for p in module.parameters())

    one_bias = numbers(nn.LSTMCell(I, H)) - 4 * H
    return {
        "lstm": one_bias,
        "peephole": one_bias + 3 * H,
        "coupled": one_bias // 4 * 3,
        "gru": numbers(nn.GRUCell(I, H)),
        "bidirectional": 2 * one_bias,
        "2d": one_bias // 4 * 5 + 5 * H**2,
    }[kind]


def count_by_match(kind, I, H):
    match kind:
        case "bidirectional":
            return 2 * count_by_match("lstm", I, H)
        case "peephole":
            return count_by_match("lstm", I, H) + H + H + H
        case "2d":
            return 5 * H * I + 5 * H * H + 5 * H * H + 5 * H
        case "gru":
            return 3 * H * I + 3 * H * H + 2 * 3 * H
    return (4 if kind == "lstm" else 3) * (H * I + H * H + H)


def count_by_shapes(kind, I, H):
    maps = {"coupled": 3, "gru": 3, "2d": 5}.get(kind, 4)
    shapes = [(maps * H, I), (maps * H, H), (maps * H,)]
    shapes += {"peephole": [(H,)] * 3, "gru": [(3 * H,)], "2d": [(5 * H, H)]}.get(kind, [])
    return (2 if kind == "bidirectional" else 1) * sum(torch.Size(shape).numel() for shape in shapes)


def count_by_if(kind, I, H):
    one = H * (I + H + 1)
    if kind in ("lstm", "bidirectional"):
        return 4 * one * (1 + (kind == "bidirectional"))
    if kind == "peephole":
        return 4 * one + 3 * H
    if kind == "2d":
        return 5 * (one + H**2)
    return 3 * one + (3 * H if kind == "gru" else 0)


# ---- attention


def attention(Q, K, V, mask):
    scores = torch.einsum("bnd,btd->bnt", Q, K) / Q.shape[-1] ** 0.5
    A = torch.where(mask, scores, -torch.inf).softmax(-1)
    return A @ V, A


def attention_by_exp(Q, K, V, mask):
    weights = torch.exp((Q @ K.mT) * Q.size(2) ** -0.5) * mask
    A = weights / weights.sum(2, keepdim=True)
    return [torch.einsum("bnt,bte->bne", A, V), A]


def attention_question_by_question(Q, K, V, mask):
    A = torch.zeros(len(Q), Q.shape[1], K.shape[1], dtype=Q.dtype)
    for b in range(len(Q)):
        for q in range(Q.shape[1]):
            seen = mask[q].nonzero().flatten()
            A[b, q, seen] = torch.softmax(K[b, seen] @ Q[b, q] / Q.shape[-1] ** 0.5, dim=0)
    return torch.stack([A_b @ V_b for A_b, V_b in zip(A, V, strict=True)]), A


def attention_by_bmm(Q, K, V, mask, hidden=-1e9):
    scores = torch.bmm(Q / Q.shape[-1] ** 0.25, (K / Q.shape[-1] ** 0.25).permute(0, 2, 1))
    A = nn.functional.softmax(scores.masked_fill(mask.logical_not(), hidden), dim=2)
    return torch.bmm(A, V), A


def attention_with_added_mask(Q, K, V, mask):
    hidden = torch.zeros(mask.shape, dtype=Q.dtype).masked_fill(~mask, float("-inf"))
    A = (torch.baddbmm(hidden.expand(len(Q), -1, -1), Q, K.transpose(-2, -1), alpha=Q.shape[2] ** -0.5)).softmax(2)
    return (A[..., None] * V[:, None]).sum(2), A


RIGHT = {
    check.peephole_step: {
        "as in the solution": peephole,
        "diagonal matrices": peephole_by_diag,
        "map by map": peephole_map_by_map,
        "einsum": peephole_by_einsum,
        "row by row": peephole_row_by_row,
    },
    check.coupled_step: {
        "as in the solution": coupled,
        "lerp": coupled_by_lerp,
        "c + i * (g - c)": coupled_by_minus,
        "a forget gate": coupled_with_forget,
        "row by row": coupled_row_by_row,
    },
    check.count_parameters: {
        "a table": count,
        "by torch": count_by_torch,
        "match": count_by_match,
        "by shapes": count_by_shapes,
        "if": count_by_if,
    },
    check.attention: {
        "einsum and where": attention,
        "exp": attention_by_exp,
        "question by question": attention_question_by_question,
        "bmm": attention_by_bmm,
        "mask added": attention_with_added_mask,
    },
}
MISTAKES = {}
