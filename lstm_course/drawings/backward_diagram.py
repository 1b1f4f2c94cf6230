r"""Drawings of the way back: where the gradient runs inside an LSTM cell, and from step to step.

The drawings of `cell_diagrams` are kept, all pale, and the gradient's way is laid on top: dashed lines whose arrows
point against the forward direction, each in the colour of the quantity it is the gradient of. $dc_t$ stands for
$\partial L/\partial c_t$.
"""

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from lstm_course import figures
from lstm_course.drawings import cell_diagrams, wiring
from lstm_course.drawings.wiring import BELT, COLUMN, LEFT, LOW, MAPS, MEET, OUT, PRODUCT, READ, RIGHT, SQUASH

STAGES = "hczx"
# What each stage is called, and where its gradients run.
WAYS = {
    "h": (
        "the hidden state",
        "dh_t comes in from the right, up to the times sign, and splits: left into do_t down to the output gate's "
        "box, and up through tanh to the belt",
    ),
    "c": (
        "the belt",
        "dc_t runs left along the belt through the plus sign to the times sign and leaves as dc_{t-1}; on the way it "
        "branches down into df_t, and through the lower times sign into di_t and dg_t, each to the top of its box",
    ),
    "z": ("the four squashings", "from each of the four boxes one arrow leads down: dz_f, dz_i, dz_g, dz_o"),
    "x": (
        "the learnt maps",
        "the gradients of all four boxes join on the lower line, run left, and leave as dh_{t-1} to the left and "
        "as dx_t downwards",
    ),
}
DASHED = (0, (3.2, 1.1))
BOX, GAP = 0.55, 3.0  # half the height of a box of the sequence, and the distance from step to step


class _Way(NamedTuple):
    """One stretch of the gradient's way: its colour's key, its points (arrow at the last), its label and its place."""

    colour: str
    points: Sequence[tuple[float, float]]
    label: str = ""
    place: tuple[float, float] = (0, 0)


_F, _I, _G, _O = (COLUMN[gate] for gate in "figo")
_TOP, _BOTTOM = MAPS + 0.3, MAPS - 0.3
_STRETCHES = {
    "h": (
        _Way("h", [(RIGHT, LOW), (OUT, LOW), (OUT, READ - 0.27)], "dh_t", (OUT + 0.5, 1.55)),
        _Way("o", [(OUT - 0.27, READ), (_O, READ), (_O, _TOP)], "do_t", (_O + 0.85, READ - 0.36)),
        _Way("c", [(OUT, READ + 0.27), (OUT, SQUASH - 0.36)]),
        _Way("c", [(OUT, SQUASH + 0.36), (OUT, BELT)]),
    ),
    "c": (
        _Way("c", [(RIGHT, BELT), (_G + 0.27, BELT)], "dc_t", (6.7, BELT - 0.36)),
        _Way("c", [(_G - 0.27, BELT), (_F + 0.27, BELT)]),
        _Way("c", [(_F - 0.27, BELT), (LEFT, BELT)], "dc_{t-1}", (1.36, BELT - 0.36)),
        _Way("f", [(_F, BELT - 0.27), (_F, _TOP)], "df_t", (_F - 0.5, 2.75)),
        _Way("c", [(_G, BELT - 0.27), (_G, PRODUCT + 0.27)]),
        _Way("i", [(_G - 0.27, PRODUCT), (_I, PRODUCT), (_I, _TOP)], "di_t", (_I - 0.47, 2.6)),
        _Way("g", [(_G, PRODUCT - 0.27), (_G, _TOP)], "dg_t", (_G - 0.5, 2.8)),
    ),
    "z": tuple(
        _Way(gate, [(COLUMN[gate], _BOTTOM), (COLUMN[gate], LOW)], f"dz_{gate}", (COLUMN[gate] + 0.48, 1.38))
        for gate in "figo"
    ),
    "x": (
        _Way("h", [(_O, LOW), (MEET, LOW), (LEFT, LOW)], "dh_{t-1}", (0.2, LOW + 0.36)),
        _Way("h", [(MEET, LOW), (MEET, -0.1)], "dx_t", (MEET + 0.5, 0.16)),
    ),
}


def cell_figure(lit: str = STAGES, *, width: float = 4.9) -> Figure:
    """Draw one LSTM cell, pale, with the gradient's way through the stages `lit`.

    Parameters
    ----------
    lit : str
        Any of the letters h (back from h_t), c (along the belt), z (through the four boxes), x (out to h_{t-1}, x_t).
    width : float
        In inches.

    Raises
    ------
    ValueError
        If a letter names no stage.
    """
    if unknown := sorted(set(lit) - set(STAGES)):
        raise ValueError(f"A stage is one of the letters {', '.join(STAGES)}, got {', '.join(unknown)!r}.")
    figure, axis = figures.new(width=width, height=0.52 * width)
    wiring.draw_lstm(cell_diagrams.canvas(axis, wiring.LSTM_EDGES), lit="")
    for stage in lit:
        for way in _STRETCHES[stage]:
            _draw(axis, way)
    return figure


def _draw(axis: Axes, way: _Way) -> None:
    colour = wiring.COLOURS[way.colour]
    x, y = zip(*way.points, strict=True)
    axis.plot(x, y, color=colour, linewidth=wiring.THICK, linestyle=DASHED, zorder=3)
    _head(axis, *way.points[-2:], colour)
    if way.label:
        axis.text(*way.place, f"${way.label}$", fontsize=12.5, ha="center", va="center", zorder=9)


def _head(axis: Axes, start: tuple[float, float], tip: tuple[float, float], colour: str) -> None:
    """Draw an arrow head at `tip`, pointing away from `start`."""
    length = ((tip[0] - start[0]) ** 2 + (tip[1] - start[1]) ** 2) ** 0.5
    close = tuple(end + (begin - end) * 0.02 / length for begin, end in zip(start, tip, strict=True))
    style = {"arrowstyle": "-|>", "color": colour, "mutation_scale": 15, "shrinkA": 0, "shrinkB": 0}
    axis.annotate("", tip, close, arrowprops=style, zorder=4)


def show_stage(stage: str, numbers: str) -> None:
    """Show the gradient's way through one stage of the cell; `numbers` says what flows there in the example at hand."""
    name, way = WAYS[stage]
    figures.show(
        cell_figure(stage),
        caption=f"The way back, {name}: dashed. {numbers}",
        description=f"An LSTM cell, pale. The gradient's way through {name} is laid over it, dashed: {way}. {numbers}",
    )


def sequence_figure(steps: int = 4, cut: int | None = None, *, width: float = 7.6) -> Figure:
    """Draw the way back through a sequence: belt above (dc), hidden state below (dh), a loss at every step.

    Parameters
    ----------
    steps : int
        How many boxes.
    cut : int, optional
        After this step the state is detached: both gradients end there at a bar.
    width : float
        In inches.
    """
    figure, axis = figures.new(width=width, height=0.27 * width)
    axis.set(xlim=(0.25 * GAP, (steps + 0.62) * GAP), ylim=(-1.0, 2.25), aspect="equal")
    axis.axis("off")
    for t in range(1, steps + 1):
        x = t * GAP
        _forward(axis, x)
        style = {"facecolor": wiring.CELL, "edgecolor": "#777777", "zorder": 5}
        axis.add_patch(Rectangle((x - BOX, -BOX), 2 * BOX, 2 * BOX, **style))
        axis.text(x, 0, str(t), ha="center", va="center", fontsize=12, zorder=6)
        axis.text(x, 1.95, f"$L_{t}$", ha="center", va="center", fontsize=12)
        _draw(axis, _Way("h", [(x, 1.65), (x, BOX)]))
        for key, side in (("c", 1), ("h", -1)):
            start, end = (x - BOX, 0.3 * side), (x - GAP * (0.62 if t == 1 else 1) + BOX * (t > 1), 0.3 * side)
            if t - 1 == cut:
                _draw(axis, _Way(key, [start, (x - GAP / 2, 0.3 * side)]))
            else:
                place = ((start[0] + end[0]) / 2, 0.64 * side)
                _draw(axis, _Way(key, [start, end], f"d{key}_{t - 1}", place))
    if cut is not None:
        bar = (cut + 0.5) * GAP
        axis.plot([bar, bar], [-0.6, 0.6], color="black", linewidth=4, solid_capstyle="butt", zorder=6)
    return figure


def _forward(axis: Axes, x: float) -> None:
    """Draw the pale arrow by which the state reaches the box at `x`."""
    start = (x - GAP * (0.62 if x == GAP else 1), 0.0)
    axis.plot([start[0], x - BOX], [0, 0], color=wiring.PALE_LINE, linewidth=wiring.THIN, zorder=1)
    _head(axis, start, (x - BOX, 0.0), wiring.PALE_LINE)
