"""Forecasts that any network must beat, and the scores to judge by.

All forecasts have the shape (M, horizon), as the targets of `weather.windows`: row m holds the hours after
window m. Everything is float64, so results agree between machines.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lstm_course.weather import Floats, Times, day_of_year, hour_of_day

DAYS, HOURS = 366, 24


def rmse(forecast: Floats, truth: Floats) -> float:
    """Return the root of the mean squared error, in the unit of the data.

    Raises
    ------
    ValueError
        If the shapes differ (numpy would otherwise broadcast (M,) against (M, 1) to (M, M)).
    """
    _require_same_shape(forecast, truth)
    return float(np.sqrt(np.mean((forecast - truth) ** 2)))


def skill(forecast: Floats, reference: Floats, truth: Floats) -> float:
    r"""Return the skill score \(1 - \mathrm{MSE} / \mathrm{MSE}_\mathrm{reference}\) (Murphy 1988).

    1 is perfect, 0 is as good as the reference, below 0 is worse.
    """
    return 1 - (rmse(forecast, truth) / rmse(reference, truth)) ** 2


def _require_same_shape(forecast: Floats, truth: Floats) -> None:
    if np.shape(forecast) != np.shape(truth):
        raise ValueError(
            f"Forecast and truth must have the same shape, got {np.shape(forecast)} and {np.shape(truth)}:"
            " reshape one of them."
        )


def persistence(past: Floats, horizon: int = 1) -> Floats:
    """Forecast that nothing changes: the last value of each window in `past`, shape (M, L), for every hour."""
    return np.repeat(past[:, -1:], horizon, axis=1)


def same_hour_yesterday(past: Floats, horizon: int = 1) -> Floats:
    """Forecast the last value known at the same hour of the day.

    `past` has the shape (M, L) with L >= 24; from the 25th hour on the last day is repeated.

    Raises
    ------
    ValueError
        If the windows are shorter than a day.
    """
    if past.shape[1] < HOURS:
        raise ValueError(
            f"The same hour yesterday needs windows of at least {HOURS} hours, got {past.shape[1]}: look back further."
        )
    return past[:, -HOURS:][:, np.arange(horizon) % HOURS]


@dataclass(frozen=True)
class Climatology:
    """What is usual for the hour and the season: `table` holds a mean for every day of the year and hour, (366, 24)."""

    table: Floats

    @classmethod
    def of(cls, values: Floats, time: Times, half_width: int = 20) -> "Climatology":
        """Average `values`, shape (N,), over equal hours of the days within `half_width` days of each day of the year.

        A few years give only a few values per date; the neighbouring days steady the mean. The year is a circle:
        the neighbours of 1 January lie in December too. `half_width` = 0 averages equal dates only.

        Raises
        ------
        ValueError
            If some hour has no value within reach.
        """
        total, count = np.zeros((DAYS, HOURS)), np.zeros((DAYS, HOURS))
        at = day_of_year(time), hour_of_day(time)
        np.add.at(total, at, values)
        np.add.at(count, at, 1)
        near = range(-half_width, half_width + 1)
        count = sum(np.roll(count, shift, axis=0) for shift in near)
        if not np.all(count):
            raise ValueError(
                f"A climatology needs a value for every hour and season, got none for {int(np.sum(count == 0))}"
                f" of {DAYS * HOURS}: give whole years, or a larger half_width than {half_width}."
            )
        return cls(sum(np.roll(total, shift, axis=0) for shift in near) / count)

    def at(self, time: Times) -> Floats:
        """Return what is usual at each time, shape (N,)."""
        return self.table[day_of_year(time), hour_of_day(time)]


def damping(anomaly: Floats, horizon: int = 1) -> Floats:
    r"""Return the share of an anomaly that is left after 1 .. `horizon` hours, shape (horizon,).

    The best factor \(r_k\) in \(a_{t+k} \approx r_k a_t\) by least squares, from the series `anomaly`, shape (N,).
    """
    return np.array([anomaly[:-k] @ anomaly[k:] / (anomaly[:-k] @ anomaly[:-k]) for k in range(1, horizon + 1)])


@dataclass(frozen=True)
class Linear:
    """Least squares, with one set of coefficients for all rows or one set per group of rows.

    `weights` has the shape (G, K + 1, horizon); the last of the K + 1 is the constant.
    """

    weights: Floats

    @classmethod
    def of(cls, inputs: Floats, targets: Floats, group: NDArray[np.int64] | None = None) -> "Linear":
        """Fit `targets`, shape (M, horizon), from `inputs`, shape (M, K).

        Parameters
        ----------
        group : array of int64, shape (M,), optional
            The group of each row, 0 .. G - 1, for instance the hour of the day: each is fitted alone.

        Raises
        ------
        ValueError
            If a group has fewer rows than coefficients.
        """
        group = np.zeros(len(inputs), dtype=np.int64) if group is None else group
        counts = np.bincount(group)
        if counts.min() <= inputs.shape[1]:
            raise ValueError(
                f"Least squares needs more rows than coefficients, got {counts.min()} rows"
                f" for {inputs.shape[1] + 1} coefficients in group {counts.argmin()}: give more data or fewer inputs."
            )
        rows = [group == g for g in range(len(counts))]
        design = _with_constant(inputs)
        return cls(np.stack([np.linalg.lstsq(design[row], targets[row], rcond=None)[0] for row in rows]))

    def forecast(self, inputs: Floats, group: NDArray[np.int64] | None = None) -> Floats:
        """Return the forecasts, shape (M, horizon), for `inputs`, shape (M, K), of the given groups."""
        if group is None:
            return _with_constant(inputs) @ self.weights[0]
        return np.einsum("mk,mkh->mh", _with_constant(inputs), self.weights[group])


def _with_constant(inputs: Floats) -> Floats:
    return np.column_stack([inputs, np.ones(len(inputs))])
