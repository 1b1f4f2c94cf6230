r"""The wiring of the cells: wires, maps and the belt, with one path lit at a time, drawn with any pen.

A wire that is lit has its gate's colour and is twice as thick; everything else stays pale. A rectangle applies a
learnt map (weights, then $\sigma$ or $\tanh$), a circle works element by element on what reaches it.
"""

from lstm_course import figures
from lstm_course.drawings.pens import Look, Pen, Points

COLOURS = figures.GATES | {"x": "#444444"}  # x: the line that several lit maps share
PALE_LINE, PALE_TEXT, PALE_FILL, CELL = "#CFCFCF", "#707070", "#F4F4F4", "#FAFAF7"
THIN, THICK = 1.4, 2.9
LSTM_PATHS, RNN_PATHS = "figcoh", "xh"

# Where things stand, in drawing units: the belt above, the line of h and x below, the four maps between.
BELT, MAPS, LOW = 4.6, 2.05, 0.95
PRODUCT, SQUASH, READ = 3.5, 3.55, 2.5  # heights of i times g, of tanh(c_t), and of o times that
COLUMN = {"f": 2.3, "i": 3.9, "g": 5.2, "o": 6.8}
MEET, OUT, LEFT, RIGHT = 1.25, 8.5, 0.0, 10.2
# The drawings' edges: left, right, bottom, top.
LSTM_EDGES = (LEFT - 1.05, RIGHT + 0.7, -0.45, 5.25)
RNN_END = 4.1
RNN_EDGES = (LEFT - 1.05, RNN_END + 0.7, -0.6, 1.6)


class _Wiring:
    """Draws wires, maps and nodes: each in the colour of its path, lit if one of `lit_by` is lit."""

    def __init__(self, pen: Pen, lit: str) -> None:
        self.pen, self.lit = pen, frozenset(lit)

    def _style(self, path: str, lit_by: str) -> tuple[str, float, int]:
        """Colour, line width and layer of something that belongs to `path`."""
        on = self.lit & set(lit_by or path)
        return (COLOURS[path], THICK, 3) if on else (PALE_LINE, THIN, 2)

    def wire(self, path: str, points: Points, *, lit_by: str = "", arrow: bool = True) -> None:
        """Draw a line through `points`, ending in an arrow head."""
        colour, width, layer = self._style(path, lit_by)
        self.pen.line(points, Look(edge=colour, width=width, layer=layer))
        if arrow:
            head = _arrow_head(points[-2], points[-1], size=0.24 if width == THICK else 0.17)
            self.pen.polygon(head, Look(fill=colour, edge=colour, width=0.5, layer=layer))

    def box(self, path: str, x: float, y: float, sign: str) -> None:
        """Draw a learnt map as a rectangle with its squashing function inside."""
        colour, _, layer = self._style(path, "")
        on = path in self.lit
        look = Look(fill=colour if on else PALE_FILL, edge=colour, width=THIN, layer=layer + 2)
        self.pen.box(x - 0.475, y - 0.3, 0.95, 0.6, look, radius=0.08)
        bright = path == "o"  # white on this colour would be too faint
        self.pen.text(x, y, sign, 11.5, colour="black" if on and bright else "white" if on else PALE_TEXT)

    def node(self, paths: str, x: float, y: float, sign: str) -> None:
        """Draw an element-by-element operation as a circle, in the colour of the first of `paths` that is lit."""
        on = [path for path in paths if path in self.lit]
        colour, _, layer = self._style((on or paths)[0], paths)
        radius, size = (0.36, 8.5) if sign == r"$\tanh$" else (0.27, 12.0)
        look = Look(fill="white" if on else PALE_FILL, edge=colour, width=2 if on else THIN, layer=layer + 2)
        self.pen.circle(x, y, radius, look)
        self.pen.text(x, y, sign, size, colour=_text_colour(bool(on)))

    def label(self, lit_by: str, x: float, y: float, symbol: str) -> None:
        """Write the symbol of what a wire carries."""
        on = bool(self.lit & set(lit_by))
        self.pen.text(x, y, f"${symbol}$", 13.5 if on else 12, colour=_text_colour(on))


def _text_colour(on: bool) -> str:
    return "black" if on else PALE_TEXT


def _arrow_head(start: tuple[float, float], tip: tuple[float, float], *, size: float) -> Points:
    """Corners of a triangle at `tip` that points away from `start` (along an axis)."""
    dx, dy = (float((end > begin) - (end < begin)) for begin, end in zip(start, tip, strict=True))
    (x, y), side = tip, 0.55 * size
    back_x, back_y = x - size * dx, y - size * dy
    return [tip, (back_x - side * dy, back_y + side * dx), (back_x + side * dy, back_y - side * dx)]


def _shell(pen: Pen, left: float, right: float, *, height: float = 4.65) -> None:
    """Draw the cell's outline."""
    pen.box(left, 0.45, right - left, height, Look(fill=CELL, edge="#BBBBBB", layer=0), radius=0.25)


def draw_lstm(pen: Pen, lit: str = LSTM_PATHS) -> None:
    """Draw an LSTM cell within `LSTM_EDGES`, with the named paths lit.

    Parameters
    ----------
    pen : Pen
    lit : str
        Any of the letters f (forget gate), i (input gate), g (candidate), c (cell update: the belt and what it is
        multiplied by and receives), o (output gate), h (hidden state). The default lights all.

    Raises
    ------
    ValueError
        If a letter names no path.
    """
    if unknown := sorted(set(lit) - set(LSTM_PATHS)):
        raise ValueError(f"A path is one of the letters {', '.join(LSTM_PATHS)}, got {', '.join(unknown)!r}.")
    wiring = _Wiring(pen, lit)
    _shell(pen, 0.75, 9.45)
    _draw_maps(wiring)
    _draw_belt(wiring)
    _draw_output(wiring)


def draw_rnn(pen: Pen, lit: str = RNN_PATHS) -> None:
    """Draw a plain RNN cell within `RNN_EDGES`, with the named paths lit: x (what it reads), h (what it makes)."""
    wiring = _Wiring(pen, lit)
    _shell(pen, 0.75, RNN_END - 0.75, height=1.0)
    wiring.wire("x", [(LEFT, LOW), (1.85, LOW)])
    wiring.wire("x", [(MEET, -0.1), (MEET, LOW)], arrow=False)
    wiring.wire("h", [(2.7, LOW), (RNN_END, LOW)])
    wiring.box("h", 2.3, LOW, r"$\tanh$")
    wiring.label("x", LEFT - 0.62, LOW, "h_{t-1}")
    wiring.label("x", MEET, -0.34, "x_t")
    wiring.label("h", RNN_END + 0.35, LOW, "h_t")


def _draw_maps(wiring: _Wiring) -> None:
    """Draw h_prev and x_t, the line they share, and the four maps that read it."""
    maps = "figo"
    lit_maps = [path for path in maps if path in wiring.lit]
    shared = lit_maps[0] if len(lit_maps) == 1 else "x"
    wiring.wire(shared, [(LEFT, LOW), (MEET, LOW)], lit_by=maps, arrow=False)
    wiring.wire(shared, [(MEET, -0.1), (MEET, LOW)], lit_by=maps, arrow=False)
    wiring.label(maps, LEFT - 0.62, LOW, "h_{t-1}")
    wiring.label(maps, MEET, -0.34, "x_t")
    for start, path in zip([MEET, *(COLUMN[path] for path in "fig")], maps, strict=True):
        further = maps[maps.index(path) :]  # this stretch of the shared line leads to these maps
        wiring.wire(shared, [(start, LOW), (COLUMN[path], LOW)], lit_by=further, arrow=False)
        wiring.wire(path, [(COLUMN[path], LOW), (COLUMN[path], MAPS - 0.3)])
        wiring.box(path, COLUMN[path], MAPS, r"$\tanh$" if path == "g" else r"$\sigma$")


def _draw_belt(wiring: _Wiring) -> None:
    """Draw the belt c, what multiplies it (f) and what is added to it (i times g)."""
    f, i, g = COLUMN["f"], COLUMN["i"], COLUMN["g"]
    top = MAPS + 0.3
    wiring.wire("c", [(LEFT, BELT), (f - 0.27, BELT)])
    wiring.wire("c", [(f + 0.27, BELT), (g - 0.27, BELT)])
    wiring.wire("c", [(g + 0.27, BELT), (RIGHT, BELT)])
    wiring.wire("f", [(f, top), (f, BELT - 0.27)], lit_by="fc")
    wiring.wire("i", [(i, top), (i, PRODUCT), (g - 0.27, PRODUCT)], lit_by="ic")
    wiring.wire("g", [(g, top), (g, PRODUCT - 0.27)], lit_by="gc")
    wiring.wire("c", [(g, PRODUCT + 0.27), (g, BELT - 0.27)])
    wiring.node("cf", f, BELT, r"$\times$")
    wiring.node("cig", g, PRODUCT, r"$\times$")
    wiring.node("c", g, BELT, "$+$")
    for path, x, y in (("f", f - 0.38, 3.4), ("i", i - 0.34, 3.1), ("g", g + 0.4, 2.8)):
        wiring.label(path + "c", x, y, f"{path}_t")
    wiring.label("c", LEFT - 0.62, BELT, "c_{t-1}")
    wiring.label("ch", RIGHT + 0.35, BELT, "c_t")


def _draw_output(wiring: _Wiring) -> None:
    """Draw how h_t is read off the belt through the output gate."""
    o = COLUMN["o"]
    wiring.wire("h", [(OUT, BELT), (OUT, SQUASH + 0.36)])
    wiring.wire("h", [(OUT, SQUASH - 0.36), (OUT, READ + 0.27)])
    wiring.wire("o", [(o, MAPS + 0.3), (o, READ), (OUT - 0.27, READ)], lit_by="oh")
    wiring.wire("h", [(OUT, READ - 0.27), (OUT, LOW), (RIGHT, LOW)])
    wiring.node("h", OUT, SQUASH, r"$\tanh$")
    wiring.node("ho", OUT, READ, r"$\times$")
    wiring.label("oh", o + 0.75, READ + 0.32, "o_t")
    wiring.label("h", RIGHT + 0.35, LOW, "h_t")
