"""Exercise 2, question 2: one step."""

import torch
from torch import sigmoid, tanh

from lstm_course import cells
from lstm_course.checks import the_cell as check
from tests.mistakes.catalogue import Mistake
from tests.mistakes.the_cell import (
    blocks,
    changed,
    gates,
    gates_by_einsum,
    gates_by_rows,
    gates_by_slices,
    gates_map_by_map,
    in_order,
    swapped_join,
)


def step(x, h, c, W_x, W_h, b):
    i, f, g, o = gates(x, h, W_x, W_h, b)
    c_t = f * c + i * g
    return o * tanh(c_t), c_t


def step_in_lists(x, h, c, W_x, W_h, b):
    i, f, g, o = gates_by_slices(x, h, W_x, W_h, b)
    new = torch.addcmul(i * g, f, c)
    return [torch.mul(o, new.tanh()), new]


def step_by_numbers(x, h, c, W_x, W_h, b):
    H, h_t, c_t = h.shape[1], torch.empty_like(h), torch.empty_like(c)
    for row in range(len(x)):
        z = W_x @ x[row] + W_h @ h[row] + b
        for k in range(H):
            c_t[row, k] = sigmoid(z[H + k]) * c[row, k] + sigmoid(z[k]) * tanh(z[2 * H + k])
            h_t[row, k] = sigmoid(z[3 * H + k]) * tanh(c_t[row, k].clone())
    return h_t, c_t


def step_with_exp(x, h, c, W_x, W_h, b, eps=0.0):
    def s(z):
        return 1 / (1 + torch.exp(-z) + eps)

    i, f, g, o = blocks(x, h, W_x, W_h, b)
    c_t = s(f) * c + s(i) * (2 * s(2 * g) - 1)
    return s(o) * (2 * s(2 * c_t) - 1), c_t


def step_from(gates, new_c=lambda i, f, g, o, c: f * c + i * g, new_h=lambda i, f, g, o, c, c_t: o * tanh(c_t)):
    """Build a step from its gates and its two formulas."""

    def answer(x, h, c, *weights):
        i, f, g, o = gates(x, h, *weights)
        c_t = new_c(i, f, g, o, c)
        return new_h(i, f, g, o, c, c_t), c_t

    return answer


def wrong_c(new_c, *words):
    return Mistake(step_from(gates, new_c=new_c), "c_t must be f_t * c_prev + i_t * g_t", *words)


def wrong_h(new_h, *words):
    return Mistake(step_from(gates, new_h=new_h), "h_t must be o_t * tanh(c_t)", *words)


def step_in_place(x, h, c, *weights):
    i, f, g, o = gates(x, h, *weights)
    c *= f
    c += i * g
    return o * tanh(c), c


def h_and_c_swapped(x, h, c, *weights):
    return step(x, c, h, *weights)


calls = []


def kept_between_calls(x, h, c, *weights):
    calls.append(1)
    return tuple(part / len(calls) for part in step(x, h, c, *weights))


RIGHT = {
    check.lstm_step: {
        "as the formula": step,
        "in lists": step_in_lists,
        "number by number": step_by_numbers,
        "exp": step_with_exp,
        "einsum": step_from(gates_by_einsum),
        "map by map": step_from(gates_map_by_map),
        "row by row": step_from(gates_by_rows),
    },
}

MISTAKES = {
    check.lstm_step: {
        "returned as c, h": Mistake(lambda *a: step(*a)[::-1], "c_t must be", "return h_t first"),
        **{
            f"the order {order}": Mistake(step_from(in_order(order)), "which rows belong to which map?")
            for order in ("figo", "ifog", "fiog", "oifg", "iogf")
        },
        "sigmoid for g": Mistake(step_from(changed("ifgo", g=sigmoid)), "sigmoid(z_g)", "makes the candidate"),
        "tanh for i": Mistake(step_from(changed("ifgo", i=tanh)), "tanh(z_i)"),
        "bias twice": Mistake(lambda x, h, c, W, U, b: step(x, h, c, W, U, 2 * b), "+ 2 * b", "How often"),
        "no bias": Mistake(lambda x, h, c, W, U, b: step(x, h, c, W, U, 0 * b), "How often is the bias b added?"),
        "no h": Mistake(lambda x, h, c, W, U, b: step(x, 0 * h, c, W, U, b), "z = x_t @ W_x.T + b"),
        "h and x swapped": Mistake(step_from(swapped_join), "torch.cat([h_prev, x_t], 1)"),
        "h and c swapped": Mistake(h_and_c_swapped, "h_prev, c_prev = c_prev, h_prev", "which along the belt"),
        "gates see c": Mistake(lambda x, h, c, *w: step(x, c, c, *w), "+ c_prev @ W_h.T"),
        "i and f exchanged": wrong_c(lambda i, f, g, o, c: i * c + f * g, "Your values are those of"),
        "no forget gate": wrong_c(lambda i, f, g, o, c: c + i * g, "c_t = c_prev + i * g", "forget gate multiply"),
        "no input gate": wrong_c(lambda i, f, g, o, c: f * c + g, "c_t = f * c_prev + g", "candidate g_t is written"),
        "no candidate": wrong_c(lambda i, f, g, o, c: f * c + i, "c_t = f * c_prev + i"),
        "coupled": wrong_c(lambda i, f, g, o, c: f * c + (1 - f) * g, "(1 - f) * g"),
        "nothing kept": wrong_c(lambda i, f, g, o, c: i * g, "c_t = 0 + i * g"),
        "nothing written": wrong_c(lambda i, f, g, o, c: f * c, "c_t = f * c_prev + 0"),
        "subtracted": wrong_c(lambda i, f, g, o, c: f * c - i * g, "c_t = f * c_prev - i * g"),
        "forgets the wrong way": wrong_c(lambda i, f, g, o, c: (1 - f) * c + i * g, "(1 - f) * c_prev"),
        "belt squashed": wrong_c(lambda i, f, g, o, c: tanh(f * c + i * g), "c_t = tanh(c_t)", "itself squashed"),
        "candidate squashed twice": wrong_c(lambda i, f, g, o, c: f * c + i * tanh(g), "tanh(g)"),
        "no tanh": wrong_h(lambda i, f, g, o, c, c_t: o * c_t, "h_t = o * c_t", "through which function"),
        "no output gate": wrong_h(lambda i, f, g, o, c, c_t: tanh(c_t), "h_t = tanh(c_t)"),
        "tanh outside": wrong_h(lambda i, f, g, o, c, c_t: tanh(o * c_t), "tanh(o * c_t)"),
        "old memory shown": wrong_h(lambda i, f, g, o, c, c_t: o * tanh(c), "o * tanh(c_prev)", "new memory"),
        "sigmoid of c": wrong_h(lambda i, f, g, o, c, c_t: o * sigmoid(c_t), "o * sigmoid(c_t)"),
        "the forget gate shows": wrong_h(lambda i, f, g, o, c, c_t: f * tanh(c_t), "f * tanh(c_t)"),
        "the candidate shown": wrong_h(lambda i, f, g, o, c, c_t: o * g, "h_t = o * g"),
        "c returned twice": wrong_h(lambda i, f, g, o, c, c_t: c_t, "h_t = c_t"),
        "two mistakes": Mistake(
            step_from(changed("ifgo", g=sigmoid), new_h=lambda i, f, g, o, c, c_t: o * c_t), "sigmoid(z_g)"
        ),
        "c detached": Mistake(
            step_from(gates, new_h=lambda i, f, g, o, c, c_t: o * tanh(c_t.detach())),
            "a wrong gradient for",
            "Gradients",
        ),
        "c_prev detached": Mistake(lambda x, h, c, *w: step(x, h, c.detach(), *w), "no gradient for c"),
        "gates too": Mistake(lambda *a: (*step(*a), gates(*a[:2], *a[3:])), "2 values: h_t, c_t", "Got 3 values"),
        "with the ready step": Mistake(lambda *a: cells.lstm_step(*a)[:2], "part of what you are building"),
        "with LSTMCell": Mistake(
            lambda x, h, c, *w: torch.nn.LSTMCell(x.shape[1], h.shape[1])(x, (h, c)), "part of what you are building"
        ),
        "in one tensor": Mistake(lambda *a: torch.stack(step(*a)), "2 values", "Got Tensor"),
        "in place": Mistake(step_in_place, "lstm_step must leave its arguments as they are", "c"),
        "float32": Mistake(lambda *a: [v.float() for v in step(*a)], "must keep the dtype torch.float64"),
        "kept between calls": Mistake(kept_between_calls, "something else the second time", "between calls"),
        "a third": Mistake(lambda *a: [v / 3 for v in step(*a)], "0.3333 times the right values"),
        "cosine": Mistake(
            lambda *a: [v.cos() for v in step(*a)], "Expected c_t[0, 0] = ", "With argument 1 = [[", named=False
        ),
    },
}
