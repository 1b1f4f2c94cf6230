"""The checks of the two models of lesson 4 accept them in any style and name what is wrong with wrong ones."""

from typing import ClassVar

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from lstm_course.checks import nn_lstm as check
from lstm_course.checks.base import CheckFailed


def refused(question, answer, *words):
    with pytest.raises(CheckFailed) as error:
        question(answer)
    for word in words:
        assert word in str(error.value)


def pick(out, lengths):
    return out[torch.arange(len(out)), lengths - 1]


class Layers(nn.Module):
    options: ClassVar = {"batch_first": True}

    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        self.lstm = nn.LSTM(inputs, hidden, **self.options)
        self.linear = nn.Linear(hidden, outputs)


@pytest.mark.parametrize("name", ["many_to_one", "many_to_many"])
def test_a_model_without_forward_raises_not_implemented(name):
    class Half(Layers):
        def forward(self, *arguments):
            raise NotImplementedError

    with pytest.raises(NotImplementedError):
        getattr(check, name)(Half)


# ---- 4. many to one


class One(Layers):
    def forward(self, x, lengths):
        return self.linear(pick(self.lstm(x)[0], lengths))


class Packed(Layers):
    def forward(self, x, lengths):
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        return self.linear(self.lstm(packed)[1][0][-1])


class TwoLayersTimeFirst(Layers):
    options: ClassVar = {"num_layers": 2}

    def forward(self, x, lengths):
        return self.linear(pick(self.lstm(x.transpose(0, 1))[0].transpose(0, 1), lengths))


class ReadFirst(Layers):
    def forward(self, x, lengths):
        return pick(self.linear(self.lstm(x)[0]), lengths)


@pytest.mark.parametrize("answer", [One, Packed, TwoLayersTimeFirst, ReadFirst])
def test_right_many_to_one_passes(answer, capsys):
    check.many_to_one(answer)
    assert capsys.readouterr().out == "✓ many_to_one is right.\n"


def one(forward, **options):
    """A model class with this forward."""
    return type("Model", (Layers,), {"forward": forward, "options": {"batch_first": True} | options})


def zeros(self, x, dtype=None):
    return (torch.zeros(1, len(x), self.lstm.hidden_size, dtype=dtype),) * 2


def random_start(self, x, lengths):
    state = torch.randn(1, len(x), self.lstm.hidden_size, dtype=x.dtype)
    return self.linear(pick(self.lstm(x, (state, state))[0], lengths))


def remembering(self, x, lengths):
    out, state = self.lstm(x, getattr(self, "state", None))
    self.state = tuple(s.detach() for s in state) if len(x) > 1 else None
    return self.linear(pick(out, lengths))


def from_memory(self, x, lengths):
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    return self.linear(self.lstm(packed)[1][1][-1])


def mean_with_padding(self, x, lengths):
    return self.linear(self.lstm(x)[0].mean(1))


def touching(self, x, lengths):
    x += 1
    return self.linear(pick(self.lstm(x)[0], lengths))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            one(lambda self, x, n: self.linear(pick(self.lstm(x)[0], n)), batch_first=False),
            ["[0, 1, 2, 3]", "batch_first"],
        ),
        (one(lambda self, x, n: self.linear(self.lstm(x)[0][:, -1])), ["last valid step", "out[:, -1]"]),
        (one(lambda self, x, n: self.linear(self.lstm(x)[1][0][-1])), ["out[:, -1]"]),
        (one(lambda self, x, n: self.linear(self.lstm(x)[0][:, 0])), ["first step"]),
        (one(lambda self, x, n: self.linear(pick(self.lstm(x)[0], n - 1))), ["last but one"]),
        (one(from_memory), ["c_n"]),
        (one(mean_with_padding), ["mean over all steps"]),
        (one(lambda self, x, n: self.linear(self.lstm(x)[0])), ["(batch, outputs) = (4, 3)", "(4, 6, 3)"]),
        (one(lambda self, x, n: One.forward(self, x, n).squeeze()), ["(1, 1)"]),
        (one(lambda self, x, n: One.forward(self, x, n).float()), ["float64"]),
        (one(lambda self, x, n: One.forward(self, x, n).relu()), ["Expected answer"]),
        (one(lambda self, x, n: One.forward(self, x, n).detach()), ["Gradients"]),
        (one(lambda self, x, n: self.linear(pick(self.lstm(x, zeros(self, x))[0], n))), ["float64", "leave it out"]),
        (one(random_start), ["same answer twice"]),
        (one(remembering), ["same answer twice", "none kept"]),
        (one(touching), ["leave its arguments"]),
        (lambda I, H, O: One(I, H + 1, O), ["must have an LSTM from 2 to 5", "Got 2 to 6"]),
        (lambda I, H, O: nn.Linear(I, O), ["one nn.LSTM and one nn.Linear", "Got 0 and 1"]),
        (lambda I, H, O: 3, ["must be an nn.Module"]),
    ],
)
def test_wrong_many_to_one_is_named(answer, words):
    refused(check.many_to_one, answer, *words)


def test_bidirectional_many_to_one_is_refused():
    class Both(One):
        options: ClassVar = {"batch_first": True, "bidirectional": True}

    refused(check.many_to_one, Both, "one direction")


# ---- 5. many to many


class Many(Layers):
    options: ClassVar = {}

    def forward(self, x, state=None):
        out, state = self.lstm(x, state)
        return self.linear(out), state


class Detour(Many):
    def forward(self, x, state=None):
        if state is None:
            state = (x.new_zeros(1, x.shape[1], self.lstm.hidden_size),) * 2
        out, state = self.lstm(x, state)
        T, B, H = out.shape
        return self.linear(out.view(T * B, H)).view(T, B, -1), state


class Turned(Many):
    options: ClassVar = {"batch_first": True}

    def forward(self, x, state=None):
        out, state = self.lstm(x.transpose(0, 1), state)
        return self.linear(out).transpose(0, 1), state


class StepByStep(Many):
    def forward(self, x, state=None):
        answers = []
        for x_t in x:
            out, state = self.lstm(x_t[None], state)
            answers.append(self.linear(out[0]))
        return torch.stack(answers), state


@pytest.mark.parametrize("answer", [Many, Detour, Turned, StepByStep])
def test_right_many_to_many_passes(answer, capsys):
    check.many_to_many(answer)
    assert capsys.readouterr().out == "✓ many_to_many is right.\n"


def many(forward, **options):
    return type("Model", (Layers,), {"forward": forward, "options": options})


def forgetting(self, x, state=None):
    out, state = self.lstm(x)
    return self.linear(out), state


def old_state(self, x, state=None):
    out, new = self.lstm(x, state)
    return self.linear(out), new if state is None else state


def swapped_state(self, x, state=None):
    out, (h, c) = self.lstm(x, state)
    return self.linear(out), (c, h)


def swapped_start(self, x, state=None):
    out, state = self.lstm(x, state and state[::-1])
    return self.linear(out), state


def keeping(self, x, state=None):
    out, self.state = self.lstm(x, state or getattr(self, "state", None))
    return self.linear(out), self.state


def looking_ahead(self, x, state=None):
    y, state = Many.forward(self, x, state)
    return y.flip(0), state


def only_last(self, x, state=None):
    y, state = Many.forward(self, x, state)
    return y[-1], state


def reshaped(self, x, state=None):
    T, B, _ = x.shape
    out, state = self.lstm(x.reshape(B, T, -1).transpose(0, 1), state)
    return self.linear(out), state


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            many(lambda self, x, state=None: (self.linear(self.lstm(x)[0]), self.lstm(x)[1]), batch_first=True),
            ["(1, 4, 5)"],
        ),
        (many(reshaped), ["sequence 0 must move its own"]),
        (many(only_last), ["(6, 4, 3)", "every step"]),
        (many(lambda self, x, state=None: self.linear(self.lstm(x, state)[0])), ["two things"]),
        (many(lambda self, x, state=None: (self.linear(self.lstm(x, state)[0]), 0)), ["pair (h, c)"]),
        (many(looking_ahead), ["step 2", "[0, 1, 2, 3]"]),
        (many(forgetting), ["state of zeros"]),
        (many(old_state), ["after the last step"]),
        (many(swapped_state), ["h comes first"]),
        (many(swapped_start), ["order is (h, c)"]),
        (many(keeping), ["same answer twice"]),
        (
            many(lambda self, x, state=None: (Many.forward(self, x, state)[0].detach(), self.lstm(x, state)[1])),
            ["Gradients"],
        ),
        (many(lambda self, x, state=None: (Many.forward(self, x, state)[0].tanh(), self.lstm(x, state)[1])), ["y[t]"]),
        (many(lambda self, x, state=None: Many.forward(self, x, state or zeros(self, x[0]))), ["float64"]),
    ],
)
def test_wrong_many_to_many_is_named(answer, words):
    refused(check.many_to_many, answer, *words)
