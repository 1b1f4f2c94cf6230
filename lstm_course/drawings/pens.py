"""Pens: a drawing is written once, with a pen, and comes out as a matplotlib picture or as an SVG.

For every pen, x points right and y up; places and sizes are in the drawing's units, the widths of lines and the sizes
of letters in points (1/72 inch). Words may be mathematics between dollar signs, of the simple kind that labels need.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from copy import copy
from typing import NamedTuple, Self
from xml.etree.ElementTree import Element, SubElement, tostring

from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, FancyBboxPatch, Patch, Polygon, Rectangle

from lstm_course import figures

Points = Sequence[tuple[float, float]]

PIXELS = 96 / 72  # CSS pixels a point
LETTERS, SERIF = "DejaVu Sans, Verdana, sans-serif", "STIX Two Text, Cambria Math, Times New Roman, serif"
DASHES = {"-": (), "--": (3.7, 1.6), ":": (1.0, 1.65), "-.": (6.4, 1.6, 1.0, 1.6)}  # in widths, as in matplotlib
SIGNS = {r"\sigma": "σ", r"\tanh": "tanh", r"\times": "×", r"\to": "→", r"\,": "\u2009", "-": "−"}


class Look(NamedTuple):
    """How a shape looks. What is not `shown` keeps its place and is invisible."""

    fill: str = "none"
    edge: str = "none"
    width: float = 1.0
    layer: int = 2  # what covers what in matplotlib; in an SVG, what is drawn later covers what was drawn before
    shown: bool = True


class Pen(ABC):
    """Puts shapes on a canvas."""

    def __init__(self) -> None:
        self._x, self._y, self._scale = 0.0, 0.0, 1.0

    def at(self, x: float, y: float, scale: float = 1.0) -> Self:
        """Return a pen for the same canvas with its origin at (x, y) and units `scale` times as large."""
        pen = copy(self)
        pen._x, pen._y = self._place(x, y)
        pen._scale = self._scale * scale
        return pen

    def _place(self, x: float, y: float) -> tuple[float, float]:
        return self._x + self._scale * x, self._y + self._scale * y

    @abstractmethod
    def line(self, points: Points, look: Look) -> None:
        """Draw a line through `points`."""

    @abstractmethod
    def polygon(self, points: Points, look: Look) -> None:
        """Draw the polygon with these corners."""

    @abstractmethod
    def box(self, x: float, y: float, width: float, height: float, look: Look, *, radius: float = 0.0) -> None:
        """Draw a rectangle from its lower left corner (x, y), its corners rounded by `radius`."""

    @abstractmethod
    def circle(self, x: float, y: float, radius: float, look: Look) -> None:
        """Draw a circle around (x, y)."""

    @abstractmethod
    def text(self, x: float, y: float, words: str, size: float, *, colour: str = "black", shown: bool = True) -> None:
        """Write `words` centred on (x, y)."""


class MatplotlibPen(Pen):
    """Draws on a matplotlib axis, in its data coordinates."""

    def __init__(self, axis: Axes) -> None:
        super().__init__()
        self._axis = axis

    def line(self, points: Points, look: Look) -> None:
        """Draw a line through `points`."""
        x, y = zip(*(self._place(*point) for point in points), strict=True)
        self._axis.plot(x, y, color=look.edge, linewidth=look.width, zorder=look.layer, solid_joinstyle="round")

    def polygon(self, points: Points, look: Look) -> None:
        """Draw the polygon with these corners."""
        self._add(Polygon([self._place(*point) for point in points]), look)

    def box(self, x: float, y: float, width: float, height: float, look: Look, *, radius: float = 0.0) -> None:
        """Draw a rectangle from its lower left corner (x, y), its corners rounded by `radius`."""
        corner, size = self._place(x, y), (self._scale * width, self._scale * height)
        if radius:
            style = f"round,pad=0,rounding_size={self._scale * radius}"
            self._add(FancyBboxPatch(corner, *size, boxstyle=style), look)
        else:
            self._add(Rectangle(corner, *size), look)

    def circle(self, x: float, y: float, radius: float, look: Look) -> None:
        """Draw a circle around (x, y)."""
        self._add(Circle(self._place(x, y), self._scale * radius), look)

    def text(self, x: float, y: float, words: str, size: float, *, colour: str = "black", shown: bool = True) -> None:
        """Write `words` centred on (x, y)."""
        if shown:
            place = self._place(x, y)
            self._axis.text(*place, words, color=colour, fontsize=size, ha="center", va="center", zorder=8)

    def _add(self, patch: Patch, look: Look) -> None:
        patch.set(facecolor=look.fill, edgecolor=look.edge, linewidth=look.width)
        patch.set(zorder=look.layer, visible=look.shown)
        self._axis.add_patch(patch)


def drawn_figure(width: float, height: float, draw: Callable[[Pen], None]) -> Figure:
    """Return a figure of this size in CSS pixels, the units of its drawing; the origin is the lower left corner."""
    figure, axis = figures.new(width=width / figures.CSS_DPI, height=height / figures.CSS_DPI)
    axis.set_position((0, 0, 1, 1))
    axis.set(xlim=(0, width), ylim=(0, height))
    axis.axis("off")
    draw(MatplotlibPen(axis))
    return figure


class SvgPen(Pen):
    """Draws an SVG of `width` by `height` CSS pixels, the units of its drawing; the origin is the lower left corner."""

    def __init__(self, width: float, height: float) -> None:
        super().__init__()
        size = {"width": f"{width:g}", "height": f"{height:g}", "viewBox": f"0 0 {width:g} {height:g}"}
        self.svg = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "font-family": LETTERS, **size})
        self._height = height

    def line(self, points: Points, look: Look) -> None:
        """Draw a line through `points`."""
        self._add("polyline", look, points=self._path(points))

    def polygon(self, points: Points, look: Look) -> None:
        """Draw the polygon with these corners."""
        self._add("polygon", look, points=self._path(points))

    def box(self, x: float, y: float, width: float, height: float, look: Look, *, radius: float = 0.0) -> None:
        """Draw a rectangle from its lower left corner (x, y), its corners rounded by `radius`."""
        left, top = self._pixel(x, y + height)
        size = {name: self._scale * value for name, value in (("width", width), ("height", height), ("rx", radius))}
        self._add("rect", look, x=left, y=top, **size)

    def circle(self, x: float, y: float, radius: float, look: Look) -> None:
        """Draw a circle around (x, y)."""
        cx, cy = self._pixel(x, y)
        self._add("circle", look, cx=cx, cy=cy, r=self._scale * radius)

    def text(self, x: float, y: float, words: str, size: float, *, colour: str = "black", shown: bool = True) -> None:
        """Write `words` centred on (x, y)."""
        left, middle = self._pixel(x, y)
        pixels = size * PIXELS
        base = middle + 0.36 * pixels  # letters stand on their base line
        look = Look(fill=colour, width=0, shown=shown)
        text = self._add("text", look, x=left, y=base, font_size=pixels, text_anchor="middle")
        if words.startswith("$"):
            _write_mathematics(text, words.strip("$"), pixels)
        else:
            text.text = words

    def trace(self, line: Line2D) -> None:
        """Draw a line of a matplotlib figure, or its dots, within its axes; the canvas is the figure."""
        figure, clip = line.axes.figure, line.axes.get_window_extent()
        scale = figures.CSS_DPI / figure.dpi
        points = line.get_transform().transform(line.get_xydata()) * scale
        left, top = self._pixel(clip.x0 * scale, clip.y1 * scale)
        place = {"x": left, "y": top, "width": clip.width * scale, "height": clip.height * scale}
        window = SubElement(self.svg, "svg", _attributes(**place))
        window.set("viewBox", " ".join(f"{value:.1f}" for value in place.values()))
        colour, width = to_hex(line.get_color()), line.get_linewidth() * PIXELS
        if line.get_linestyle() != "None":
            dashes = " ".join(f"{width * part:.1f}" for part in DASHES[line.get_linestyle()])
            look = {"fill": "none", "stroke": colour, "stroke_width": width, "stroke_dasharray": dashes or "none"}
            SubElement(window, "polyline", _attributes(points=self._path(points), **look))
        else:
            radius = line.get_markersize() / 2 * PIXELS
            for cx, cy in (self._pixel(*point) for point in points):
                SubElement(window, "circle", _attributes(cx=cx, cy=cy, r=radius, fill=colour))

    def text_of(self) -> str:
        """Return the SVG as text."""
        return tostring(self.svg, encoding="unicode")

    def _pixel(self, x: float, y: float) -> tuple[float, float]:
        across, up = self._place(x, y)
        return across, self._height - up

    def _path(self, points: Points) -> str:
        return " ".join("{:.1f},{:.1f}".format(*self._pixel(*point)) for point in points)

    def _add(self, tag: str, look: Look, **attributes: str | float) -> Element:
        style = {
            "fill": look.fill,
            "stroke": look.edge,
            "stroke_width": look.width * PIXELS,
            "opacity": int(look.shown),
        }
        return SubElement(self.svg, tag, _attributes(**style, **attributes))


def _attributes(**values: str | float) -> dict[str, str]:
    """Write values as XML wants them, numbers to a tenth of a pixel."""
    return {
        name.replace("_", "-"): value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")
        for name, value in values.items()
    }


def _write_mathematics(text: Element, latex: str, pixels: float) -> None:
    r"""Write signs, and letters with one subscript each, such as `f_t\,c_{t-1}`."""
    for sign, written in SIGNS.items():
        latex = latex.replace(sign, written)
    text.set("font-family", SERIF)
    drop, low = 0.25 * pixels, 0.0
    for letter, below, other in re.findall(r"(\w)_(\{[^}]*\}|\w)|(\w+|\W+)", latex):
        style = "italic" if letter or re.fullmatch("[a-z]", other) else "normal"
        SubElement(text, "tspan", _attributes(font_style=style, dy=0 - low)).text = letter or other
        low = drop if below else 0.0
        if below:
            SubElement(text, "tspan", _attributes(dy=drop, font_size=0.7 * pixels)).text = below.strip("{}")
