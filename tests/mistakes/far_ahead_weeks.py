"""Exercise 7, question 5: weeks of weather."""

import math

import torch
from torch import nn

from lstm_course import forecasting
from lstm_course.checks import far_ahead as check
from lstm_course.training import train
from tests.mistakes.catalogue import Mistake


def inputs(past, past_calendar, hours=24):
    return torch.cat([past[:, -hours:], past_calendar[:, -1], torch.ones(len(past), 1)], 1).double()


def samples(temperature, calendar, step=11):
    start = torch.arange(72, len(temperature) - 168, step)[:, None]
    before = start + torch.arange(-72, 0)
    return (
        temperature[before],
        calendar[before],
        calendar[start + torch.arange(168)],
        temperature[start + torch.arange(168)],
    )


def linear(temperature, calendar, mistake=lambda f: f, hours=24, target=lambda past, week: week):
    past, clock, _, week = samples(temperature, calendar)
    weights = torch.linalg.lstsq(inputs(past, clock, hours), target(past, week).double()).solution
    return lambda past, past_calendar, week_calendar: mistake((inputs(past, past_calendar, hours) @ weights).float())


def changes(temperature, calendar):
    past, clock, _, week = samples(temperature, calendar)
    weights = torch.linalg.lstsq(inputs(past, clock), (week - past[:, -1:]).double()).solution
    return lambda past, past_calendar, week_calendar: past[:, -1:] + (inputs(past, past_calendar) @ weights).float()


def damped(temperature, calendar):
    """Climatology by least squares on waves of hour and day, anomaly damped."""

    def waves(c):
        s = torch.cat([c, c[..., :1] * c[..., 1:2], c[..., :1] ** 2, c[..., 2:3] * c[..., 3:4], c[..., 2:3] ** 2], -1)
        s = torch.cat([torch.ones_like(s[..., :1]), s], -1)
        return (s[..., :, None] * s[..., None, :]).flatten(-2).double()

    w = torch.linalg.lstsq(waves(calendar), temperature.double()[:, None], driver="gelsd", rcond=1e-8).solution[:, 0]

    def usual(c):
        return waves(c) @ w

    a = temperature.double() - usual(calendar)
    r = torch.stack([(a[:-k] @ a[k:]) / (a[:-k] @ a[:-k]) for k in range(1, 169)])

    def forecast(past, past_calendar, week_calendar):
        now = past[:, -1].double() - usual(past_calendar[:, -1])
        return (usual(week_calendar) + now[:, None] * r).float()

    return forecast


def fed_back(temperature, calendar):
    """Linear autoregression with calendar of the next hour, fed back by a rollout."""
    rows = torch.cat(
        [
            temperature[:-1].unfold(0, 24, 1)[: len(temperature) - 24],
            calendar[24:],
            torch.ones(len(temperature) - 24, 1),
        ],
        1,
    ).double()
    w = torch.linalg.lstsq(rows, temperature[24:, None].double()).solution

    def forecast(past, past_calendar, week_calendar):
        window, values = past[:, -24:].double(), []
        for k in range(168):
            x = torch.cat([window, week_calendar[:, k].double(), torch.ones(len(window), 1)], 1)
            values.append(x @ w)
            window = torch.cat([window[:, 1:], values[-1]], 1)
        return torch.cat(values, 1).float()

    return forecast


def network(temperature, calendar, batch=16, **options):
    x = torch.column_stack([temperature, calendar])
    later = temperature[1:].unfold(0, 168, 1)
    torch.manual_seed(0)
    model = forecasting.Forecaster(inputs=5, hidden=24, horizon=168, change=0.4)

    def stretches():
        while True:
            t = torch.randint(len(later) - 47, (12, 1)) + torch.arange(48)
            yield x[t], later[t]

    train(model, stretches(), lambda f, t: ((f - t)[:, 16:] ** 2).mean(), steps=120, lr=0.01)
    train(model, stretches(), lambda f, t: ((f - t)[:, 16:] ** 2).mean(), steps=60, lr=0.001)
    return lambda past, past_calendar, week_calendar: model(torch.cat([past[..., None], past_calendar], 2))[:, -1]


def mlp(temperature, calendar):
    past, clock, _, week = samples(temperature, calendar, 5)
    X = inputs(past, clock).float()
    net = nn.Sequential(nn.Linear(X.shape[1], 48), nn.Tanh(), nn.Linear(48, 168))
    opt = torch.optim.Adam(net.parameters(), lr=3e-3)
    for _k in range(400):
        b = torch.randint(len(X), (128,))
        loss = ((net(X[b]) - week[b]) ** 2).mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
    return lambda past, pc, wc: net(inputs(past, pc).float()).detach()


def writing_past(y, c):
    inner = linear(y, c)

    def forecast(past, pc, wc):
        got = inner(past, pc, wc)
        past -= 1
        return got

    return forecast


def writes(y, c):
    y -= y.mean() + 1
    return linear(y, c)


def L(m):
    return lambda y, c: linear(y, c, m)


def kept(y, c):
    inner, calls = linear(y, c), []

    def forecast(*a):
        calls.append(1)
        return inner(*a) + 0.1 * len(calls)

    return forecast


def batch(y, c):
    inner = linear(y, c)

    def forecast(past, pc, wc):
        return inner(past - past.mean(0), pc, wc) + past.mean(0).mean()

    return forecast


RIGHT = {
    check.forecast_weeks: {
        "linear": linear,
        "changes": changes,
        "damped": damped,
        "fed back": fed_back,
        "network": network,
        "mlp": mlp,
    },
}
MISTAKES = {
    check.forecast_weeks: {
        "none": Mistake(lambda y, c: None, "Got NoneType None"),
        "called": Mistake(
            lambda y, c: linear(y, c)(*samples(y, c)[:3]),
            "Got Tensor tensor([[-1.8783, -1.9079, -1.9193, ..., -1.3420, -1.4293, -1.5338], [-1.8332.",
        ),
        "gives none": Mistake(L(lambda f: None), "Got NoneType"),
        "every hour's row": Mistake(
            L(lambda f: f[:, None].expand(-1, 72, -1)), "Take the row that was made at the last hour of the past"
        ),
        "true or false": Mistake(L(lambda f: f > 0), "Got torch.bool"),
        "complex": Mistake(L(lambda f: f + 0j), "Got torch.complex64"),
        "hour by hour": Mistake(
            lambda y, c: linear(y, c, target=lambda past, week: week.diff(dim=1, prepend=past[:, -1:])),
            "Added up from the last known temperature it would be right",
        ),
        "one day": Mistake(L(lambda f: f[:, :24]), "Got shape (297, 24)."),
        "axis": Mistake(L(lambda f: f[..., None]), "Got shape (297, 168, 1)"),
        "transposed": Mistake(L(lambda f: f.T), "Got shape (168, 297)"),
        "nan": Mistake(L(lambda f: f * math.nan), "Got NaN or infinity"),
        "numpy": Mistake(L(lambda f: f.numpy()), "Got ndarray."),
        "degrees": Mistake(
            L(lambda f: f * 11 + 13),
            "Times 0.0876 and plus -1.06 it would be right: is it scaled as the past is, to mean 0 and stand",
        ),
        "reversed": Mistake(
            L(lambda f: f.flip(1)), "In reverse order it would be right: column 0 is the first hour of the week."
        ),
        "persistence": Mistake(
            lambda y, c: lambda p, pc, wc: p[:, -1:].expand(-1, 168),
            "It is flat: each week gets one number for all its hours. Does the calendar of the week reach th",
        ),
        "mean": Mistake(
            lambda y, c: lambda p, pc, wc: torch.zeros(len(p), 168),
            "It is flat: each week gets one number for all its hours. Does the calendar of the week reach th",
        ),
        "writing": Mistake(writing_past, "Got an argument that was changed in place: past"),
        "writes": Mistake(writes, "Got an argument that was changed in place: y"),
        "kept": Mistake(kept, "Got forecasts that"),
        "batch": Mistake(batch, "Got a forecast that"),
        "changes": Mistake(
            lambda y, c: linear(y, c, target=lambda p, w: w - p[:, -1:]),
            "Added to the last known temperature it would be right: it gives changes, return temperatures.",
        ),
        "half a day": Mistake(
            L(lambda f: f.roll(12, 1)), "Its column 12 is right for hour 0: column 0 is the first hour after the past."
        ),
        "random": Mistake(L(lambda f: f + 0.1 * torch.randn_like(f)), "Got forecasts that"),
        "sign": Mistake(
            L(lambda f: -f),
            "Times -0.964 and plus 0.0798 it would be right: is it scaled as the past is, to mean 0 and stan",
        ),
        "same week": Mistake(L(lambda f: f.mean(0, keepdim=True).expand_as(f)), "Got a forecast that"),
        "yesterday": Mistake(
            lambda y, c: lambda p, pc, wc: p[:, -24:].repeat(1, 7),
            "Does the model know the calendar, and is its forecast scaled as the past is? Or train for longe",
            named=False,
        ),
        "class": Mistake(lambda y, c: nn.Linear, "Got type <class"),
        "two hours flat": Mistake(
            lambda y, c: (lambda f: lambda p, pc, wc: f(p, pc * 0, wc * 0))(linear(y, c * 0, hours=2)),
            "The RMSE in the weeks of 2014 must be below",  # a fit that is not unique,
            named=False,
        ),
        "halved": Mistake(
            L(lambda f: f / 2),
            "Times 1.93 and plus 0.0798 it would be right: is it scaled as the past is, to mean 0 and standa",
        ),
        "untrained": Mistake(
            lambda y, c: (lambda m: lambda p, pc, wc: m(torch.cat([p[..., None], pc], 2))[:, -1])(
                forecasting.Forecaster(5, 8, 168)
            ),
            "Does the model know the calendar, and is its forecast scaled as the past is? Or train for longe",
        ),
        "first week": Mistake(L(lambda f: f[:1].expand_as(f)), "Got a forecast that"),
    },
}
