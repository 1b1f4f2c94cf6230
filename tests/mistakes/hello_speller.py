"""Exercise 6, question 3: a net that spells."""

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from lstm_course import letters
from lstm_course.checks import hello as check
from tests.mistakes.catalogue import Mistake


class Net(nn.Module):
    def __init__(self, V, kind="LSTM", drop=0.0, **options):
        super().__init__()
        self.rnn = getattr(nn, kind)(V, 8, **{"batch_first": True} | options)
        self.drop = nn.Dropout(drop)
        self.out = nn.Linear(8 * (1 + self.rnn.bidirectional), V)

    def forward(self, x):
        return self.out(self.drop(self.rnn(x)[0]))


class Own(nn.Module):
    """A tanh RNN step by step."""

    def __init__(self, V):
        super().__init__()
        self.inner, self.out = nn.Linear(V + 8, 8), nn.Linear(8, V)

    def forward(self, x):
        h, logits = x.new_zeros(len(x), 8), []
        for x_t in x.unbind(1):
            h = self.inner(torch.cat([x_t, h], -1)).tanh()
            logits.append(self.out(h))
        return torch.stack(logits, 1)


class Window(nn.Module):
    """No state: the last two letters."""

    def __init__(self, V):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2 * V, 16), nn.Tanh(), nn.Linear(16, V))

    def forward(self, x):
        return self.net(torch.cat([nn.functional.pad(x, (0, 0, 1, 0))[:, :-1], x], -1))


def trainer(
    make,
    *,
    steps=60,
    lr=0.1,
    see=lambda seed: seed,
    give=lambda m: m,
    alphabet=lambda w: "".join(sorted(set(w))),
    read=lambda w: w[:-1],
    say=lambda w: w[1:],
    word=lambda w: w,
    loss=lambda z, y: cross_entropy(z[0], y),
):
    def train(given, seed):
        w = word(given)
        if see(seed) is not None:
            torch.manual_seed(see(seed))
        a = alphabet(w)
        x, y = letters.one_hot(read(w), a)[None], letters.encode(say(w), a)
        model = make(len(a))
        optimiser = torch.optim.Adam(model.parameters(), lr=lr)
        for _ in range(steps):
            optimiser.zero_grad()
            loss(model(x), y).backward()
            optimiser.step()
        return give(model)

    return train


def mlp(V):
    return nn.Sequential(nn.Linear(V, 16), nn.Tanh(), nn.Linear(16, V))


class Positions(nn.Module):
    def __init__(self, V):
        super().__init__()
        self.table = nn.Parameter(torch.randn(12, V))

    def forward(self, x):
        return self.table[: x.shape[1]].expand(len(x), -1, -1)


class Soft(Net):
    def forward(self, x):
        return super().forward(x).softmax(-1)


class LogSoft(Net):
    def forward(self, x):
        return super().forward(x).log_softmax(-1)


class Turned(Net):
    def forward(self, x):
        return super().forward(x).mT


class Stateful(nn.Module):
    def __init__(self, V):
        super().__init__()
        self.rnn, self.out, self.state = nn.LSTM(V, 8, batch_first=True), nn.Linear(8, V), None

    def forward(self, x):
        h, state = self.rnn(x, self.state)
        self.state = tuple(s.detach() for s in state)
        return self.out(h)


class Last(Net):
    def forward(self, x):
        return super().forward(x)[:, -1]


class Double(Net):
    def __init__(self, V):
        super().__init__(V)
        self.double()

    def forward(self, x):
        return super().forward(x.double())


class Single(Net):
    def forward(self, x):
        return super().forward(x[:1])


class Joined(Net):
    def forward(self, x):
        return super().forward(x.reshape(1, -1, x.shape[2])).reshape(x.shape)


KEPT = {}


def shared(V):
    return KEPT.setdefault(V, Net(V))


RIGHT = {
    check.train_speller: {
        "lstm": trainer(Net),
        "rnn": trainer(lambda V: Net(V, "RNN")),
        "gru": trainer(lambda V: Net(V, "GRU", num_layers=2)),
        "wrapped": trainer(Net, give=lambda m: lambda x: m(x)),
        "own": trainer(Own),
        "double": trainer(Double),
        "window": trainer(Window),
        "log": trainer(LogSoft),
        "sgd": trainer(lambda V: Net(V, "RNN"), lr=0.03, steps=150),
    },
}
MISTAKES = {
    check.train_speller: {
        "no memory": Mistake(
            trainer(mlp),
            "It has no memory: its last answer is the same whatever came before. Use a recurrent net; if it",
        ),
        "batch_first": Mistake(
            trainer(lambda V: Net(V, batch_first=False)),
            "It has no memory: its last answer is the same whatever came before. Use a recurrent net; if it",
        ),
        "bidirectional": Mistake(
            trainer(lambda V: Net(V, bidirectional=True)),
            "Got other logits at early steps after the last letter was exchanged",
        ),
        "one step": Mistake(
            trainer(Net, steps=1), "Train longer, with a larger lr or more units, on the places in the sorted alphabet."
        ),
        "no steps": Mistake(trainer(Net, steps=0), "It says one letter only: is an optimiser.step() missing"),
        "none": Mistake(trainer(Net, give=lambda m: None), "Got NoneType None"),
        "losses": Mistake(trainer(Net, give=lambda m: [0.1]), "Got list [0.1]"),
        "class": Mistake(lambda w, s: Net, "Got type <class"),
        "2-d": Mistake(trainer(Net, give=lambda m: lambda x: m(x)[0]), "Got shape (4, 4)"),
        "pair": Mistake(trainer(Net, give=lambda m: lambda x: m.rnn(x)), "Got tuple"),
        "no seed": Mistake(trainer(Net, see=lambda s: None), "Got two nets that differ"),
        "fixed seed": Mistake(trainer(Net, see=lambda s: 3), "Got the same net for two seeds"),
        "positions": Mistake(trainer(Positions), "Got the same logits after all letters were exchanged"),
        "softmax": Mistake(trainer(Soft), "Got numbers from 0 to 1 that add up to 1 at each step: probabilities"),
        "turned": Mistake(trainer(Turned, loss=lambda z, y: cross_entropy(z, y[None])), "Got (batch, alphabet, time)"),
        "stateful": Mistake(trainer(Stateful), "Got others at the second call"),
        "last": Mistake(trainer(Last, loss=lambda z, y: cross_entropy(z, y[-1:])), "Got shape (1, 4)."),
        "dropout": Mistake(trainer(lambda V: Net(V, drop=0.1)), "Got others at the second call"),
        "not shifted": Mistake(
            trainer(Net, say=lambda w: w[:-1]),
            "It repeats what it reads: what is to be said is word[1:], one letter later.",
        ),
        "two on": Mistake(
            trainer(Net, read=lambda w: w[:-2], say=lambda w: w[2:]),
            "It says the letter after next: read word[:-1], say word[1:].",
        ),
        "order of the word": Mistake(
            trainer(Net, alphabet=lambda w: "".join(dict.fromkeys(w))), "Got 3 of 4: 'lllo' for 'ello' (seed 0)."
        ),
        "always hello": Mistake(
            trainer(Net, word=lambda w: "hello"),
            "It spells 'hello', whatever the word is: train it on the word that is given.",
        ),
        "shared net": Mistake(trainer(shared, see=lambda s: None), "Got two nets that differ"),
        "argmax": Mistake(trainer(Net, give=lambda m: lambda x: m(x).argmax(-1)), "Got shape (1, 4)."),
        "one word only": Mistake(trainer(Single), "The net must spell several words at once", "Does forward take x[0]"),
        "words in a row": Mistake(trainer(Joined), "Got other logits for the second of two"),
        "true or false": Mistake(lambda w, s: lambda x: x > 0, "Got torch.bool"),
        "26 letters": Mistake(
            lambda w, s: Net(26), "The network was made for inputs of another length: look at its sizes."
        ),
        "minus": Mistake(
            trainer(Net, loss=lambda z, y: -cross_entropy(z[0], y)),
            "It says one letter only",
            named=False,
        ),
    },
}
