"""Exercise 5, question 6: a model that beats the linear baseline."""

import torch
from torch import nn

from lstm_course.checks import weather as check
from tests.mistakes.catalogue import Mistake


def design(x, window=6, clock=True):
    """Return the columns of least squares: some hours of everything, times the clock."""
    padded = nn.functional.pad(x, (0, 0, window - 1, 0))
    past = torch.cat([padded[:, window - 1 - k : padded.shape[1] - k] for k in range(window)], dim=-1)
    past = torch.cat([past, x.new_ones(*x.shape[:2], 1)], dim=-1)
    if not clock:
        return past
    hour, day = x[..., 8:10], x[..., 10:12]
    waves = torch.cat([x[..., 8:9] ** 0, hour, day, hour * day[..., :1], hour * day[..., 1:]], -1)
    fast = torch.stack([x[..., 8] * x[..., 9], x[..., 8] ** 2 - x[..., 9] ** 2], -1)
    waves = torch.cat([waves, fast, fast * hour[..., :1], fast * hour[..., 1:]], -1)
    return (past[..., :, None] * waves[..., None, :]).flatten(2)


def solved(columns, targets):
    rows = columns.flatten(0, -2).double()
    gram = rows.T @ rows + 1e-3 * torch.eye(rows.shape[1], dtype=torch.float64)
    return torch.linalg.solve(gram, rows.T @ targets.double()).float()


def linear(inputs, changes, last=18_000, target=lambda inputs, changes: changes, give=lambda f: f, **options):
    weights = solved(design(inputs[None, -last:], **options), target(inputs, changes)[-last:])
    return lambda x: give(design(x, **options) @ weights)


class Net(nn.Module):
    def __init__(self, kind=nn.LSTM, units=24, drop=0.0, **options):
        super().__init__()
        self.recurrent = kind(12, units, **{"batch_first": True} | options)
        self.drop = nn.Dropout(drop)
        self.linear = nn.Linear(units * (2 if options.get("bidirectional") else 1), 1)

    def forward(self, x):
        return self.linear(self.drop(self.recurrent(x)[0]))


def fitted(
    net,
    inputs,
    changes,
    steps=120,
    lr=0.02,
    length=48,
    size=48,
    loss=lambda f, t: ((f[..., 0] - t)[:, 12:] ** 2).mean(),
    step=True,
):
    optimiser = torch.optim.Adam(net.parameters(), lr=lr)
    generator = torch.Generator().manual_seed(1)
    for _ in range(steps):
        hours = torch.randint(len(inputs) - length + 1, (size, 1), generator=generator) + torch.arange(length)
        error = loss(net(inputs[hours]), changes[hours])
        optimiser.zero_grad()
        error.backward()
        if step:
            optimiser.step()
    return net


class Causal(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(12, 64, 8)
        self.out = nn.Conv1d(64, 1, 1)

    def forward(self, x):
        return self.out(self.conv(nn.functional.pad(x.mT, (7, 0))).tanh())[:, 0]


def drawn(make, **options):
    """Train a net from a fixed start."""

    def answer(x, y):
        torch.manual_seed(3)
        return fitted(make(), x, y, **options)

    return answer


def flat_loss(f, t):
    return ((f - t)[:, 12:] ** 2).mean()


class Last(Net):
    def forward(self, x):
        return super().forward(x)[:, -1]


class Pair(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(12, 1, batch_first=True)

    def forward(self, x):
        return self.lstm(x)


class OverTime(Net):
    def forward(self, x):
        return super().forward((x - x.mean(1, keepdim=True)) / x.std(1, keepdim=True))


class OverBatch(Net):
    def forward(self, x):
        return super().forward(x - x.mean(0, keepdim=True))


class Stateful(Net):
    state = None

    def forward(self, x):
        fits = self.state is not None and self.state[0].shape[1] == len(x)
        h, state = self.recurrent(x, self.state if fits else None)
        self.state = tuple(part.detach() for part in state)
        return self.linear(h)


class Squeezed(Net):
    def forward(self, x):
        return super().forward(x).squeeze()


def writes(x, y):
    x -= 1
    return linear(x, y)


def level(x, y):
    return linear(x[:-1], y[:-1], target=lambda i, c: torch.cat([i[1:, 0], i[-1:, 0]]))


NEARLY_THE_SAME = (
    "It says nearly the same at every hour: is an optimiser.step() missing, lr far too small, or does the loss subtract"
)
RIGHT = {
    check.train_forecaster: {
        "LSTM": drawn(Net),
        "GRU": drawn(lambda: Net(nn.GRU)),
        "RNN": drawn(lambda: Net(nn.RNN)),
        "convolution": drawn(Causal, loss=flat_loss, steps=500, lr=0.01),
        "least squares": linear,
    },
}
MISTAKES = {
    check.train_forecaster: {
        "none": Mistake(lambda x, y: None, "Got NoneType None"),
        "losses": Mistake(lambda x, y: [0.5, 0.4], "Got list [0.5, 0.4]"),
        "class": Mistake(lambda x, y: Net, "Got type <class"),
        "untrained": Mistake(
            drawn(Net, steps=0),
            NEARLY_THE_SAME,
        ),
        "no step": Mistake(
            drawn(Net, steps=5, step=False),
            NEARLY_THE_SAME,
        ),
        "zeros": Mistake(
            lambda x, y: lambda x: torch.zeros(x.shape[:2]),
            NEARLY_THE_SAME,
        ),
        "pair": Mistake(lambda x, y: Pair(), "Got tuple"),
        "two columns": Mistake(lambda x, y: nn.Linear(12, 2), "Got shape (1, 200, 2)."),
        "last hour only": Mistake(drawn(Last, steps=0), "Got shape (1, 1). Does h[:, -1] keep the last hour only?"),
        "another device": Mistake(lambda x, y: lambda x: x[..., 0].to("meta"), "Got device meta"),
        "up or down": Mistake(lambda x, y: lambda x: x[..., 0] > 0, "Got torch.bool"),
        "keeps its state": Mistake(drawn(Stateful, steps=0), "Got forecasts that", "keep its state from call to call"),
        "nan": Mistake(lambda x, y: lambda x: x[..., 0] * torch.nan, "Got NaN or infinity"),
        "numpy": Mistake(lambda x, y: lambda x: x[..., 0].numpy(), "Got ndarray."),
        "looks ahead": Mistake(lambda x, y: lambda x: x[..., 0].roll(-1, 1) - x[..., 0], "Got a forecast that"),
        "centred over time": Mistake(
            lambda x, y: lambda x: x[..., 0] - x[..., 0].mean(1, keepdim=True), "Got a forecast that"
        ),
        "bidirectional": Mistake(drawn(lambda: Net(bidirectional=True), steps=0), "Got a forecast that"),
        "normalised over time": Mistake(drawn(OverTime, steps=0), "Got a forecast that"),
        "normalised over the batch": Mistake(drawn(OverBatch, steps=0), "Got a forecast that"),
        "dropout": Mistake(drawn(lambda: Net(drop=0.1), steps=0), "Got forecasts that"),
        "squeezed": Mistake(drawn(Squeezed, steps=0), "Got shape (200,)."),
        "batch_first": Mistake(drawn(lambda: Net(batch_first=False), steps=10), "Got a forecast that"),
        "sign": Mistake(
            lambda x, y: linear(x, y, give=lambda f: -f),
            "Multiplied by -0.921 it would be right: a change is later minus now, in units of the spread.",
        ),
        "level": Mistake(level, "It forecasts the temperature itself rather than its change."),
        "hour before": Mistake(
            lambda x, y: linear(x[1:], y[:-1]),
            "It says the change of the hour before, which it has read: output t belongs to changes[t], not t",
        ),
        "hour after": Mistake(
            lambda x, y: linear(x[:-1], y[1:]),
            "It fits the hour after next better: output t belongs to changes[t], not to t + 1.",
        ),
        "degrees": Mistake(
            lambda x, y: linear(x, y, give=lambda f: f * 1.47),
            "Multiplied by 0.627 it would be right: a change is later minus now, in units of the spread.",
        ),
        "broadcast": Mistake(
            drawn(Net, loss=lambda f, t: ((f - t[:, None])[:, 12:] ** 2).mean(), steps=30),
            NEARLY_THE_SAME,
        ),
        "too few steps": Mistake(
            drawn(Net, steps=15), "Train for more steps (the lesson takes 250 with lr=0.01), or with more units."
        ),
        "relu": Mistake(
            lambda x, y: linear(x, y, give=torch.relu),
            "It remembers nothing: its forecast is the same without the hours before.",
            named=False,
        ),
        "writes": Mistake(writes, "Got an argument that was changed in place: x"),
        "lr too large": Mistake(
            drawn(Net, lr=3.0, steps=40),
            "It is worse than saying that nothing changes. Does the loss fall? Try a smaller lr.",
        ),
    },
}
