r"""Drawings of a whole LSTM layer: unrolled over steps and layers, in two directions, and a padded batch.

In the unrolled pictures a box is one step of one layer (boxes of a row share their weights) and an arrow carries one
(B, H) block. The bands show which blocks `out`, `h_n` and `c_n` stack: blue and solid for `out`, vermilion and dashed
for the final states, grey and dotted for the initial ones.
"""

from collections.abc import Sequence
from string import ascii_lowercase
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle

from lstm_course import figures

Point = tuple[float, float]

OUT, FINAL, START = figures.BLUE, figures.VERMILION, figures.GREY
DASHES = {OUT: "-", FINAL: "--", START: ":"}
BOX_FILL, PAD_FILL, LINE = "#F4F4F4", "#EEEEEE", "#444444"
STEP, ROW = 1.7, 1.15  # distances between the boxes of neighbouring steps and layers
BOX = (0.8, 0.56)  # width and height of a box
SIDE, SMALL = 0.36, 0.58  # in two directions: how far aside the boxes stand, and their width


def stacked_figure(layers: int, steps: int) -> Figure:
    """Draw an `nn.LSTM` with `layers` layers over `steps` steps, and what x, out, h_n and c_n are made of.

    Raises
    ------
    ValueError
        If there are fewer than 1 layer or 2 steps.
    """
    _require_steps(steps)
    if layers < 1:
        raise ValueError(f"A picture of layers needs at least 1, got {layers}.")
    figure, axis = _canvas(width=7.2, height=1.75 + 0.72 * layers)
    for layer in range(layers):
        _row(axis, layer * ROW, f"l{layer}", steps)
        _ends(axis, layer * ROW, steps, f"({layer})")
    for x, number in ((step * STEP, step + 1) for step in range(steps)):
        _text(axis, x, -1.0, rf"$x_{number}$")
        _arrow(axis, (x, -0.72), (x, -BOX[1] / 2))
        for layer in range(layers):  # its h goes up: to the next layer, the last one's to out
            y = layer * ROW
            _arrow(axis, (x, y + BOX[1] / 2), (x, y + (ROW - BOX[1] / 2 if layer < layers - 1 else 0.6)))
        _text(axis, x, (layers - 1) * ROW + 0.91, rf"$h_{number}^{{({layers - 1})}}$")
    _bands(axis, layers, steps)
    _fit(axis, (-2.6, (steps - 1) * STEP + 3.5), (-1.95, (layers - 1) * ROW + 1.55))
    return figure


def bidirectional_figure(steps: int) -> Figure:
    """Draw one bidirectional layer over `steps` steps: two rows, read from opposite ends, joined in out.

    Raises
    ------
    ValueError
        If there are fewer than 2 steps.
    """
    _require_steps(steps)
    figure, axis = _canvas(width=7.2, height=3.0)
    last = (steps - 1) * STEP
    for side, y, sign in ((-SIDE, 0.0, r"$\rightarrow$"), (SIDE, ROW, r"$\leftarrow$")):
        _row(axis, y, sign, steps, forward=side < 0, width=SMALL, shift=side)
        for step in range(steps):
            _read_and_tell(axis, step * STEP + side, y, step + 1, sign)
    for step in range(steps):
        _text(axis, step * STEP, -0.95, rf"$x_{step + 1}$")
    _band(axis, OUT, (-0.75, ROW + 0.6), (last + 0.75, ROW + 1.2), "out", (-0.95, ROW + 0.9), "right")
    for start, end, y, name in (
        (last - SIDE + SMALL / 2, last + 0.9, 0, "h_n[0]"),
        (SIDE - SMALL / 2, -0.9, ROW, "h_n[1]"),
    ):
        _arrow(axis, (start, y), (end, y))
        middle = end + (0.5 if end > 0 else -0.5)
        _band(axis, FINAL, (middle - 0.48, y - 0.25), (middle + 0.48, y + 0.25), name, (middle, y))
    _fit(axis, (-2.1, last + 2.1), (-1.2, ROW + 1.35))
    return figure


def padded_figure(lengths: Sequence[int]) -> Figure:
    """Draw a padded batch of sequences of these `lengths` (left), and the same batch packed (right).

    Raises
    ------
    ValueError
        If there is no sequence, or one is empty.
    """
    if not lengths or min(lengths) < 1:
        raise ValueError(f"A padded batch needs sequences of at least 1 step, got lengths {list(lengths)}.")
    figure, axes = figures.new(1, 2, width=7.2, height=0.75 + 0.36 * len(lengths))
    for axis, title in zip(axes, ("padded", "packed"), strict=True):
        axis.axis("off")
        axis.set_title(title, loc="center")
    _padded(axes[0], lengths)
    _packed(axes[1], lengths)
    for axis in axes:
        axis.set(aspect="equal", xlim=(-0.8, max(lengths) + 0.1), ylim=(len(lengths) + 0.25, -0.35))
    return figure


def _require_steps(steps: int) -> None:
    if steps < 2:
        raise ValueError(f"An unrolled picture needs at least 2 steps, got {steps}.")


def _canvas(*, width: float, height: float) -> tuple[Figure, Axes]:
    figure, axis = figures.new(width=width, height=height)
    axis.axis("off")
    return figure, axis


def _fit(axis: Axes, x: Point, y: Point) -> None:
    axis.set(xlim=x, ylim=y, aspect="equal")


def _text(axis: Axes, x: float, y: float, words: str, **options: str | float) -> None:
    axis.text(x, y, words, **{"ha": "center", "va": "center", "fontsize": 11, "zorder": 5} | options)


def _arrow(axis: Axes, start: Point, end: Point) -> None:
    properties = {"arrowstyle": "-|>", "color": LINE, "linewidth": 1.2, "shrinkA": 0, "shrinkB": 0}
    axis.annotate("", end, start, arrowprops=properties)


def _row(
    axis: Axes, y: float, name: str, steps: int, *, forward: bool = True, width: float = BOX[0], shift: float = 0.0
) -> None:
    """Draw the boxes of one layer and direction, and the arrows along which its state travels."""
    for step in range(steps):
        x = step * STEP + shift
        low, high = (x - width / 2, y - BOX[1] / 2), (x + width / 2, y + BOX[1] / 2)
        axis.add_patch(_rounded(low, high, 0.08, facecolor=BOX_FILL, edgecolor=LINE, zorder=3))
        _text(axis, x, y, name, family="monospace", fontsize=8.5 if name.startswith("l") else 11)
        if step:
            ends = (x - STEP + width / 2, y), (x - width / 2, y)
            _arrow(axis, *(ends if forward else ends[::-1]))


def _ends(axis: Axes, y: float, steps: int, layer: str) -> None:
    """Draw the initial and the final state of one layer."""
    last = (steps - 1) * STEP
    _arrow(axis, (-0.95, y), (-BOX[0] / 2, y))
    _arrow(axis, (last + BOX[0] / 2, y), (last + 0.9, y))
    _text(axis, -1.45, y, rf"$h_0^{{{layer}}}\!, c_0^{{{layer}}}$")
    _text(axis, last + 1.45, y, rf"$h_{steps}^{{{layer}}}\!, c_{steps}^{{{layer}}}$")


def _read_and_tell(axis: Axes, x: float, y: float, number: int, sign: str) -> None:
    """Draw how the box at (x, y) reads its input from below and hands its h to out, above both rows."""
    _arrow(axis, (x, -0.72), (x, y - BOX[1] / 2))
    _arrow(axis, (x, y + BOX[1] / 2), (x, ROW + 0.6))
    _text(axis, x, ROW + 0.9, rf"$h_{number}^{{{sign[1:-1]}}}$")


def _bands(axis: Axes, layers: int, steps: int) -> None:
    """Draw which blocks make up x, out, the initial and the final states, each with its shape."""
    last, top = (steps - 1) * STEP, (layers - 1) * ROW
    _band(axis, OUT, (-0.55, top + 0.62), (last + 0.55, top + 1.2), "out (T, B, H)", (last / 2, top + 1.4))
    _band(axis, LINE, (-0.55, -1.28), (last + 0.55, -0.72), "x (T, B, I)", (last / 2, -1.5))
    _band(axis, START, (-2.05, -0.4), (-0.9, top + 0.4), "h_0, c_0\n(L, B, H)", (-1.5, -0.83))
    _band(axis, FINAL, (last + 0.9, -0.4), (last + 2.05, top + 0.4), "h_n, c_n\n(L, B, H)", (last + 1.5, -0.83))


def _rounded(low: Point, high: Point, radius: float, **options: Any) -> FancyBboxPatch:
    style = f"round,pad=0,rounding_size={radius}"
    return FancyBboxPatch(low, high[0] - low[0], high[1] - low[1], boxstyle=style, **options)


def _band(axis: Axes, colour: str, low: Point, high: Point, name: str, at: Point, side: str = "center") -> None:
    """Draw a rounded outline from corner `low` to corner `high`, with its name at `at`."""
    dash = DASHES.get(colour, "-")
    axis.add_patch(_rounded(low, high, 0.16, facecolor="none", edgecolor=colour, linewidth=1.8, linestyle=dash))
    _text(axis, *at, name, ha=side, family="monospace", fontsize=8.5, color=colour)


def _cell(axis: Axes, row: int, column: int, words: str, *, valid: bool = True, shift: float = 0.0) -> None:
    """Draw one element of a batch, grey and hatched where it is padding."""
    fill = {"facecolor": "white"} if valid else {"facecolor": PAD_FILL, "hatch": "////"}
    axis.add_patch(Rectangle((column, row), 0.92, 0.8, edgecolor="#AAAAAA", linewidth=0.8, **fill))
    _text(axis, column + 0.46 + shift, row + 0.4, words, fontsize=10)


def _ring(axis: Axes, row: int, column: int, colour: str) -> None:
    grow = 0.06 if colour == FINAL else -0.05
    low, high = (column - grow, row - grow), (column + 0.92 + grow, row + 0.8 + grow)
    axis.add_patch(
        _rounded(low, high, 0.1, facecolor="none", edgecolor=colour, linewidth=2, linestyle=DASHES[colour], zorder=6)
    )


def _padded(axis: Axes, lengths: Sequence[int]) -> None:
    """Draw sequences side by side, filled up with 0, with the last column and the last valid elements ringed."""
    longest = max(lengths)
    for row, (letter, length) in enumerate(zip(ascii_lowercase, lengths, strict=False)):
        for step in range(longest):
            valid = step < length
            _cell(axis, row, step, f"${letter}_{step + 1}$" if valid else "0", valid=valid)
        _ring(axis, row, longest - 1, FINAL)
        _ring(axis, row, length - 1, OUT)


def _packed(axis: Axes, lengths: Sequence[int]) -> None:
    """Draw the packed form: longest sequence first, read column by column, with the batch size of each step."""
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    place = 0
    for step in range(max(lengths)):
        size = sum(length > step for length in lengths)
        for row, old in enumerate(order[:size]):
            _cell(axis, row, step, f"${ascii_lowercase[old]}_{step + 1}$", shift=0.1)
            _text(axis, step + 0.08, row + 0.2, str(place), ha="left", fontsize=7, color=OUT)
            place += 1
        _text(axis, step + 0.46, len(lengths) + 0.15, str(size), family="monospace")
    _text(axis, -0.1, len(lengths) + 0.15, "batch_sizes", ha="right", family="monospace", fontsize=8.5)
