"""Exercise 4, question 5: mistakes in the model with an answer at every step."""

from lstm_course.checks import nn_lstm as check
from tests.edits import of
from tests.mistakes.catalogue import Mistake

many_to_many = of("04_nn_lstm-many-to-many")

RIGHT = {}
MISTAKES = {
    check.many_to_many: {
        "batch_first": Mistake(
            many_to_many("nn.LSTM(inputs, hidden) => nn.LSTM(inputs, hidden, batch_first=True)"),
            "Got moved answers of the sequences [0, 1, 2, 3] of 4",
            "x is time first, so do without batch_first, and view exchanges no axes",
        ),
        "state not handed over": Mistake(many_to_many("self.lstm(x, state) => self.lstm(x)"), "read = out_from_zeros"),
        "last step only": Mistake(
            many_to_many("return self.linear(out), state => return self.linear(out[-1]), state"), "read = out[-1]"
        ),
        "no state": Mistake(many_to_many("return self.linear(out), state => return self.linear(out)"), "Got Tensor"),
        "three results": Mistake(
            many_to_many("return self.linear(out), state => return self.linear(out), *state"), "Got 3 values"
        ),
        "h only": Mistake(
            many_to_many("return self.linear(out), state => return self.linear(out), state[0]"),
            "Got Tensor. Return what the LSTM returned second",
        ),
        "(c, h) returned": Mistake(
            many_to_many("return self.linear(out), state => return self.linear(out), state[::-1]"), "h, c = c, h"
        ),
        "(c, h) handed over": Mistake(
            many_to_many("self.lstm(x, state) => self.lstm(x, state and state[::-1])"), "read = out_from_swapped"
        ),
        "old state returned": Mistake(
            many_to_many(
                "out, state = self.lstm(x, state) =>"
                " out, new = self.lstm(x, state); state = new if state is None else state"
            ),
            "h, c = h_given, c_given",
        ),
        "state first": Mistake(
            many_to_many("return self.linear(out), state => return state, self.linear(out)"),
            "Got Tensor. Return what the LSTM returned second",
        ),
        "relu at the end": Mistake(
            many_to_many("return self.linear(out), state => return self.linear(out).relu(), state"),
            "y = linear(read).relu()",
        ),
        "batch and time by view": Mistake(
            many_to_many(
                "return self.linear(out), state => return self.linear(out).view(x.shape[1], x.shape[0], -1), state"
            ),
            "Got shape (4, 6, 3). These are the right axes in another order",
        ),
        "sequences mixed by reshape": Mistake(
            many_to_many(
                "return self.linear(out), state =>"
                " return self.linear(out.reshape(out.shape[1], out.shape[0], -1).transpose(0,1)), state"
            ),
            "Got moved answers of the sequences [0, 1, 2, 3] of 4",
            "x is time first, so do without batch_first, and view exchanges no axes",
        ),
        "not unflattened": Mistake(
            many_to_many("return self.linear(out), state => return self.linear(out.flatten(0, 1)), state"),
            "read = out.flatten(0, 1)",
        ),
        "float32 zeros": Mistake(
            many_to_many(
                "out, state = self.lstm(x, state) =>"
                " s = torch.zeros(1, x.shape[1], self.lstm.hidden_size); out, state = self.lstm(x, state or (s, s))"
            ),
            "Got mat1 and mat2 must have the same dtype, but got Float and Double",
            "A state of zeros made by hand has a dtype of its own: leave it out",
        ),
        "always from zeros": Mistake(
            many_to_many(
                "out, state = self.lstm(x, state) =>"
                " s = x.new_zeros(1, x.shape[1], self.lstm.hidden_size); out, state = self.lstm(x, (s, s))"
            ),
            "read = out_from_zeros",
        ),
        "random start": Mistake(
            many_to_many(
                "self.lstm(x, state) =>"
                " self.lstm(x, state or (torch.randn(1, x.shape[1], self.lstm.hidden_size).double(),) * 2)"
            ),
            "Got two different answers",
            "No state given means zeros: no random one, and none kept from the last call",
        ),
        "state kept in the model": Mistake(
            many_to_many(
                "out, state = self.lstm(x, state) =>"
                " out, state = self.lstm(x, state or getattr(self, 'kept', None)); self.kept = state"
            ),
            "Got two different answers",
            "No state given means zeros: no random one, and none kept from the last call",
        ),
        "detached": Mistake(
            many_to_many("return self.linear(out), state => return self.linear(out.detach()), state"),
            "Got none for lstm.weight_ih_l0, lstm.weight_hh_l0, lstm.bias_ih_l0, lstm.bias_hh_l0",
            "Do without .detach(), .data and torch.no_grad()",
        ),
        "turned round": Mistake(
            many_to_many("return self.linear(out), state => return self.linear(out).flip(0), state"),
            "read = out.flip(0)",
        ),
        "bidirectional": Mistake(
            many_to_many("nn.LSTM(inputs, hidden) => nn.LSTM(inputs, hidden, bidirectional=True)"),
            "Got bidirectional=True",
        ),
        "two layers": Mistake(many_to_many("nn.LSTM(inputs, hidden) => nn.LSTM(inputs, hidden, 2)"), "Got 2 layers"),
        "state without layers": Mistake(
            many_to_many("return self.linear(out), state => return self.linear(out), (state[0][0], state[1][0])"),
            "h, c = h[0], c[0]",
        ),
        "h thrown away": Mistake(
            many_to_many("self.lstm(x, state) => self.lstm(x, None if state is None else (state[0] * 0, state[1]))"),
            "read = out_from_c_only",
        ),
        "input mixed by reshape": Mistake(
            many_to_many(
                "self.lstm(x, state) => self.lstm(x.reshape(x.shape[1], x.shape[0], -1).transpose(0, 1), state)"
            ),
            "Got moved answers of the sequences [0, 1, 2, 3] of 4",
            "x is time first, so do without batch_first, and view exchanges no axes",
        ),
        "every step from the given state": Mistake(
            many_to_many(
                "out, state = self.lstm =>"
                " found = [self.lstm(x_t[None], state) for x_t in x]; state = found[-1][1]; out = torch.cat",
                "torch.cat(x, state) => torch.cat([o for o, _ in found])",
            ),
            "read = torch.cat([lstm(x_t[None])[0] for x_t in x])",
        ),
        "no return": Mistake(many_to_many("return self.linear(out), state => y = self.linear(out)"), "Got NoneType"),
        "four sizes": Mistake(
            many_to_many(
                "def __init__(self, inputs, hidden, outputs): => def __init__(self, inputs, hidden, outputs, layers):"
            ),
            "Got an __init__ that takes others: missing a required argument: 'layers'",
        ),
        "h twice": Mistake(
            many_to_many("return self.linear(out), state => return self.linear(out), (state[0], state[0])"),
            "h, c = h, h",
        ),
        "states added up": Mistake(
            many_to_many("return self.linear(out), state => return self.linear(out.cumsum(0)), state"),
            "read = out.cumsum(0)",
        ),
    },
}
