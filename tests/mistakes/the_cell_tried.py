"""Exercise 2: answers that were tried against the finished checks, and what these now say of them."""

import torch
from torch import sigmoid, tanh
from torch.nn.functional import hardtanh

from lstm_course.cells import lstm_step as imported_step
from lstm_course.checks import the_cell as check
from tests.mistakes.catalogue import Mistake


def maps(x, h, W, U, b):
    return (x @ W.T + h @ U.T + b).chunk(4, dim=1)


def gates(form):
    return lambda *arguments: form(*maps(*arguments))


def squash(i, f, g, o):
    return sigmoid(i), sigmoid(f), tanh(g), sigmoid(o)


def step(form):
    return lambda x, h, c, W, U, b: form(*squash(*maps(x, h, W, U, b)), c)


def right_step(i, f, g, o, c):
    c = f * c + i * g
    return o * tanh(c), c


def in_blocks(x, h, W, U, b):
    H = h.shape[1]
    rows = [slice(k * H, (k + 1) * H) for k in range(4)]
    return [(tanh if k == 2 else sigmoid)(x @ W[r].T + h @ U[r].T + b[r]) for k, r in enumerate(rows)]


def detached(x, h, c, W, U, b):
    states = []
    for x_t in x.unbind(1):
        h, c, _ = imported_step(x_t, h.detach(), c.detach(), W, U, b)
        states.append(h)
    return torch.stack(states, dim=1), (h, c)


def two_names(x, h, c, W, U, b):
    h, c = imported_step(x[:, 0], h, c, W, U, b)
    return h, (h, c)


def recursive(x, h, c, W, U, b):
    h, c, _ = imported_step(x[:, 0], h, c, W, U, b)
    if x.shape[1] == 1:
        return h[:, None], (h, c)
    later, last = recursive(x[:, 1:], h, c, W, U, b)
    return torch.cat([h[:, None], later], dim=1), last


def pack(W, b, dim=0, cut=lambda W, H: (W[:, H:], W[:, :H])):
    bias = torch.cat([b[k] for k in "ifgo"])
    return *cut(torch.cat([W[k] for k in "ifgo"], dim), len(b["i"])), bias, 0 * bias


def set_bias(lstm, of_input, of_state=0.0):
    with torch.no_grad():
        for name, parameter in lstm.named_parameters():
            if name.startswith("bias"):
                parameter.chunk(4)[1].fill_(of_input if "_ih" in name else of_state)


def without_no_grad(lstm, value):
    lstm.bias_ih_l0[lstm.hidden_size : 2 * lstm.hidden_size] = value


def half_of_one(lstm, value):
    with torch.no_grad():
        lstm.bias_ih_l0.chunk(4)[1].fill_(value / 2)


RIGHT = {
    check.four_gates: {
        "a block after the other": in_blocks,
        "tanh only": gates(
            lambda i, f, g, o: (*((1 + tanh(z / 2)) / 2 for z in (i, f)), tanh(g), (1 + tanh(o / 2)) / 2)
        ),
    },
    check.lstm_step: {
        "stacked and taken apart": lambda *a: torch.stack(step(right_step)(*a)).unbind(0),
        "list": lambda *a: list(step(right_step)(*a)),
    },
    check.lstm_sequence: {"recursive": recursive},
    check.pack_weights: {"parameters": lambda W, b: tuple(torch.nn.Parameter(t) for t in pack(W, b))},
    check.set_forget_bias: {"filled": set_bias, "halves": lambda lstm, value: set_bias(lstm, value / 2, value / 2)},
}
MISTAKES = {
    check.four_gates: {
        "all tanh": Mistake(
            gates(lambda *z: [tanh(each) for each in z]),
            "Your values are those of   i, f, g, o = tanh(z_i), tanh(z_f), tanh(z_g), tanh(z_o)",
        ),
        "tanh of o for that of g": Mistake(
            gates(lambda i, f, g, o: (sigmoid(i), sigmoid(f), sigmoid(g), tanh(o))),
            "Your values are those of   i, f, g, o = sigmoid(z_i), sigmoid(z_f), sigmoid(z_g), tanh(z_o)",
        ),
        "nothing squashed": Mistake(gates(lambda *z: z), "i, f, g, o = z_i, z_f, z_g, z_o"),
        "sigmoid of all, then tanh": Mistake(
            gates(lambda i, f, g, o: (sigmoid(i), sigmoid(f), tanh(sigmoid(g)), sigmoid(o))), "tanh(sigmoid(z_g))"
        ),
        "forget bias of 1": Mistake(gates(lambda i, f, g, o: squash(i, f + 1, g, o)), "sigmoid(z_f + 1)"),
        "block copied": Mistake(
            gates(lambda i, f, g, o: squash(i, f, g, f)), "tanh(z_g), sigmoid(z_f)", "of which block?"
        ),
        "hardtanh": Mistake(
            gates(lambda i, f, g, o: (sigmoid(i), sigmoid(f), hardtanh(g), sigmoid(o))), "nn.functional.hardtanh(z_g)"
        ),
        "imported": Mistake(
            lambda x, h, W, U, b: imported_step(x, h, torch.zeros_like(h), W, U, b)[2], "Got a call of cells.lstm_step"
        ),
        "joined": Mistake(lambda *a: torch.cat(squash(*maps(*a)), 1), "one by one, with commas between."),
    },
    check.lstm_step: {
        "imported": Mistake(lambda *a: imported_step(*a)[:2], "Got a call of cells.lstm_step"),
        "torch.lstm": Mistake(
            lambda x, h, c, W, U, b: [
                state[0]
                for state in torch.lstm(
                    x[None], (h[None], c[None]), [W, U, b, 0 * b], True, 1, 0.0, False, False, False
                )[1:]
            ],
            "Got a call of cells.lstm_step, nn.LSTMCell or nn.LSTM",
        ),
        "wrong twice": Mistake(
            step(lambda i, f, g, o, c: (o * (f * c + g), f * c + g)), "c_t = f * c_prev + g; h_t = o * c_t"
        ),
    },
    check.lstm_sequence: {
        "detached": Mistake(detached, "a wrong gradient for x."),
        "two names": Mistake(two_names, "too many values to unpack", "than there are names on the left"),
    },
    check.pack_weights: {
        "weights exchanged": Mistake(
            lambda W, b: pack(W, b, cut=lambda W, H: (W[:, :H], W[:, H:])),
            "the shape of weight_hh",
            "Which columns of W",
        ),
        "side by side": Mistake(lambda W, b: pack(W, b, dim=1), "stand on top of each other"),
    },
    check.set_forget_bias: {
        "always 1": Mistake(lambda lstm, value: set_bias(lstm, 1.0), "Got 1: the bias is the given value, here 1.5"),
        "half of one": Mistake(half_of_one, "half of 1.5 plus what the other"),
        "in double": Mistake(lambda lstm, value: set_bias(lstm.double(), value), "with the dtype torch.float64"),
        "without no_grad": Mistake(without_no_grad, "leaf Variable", "inside torch.no_grad() only"),
        "of a copy": Mistake(
            lambda lstm, value: [p.data.clone().fill_(value) for p in lstm.parameters()],
            "nothing in the LSTM itself has changed",
        ),
    },
}
