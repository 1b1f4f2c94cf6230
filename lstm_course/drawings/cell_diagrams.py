"""Figures of the cells, with one path lit at a time."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lstm_course import figures
from lstm_course.drawings import wiring
from lstm_course.drawings.pens import MatplotlibPen

# What each path is called, and where it runs.
WAYS = {
    "f": ("forget gate", "from h_prev and x_t through a sigma box, as f_t, up to the times sign on the belt"),
    "i": ("input gate", "from h_prev and x_t through a sigma box, as i_t, to the times sign below the belt"),
    "g": ("candidate", "from h_prev and x_t through a tanh box, as g_t, to the times sign below the belt"),
    "c": ("cell update", "the belt from c_prev, times f_t, plus the product of i_t and g_t, to c_t"),
    "o": ("output gate", "from h_prev and x_t through a sigma box, as o_t, to the times sign on the way to h_t"),
    "h": ("hidden state", "from the belt down through tanh, times o_t, out as h_t; the belt itself runs on"),
}


def canvas(axis: Axes, edges: tuple[float, float, float, float]) -> MatplotlibPen:
    """Prepare `axis` for a drawing within `edges` (left, right, bottom, top), and return the pen for it."""
    left, right, bottom, top = edges
    axis.set(xlim=(left, right), ylim=(bottom, top), aspect="equal")
    axis.axis("off")
    return MatplotlibPen(axis)


def lstm_figure(lit: str = wiring.LSTM_PATHS, *, width: float = 4.6) -> Figure:
    """Draw one LSTM cell as a figure of its own, `width` inches wide; `lit` as in `draw_lstm`."""
    figure, axis = figures.new(width=width, height=0.52 * width)
    wiring.draw_lstm(canvas(axis, wiring.LSTM_EDGES), lit)
    return figure


def rnn_and_lstm_figure(*, width: float = 7.9) -> Figure:
    """Draw the plain RNN cell and the LSTM cell side by side, at one scale."""
    left, right = wiring.RNN_EDGES[0], wiring.RNN_EDGES[1] + 1.2  # space, or the RNN's h_t seems to enter the LSTM
    figure, axes = figures.new(1, 2, width=width, height=0.356 * width, width_ratios=[right - left, 11.95])
    wiring.draw_rnn(canvas(axes[0], (left, right, *wiring.LSTM_EDGES[2:])))
    wiring.draw_lstm(canvas(axes[1], wiring.LSTM_EDGES))
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
