"""Check of exercise 5: the climatology."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from lstm_course.checks.answers import Answer, call
from lstm_course.checks.base import Differs, each_case, generator, question
from lstm_course.checks.programs import Hole, Program
from lstm_course.checks.results import array, require_result, tensor
from lstm_course.weather import Floats

RING = "The year is a circle and an hour stays an hour: which days are the neighbours of day 0?"
DAYS = "half_width days before, the day itself, half_width days after: how many days is that?"
CLIMATOLOGY = Program(
    """
total, count = {totals}, {counts}
days = range({first}, {last})
near = lambda table: {neighbour}
mean = {mean}
climatology = tensor(mean){form}
""",
    ("climatology",),
    totals=Hole(
        "added_up(values)",
        "Is every value added, at its place? += with repeated indices keeps the last one only, np.add.at adds all.",
        "overwritten(values)",
        "overwritten(values); count = overwritten(1)",
        "added_up(values, day - 1)",
        "np.roll(added_up(values), 1, axis=1)",
        "added_up(values - values.mean())",
    ),
    counts=Hole(
        "added_up(1)",
        "How many values were added at each place? Not the same number everywhere. += counts repeated places once.",
        "overwritten(1)",
        "np.full((365, 24), len(day) / 8760)",
        "added_up(1, day - 1)",
    ),
    first=Hole(
        "-half_width", DAYS, "0", "-half_width + 1", "1", "-half_width - 1", "-(half_width // 2)", "-2 * half_width"
    ),
    last=Hole(
        "half_width + 1",
        DAYS,
        "half_width",
        "1",
        "half_width + 2",
        "0",
        "half_width // 2 + 1",
        "2 * half_width + 1",
        "-half_width + 1",
    ),
    neighbour=Hole(
        "sum(np.roll(table, k, axis=0) for k in days)",
        RING,
        "sum(np.roll(table, k, axis=1) for k in days)",
        "sum(np.roll(table, k) for k in days)",
        "sum(table[np.clip(np.arange(365) + k, 0, 364)] for k in days)",
        "sum(np.roll(np.pad(table, ((0, 1), (0, 0))), k, axis=0)[:365] for k in days)",
        "sum(np.where((np.arange(365) - k)[:, None] // 365 == 0, np.roll(table, k, axis=0), 0) for k in days)",
        "sum(np.where((np.arange(365) - k)[:, None] < 365, np.roll(table, k, axis=0), 0) for k in days)",
        "sum(np.where((np.arange(365) - k)[:, None] >= 0, np.roll(table, k, axis=0), 0) for k in days)",
        "sum(np.roll(table, k, axis=0) * (k != 0) for k in days)",
        "sum(np.roll(table, k, axis=0) * (1 + (k == 0)) for k in days)",
        "sum(np.roll(table, k, axis=0) * (abs(k) == half_width) for k in days)",
        "sum(np.roll(table, k, axis=0) * (k % half_width == 0) for k in days)",
        "sum(np.roll(table, k, axis=0).sum(axis=1, keepdims=True) for k in days)",
        "sum(np.roll(np.roll(table, k, axis=0), 1, axis=1) for k in days)",
        "sum(np.roll(np.roll(table, k, axis=0), j, axis=1) for k in days for j in days)",
        "sum(table[(np.arange(365) + k) % 364] for k in days)",
        "np.stack([table[d - half_width : d + half_width + 1].sum(axis=0) for d in range(365)])",
    ),
    mean=Hole(
        "near(total) / near(count)",
        "Each value counts once: add up all values near by, add up how many they are, and divide once, at the end.",
        "near(total / count) / len(days)",
        "np.nanmean([np.roll(total / count, k, axis=0) for k in days], axis=0)",
        "near(total)",
        "near(total) / near(count).max()",
        "near(total) / len(days)",
        "near(total) / count",
        "near(total) / count / len(days)",
        "total / count",
        "total / np.maximum(count, 1)",
        "total / near(count)",
        "near(total / np.maximum(count, 1)) / len(days)",
        "near(total / count)",
        "near(total) / near(count) - values.mean()",
        "near(near(total)) / near(near(count))",
        "np.tile(total.sum(axis=0) / count.sum(axis=0), (365, 1))",
        "np.full((365, 24), values.mean())",
        "added_to_itself(total, days) / added_to_itself(count, days)",
        "np.repeat((total.sum(1) / count.sum(1))[:, None], 24, axis=1)",
        "np.cumsum(total, 0) / np.cumsum(count, 0)",
        "near(total).sum(1, keepdims=True) / near(count).sum(1, keepdims=True) + np.zeros(24)",
    ),
    form=Hole(
        "", "One row for each day of the year, one column for each hour?", ".T", ".flatten()", "[day, hour]", ".mean(1)"
    ),
)


@question(seconds=30)  # loops over all places and values take their time
def climatology(answer: Answer) -> None:
    """Check question 4: means by day of the year and hour, over neighbouring days, on a year that is a circle."""
    each_case([(2, 2), (0, 1), (1, 1)], lambda case: _check_climatology(answer, *case))


def _check_climatology(answer: Answer, half_width: int, years: int) -> None:
    """Draw whole years and leave out most hours, but none on a day within reach of every other, on either side."""
    day, hour = (np.tile(part.ravel(), years) for part in np.indices((365, 24)))
    draw = generator(half_width)
    kept = (torch.rand(len(day), generator=draw).numpy() < 0.1) | (day % (2 * half_width + 1) == 0) | (day == 364)
    order = torch.randperm(len(day), generator=draw).numpy()
    day, hour = (part[order][kept[order]] for part in (day, hour))
    values = np.round(10 + 3 * hour + 4 * torch.randn(len(day), generator=draw, dtype=torch.float64).numpy(), 1)
    got = array("The climatology", call("climatology", answer, values, day, hour, half_width, again=False))
    days = f"the days d - {half_width} to d + {half_width}"
    rule = (
        f"With half_width={half_width}, entry [d, h] must be the mean of all values at hour h on {days} of the circle."
    )
    names = {"values": values, "day": day, "hour": hour, "half_width": half_width}
    helpers = _helpers(day, hour)
    try:
        with np.errstate(invalid="ignore", divide="ignore"):
            require_result(
                CLIMATOLOGY,
                names | helpers,
                {"climatology": got},
                {"climatology": rule},
                {"climatology": "(days, hours)"},
            )
    except Differs as difference:
        raise Differs(f"{difference}\n{_values_near(got, **names)}") from None


def _helpers(day: np.ndarray, hour: np.ndarray) -> dict[str, Any]:
    """What the program calls: two ways to fill a table, and a loop that goes wrong."""

    def added_up(values: Any, day: np.ndarray = day) -> Floats:
        return np.bincount((24 * day + hour) % 8760, np.broadcast_to(values, len(day)), 8760).reshape(365, 24)

    def overwritten(values: Any) -> Floats:
        table = np.zeros((365, 24))
        table[day, hour] += values  # the last value of each place
        return table

    kept = {"np": np, "tensor": tensor, "overwritten": overwritten, "added_to_itself": _added_to_itself}
    return kept | {"added_up": added_up}


def _added_to_itself(table: Floats, days: range) -> Floats:
    """Do what a loop does that adds each shifted table to the one that it goes on shifting."""
    for k in days:
        table = table + np.roll(table, k, axis=0)
    return table


def _values_near(got: Tensor, values: Floats, day: Floats, hour: Floats, half_width: int) -> str:
    """Say which values belong to the first place that is wrong."""
    for d, h in np.ndindex(365, 24):
        near = (hour == h) & (np.minimum((day - d) % 365, (d - day) % 365) <= half_width)
        if not np.isclose(got[d, h].item(), values[near].mean()):
            order = np.argsort((day[near] - d + half_width) % 365, kind="stable")
            pairs = [f"{y:g} (day {at})" for y, at in zip(values[near][order], day[near][order], strict=True)]
            return f"At hour {h} the values near day {d} are {', '.join(pairs)}."
    return ""
