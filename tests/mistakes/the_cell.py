"""Exercise 2, question 1: the four gates."""

import torch
from torch import sigmoid, tanh
from torch.nn.functional import linear

from lstm_course import cells
from lstm_course.checks import the_cell as check
from tests.mistakes.catalogue import Mistake

# ---- the four gates


def blocks(x, h, W_x, W_h, b):
    return (x @ W_x.T + h @ W_h.T + b).chunk(4, dim=1)


def gates(x, h, W_x, W_h, b):
    i, f, g, o = blocks(x, h, W_x, W_h, b)
    return sigmoid(i), sigmoid(f), tanh(g), sigmoid(o)


def gates_by_slices(x, h, W_x, W_h, b):
    H = h.shape[1]
    z = torch.cat([x, h], 1) @ torch.cat([W_x, W_h], 1).T + b
    s = 1 / (1 + torch.exp(-z))
    return [s[:, :H], s[:, H : 2 * H], 2 * (1 / (1 + torch.exp(-2 * z[:, 2 * H : 3 * H]))) - 1, s[:, 3 * H :]]


def gates_by_rows(x, h, W_x, W_h, b):
    found = [[], [], [], []]
    for x_row, h_row in zip(x, h, strict=True):
        z = W_x @ x_row + W_h @ h_row + b
        for k, (values, squash) in enumerate(zip(found, (sigmoid, sigmoid, tanh, sigmoid), strict=True)):
            values.append(squash(z[k * h.size(-1) : (k + 1) * h.size(-1)]))
    return tuple(torch.stack(values) for values in found)


def gates_map_by_map(x_t, h_prev, W_x, W_h, b, *, order="ifgo"):
    weights = zip(W_x.split(h_prev.shape[1]), W_h.split(h_prev.shape[1]), b.split(h_prev.shape[1]), strict=True)
    return tuple(
        (tanh if k == "g" else sigmoid)(linear(x_t, W) + linear(h_prev, U, c))
        for k, (W, U, c) in zip(order, weights, strict=True)
    )


def gates_by_einsum(x, h, W_x, W_h, b):
    W_x, W_h, b = W_x.view(4, -1, x.shape[1]), W_h.view(4, -1, h.shape[1]), b.view(4, 1, -1)
    i, f, g, o = torch.einsum("bi,khi->kbh", x, W_x) + torch.einsum("bj,khj->kbh", h, W_h) + b
    return i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()


def changed(parts, **new):
    """Gates with some of them replaced by functions of the blocks."""

    def answer(*arguments):
        z = dict(zip("ifgo", blocks(*arguments), strict=True))
        return [new.get(k, tanh if k == "g" else sigmoid)(z[k]) for k in parts]

    return answer


def in_order(order):
    """Take the blocks to lie in another order."""

    def answer(*arguments):
        z = dict(zip(order, blocks(*arguments), strict=True))
        return sigmoid(z["i"]), sigmoid(z["f"]), tanh(z["g"]), sigmoid(z["o"])

    return answer


def interleaved(x, h, W_x, W_h, b):
    z = (x @ W_x.T + h @ W_h.T + b).reshape(len(x), -1, 4)
    return sigmoid(z[..., 0]), sigmoid(z[..., 1]), tanh(z[..., 2]), sigmoid(z[..., 3])


def swapped_join(x, h, W_x, W_h, b):
    i, f, g, o = (torch.cat([h, x], 1) @ torch.cat([W_x, W_h], 1).T + b).chunk(4, 1)
    return sigmoid(i), sigmoid(f), tanh(g), sigmoid(o)


def h_in_place(x, h, W_x, W_h, b):
    result = gates(x, h, W_x, W_h, b)
    h.mul_(0)
    return result


def cut_along_the_batch(x, h, W_x, W_h, b):
    i, f, g, o = (x @ W_x.T + h @ W_h.T + b).chunk(4, dim=0)
    return sigmoid(i), sigmoid(f), tanh(g), sigmoid(o)


def first_row_only(x, h, *weights):
    return [gate.expand_as(h) for gate in gates(x[:1], h[:1], *weights)]


RIGHT = {
    check.four_gates: {
        "as the formula": gates,
        "slices, exp": gates_by_slices,
        "row by row": gates_by_rows,
        "map by map": gates_map_by_map,
        "einsum": gates_by_einsum,
    },
}

MISTAKES = {
    check.four_gates: {
        **{
            f"the order {order}": Mistake(
                in_order(order), "Your values are those of", "which rows belong to which map?"
            )
            for order in ("figo", "ifog", "fiog", "oifg", "gifo", "iogf", "ogfi")
        },
        "returned as f, i": Mistake(changed("figo"), "i_t (input gate)", "first block", "which rows belong"),
        "returned as f, i, o, g": Mistake(changed("fiog"), "f, i, o, g"),
        "sigmoid for g": Mistake(changed("ifgo", g=sigmoid), "g_t (candidate) must be tanh", "sigmoid(z_g)"),
        "tanh for o": Mistake(changed("ifgo", o=tanh), "o_t (output gate) must be sigmoid", "tanh(z_o)"),
        "tanh for all": Mistake(changed("ifgo", i=tanh, f=tanh, o=tanh), "tanh(z_i)", "a share from 0 to 1"),
        "no function for f": Mistake(changed("ifgo", f=lambda z: z), "sigmoid(z_i), z_f, "),
        "no function at all": Mistake(
            changed("ifgo", **dict.fromkeys("ifgo", lambda z: z)), "i, f, g, o = z_i, ", "a share from 0 to 1"
        ),
        "softmax": Mistake(changed("ifgo", i=lambda z: z.softmax(1)), "softmax(z_i"),
        "1 - f": Mistake(changed("ifgo", f=lambda z: 1 - sigmoid(z)), "1 - sigmoid(z_f)"),
        "no bias": Mistake(lambda x, h, W, U, b: gates(x, h, W, U, 0 * b), "How often is the bias b added?"),
        "bias twice": Mistake(lambda x, h, W, U, b: gates(x, h, W, U, 2 * b), "h_prev @ W_h.T + 2 * b"),
        "no h": Mistake(lambda x, h, W, U, b: gates(x, 0 * h, W, U, b), "z = x_t @ W_x.T + b"),
        "no x": Mistake(lambda x, h, W, U, b: gates(0 * x, h, W, U, b), "z = h_prev @ W_h.T + b"),
        "h and x swapped": Mistake(swapped_join, "torch.cat([h_prev, x_t], 1)", "which meet h_prev"),
        "reshaped": Mistake(
            lambda x, h, W, U, b: gates(x, h, W.reshape(-1, len(b)).T, U.reshape(-1, len(b)).T, b), "W_x.reshape("
        ),
        "interleaved": Mistake(interleaved, "z.reshape(len(z), -1, 4)", "which columns of z belong"),
        "order and bias": Mistake(
            lambda x, h, W, U, b: in_order("ifog")(x, h, W, U, 2 * b), "2 * b", "How often is the bias b added?"
        ),
        "sigmoid for g, no bias": Mistake(
            lambda x, h, W, U, b: changed("ifgo", g=sigmoid)(x, h, W, U, 0 * b), "How often is the bias b added?"
        ),
        "first row for all": Mistake(first_row_only, "Your values are those of", "[:1].expand(len(x_t), -1)"),
        "not transposed": Mistake(
            lambda x, h, W, U, b: gates(x, h, W.T, U, b), "raised RuntimeError", "is a .T missing"
        ),
        "cut along the batch": Mistake(
            cut_along_the_batch, "four_gates raised ValueError: not enough values to unpack"
        ),
        "three": Mistake(lambda *a: gates(*a)[:3], "must give 4 values: i_t, f_t, g_t, o_t", "Got 3 values"),
        "in one tensor": Mistake(lambda *a: torch.cat(gates(*a), 1), "4 values", "Got Tensor"),
        "no return": Mistake(lambda *a: None, "4 values", "Is a return missing?"),
        "one row": Mistake(lambda *a: [v[0] for v in gates(*a)], "shape (batch, hidden) = (3, 4)", "Got shape (4,)"),
        "squeezed": Mistake(lambda *a: [v.squeeze(0) for v in gates(*a)], "= (1, 6)", "An axis of size 1 is lost"),
        "transposed": Mistake(lambda *a: [v.T for v in gates(*a)], "Got shape (4, 3)", "is a transpose missing"),
        "float64": Mistake(lambda *a: [v.double() for v in gates(*a)], "must keep the dtype torch.float32"),
        "float32": Mistake(lambda *a: [v.float() for v in gates(*a)], "must keep the dtype torch.float64"),
        "detached": Mistake(lambda *a: [v.detach() for v in gates(*a)], "Gradients must flow", "without a gradient"),
        "x detached": Mistake(lambda x, *a: gates(x.detach(), *a), "no gradient for x"),
        "numpy": Mistake(lambda *a: [v.detach().numpy() for v in gates(*a)], "i_t must be a tensor", "ndarray"),
        "in place": Mistake(h_in_place, "four_gates must leave its arguments as they are", "h"),
        "the cell's own": Mistake(
            lambda x, h, *w: cells.lstm_step(x, h, torch.zeros_like(h), *w)[2], "part of what you are building"
        ),
        "h for all rows": Mistake(lambda x, h, *w: gates(x, h[:1], *w), "h_prev[:1]"),
    },
}
