"""The figures of lesson 5, so that its cells show what is measured rather than how it is drawn.

Each function draws one figure, computes the numbers of its description, and shows it.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lstm_course import figures
from lstm_course.weather import Floats, Times, hour_of_day, month

Curves = Mapping[str, Sequence[float] | Floats]

LOOKS = {
    "temperature": {"color": figures.BLACK, "linestyle": "-"},
    "anomaly": {"color": figures.BLUE, "linestyle": "--"},
    "persistence": {"color": figures.BLACK, "linestyle": ":"},
    "climatology": {"color": figures.GREY, "linestyle": "-."},
    "linear AR + calendar": {"color": figures.MODELS["linear"]["color"], "linestyle": "--"},
    "linear, all variables": {"color": figures.PURPLE, "linestyle": (0, (5, 1))},
    "LSTM": {"color": figures.MODELS["LSTM"]["color"], "linestyle": "-"},
}


MONTHS = {"January": 1, "July": 7}


def toy_forecasts(forecasts: Curves, truth: float) -> None:
    """Show one row of circles for each way of training the toy: its forecasts over seeds, and a line at `truth`."""
    figure, axis = figures.new(height=2.4)
    for row, values in enumerate(forecasts.values()):
        axis.plot(values, [row] * len(values), "o", markersize=7, markerfacecolor="none", color=figures.BLUE)
    axis.axvline(truth, color=figures.BLACK)
    axis.set(yticks=range(len(forecasts)), yticklabels=forecasts, ylim=(len(forecasts) - 0.5, -0.5))
    axis.set(xlabel="forecast for 36, 37, 38, 39, 40 (degrees C)", xlim=(5, truth + 2))
    rows = "; ".join(f"{name}: around {np.mean(values):.0f}" for name, values in forecasts.items())
    last = list(forecasts.values())[-1]
    figures.show(
        figure,
        f"One circle per seed; the line is the right answer, {truth:g}.",
        f"""Rows of circles, one per way of training. {rows} degrees C. The first lies far left of the line at
        {truth:g}, the next two close to it but short of it; the circles of the last lie on the line, at
        {np.mean(last):.1f}.""",
    )


def cycles(time: Times, temperature: Floats) -> None:
    """Show the mean day in January and July, and the mean year with a band of one standard deviation."""
    months = month(time)
    day = {
        name: _means(temperature[months == m], hour_of_day(time[months == m]), range(24)) for name, m in MONTHS.items()
    }
    year = _means(temperature, months, range(1, 13))
    spread = np.array([temperature[months == m].std() for m in range(1, 13)])
    figure, (left, right) = figures.new(1, 2, height=2.8)
    for (name, values), color, marker in zip(day.items(), (figures.BLUE, figures.VERMILION), "os", strict=True):
        left.plot(values, color=color, marker=marker, markersize=3.5)
        figures.label_line(left, 23, values[-1], name)
    left.set(xlabel="hour of the day", ylabel="mean temperature (deg C)", xlim=(-1, 31), xticks=range(0, 25, 6))
    right.fill_between(range(1, 13), year - spread, year + spread, color=figures.SKY, alpha=0.4)
    right.plot(range(1, 13), year, "o-", color=figures.BLUE)
    right.set(xlabel="month", xticks=range(1, 13, 2))
    figures.show(
        figure,
        "Left: the mean day in January and July. Right: the mean year, with a band of one standard deviation.",
        f"""Left: temperature by hour of the day, warmest at {day["January"].argmax()} h in January and
        {day["July"].argmax()} h in July, with a swing of {np.ptp(day["January"]):.1f} and
        {np.ptp(day["July"]):.1f} deg C; the July curve lies some {day["July"].mean() - day["January"].mean():.0f}
        deg C higher. Right: one wave a year, from {year.min():.1f} deg C in month {year.argmin() + 1} to
        {year.max():.1f} in month {year.argmax() + 1}, within a band of about {spread.mean():.0f} deg C to either
        side.""",
    )


def _means(values: Floats, group: NDArray[np.int64], groups: range) -> Floats:
    return np.array([values[group == g].mean() for g in groups])


def autocorrelations(curves: Curves) -> None:
    """Show the autocorrelation of "temperature" and "anomaly" against the lag in hours, from lag 0 on."""
    figure, axis = figures.new(height=2.6)
    lags = len(curves["anomaly"]) - 1
    for name, values in curves.items():
        axis.plot(values, **LOOKS[name])
        figures.label_line(axis, lags, values[-1], name)
    axis.set(xlabel="lag (hours)", ylabel="autocorrelation", xticks=range(0, lags + 1, 24))
    axis.set(xlim=(0, 1.2 * lags), ylim=(0, 1.02))
    warm, odd = curves["temperature"], curves["anomaly"]
    figures.show(
        figure,
        "Autocorrelation of the temperature and of its anomaly.",
        f"""The temperature's curve stays high and waves with the day: {warm[12]:.2f} at 12 hours, {warm[24]:.2f} at
        24, {warm[120]:.2f} at 120. The anomaly's curve falls: {odd[1]:.2f} at 1 hour, {odd[12]:.2f} at 12, a
        little up to {odd[24]:.2f} at 24, and {odd[72]:.2f} at 72 hours.""",
    )


def scores(linear: Mapping[str, float], networks: Mapping[str, Floats]) -> None:
    """Show one row per model: a diamond for each linear one, a mark per seed for each network."""
    figure, axis = figures.new(height=3.0)
    for row, error in enumerate(linear.values()):
        axis.plot(error, row, markersize=6, **{**figures.MODELS["linear"], "linestyle": ""})
        figures.label_line(axis, error + 0.002, row, f"{error:.3f}")
    for row, (name, errors) in enumerate(networks.items(), start=len(linear)):
        axis.plot(errors, [row] * len(errors), markersize=6, **{**figures.MODELS[name], "linestyle": ""})
        figures.label_line(axis, errors.max() + 0.002, row, f"{errors.mean():.3f} ± {errors.std(ddof=1):.3f}")
    axis.set(yticks=range(len(linear) + len(networks)), yticklabels=[*linear, *networks])
    axis.set(xlabel="RMSE one hour ahead, 2014 (deg C)", xlim=(1.06, 1.26))
    axis.invert_yaxis()
    values = ", ".join(f"{name} {error:.2f}" for name, error in linear.items())
    figures.show(
        figure,
        "One hour ahead. Diamonds: linear models. Below: networks, a mark per seed, with mean and standard deviation.",
        f"""One row per model. Diamonds: {values}. The marks of {", ".join(networks)} lie close together near
        {np.mean(list(networks.values())):.1f}, about as far left as the best linear model.""",
    )


def days(time: Times, truth: Floats, forecasts: Mapping[str, Floats], middles: Sequence[int], half: int = 36) -> None:
    """Show forecasts one hour ahead, and their errors, in stretches of 2 x `half` hours around the hours `middles`.

    `truth` and each forecast have the shape (M, 1), for the hours `time`, (M,).
    """
    looks = {"persistence": LOOKS["persistence"], "LSTM": {**LOOKS["LSTM"], "linestyle": "--"}}
    figure, axes = figures.new(2, 2, height=4.4, sharex="col", sharey="row", height_ratios=[2, 1])
    for (top, bottom), middle in zip(axes.T, middles, strict=True):
        part = slice(middle - half, middle + half)
        top.plot(truth[part], color=figures.BLACK, label="measured", linewidth=1.4)
        for name, look in looks.items():
            top.plot(forecasts[name][part], label=name, **look)
            bottom.plot((forecasts[name] - truth)[part], **look)
        bottom.axhline(0, color=figures.BLACK, linewidth=0.8)
        top.set_title(f"from {_when(time[part.start])}")
        bottom.set(xlabel="hours", xticks=range(0, 2 * half + 1, 12))
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    axes[0, 0].set(ylabel="deg C", ylim=(truth[middles[0] - half : middles[0] + half].min() - 1, None))
    axes[1, 0].set_ylabel("error")
    jump, calm = middles
    step = truth[jump + 1, 0] - truth[jump, 0]
    worst = abs(float((forecasts["LSTM"] - truth)[jump + 1, 0]))
    figures.show(
        figure,
        "Forecasts one hour ahead (top), their errors (bottom): around the year's largest step, and in a calm spell.",
        f"""Left: at {_when(time[jump + 1])} the temperature moves by {step:+.0f} deg C in one hour; the LSTM misses
        it as persistence does, by {"more" if worst > 11 else "less"} than 11 deg C. Right, from
        {_when(time[calm - half])}: all curves run through the same daily waves, persistence always one hour late;
        the errors stay small.""",
    )


def _when(time: np.datetime64) -> str:
    return f"{time.item():%Y-%m-%d, %H} h"


def by_hour_and_season(by_hour: Curves, by_season: Curves, seasons: Sequence[str]) -> None:
    """Show errors by hour of the day (24 values each) and by season."""
    figure, (left, right) = figures.new(1, 2, height=3.0, sharey=True, width_ratios=[3, 2])
    for name in by_hour:
        left.plot(by_hour[name], label=name, **LOOKS[name])
        right.plot(seasons, by_season[name], marker="o", label=name, **LOOKS[name])
    left.set(xlabel="hour of the day", ylabel="RMSE (deg C)", xticks=range(0, 24, 3), ylim=(0.6, None))
    left.legend()
    right.tick_params(axis="x", labelsize=8.5)
    same, linear = np.array(by_hour["persistence"]), np.array(by_hour["linear AR + calendar"])
    most = int(same.argmax())
    figures.show(
        figure,
        "Error one hour ahead by hour of the day and by season.",
        f"""Left: persistence errs most at {most} h, {same[most]:.2f} deg C, and least at {same.argmin()} h,
        {same.min():.2f}: a high peak in the morning, a lower hill in the evening. AR with calendar takes off most
        of both, {linear[most]:.2f} at {most} h; the LSTM's curve lies lower still in the morning and joins it in
        the evening. Around {same.argmin()} h the three are about equal. Right: persistence errs most in
        {seasons[int(np.argmax(by_season["persistence"]))]}; the order of the three is the same in every season,
        the LSTM lowest.""",
    )


def forget_gates(start: np.datetime64, temperature: Floats, f: Floats, contrast: Floats) -> None:
    """Show temperature, (T,), above a map of the forget gates `f`, (T, H), units sorted by `contrast`, (H,)."""
    figure, (top, bottom) = figures.new(2, 1, height=4.4, sharex=True, height_ratios=[1, 2])
    top.plot(temperature, color=figures.BLACK)
    top.set(ylabel="deg C", title=f"from {_when(start)}")
    shades = bottom.imshow(f[:, contrast.argsort()].T, aspect="auto", vmin=0, vmax=1, cmap="cividis", origin="lower")
    bottom.grid(visible=False)
    bottom.set(xlabel="hours", ylabel="unit, sorted", xticks=range(0, len(f) + 1, 12))
    figure.colorbar(shades, ax=bottom, label="$f_t$")
    steps = np.diff(temperature)
    at = int(np.abs(steps).argmax())
    figures.show(
        figure,
        f"Temperature (top) and the forget gate of each of the {f.shape[1]} units (bottom), hour by hour.",
        f"""Above, the temperature moves by {steps[at]:+.0f} deg C after hour {at}. Below, each unit is a row, dark
        where it forgets and bright where it keeps. The rows are sorted: units at the bottom keep by night and
        forget by day, those at the top the other way round, so that the map shows blocks that change with the
        time of day.""",
    )


def by_lead(errors: Curves) -> None:
    """Show errors for 1, 2, ... hours ahead."""
    figure, axis = figures.new(height=3.0)
    for name, values in errors.items():
        axis.plot(range(1, len(values) + 1), values, label=name, **LOOKS[name])
    axis.set(xlabel="hours ahead", ylabel="RMSE (deg C)", xticks=range(0, 25, 3), ylim=(0, 8))
    axis.legend(ncols=2)
    same = errors["persistence"]
    figures.show(
        figure,
        "Error by lead time, 1 to 24 hours ahead, 2014.",
        f"""Persistence rises steeply to {max(same):.1f} deg C at {1 + int(np.argmax(same))} hours and falls to
        {same[-1]:.1f} at 24. Climatology is flat at {np.mean(errors["climatology"]):.1f}. Both linear models and
        the LSTM rise slowly: at 24 hours AR with calendar reaches {errors["linear AR + calendar"][-1]:.1f}, the
        linear model with all variables {errors["linear, all variables"][-1]:.1f}; the LSTM's curve runs close to
        the latter.""",
    )
