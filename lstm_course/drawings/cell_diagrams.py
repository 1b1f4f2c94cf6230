r"""Drawings of the cells: wires, gates and the belt, with one path lit at a time.

A wire that is lit has its gate's colour and is twice as thick; everything else stays pale. A rectangle applies a
learnt map (weights, then $\sigma$ or $\tanh$), a circle works element by element on what reaches it.
"""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch, Polygon

from lstm_course import figures

Points = Sequence[tuple[float, float]]

COLOURS = figures.GATES | {"x": "#444444"}  # x: the line that several lit maps share
PALE_LINE, PALE_TEXT, PALE_FILL, CELL = "#CFCFCF", "#ABABAB", "#F4F4F4", "#FAFAF7"
THIN, THICK = 1.4, 2.9
PATHS = "figcoh"
# What each path is called, and where it runs.
WAYS = {
    "f": ("forget gate", "from h_prev and x_t through a sigma box, as f_t, up to the times sign on the belt"),
    "i": ("input gate", "from h_prev and x_t through a sigma box, as i_t, to the times sign below the belt"),
    "g": ("candidate", "from h_prev and x_t through a tanh box, as g_t, to the times sign below the belt"),
    "c": ("cell update", "the belt from c_prev, times f_t, plus the product of i_t and g_t, to c_t"),
    "o": ("output gate", "from h_prev and x_t through a sigma box, as o_t, to the times sign on the way to h_t"),
    "h": ("hidden state", "from the belt down through tanh, times o_t, out as h_t; the belt itself runs on"),
}

# Where things stand, in drawing units: the belt above, the line of h and x below, the four maps between.
BELT, MAPS, LOW = 4.6, 2.05, 0.95
PRODUCT, SQUASH, READ = 3.5, 3.55, 2.5  # heights of i times g, of tanh(c_t), and of o times that
COLUMN = {"f": 2.3, "i": 3.9, "g": 5.2, "o": 6.8}
MEET, OUT, LEFT, RIGHT = 1.25, 8.5, 0.0, 10.2


class _Pen:
    """Draws wires, maps and nodes on an axis: each in the colour of its path, lit if one of `lit_by` is lit."""

    def __init__(self, axis: Axes, lit: frozenset[str]) -> None:
        self.axis, self.lit = axis, lit

    def _style(self, path: str, lit_by: str) -> tuple[str, float, int]:
        """Colour, line width and layer of something that belongs to `path`."""
        on = self.lit & set(lit_by or path)
        return (COLOURS[path], THICK, 3) if on else (PALE_LINE, THIN, 2)

    def wire(self, path: str, points: Points, *, lit_by: str = "", arrow: bool = True) -> None:
        """Draw a line through `points`, ending in an arrow head."""
        colour, width, layer = self._style(path, lit_by)
        x, y = zip(*points, strict=True)
        self.axis.plot(x, y, color=colour, linewidth=width, zorder=layer, solid_joinstyle="round")
        if arrow:
            head = _arrow_head(points[-2], points[-1], size=0.24 if width == THICK else 0.17)
            self.axis.add_patch(Polygon(head, color=colour, zorder=layer, linewidth=0.5))

    def box(self, path: str, x: float, y: float, sign: str) -> None:
        """Draw a learnt map as a rectangle with its squashing function inside."""
        colour, _, layer = self._style(path, "")
        on = path in self.lit
        corners = FancyBboxPatch(
            (x - 0.475, y - 0.3), 0.95, 0.6, boxstyle="round,pad=0,rounding_size=0.08",
            facecolor=colour if on else PALE_FILL, edgecolor=colour, linewidth=THIN, zorder=layer + 2,
        )  # fmt: skip
        self.axis.add_patch(corners)
        bright = path == "o"  # white on this colour would be too faint
        self.text(x, y, sign, "black" if on and bright else "white" if on else PALE_TEXT, size=11.5)

    def node(self, paths: str, x: float, y: float, sign: str) -> None:
        """Draw an element-by-element operation as a circle, in the colour of the first of `paths` that is lit."""
        on = [path for path in paths if path in self.lit]
        colour, _, layer = self._style((on or paths)[0], paths)
        radius, size = (0.27, 12.0) if len(sign) == 1 else (0.36, 8.5)
        circle = Circle(
            (x, y), radius, facecolor="white" if on else PALE_FILL, edgecolor=colour,
            linewidth=2 if on else THIN, zorder=layer + 2,
        )  # fmt: skip
        self.axis.add_patch(circle)
        self.text(x, y, {"x": r"$\times$", "tanh": r"$\tanh$"}.get(sign, sign), _text_colour(bool(on)), size=size)

    def label(self, lit_by: str, x: float, y: float, symbol: str) -> None:
        """Write the symbol of what a wire carries."""
        on = bool(self.lit & set(lit_by))
        self.text(x, y, f"${symbol}$", _text_colour(on), size=13.5 if on else 12)

    def text(self, x: float, y: float, words: str, colour: str, *, size: float) -> None:
        self.axis.text(x, y, words, color=colour, fontsize=size, ha="center", va="center", zorder=8)


def _text_colour(on: bool) -> str:
    return "black" if on else PALE_TEXT


def _arrow_head(start: tuple[float, float], tip: tuple[float, float], *, size: float) -> Points:
    """Corners of a triangle at `tip` that points away from `start` (along an axis)."""
    dx, dy = (float((end > begin) - (end < begin)) for begin, end in zip(start, tip, strict=True))
    (x, y), side = tip, 0.55 * size
    back_x, back_y = x - size * dx, y - size * dy
    return [tip, (back_x - side * dy, back_y + side * dx), (back_x + side * dy, back_y - side * dx)]


def _canvas(axis: Axes, left: float, right: float, low: float = -0.45, high: float = 5.25) -> None:
    axis.set(xlim=(left, right), ylim=(low, high), aspect="equal")
    axis.axis("off")


def _shell(axis: Axes, left: float, right: float, *, height: float = 4.65) -> None:
    """Draw the cell's outline."""
    outline = FancyBboxPatch(
        (left, 0.45), right - left, height, boxstyle="round,pad=0,rounding_size=0.25",
        facecolor=CELL, edgecolor="#BBBBBB", linewidth=1, zorder=0,
    )  # fmt: skip
    axis.add_patch(outline)


def draw_lstm(axis: Axes, lit: str = PATHS) -> None:
    """Draw an LSTM cell on `axis` with the named paths lit.

    Parameters
    ----------
    axis : Axes
    lit : str
        Any of the letters f (forget gate), i (input gate), g (candidate), c (cell update: the belt and what it is
        multiplied by and receives), o (output gate), h (hidden state). The default lights all.

    Raises
    ------
    ValueError
        If a letter names no path.
    """
    if unknown := sorted(set(lit) - set(PATHS)):
        raise ValueError(f"A path is one of the letters {', '.join(PATHS)}, got {', '.join(unknown)!r}.")
    pen = _Pen(axis, frozenset(lit))
    _canvas(axis, LEFT - 1.05, RIGHT + 0.7)
    _shell(axis, 0.75, 9.45)
    _draw_maps(pen)
    _draw_belt(pen)
    _draw_output(pen)


def _draw_maps(pen: _Pen) -> None:
    """Draw h_prev and x_t, the line they share, and the four maps that read it."""
    maps = "figo"
    lit_maps = [path for path in maps if path in pen.lit]
    shared = lit_maps[0] if len(lit_maps) == 1 else "x"
    pen.wire(shared, [(LEFT, LOW), (MEET, LOW)], lit_by=maps, arrow=False)
    pen.wire(shared, [(MEET, -0.1), (MEET, LOW)], lit_by=maps, arrow=False)
    pen.label(maps, LEFT - 0.62, LOW, "h_{t-1}")
    pen.label(maps, MEET, -0.34, "x_t")
    for start, path in zip([MEET, *(COLUMN[path] for path in "fig")], maps, strict=True):
        further = maps[maps.index(path) :]  # this stretch of the shared line leads to these maps
        pen.wire(shared, [(start, LOW), (COLUMN[path], LOW)], lit_by=further, arrow=False)
        pen.wire(path, [(COLUMN[path], LOW), (COLUMN[path], MAPS - 0.3)])
        pen.box(path, COLUMN[path], MAPS, r"$\tanh$" if path == "g" else r"$\sigma$")


def _draw_belt(pen: _Pen) -> None:
    """Draw the belt c, what multiplies it (f) and what is added to it (i times g)."""
    f, i, g = COLUMN["f"], COLUMN["i"], COLUMN["g"]
    top = MAPS + 0.3
    pen.wire("c", [(LEFT, BELT), (f - 0.27, BELT)])
    pen.wire("c", [(f + 0.27, BELT), (g - 0.27, BELT)])
    pen.wire("c", [(g + 0.27, BELT), (RIGHT, BELT)])
    pen.wire("f", [(f, top), (f, BELT - 0.27)], lit_by="fc")
    pen.wire("i", [(i, top), (i, PRODUCT), (g - 0.27, PRODUCT)], lit_by="ic")
    pen.wire("g", [(g, top), (g, PRODUCT - 0.27)], lit_by="gc")
    pen.wire("c", [(g, PRODUCT + 0.27), (g, BELT - 0.27)])
    pen.node("cf", f, BELT, "x")
    pen.node("cig", g, PRODUCT, "x")
    pen.node("c", g, BELT, "+")
    for path, x, y in (("f", f - 0.38, 3.4), ("i", i - 0.34, 3.1), ("g", g + 0.4, 2.8)):
        pen.label(path + "c", x, y, f"{path}_t")
    pen.label("c", LEFT - 0.62, BELT, "c_{t-1}")
    pen.label("ch", RIGHT + 0.35, BELT, "c_t")


def _draw_output(pen: _Pen) -> None:
    """Draw how h_t is read off the belt through the output gate."""
    o = COLUMN["o"]
    pen.wire("h", [(OUT, BELT), (OUT, SQUASH + 0.36)])
    pen.wire("h", [(OUT, SQUASH - 0.36), (OUT, READ + 0.27)])
    pen.wire("o", [(o, MAPS + 0.3), (o, READ), (OUT - 0.27, READ)], lit_by="oh")
    pen.wire("h", [(OUT, READ - 0.27), (OUT, LOW), (RIGHT, LOW)])
    pen.node("h", OUT, SQUASH, "tanh")
    pen.node("ho", OUT, READ, "x")
    pen.label("oh", o + 0.75, READ + 0.32, "o_t")
    pen.label("h", RIGHT + 0.35, LOW, "h_t")


def draw_rnn(axis: Axes) -> None:
    """Draw a plain RNN cell on `axis`, at the scale of `draw_lstm`, everything lit."""
    pen = _Pen(axis, frozenset("h"))
    end = 4.1
    _canvas(axis, LEFT - 1.05, end + 0.7)
    _shell(axis, 0.75, end - 0.75, height=1.0)
    pen.wire("x", [(LEFT, LOW), (1.85, LOW)], lit_by="h")
    pen.wire("x", [(MEET, -0.1), (MEET, LOW)], lit_by="h", arrow=False)
    pen.wire("h", [(2.7, LOW), (end, LOW)])
    pen.box("h", 2.3, LOW, r"$\tanh$")
    pen.label("h", LEFT - 0.62, LOW, "h_{t-1}")
    pen.label("h", MEET, -0.34, "x_t")
    pen.label("h", end + 0.35, LOW, "h_t")


def lstm_figure(lit: str = PATHS, *, width: float = 4.6) -> Figure:
    """Draw one LSTM cell as a figure of its own, `width` inches wide; `lit` as in `draw_lstm`."""
    figure, axis = figures.new(width=width, height=0.52 * width)
    draw_lstm(axis, lit)
    return figure


def rnn_and_lstm_figure(*, width: float = 7.4) -> Figure:
    """Draw the plain RNN cell and the LSTM cell side by side, at one scale."""
    figure, axes = figures.new(1, 2, width=width, height=0.38 * width, width_ratios=[5.85, 11.95])
    draw_rnn(axes[0])
    draw_lstm(axes[1])
    for axis, title in zip(axes, ("RNN", "LSTM"), strict=True):
        axis.set_title(title, loc="center")
    return figure


def show_path(path: str, numbers: str) -> None:
    """Show an LSTM cell in which one path is lit; `numbers` says what flows there in the example at hand."""
    name, way = WAYS[path]
    figures.show(
        lstm_figure(path),
        caption=f"The LSTM cell with one path lit: {name}. {numbers}",
        description=f"An LSTM cell, everything pale but the {name}, drawn thick: {way}. Values: {numbers}",
    )
