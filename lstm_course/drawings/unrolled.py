"""The picture of a recurrent net, folded and unrolled in time, with the way of the gradient back through it."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lstm_course import figures

BOX = {"boxstyle": "round,pad=0.45", "facecolor": "#FAFAF7", "edgecolor": "black"}
FORWARD = {"arrowstyle": "-|>", "color": "black", "linewidth": 1.3, "shrinkA": 0, "shrinkB": 0}
BACK = FORWARD | {"color": figures.VERMILION, "linestyle": "--", "connectionstyle": "arc3,rad=0.55"}
GAP, HALF = 2.1, 0.36  # distance between steps, half the width of a box


def unrolled_rnn(steps: int = 4) -> Figure:
    """Draw a recurrent net as a loop (left) and unrolled over `steps` time steps (right).

    Black arrows carry states forward; vermilion dashed ones carry the gradient from the loss L back to h_0.
    """
    figure, axis = figures.new(width=9, height=2.7)
    axis.set(xlim=(-3.2, steps * GAP + 2.0), ylim=(-1.7, 1.55), aspect="equal")
    axis.axis("off")
    _cell(axis, -2.2, "t")
    loop = FORWARD | {"connectionstyle": "arc3,rad=1.5"}
    axis.annotate("", (-2.2 - HALF, 0.1), (-2.2 + HALF, 0.1), arrowprops=loop)
    axis.text(-2.2, 0.98, "$W_h$", ha="center", fontsize=11, color=figures.GREY)
    axis.text(-1.05, -0.05, "=", ha="center", va="center", fontsize=16)
    axis.text(0, 0, "$h_0$", ha="center", va="center", fontsize=13)
    for t in range(1, steps + 1):
        _cell(axis, t * GAP, str(t))
        _step(axis, t)
    end = steps * GAP
    axis.annotate("", (end + 1.15, 0), (end + HALF, 0), arrowprops=FORWARD)
    axis.annotate("", (end + 0.2, 0.36), (end + 1.3, 0.25), arrowprops=BACK)
    axis.text(end + 1.35, 0, "$L$", ha="center", va="center", fontsize=13)
    return figure


def _cell(axis: Axes, x: float, t: str) -> None:
    axis.text(x, 0, f"$h_{t}$", ha="center", va="center", fontsize=13, bbox=BOX)
    axis.annotate("", (x, -0.38), (x, -1.2), arrowprops=FORWARD)
    axis.text(x, -1.45, f"$x_{t}$", ha="center", va="center", fontsize=13)
    axis.text(x + 0.12, -0.85, "$W_x$", fontsize=11, color=figures.GREY)


def _step(axis: Axes, t: int) -> None:
    left, right = (t - 1) * GAP + HALF, t * GAP - HALF
    axis.annotate("", (right, 0), (left, 0), arrowprops=FORWARD)
    axis.text((left + right) / 2, -0.28, "$W_h$", ha="center", fontsize=11, color=figures.GREY)
    axis.annotate("", (left - 0.25, 0.36), (right + 0.25, 0.36), arrowprops=BACK)
    factor = rf"$\partial h_{t}/\partial h_{t - 1}$"
    axis.text((left + right) / 2, 1.2, factor, ha="center", fontsize=12, color=figures.VERMILION)
