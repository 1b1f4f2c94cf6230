"""Exercise 7, question 1: rollout."""

import torch

from lstm_course import forecasting
from lstm_course.checks import far_ahead as check
from tests.mistakes.catalogue import Mistake


def fed_back(one_step, window, horizon):
    values = []
    for _ in range(horizon):
        values.append(one_step(window))
        window = torch.cat([window[:, 1:], values[-1][:, None]], dim=1)
    return torch.stack(values, dim=1)


def growing(one_step, window, horizon):
    series, length = window, window.shape[1]
    for _ in range(horizon):
        series = torch.cat([series, one_step(series[:, -length:]).unsqueeze(1)], 1)
    return series[:, length:]


def rolling(one_step, window, horizon):
    window, values = window.clone(), []
    for _ in range(horizon):
        values.append(one_step(window))
        window = window.roll(-1, 1)
        window = torch.column_stack([window[:, :-1], values[-1]])
    return torch.column_stack(values)


def recursive(one_step, window, horizon):
    value = one_step(window)[:, None]
    if horizon == 1:
        return value
    return torch.cat([value, recursive(one_step, torch.hstack([window[:, 1:], value]), horizon - 1)], 1)


def by_columns(one_step, window, horizon):
    columns = list(window.unbind(1))
    L = len(columns)
    for _ in range(horizon):
        columns.append(one_step(torch.stack(columns[-L:], 1)))
    return torch.stack(columns[L:], -1)


def row_by_row(one_step, window, horizon):
    rows = []
    for row in window:
        for _ in range(horizon):
            row = torch.cat([row, one_step(row[None, -window.shape[1] :])])
        rows.append(row[-horizon:])
    return torch.stack(rows)


def preallocated(one_step, window, horizon, keep=None):
    L = window.shape[1]
    path = torch.cat([window, window.new_zeros(len(window), horizon)], 1)
    for t in range(L, L + horizon):
        path = torch.cat([path[:, :t], one_step(path[:, t - L : t])[:, None], path[:, t + 1 :]], 1)
    return path[:, L:]


def moving(move, start=lambda f, w: w, keep=lambda v, w: v, first=lambda f, w: []):
    def answer(f, w, h):
        values = first(f, w)
        w = start(f, w)
        for _ in range(h):
            v = f(w)
            values.append(keep(v, w))
            w = move(w, v[:, None])
        return torch.stack(values[:h], 1)

    return answer


def right_move(w, v):
    return torch.cat([w[:, 1:], v], 1)


def in_place(f, w, h):
    values = []
    for _ in range(h):
        values.append(f(w.clone()))
        w[:, :-1] = w[:, 1:].clone()
        w[:, -1] = values[-1]
    return torch.stack(values, 1)


def copied(f, w, h):
    values, w = [], w.clone()
    for _ in range(h):
        values.append(f(w))
        w[:, :-1] = w[:, 1:].clone()
        w[:, -1] = values[-1]
    return torch.stack(values, 1)


def fed_truth(f, w, h):
    """Evaluates on the known windows only: never feeds back."""
    return torch.stack([f(w) for _ in range(h)], 1)


def no_grad(f, w, h):
    with torch.no_grad():
        return fed_back(f, w, h)


def item(f, w, h):
    return torch.tensor(fed_back(f, w, h).tolist(), dtype=w.dtype)


RIGHT = {
    check.rollout: {
        "fed back": fed_back,
        "growing": growing,
        "rolling": rolling,
        "recursive": recursive,
        "by columns": by_columns,
        "row by row": row_by_row,
        "preallocated": preallocated,
    },
}
MISTAKES = {
    check.rollout: {
        "looked up": Mistake(
            lambda f, w, h: forecasting.rollout(f, w, h), "rollout must feed back itself, without forecasting.rollout."
        ),
        "none": Mistake(lambda f, w, h: None, "Got NoneType"),
        "float64": Mistake(lambda f, w, h: fed_back(f, w, h).double(), "Got torch.float64"),
        "a copy written in place": Mistake(copied, "An operation such as += or [...] = changes what autograd"),
        "one after the other": Mistake(
            lambda f, w, h: torch.cat(list(fed_back(f, w, h).unbind(1))), "forecasts = torch.cat(values)"
        ),
        "transposed": Mistake(lambda f, w, h: fed_back(f, w, h).T, "forecasts = torch.stack(values, dim=1).T"),
        "one too few": Mistake(
            lambda f, w, h: fed_back(f, w, h - 1) if h > 1 else w[:, :0], "for _ in range(horizon - 1):"
        ),
        "one too many": Mistake(lambda f, w, h: fed_back(f, w, h + 1), "for _ in range(horizon + 1):"),
        "with the window": Mistake(
            lambda f, w, h: torch.cat([w, fed_back(f, w, h)], 1), "forecasts = torch.stack(values, dim=1)"
        ),
        "float32": Mistake(lambda f, w, h: fed_back(f, w, h).float(), "Got torch.float32"),
        "not fed back": Mistake(fed_truth, "window = window"),
        "newest first": Mistake(
            moving(lambda w, v: torch.cat([v, w[:, :-1]], 1)),
            "window = torch.cat([value[:, None], window[:, :-1]], dim=1)",
        ),
        "newest replaced": Mistake(
            moving(lambda w, v: torch.cat([w[:, :-1], v], 1)),
            "window = torch.cat([window[:, :-1], value[:, None]], dim=1)",
        ),
        "oldest replaced": Mistake(
            moving(lambda w, v: torch.cat([v, w[:, 1:]], 1)),
            "window = torch.cat([value[:, None], window[:, 1:]], dim=1)",
        ),
        "growing": Mistake(moving(lambda w, v: torch.cat([w, v], 1)), "Got shape (3, 5)"),
        "shrinking": Mistake(moving(lambda w, v: w[:, 1:]), "Got shape (3, 3)"),
        "value only": Mistake(moving(lambda w, v: v), "Got shape (3, 1)"),
        "all value": Mistake(moving(lambda w, v: v.expand_as(w)), "window = value[:, None].expand_as(window)"),
        "rolled": Mistake(moving(lambda w, v: w.roll(-1, 1)), "window = window.roll(-1, 1)"),
        "rolled right": Mistake(moving(lambda w, v: w.roll(1, 1)), "window = window.roll(1, 1)"),
        "last repeated": Mistake(
            moving(lambda w, v: torch.cat([w[:, 1:], w[:, -1:]], 1)),
            "window = torch.cat([window[:, 1:], window[:, -1:]], dim=1)",
        ),
        "zero": Mistake(
            moving(lambda w, v: torch.cat([w[:, 1:], 0 * v], 1)),
            "window = torch.cat([window[:, 1:], 0 * value[:, None]], dim=1)",
        ),
        "mean fed": Mistake(
            moving(lambda w, v: torch.cat([w[:, 1:], v.mean().expand_as(v)], 1)),
            "window = torch.cat([window[:, 1:], (0 * value + value.mean())[:, None]], dim=1)",
        ),
        "window flipped": Mistake(moving(right_move, start=lambda f, w: w.flip(1)), "window = window.flip(1)"),
        "last known first": Mistake(moving(right_move, first=lambda f, w: [w[:, -1]]), "values.append(window[:, -1])"),
        "second first": Mistake(
            moving(right_move, start=lambda f, w: right_move(w, f(w)[:, None])),
            "window = torch.cat([window[:, 1:], one_step(window)[:, None]], dim=1)",
        ),
        "keeps last": Mistake(moving(right_move, keep=lambda v, w: w[:, -1]), "values.append(window[:, -1])"),
        "changes": Mistake(moving(right_move, keep=lambda v, w: v - w[:, -1]), "values.append(value - window[:, -1])"),
        "reversed": Mistake(
            lambda f, w, h: fed_back(f, w, h).flip(1), "forecasts = torch.stack(values, dim=1).flip(1)"
        ),
        "last only": Mistake(lambda f, w, h: fed_back(f, w, h)[:, -1], "forecasts = torch.stack(values, dim=1)[:, -1]"),
        "feature axis": Mistake(
            lambda f, w, h: fed_back(f, w, h)[..., None], "forecasts = torch.stack(values, dim=1)[..., None]"
        ),
        "one axis": Mistake(
            lambda f, w, h: fed_back(lambda x: f(x[..., 0]), w[..., None], h),
            "RuntimeError: Tensors must have same number of dimensions: got 3 and 2",
            named=False,
        ),
        "with feature axis to one_step": Mistake(
            lambda f, w, h: fed_back(lambda x: f(x[..., None]), w, h), "Got shape (3, 4, 1)"
        ),
        "first row": Mistake(
            lambda f, w, h: fed_back(f, w[:1], h).expand(len(w), -1), "values.append(value[0].expand(len(value)))"
        ),
        "row to one_step": Mistake(
            lambda f, w, h: torch.stack([fed_back(lambda x: f(x[0])[None], r[None], h)[0] for r in w]), "Got shape (4,)"
        ),
        "in place": Mistake(in_place, "Got an argument that was changed in place: w"),
        "detached": Mistake(lambda f, w, h: fed_back(lambda x: f(x).detach(), w, h), "Got a result without a gradient"),
        "detached window": Mistake(
            lambda f, w, h: fed_back(lambda x: f(x.detach()), w, h), "Got no gradient for window"
        ),
        "no grad": Mistake(no_grad, "Got a result without a gradient"),
        "numpy": Mistake(
            lambda f, w, h: torch.from_numpy(fed_back(f, w, h).detach().numpy()), "Got a result without a gradient"
        ),
        "items": Mistake(item, "Got a result without a gradient"),
        "list": Mistake(lambda f, w, h: list(fed_back(f, w, h).unbind(1)), "Got list"),
        "array": Mistake(lambda f, w, h: fed_back(f, w, h).detach().numpy(), "Got ndarray"),
        "cumulated": Mistake(
            lambda f, w, h: fed_back(f, w, h).cumsum(1), "forecasts = torch.stack(values, dim=1).cumsum(1)"
        ),
        "change fed": Mistake(
            moving(lambda w, v: torch.cat([w[:, 1:], v - w[:, -1:]], 1)),
            "window = torch.cat([window[:, 1:], (value - window[:, -1])[:, None]], dim=1)",
        ),
        "added": Mistake(
            moving(lambda w, v: torch.cat([w[:, 1:], v + w[:, -1:]], 1)),
            "window = torch.cat([window[:, 1:], (value + window[:, -1])[:, None]], dim=1)",
        ),
    },
}
