"""Exercise 4: answers that were tried against the finished checks, and what these now say of them."""

from collections import namedtuple

import numpy as np
import torch
from torch import nn
from torch.nn.functional import dropout

from lstm_course.checks import nn_lstm as check
from tests.mistakes.catalogue import Mistake


def shapes(T, B, H, num_layers=1, bidirectional=False, batch_first=False, proj_size=0):
    both, said = 1 + bidirectional, proj_size or H
    out = (B, T, both * said) if batch_first else (T, B, both * said)
    return out, (both * num_layers, B, said), (both * num_layers, B, H)


def named(*sizes, **options):
    return namedtuple("Shapes", ["out", "h_n", "c_n"])(*shapes(*sizes, **options))


def count(I, H, num_layers=1, bidirectional=False, layer=lambda H, read, k: H * (read + H) + 2 * H):
    both = 1 + bidirectional
    return sum(4 * both * layer(H, both * H if k else I, k) for k in range(num_layers))


def counted(layer):
    return lambda *sizes: count(*sizes, layer=layer)


def picked(out, lengths):
    return out.gather(1, (lengths - 1)[:, None, None])


class One(nn.Module):
    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        self.lstm = nn.LSTM(inputs, hidden, batch_first=True)
        self.linear = nn.Linear(hidden, outputs)

    def read(self, out, lengths):
        return out[torch.arange(len(out)), lengths - 1]

    def forward(self, x, lengths):
        return self.linear(self.read(self.lstm(x)[0], lengths))


class OfFirstRow(One):
    def read(self, out, lengths):
        return out[0, lengths - 1]


class LastState(One):
    def forward(self, x, lengths):
        return self.linear(self.lstm(x)[1][0][-1])


class Dropped(One):
    def read(self, out, lengths):
        return dropout(super().read(out, lengths))


class TimeFirst(One):
    def __init__(self, inputs, hidden, outputs):
        super().__init__(inputs, hidden, outputs)
        self.lstm = nn.LSTM(inputs, hidden)

    def read(self, out, lengths):
        return out[-1]


class WithoutSuper(nn.Module):
    def __init__(self, inputs, hidden, outputs):
        self.lstm = nn.LSTM(inputs, hidden)


class Many(nn.Module):
    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        self.lstm = nn.LSTM(inputs, hidden)
        self.linear = nn.Linear(hidden, outputs)

    def forward(self, x, state=None):
        out, state = self.lstm(x, state)
        return self.linear(out), state


class SideBySide(Many):
    def forward(self, x, state=None):
        y, (h, c) = super().forward(x, state)
        return y, h, c


class NoDefault(Many):
    def forward(self, x, state):
        return super().forward(x, state)


class AlwaysGiven(Many):
    def forward(self, x, state=None):
        return super().forward(x, (state[0], state[1]))


RIGHT = {
    check.predict_shapes: {
        "named": named,
        "numpy's numbers": lambda *sizes, **options: [tuple(np.array(s)) for s in shapes(*sizes, **options)],
    },
    check.count_parameters: {"a sum": count},
    check.last_valid: {"a range": lambda out, n: out[range(len(n)), n - 1]},
    check.many_to_one: {"read apart": One},
    check.many_to_many: {
        "list": type("AsList", (Many,), {"forward": lambda self, x, s=None: list(Many.forward(self, x, s))})
    },
}
MISTAKES = {
    check.predict_shapes: {
        "no defaults": Mistake(
            lambda T, B, H, num_layers, bidirectional, batch_first, proj_size: shapes(T, B, H),
            "What has a default in the task needs one here.",
        ),
    },
    check.count_parameters: {
        "brackets lost": Mistake(counted(lambda H, read, k: H * read + H + 2 * H), "H * read + H + 2 * H"),
        "eight biases a map": Mistake(counted(lambda H, read, k: H * (read + H) + 8 * H), "+ 8 * H"),
        "biases once": Mistake(
            counted(lambda H, read, k: H * (read + H) + (0 if k else 2 * H)), "0 if layer else 2 * H"
        ),
        "H too many": Mistake(lambda I, H, *plan: count(I, H, *plan) + H, "has 200 parameters. Got 205.", named=False),
    },
    check.last_valid: {
        "one number a row": Mistake(lambda out, n: picked(out, n).squeeze(), "(lengths - 1)[:, None, None]).squeeze()"),
        "time first": Mistake(
            lambda out, n: out.transpose(0, 1)[torch.arange(len(n)), n - 1], "The batch is the first axis of out"
        ),
    },
    check.many_to_one: {
        "first row": Mistake(OfFirstRow, "must move its own answer only", "from the row of its own sequence?"),
        "last state": Mistake(LastState, "read = out[:, -1]  # and so h_n[-1]"),
        "dropout": Mistake(Dropped, "two different answers", "Nor dropout"),
        "time first": Mistake(TimeFirst, "Got shape (7, 3). Is batch_first=True missing?"),
        "without super": Mistake(WithoutSuper, "super().__init__() comes first in __init__."),
    },
    check.many_to_many: {
        "three values": Mistake(SideBySide, "two things: y and the state (h, c). Got 3 values."),
        "no default": Mistake(NoDefault, "What has a default in the task needs one here."),
        "state needed": Mistake(AlwaysGiven, "Something is None here"),
    },
}
