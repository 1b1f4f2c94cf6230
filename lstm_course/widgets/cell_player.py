"""A step-by-step player of an LSTM cell: the belt with its numbers, the gates as bars."""

from collections.abc import Sequence

import numpy as np
import torch
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import FancyBboxPatch, Rectangle
from torch import Tensor

from lstm_course import cells, figures
from lstm_course.widgets.base import Explorer, Slider
from lstm_course.widgets.gates import CellBars, Step, signed

MOST_STEPS, MOST_UNITS = 16, 6
SHADES = LinearSegmentedColormap.from_list("belt", ["#9CC8E8", "#FFFFFF", "#F6CF7A"])  # below 0, 0, above 0


class CellPlayer(Explorer):
    """Play an LSTM cell over a short sequence.

    Parameters
    ----------
    x : Tensor (T, I)
        The sequence, at most 16 steps.
    W_x, W_h, b : Tensor (4H, I), (4H, H), (4H,)
        The cell's weights in the order i, f, g, o, at most 6 units.
    labels : sequence of str, optional
        What to write for each input; by default its number where I = 1, otherwise its place in the sequence.
    play_ms : int
        Milliseconds a step takes while playing.

    Raises
    ------
    ValueError
        If the sequence or the cell is too large to be seen, or the shapes do not fit.
    """

    def __init__(
        self,
        x: Tensor,
        W_x: Tensor,
        W_h: Tensor,
        b: Tensor,
        *,
        labels: Sequence[str] | None = None,
        play_ms: int = 1200,
    ) -> None:
        if x.ndim != 2 or not 1 <= len(x) <= MOST_STEPS:
            got = tuple(x.shape)
            raise ValueError(f"The player needs x of shape (T, I) with 1 to {MOST_STEPS} steps, got {got}: cut it.")
        if not 1 <= W_h.shape[-1] <= MOST_UNITS:
            raise ValueError(f"The player shows 1 to {MOST_UNITS} units, got {W_h.shape[-1]}: take a smaller cell.")
        self._steps = play(x, W_x, W_h, b)
        self._labels = input_labels(x) if labels is None else list(labels)
        if len(self._labels) != len(x):
            raise ValueError(f"Every step needs one label, got {len(self._labels)} labels for {len(x)} steps.")
        figure, axes = figures.new(2, 2, width=7.6, height=4.3, height_ratios=[1, 1.5], width_ratios=[4, 5])
        belt = figure.add_subplot(axes[0, 0].get_gridspec()[0, :])
        for axis in axes[0]:
            axis.remove()
        units = W_h.shape[-1]
        self._belt = _Belt(belt, [self._steps[0].c_prev, *(step.c for step in self._steps)], self._labels)
        self._bars = CellBars(*axes[1], units=units, limit=max(1.0, *(abs(step.c).max() for step in self._steps)))
        slider = Slider("step", "step", 1, len(x), 1, 1, play_ms=play_ms)
        caption = (
            "The belt so far, with the input of every step below it (above); this step's gates and states (below)."
        )
        super().__init__(figure, [*self._belt.artists, *self._bars.artists], [slider], caption)

    def update(self, *, step: float) -> str:
        """Show step number `step`, counted from 1."""
        t = round(step)
        self._belt.set(t)
        self._bars.set(self._steps[t - 1])
        place = f"Step {t} of {len(self._steps)}, input {self._labels[t - 1]}."
        return f"{place} {self._steps[t - 1].describe()}"


def play(x: Tensor, W_x: Tensor, W_h: Tensor, b: Tensor) -> list[Step]:
    """Run an LSTM cell over x (T, I) from a zero state and keep every step."""
    h = c = x.new_zeros(1, W_h.shape[-1])
    steps = []
    with torch.no_grad():
        for x_t in x:
            c_prev = c
            h, c, gates = cells.lstm_step(x_t[None], h, c, W_x, W_h, b)
            steps.append(Step.of(c_prev, h, c, gates))
    return steps


def input_labels(x: Tensor) -> list[str]:
    """Name the inputs of x (T, I): by their number where there is one, otherwise by their place."""
    if x.shape[1] == 1:
        return [f"{value:g}".replace("-", "−") for value in x[:, 0].tolist()]
    return [str(t) for t in range(1, len(x) + 1)]


class _Belt:
    """A row of boxes, one per step, holding the numbers of c; those of the future are behind a curtain."""

    def __init__(self, axis: Axes, states: Sequence[np.ndarray], labels: Sequence[str]) -> None:
        units, largest = len(states[0]), max(1e-9, *(abs(c).max() for c in states))
        self._end = len(labels) + 0.5
        axis.set(xlim=(-1.2, self._end + 0.1), ylim=(-1.15, 1.35))
        axis.axis("off")
        axis.text(-0.75, 0, "$c$", ha="right", va="center", fontsize=14)
        axis.text(-0.75, -0.9, "$x$", ha="right", va="center", fontsize=14)
        for t, label in enumerate(labels, start=1):
            axis.text(t, -0.9, label, ha="center", va="center", fontsize=13)
        belt = {"color": figures.GATES["c"], "linewidth": 5, "solid_capstyle": "butt"}
        axis.plot([-0.6, self._end], [0, 0], zorder=0, **belt)
        for t, c in enumerate(states):
            for unit, value in enumerate(c):
                self._box(axis, t, 0.62 - 1.24 * (unit + 0.5) / units, 1.2 / units, value, value / largest)
        self._curtain = axis.add_patch(Rectangle((0, -0.7), 0, 1.4, color="white", zorder=4))
        (self._ahead,) = axis.plot([0, 0], [0, 0], zorder=5, **belt)
        (self._pointer,) = axis.plot([0], [0.95], marker="v", markersize=9, color="black", linestyle="none")

    @staticmethod
    def _box(axis: Axes, t: int, y: float, height: float, value: float, share: float) -> None:
        """Draw the box of one number; `share`, from -1 to 1, shades it."""
        box = FancyBboxPatch(
            (t - 0.4, y - height / 2), 0.8, height, boxstyle="round,pad=0,rounding_size=0.06",
            facecolor=SHADES(0.5 + 0.5 * share), edgecolor="black", linewidth=0.9, zorder=2,
        )  # fmt: skip
        axis.add_patch(box)
        axis.text(t, y, signed(value), ha="center", va="center", fontsize=9.5 if height > 0.5 else 7.5, zorder=3)

    @property
    def artists(self) -> list[Artist]:
        """Everything that `set` moves, back to front."""
        return [self._curtain, self._ahead, self._pointer]

    def set(self, step: int) -> None:
        """Show the boxes up to `step` and point at that one."""
        self._curtain.set(x=step + 0.45, width=self._end - step)
        self._ahead.set_xdata([step + 0.42, self._end])
        self._pointer.set_xdata([step])
