"""Bars drawn with any pen: groups side by side, one bar for each unit, with their symbols below."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.ticker import MaxNLocator

from lstm_course.drawings.pens import Look, Pen

MOST_NUMBERS = 2  # bars in a group that still leave room for their numbers
GREY = "#666666"


class Group(NamedTuple):
    """Bars that belong together: the name of their numbers, their symbol and their colour."""

    name: str
    symbol: str
    colour: str


class Panel(NamedTuple):
    """A row of groups of bars: its place in pixels, the signs between the groups, and the largest value."""

    x: float
    y: float
    width: float
    height: float
    groups: Sequence[Group]
    signs: str
    limit: float

    @property
    def pitch(self) -> float:
        """The width of a group."""
        return self.width / len(self.groups)

    @property
    def zero(self) -> float:
        """The height at which zero stands; the lowest 20 pixels are for the symbols."""
        return self.y + 20 + (self.height - 20) / 2

    @property
    def one(self) -> float:
        """The pixels of 1; the longest bar leaves 13 for its number."""
        return ((self.height - 20) / 2 - 13) / self.limit


def draw_panel(pen: Pen, panel: Panel, numbers: Mapping[str, np.ndarray], hidden: Collection[str] = ()) -> None:
    """Draw a panel with its `numbers`, each (H,); those whose names are `hidden` keep an empty place."""
    _draw_axis(pen, panel)
    for place, group in enumerate(panel.groups):
        x = panel.x + panel.pitch * (place + 0.5)
        pen.text(x, panel.y + 9, group.symbol, 10.5)
        _draw_group(pen, panel, x, group.colour, numbers[group.name], shown=group.name not in hidden)
    for place, sign in enumerate(panel.signs, start=1):
        pen.text(panel.x + panel.pitch * place, panel.y + 9, sign, 10, colour=GREY)


def signed(value: float) -> str:
    """Two decimals with a true minus sign and without a negative zero."""
    return f"{round(float(value), 2) + 0.0:.2f}".replace("-", "−")


def _draw_axis(pen: Pen, panel: Panel) -> None:
    for tick in MaxNLocator(2, steps=[1, 2, 5, 10]).tick_values(-panel.limit, panel.limit):
        if abs(tick) <= panel.limit:
            y = panel.zero + panel.one * tick
            look = Look(edge="#DDDDDD" if tick else "black", width=0.7, layer=1)
            pen.line([(panel.x, y), (panel.x + panel.width, y)], look)
            pen.text(panel.x - 16, y, f"{tick:g}".replace("-", "−"), 8.5, colour=GREY)


def _draw_group(pen: Pen, panel: Panel, middle: float, colour: str, values: np.ndarray, *, shown: bool) -> None:
    units = len(values)
    width = 0.8 * panel.pitch / max(2, units)  # a bar that stands alone leaves room for the signs
    for unit, value in enumerate(values if shown else np.zeros(units)):
        x, tall = middle + width * (unit - units / 2), panel.one * value
        look = Look(fill=colour, edge="black", width=0.6, layer=3, shown=shown)
        pen.box(x, panel.zero + min(0.0, tall), 0.92 * width, abs(tall), look)
        if units <= MOST_NUMBERS:
            y = panel.zero + tall + (8 if value >= 0 else -8)
            apart = panel.pitch / units  # numbers are wider than bars and may use the room between the groups
            pen.text(middle + apart * (unit + 0.5 - units / 2), y, signed(value), 9 if units == 1 else 7.5, shown=shown)
