"""Exercise 4, question 4: mistakes in the model with one answer a sequence."""

from lstm_course.checks import nn_lstm as check
from tests.edits import of
from tests.mistakes.catalogue import Mistake

many_to_one = of("04_nn_lstm-many-to-one")

RIGHT = {}
MISTAKES = {
    check.many_to_one: {
        "batch_first missing": Mistake(
            many_to_one(", batch_first=True => "),
            "Got moved answers of the sequences [0, 1, 2, 3] of 4. Is batch_first=True missing?",
        ),
        "out[:, -1]": Mistake(
            many_to_one("last = out[torch.arange(len(x)), lengths - 1] => last = out[:, -1]"), "read = out[:, -1]"
        ),
        "h_n of the padded batch": Mistake(
            many_to_one(
                "out, _ = self.lstm(x) => out, (h, c) = self.lstm(x)",
                "last = out[torch.arange(len(x)), lengths - 1] => last = h[-1]",
            ),
            "read = out[:, -1]",
        ),
        "first step": Mistake(
            many_to_one("last = out[torch.arange(len(x)), lengths - 1] => last = out[:, 0]"), "read = out[:, 0]"
        ),
        "one step early": Mistake(
            many_to_one(
                "last = out[torch.arange(len(x)), lengths - 1] => last = out[torch.arange(len(x)), lengths - 2]"
            ),
            "read = out[rows, lengths - 2]",
        ),
        "one step late": Mistake(
            many_to_one("last = out[torch.arange(len(x)), lengths - 1] => last = out[torch.arange(len(x)), lengths]"),
            "read = out[rows, lengths.clamp(max=out.shape[1] - 1)]",
        ),
        "c_n of the padded batch": Mistake(
            many_to_one(
                "out, _ = self.lstm(x) => out, (h, c) = self.lstm(x)",
                "last = out[torch.arange(len(x)), lengths - 1] => last = c[-1]",
            ),
            "read = c_n",
        ),
        "c_n of the packed batch": Mistake(
            many_to_one(
                "self.lstm(x) =>"
                " self.lstm(nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False))",
                "out, _ = => out, (h, c) =",
                "last = out[torch.arange(len(x)), lengths - 1] => last = c[-1]",
            ),
            "read = c_alone",
        ),
        "out[:, -1] of the packed batch": Mistake(
            many_to_one(
                "self.lstm(x) =>"
                " self.lstm(nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False))",
                "last = out[torch.arange(len(x)), lengths - 1] =>"
                " last = nn.utils.rnn.pad_packed_sequence(out, batch_first=True)[0][:, -1]",
            ),
            "read = unpacked[:, -1]",
        ),
        "packed without sorting": Mistake(
            many_to_one(
                "out, _ = self.lstm(x) =>"
                " out, (h, c) = self.lstm(nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True))",
                "last = out[torch.arange(len(x)), lengths - 1] => last = h[-1]",
            ),
            "raised RuntimeError",
            named=False,
        ),
        "sorted and not put back": Mistake(
            many_to_one(
                "self.lstm(x) =>"
                " self.lstm(nn.utils.rnn.pack_padded_sequence(x[order], lengths[order], batch_first=True))",
                "out, _ = => order = lengths.argsort(descending=True); out, (h, c) =",
                "last = out[torch.arange(len(x)), lengths - 1] => last = h[-1]",
            ),
            "answer = answer[lengths.argsort(descending=True)]",
        ),
        "mean over time": Mistake(
            many_to_one("last = out[torch.arange(len(x)), lengths - 1] => last = out.mean(1)"), "read = out.mean(dim=1)"
        ),
        "mean over valid steps": Mistake(
            many_to_one(
                "last = out[torch.arange(len(x)), lengths - 1] =>"
                " last = torch.stack([o[:n].mean(0) for o, n in zip(out, lengths)])"
            ),
            "read = torch.stack([row[:n].mean(0) for row, n in zip(out, lengths)])",
        ),
        "relu at the end": Mistake(
            many_to_one("return self.linear(last) => return self.linear(last).relu()"), "answer = linear(read).relu()"
        ),
        "softmax at the end": Mistake(
            many_to_one("return self.linear(last) => return self.linear(last).softmax(-1)"),
            "answer = linear(read).softmax(-1)",
        ),
        "relu before the linear layer": Mistake(
            many_to_one("return self.linear(last) => return self.linear(last.relu())"), "answer = linear(read.relu())"
        ),
        "every step": Mistake(many_to_one("return self.linear(last) => return self.linear(out)"), "read = out"),
        "squeezed": Mistake(
            many_to_one("return self.linear(last) => return self.linear(last).squeeze()"),
            "answer = linear(read).squeeze()",
        ),
        "random start": Mistake(
            many_to_one(
                "out, _ = self.lstm(x) =>"
                " s = torch.randn(1, len(x), self.lstm.hidden_size, dtype=x.dtype); out, _ = self.lstm(x, (s, s))"
            ),
            "Got two different answers",
            "No state given means zeros: no random one, and none kept from the last call",
        ),
        "float32 zeros": Mistake(
            many_to_one(
                "out, _ = self.lstm(x) =>"
                " s = torch.zeros(1, len(x), self.lstm.hidden_size); out, _ = self.lstm(x, (s, s))"
            ),
            "Got mat1 and mat2 must have the same dtype, but got Float and Double",
            "A state of zeros made by hand has a dtype of its own: leave it out",
        ),
        "detached": Mistake(
            many_to_one("return self.linear(last) => return self.linear(last).detach()"),
            "Got an answer without a gradient. Do without .detach(), .data and torch.no_grad()",
        ),
        "LSTM in no_grad": Mistake(
            many_to_one("out, _ = self.lstm(x) => with torch.no_grad(): out, _ = self.lstm(x)"),
            "Got none for lstm.weight_ih_l0, lstm.weight_hh_l0, lstm.bias_ih_l0, lstm.bias_hh_l0",
            "Do without .detach(), .data and torch.no_grad()",
        ),
        "linear layer turned round": Mistake(
            many_to_one("nn.Linear(hidden, outputs) => nn.Linear(outputs, hidden)"), "Got 2 to 5 and 3 to 5"
        ),
        "LSTM turned round": Mistake(
            many_to_one("nn.LSTM(inputs, hidden => nn.LSTM(hidden, inputs"), "Got 5 to 2 and 5 to 3"
        ),
        "bidirectional": Mistake(
            many_to_one(", batch_first=True => , batch_first=True, bidirectional=True"), "Got bidirectional=True"
        ),
        "a GRU": Mistake(many_to_one("nn.LSTM => nn.GRU"), "Got 0 and 1. It also contains GRU"),
        "two linear layers": Mistake(
            many_to_one(
                "nn.Linear(hidden, outputs) => nn.Sequential(nn.Linear(hidden, hidden), nn.Linear(hidden, outputs))"
            ),
            "Got 1 and 2. It also contains Sequential",
        ),
        "input changed": Mistake(
            many_to_one("out, _ = self.lstm(x) => x[:, 0] = 0; out, _ = self.lstm(x)"),
            "Got an argument that was changed in place: x",
            "Operations such as += or ones that end in _ change their tensor",
        ),
        "layer made in forward": Mistake(
            many_to_one(
                "self.linear = nn.Linear(hidden, outputs) => self.o = outputs",
                "return self.linear(last) => return nn.Linear(last.shape[1], self.o)(last)",
            ),
            "Got 1 and 0. Make both in __init__ and keep each in an attribute of self",
        ),
        "no return": Mistake(
            many_to_one("return self.linear(last) => self.linear(last)"), "Got None (NoneType). Is a return missing?"
        ),
        "h_n by view": Mistake(
            many_to_one(
                "out, _ = self.lstm(x) => out, (h, _) = self.lstm(x)",
                "last = out[torch.arange(len(x)), lengths - 1] => last = h.view(-1, h.shape[-1])",
            ),
            "read = out[:, -1]",
        ),
        "batch of four only": Mistake(
            many_to_one("torch.arange(len(x)) => torch.arange(4)"), "raised IndexError", named=False
        ),
        "transposed before a batch-first LSTM": Mistake(
            many_to_one("self.lstm(x) => self.lstm(x.transpose(0, 1))"), "raised IndexError", named=False
        ),
        "length of the last sequence for all": Mistake(
            many_to_one("last = out[torch.arange(len(x)), lengths - 1] => last = out[:, lengths[-1] - 1]"),
            "read = out[:, lengths[-1] - 1]",
        ),
        "four sizes": Mistake(
            many_to_one(
                "def __init__(self, inputs, hidden, outputs): => def __init__(self, inputs, hidden, outputs, layers):"
            ),
            "Got an __init__ that takes others: missing a required argument: 'layers'",
        ),
        "lengths not taken": Mistake(
            many_to_one("def forward(self, x, lengths): => def forward(self, x):"),
            "Got the complaint: ManyToOne.forward() takes 2 positional arguments but 3 were given",
        ),
        "h doubled": Mistake(many_to_one("self.linear(last) => self.linear(last * 2)"), "answer = linear(2 * read)"),
    },
}
