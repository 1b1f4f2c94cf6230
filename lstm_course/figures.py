"""One look for every figure of the course, and one way to show a figure with its description.

A figure is made with `new`, drawn on with plain matplotlib, and shown with `show`, which writes it into the
notebook as an HTML `<figure>`: picture, visible caption, and a description that a screen reader reads and
that nbval compares (the pixels themselves are not compared).
"""

import base64
import html
import io
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib.style
import numpy as np
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

STYLE = Path(__file__).parent / "course.mplstyle"
DPI = 144  # sharp on high-resolution screens; shown at CSS_DPI, so half as large again as it looks
CSS_DPI = 96
PALETTE = 64  # colours kept in a saved picture: enough for lines and their smooth edges, a third of the bytes

# Okabe and Ito's eight colours, which readers with any colour vision can tell apart (jfly.uni-koeln.de/color).
BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILION, PURPLE = (
    "#000000",
    "#E69F00",
    "#56B4E9",
    "#009E73",
    "#F0E442",
    "#0072B2",
    "#D55E00",
    "#CC79A7",
)
GREY = "#6B6B6B"

# One running set for the whole course. Every use pairs the colour with a marker, a dash or a symbol.
GATES = {"f": VERMILION, "i": BLUE, "g": GREEN, "o": PURPLE, "c": ORANGE, "h": BLACK}
MODELS = {
    "RNN": {"color": VERMILION, "marker": "s", "linestyle": "--"},
    "GRU": {"color": GREEN, "marker": "^", "linestyle": "-."},
    "LSTM": {"color": BLUE, "marker": "o", "linestyle": "-"},
    "linear": {"color": ORANGE, "marker": "D", "linestyle": ":"},
    "truth": {"color": BLACK, "marker": "", "linestyle": "-"},
}


@cache
def _use_style() -> None:
    matplotlib.style.use(STYLE)


def new(
    rows: int = 1, columns: int = 1, *, width: float = 7.0, height: float = 3.2, **options: Any
) -> tuple[Figure, Any]:
    """Make a figure in the course's style.

    Parameters
    ----------
    rows, columns : int
        Grid of axes.
    width, height : float
        Size in inches; a notebook column holds about 9.
    **options
        Passed to `Figure.subplots` (`sharex=True`, `width_ratios=[2, 1]`, ...).

    Returns
    -------
    figure, axes
        `axes` is one `Axes` for a 1 x 1 grid, otherwise an array of them. The figure belongs to no pyplot
        state, so it appears only where `show` puts it.
    """
    _use_style()
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(rows, columns, **options)


def png(figure: Figure) -> bytes:
    """Draw a figure to a compact PNG (64 colours, no metadata: the same figure gives the same bytes)."""
    canvas = FigureCanvasAgg(figure)
    figure.set_dpi(DPI)
    canvas.draw()
    return encode(np.asarray(canvas.buffer_rgba()))


def encode(pixels: np.ndarray) -> bytes:
    """Encode (height, width, 4) uint8 pixels as a PNG of at most 64 colours."""
    # The usual method, median cut, counts pixels and would exchange the colour of a small bar for a larger one's.
    options = {"method": Image.Quantize.MAXCOVERAGE, "kmeans": 1, "dither": Image.Dither.NONE}
    picture = Image.fromarray(pixels).convert("RGB").quantize(PALETTE, **options)
    buffer = io.BytesIO()
    picture.save(buffer, "png", optimize=True)
    return buffer.getvalue()


def figure_html(picture: bytes, width: int, caption: str, description: str) -> str:
    """Return an HTML `<figure>` with the PNG `picture`, `width` CSS pixels wide, its caption and description."""
    data = base64.b64encode(picture).decode("ascii")
    return (
        f'<figure style="margin: 0.5em 0">'
        f'<img src="data:image/png;base64,{data}" width="{width}" alt="{html.escape(description)}" '
        f'style="max-width: 100%; height: auto; background: white"/>'
        f"<figcaption>{html.escape(caption)}</figcaption></figure>"
    )


class Shown:
    """What `show` displays: an HTML figure where a page can show one, its words elsewhere."""

    def __init__(self, picture: bytes, width: int, caption: str, description: str) -> None:
        self.bundle = {
            "text/html": figure_html(picture, width, caption, description),
            "text/plain": f"Figure: {caption}\n{description}",
        }

    def __repr__(self) -> str:
        return self.bundle["text/plain"]

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return self.bundle


def show(figure: Figure, caption: str, description: str) -> None:
    """Show a figure in a notebook, with a visible caption and a description of what is seen.

    Parameters
    ----------
    figure : Figure
        Made with `new`.
    caption : str
        One line below the picture: what is plotted.
    description : str
        What a reader without sight should learn from it: the axes, the course of the lines, the point. It is
        compared by nbval at every test run, so numbers in it must be computed and rounded to digits that hold.

    Raises
    ------
    ValueError
        If the caption or the description is empty.
    """
    for name, text in (("caption", caption), ("description", description)):
        if not text.strip():
            raise ValueError(f"A figure needs a {name}, got an empty one: say in words what is seen.")
    width = round(figure.get_figwidth() * CSS_DPI)
    display(Shown(png(figure), width, caption, " ".join(description.split())))


def label_line(axis: Axes, x: float, y: float, text: str, **options: Any) -> None:
    """Write `text` beside a line at data position (x, y): a label on the line spares the reader the legend."""
    axis.annotate(text, (x, y), xytext=(4, 0), textcoords="offset points", va="center", **options)
