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
LOOK_OF = {  # of curves that are not called as their look
    "state kept": "state carried",
    "empty at the start": "direct",
    "empty at every step": "two values",
    "linear, 2 values": "linear",
    "LSTM, 2 values": "two values",
    "LSTM, state kept": "state carried",
    "LSTM, 2 values, direct": "direct",
    "LSTM, 2 values, own output": "own output",
    "linear, 24 hours + calendar": "linear",
    "LSTM + calendar": "calendar",
    "LSTM + calendar, own output": "own output",
    "LSTM + calendar, direct": "direct",
}


def draw(axis: Axes, curves: Mapping[str, Curve], every: int) -> None:
    """Draw one line for each curve over the steps 1, 2, ..., a marker `every` so many steps."""
    for name, values in curves.items():
        look = LOOKS[LOOK_OF.get(name, name)]
        axis.plot(np.arange(len(values)) + 1, values, label=name, markevery=every, **look)


def lines(curves: Mapping[str, Curve], caption: str, description: str, *, every: int, **axes: Any) -> None:
    """Show curves against the horizon, with a legend above; `axes` goes to `Axes.set`."""
    figure, axis = figures.new(height=3.3)
    draw(axis, curves, every)
    axis.set(**axes)
    figure.legend(*axis.get_legend_handles_labels(), loc="outside upper center", ncols=3)
    figures.show(figure, caption, description)


def waves_left(curves: Mapping[str, Curve]) -> None:
    """Show the wave that is left of one LSTM's rollout: state kept, empty at the start, empty at every step."""
    lines(
        curves,
        "One LSTM, trained on sines without noise, rolled out in three ways: the wave that is left.",
        """The line for the kept state stays at 1 over all of the steps. The one for a state that was empty at the
        start begins a little lower and joins it within two waves. The one for a state emptied at every step lies
        near 0 from the first steps on.""",
        every=12,
        xlabel="steps ahead",
        ylabel="wave left",
        ylim=(0, 1.1),
        xticks=range(0, 181, 12),
    )


def sine_errors(curves: Mapping[str, Curve]) -> None:
    """Show the RMSE by step of the cures on the noisy sine, beside the simple forecasts."""
    lines(
        curves,
        "RMSE by horizon on the noisy sine (networks: the first seed).",
        f"""Climatology is level at {np.mean(curves["climatology"]):.2f}. Persistence swings from about 0.3 to 1.5 and
        back with every wave. The two-value models, linear and LSTM, reach the climatology within a few steps; from
        the second wave on they lie on it. Direct, and own output near it, go up and down between about 0.2 and 0.5,
        twice in every wave. The state kept lies lowest.""",
        every=8,
        xlabel="steps ahead",
        ylabel="RMSE",
        ylim=(0, 1.55),
        xticks=range(0, 49, 12),
    )


def week_errors(curves: Mapping[str, Curve]) -> None:
    """Show the RMSE by day of the cures on the weather, beside the simple forecasts."""
    lines(
        curves,
        "RMSE by day on the weather of 2014 (networks: the first seed).",
        f"""Climatology is level near {np.mean(curves["climatology"]):.1f} deg C, persistence lies at about 6 and above.
        The LSTM with its state kept but no calendar starts near 3, reaches the climatology within a few days and goes
        on rising. Those with a calendar, the linear model among them, start below 3 on day 1 and rise ever more
        slowly; on day 7 each is within a fifth of the climatology.""",
        every=1,
        xlabel="day",
        ylabel="RMSE (deg C)",
        ylim=(2, 7),
    )


def flat(paths: Sequence[Mapping[str, Curve]], waves: Sequence[Curve]) -> None:
    """Show for the sine (left) and the weather (right) a forecast beside the truth, and the wave that is left."""
    figure, axes = figures.new(2, 2, height=4.6, sharex="col")
    for (top, bottom), curves, wave in zip(axes.T, paths, waves, strict=True):
        draw(top, curves, every=max(1, len(wave) // 10))
        draw(bottom, {"two values": wave}, every=max(1, len(wave) // 10))
        bottom.set_ylim(0, 1.05)
    axes[0, 0].set(title="noisy sine", ylabel="forecast")
    axes[0, 1].set(title="Beijing, a week in 2014", ylabel="deg C", xticks=range(0, 169, 24))
    axes[1, 0].set(ylabel="wave left", xlabel="steps ahead")
    axes[1, 1].set(ylabel="daily wave left", xlabel="hours ahead")
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
    figures.show(
        figure,
        "Above: one forecast beside what came. Below: the wave in all forecasts, as a share of the truth's.",
        """Above left: the sine goes on, the forecast falls to a constant within about a wave. Above right: seven daily
        waves of the temperature; the forecast leaves them at once and bends slowly towards a level. Below: the wave
        left in all forecasts, against the horizon: on the left under 0.5 at once, under 0.15 after 12 steps; on the
        right under 0.5 on the first day and under 0.25 on the fourth.""",
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


def fan(samples: Floats, mean: Curve, truth: Curve, few: int) -> None:
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
    figures.show(
        figure,
        "Sampled paths of one week, the fed-back mean, and what came.",
        f"""A band of 90 % of the samples around daily waves, growing over the first two days and then about as wide
        throughout. The {few} sampled paths are as ragged as the truth, each in its own way; the fed-back mean is a
        smooth daily wave through the middle.""",
    )
