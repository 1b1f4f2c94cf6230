"""The figures of lesson 7, so that its cells show what is measured rather than how it is drawn."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray
from torch import Tensor

from lstm_course import figures
from lstm_course.weather import Floats

Curve = Sequence[float] | Floats | Tensor

LOOKS: dict[str, dict[str, Any]] = {
    "truth": {"color": figures.BLACK, "linestyle": "-", "linewidth": 1.2},
    "persistence": {"color": figures.BLACK, "linestyle": ":"},
    "climatology": {"color": figures.GREY, "linestyle": "-."},
    "linear": {"color": figures.ORANGE, "linestyle": "--", "marker": "D"},
    "two values": {"color": figures.VERMILION, "linestyle": "--", "marker": "s"},
    "state carried": {"color": figures.BLUE, "linestyle": "-", "marker": "o"},
    "direct": {"color": figures.GREEN, "linestyle": "-.", "marker": "^"},
    "own output": {"color": figures.PURPLE, "linestyle": (0, (5, 1)), "marker": "v"},
    "calendar": {"color": figures.SKY, "linestyle": "-", "marker": "P"},
}


def draw(axis: Axes, curves: Mapping[str, Curve], looks: Mapping[str, str], every: int, first: int = 1) -> None:
    """Draw one line for each curve over the steps `first`, `first` + 1, ..., a marker `every` so many steps.

    `looks` says which of `LOOKS` a curve has, where that is not its own name.
    """
    for name, values in curves.items():
        look = LOOKS[looks.get(name, name)]
        axis.plot(np.arange(len(values)) + first, values, label=name, markevery=every, **look)


def lines(
    curves: Mapping[str, Curve],
    caption: str,
    description: str,
    *,
    looks: Mapping[str, str] | None = None,
    every: int = 8,
    columns: int = 3,
    **axes: Any,
) -> None:
    """Show curves against the horizon, with a legend above; `axes` goes to `Axes.set`."""
    figure, axis = figures.new(height=3.3)
    draw(axis, curves, looks or {}, every)
    axis.set(**axes)
    figure.legend(*axis.get_legend_handles_labels(), loc="outside upper center", ncols=columns)
    figures.show(figure, caption, description)


def flat(paths: Sequence[Mapping[str, Curve]], waves: Sequence[Curve], description: str) -> None:
    """Show for the sine (left) and the weather (right) a forecast beside the truth, and the wave that is left."""
    figure, axes = figures.new(2, 2, height=4.6, sharex="col")
    for (top, bottom), curves, wave in zip(axes.T, paths, waves, strict=True):
        draw(top, curves, {}, every=max(1, len(wave) // 10))
        draw(bottom, {"two values": wave}, {}, every=max(1, len(wave) // 10))
        bottom.set_ylim(0, 1.05)
    axes[0, 0].set(title="noisy sine", ylabel="forecast")
    axes[0, 1].set(title="Beijing, a week in 2014", ylabel="deg C", xticks=range(0, 169, 24))
    axes[1, 0].set(ylabel="wave left", xlabel="steps ahead")
    axes[1, 1].set(ylabel="daily wave left", xlabel="hours ahead")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    figures.show(
        figure,
        "Above: one forecast beside what came. Below: the wave in all forecasts, as a share of the truth's.",
        description,
    )


def loops(eigenvalues: Mapping[str, NDArray[np.complex128]], caption: str, description: str) -> None:
    """Show the eigenvalues of each closed loop in the complex plane beside the unit circle."""
    figure, axes = figures.new(1, len(eigenvalues), height=2.7, sharey=True)
    turn = np.linspace(0, 2 * np.pi, 200)
    for axis, (name, values) in zip(axes, eigenvalues.items(), strict=True):
        axis.fill(np.cos(turn), np.sin(turn), color="#EEEEEE", zorder=0)
        axis.plot(np.cos(turn), np.sin(turn), color=figures.GREY, linewidth=1)
        axis.plot(values.real, values.imag, "o", color=figures.BLUE, markersize=4)
        largest = values[np.abs(values) > np.abs(values).max() - 1e-6]
        axis.plot(largest.real, largest.imag, "s", color=figures.VERMILION, markersize=8, markerfacecolor="none")
        axis.set(title=name, aspect="equal", xlim=(-1.2, 1.2), ylim=(-1.2, 1.2), xlabel=r"Re $\lambda$")
    axes[0].set_ylabel(r"Im $\lambda$")
    figures.show(figure, caption, description)


def fan(samples: Floats, mean: Curve, truth: Curve, few: int, description: str) -> None:
    """Show sampled paths (S, T): a band for the middle 90 %, a `few` of them, the fed-back mean and the truth."""
    figure, axis = figures.new(height=3.3)
    hours = np.arange(1, samples.shape[1] + 1)
    low, high = np.quantile(samples, [0.05, 0.95], axis=0)
    axis.fill_between(hours, low, high, color=figures.SKY, alpha=0.35, label="90 % of the samples", linewidth=0)
    for number, path in enumerate(samples[:few]):
        axis.plot(hours, path, color=figures.BLUE, linewidth=0.8, label=None if number else "samples")
    axis.plot(hours, mean, color=figures.VERMILION, linestyle="--", label="the mean fed back")
    axis.plot(hours, truth, label="truth", **LOOKS["truth"])
    axis.set(xlabel="hours ahead", ylabel="deg C", xticks=range(0, len(hours) + 1, 24), xlim=(0, len(hours)))
    figure.legend(*axis.get_legend_handles_labels(), loc="outside upper center", ncols=4)
    figures.show(figure, "Sampled paths of one week, the fed-back mean, and what came.", description)
