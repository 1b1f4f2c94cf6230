"""Five years of hourly weather at Beijing: reading, describing by numbers, splitting by time, cutting windows.

Everything is a numpy array; an hour is one row. The data and their licence are described in `data/README.md`.
"""

import csv
import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Times = NDArray[np.datetime64]

FILE = Path(__file__).parent / "data" / "beijing_weather_2010_2014.csv.gz"
COLUMNS = ("time", "temperature", "dew_point", "pressure", "wind_direction", "wind_run")
DIRECTIONS = ("NE", "NW", "SE", "cv")  # cv: calm or variable
DAYS_A_YEAR = 365.25
HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True)
class Weather:
    """Hourly weather without gaps; every array has the length N.

    Attributes
    ----------
    time : array of datetime64[h]
        Local time.
    temperature, dew_point : array of float64
        In degrees Celsius.
    pressure : array of float64
        In hPa.
    wind_direction : array of str
        One of `DIRECTIONS`.
    wind_run : array of float64
        Wind speed in m/s, cumulated since the direction last changed.
    """

    time: Times
    temperature: Floats
    dew_point: Floats
    pressure: Floats
    wind_direction: NDArray[np.str_]
    wind_run: Floats

    def __len__(self) -> int:
        return len(self.time)


def load(path: Path = FILE) -> Weather:
    """Read the weather that is shipped with the package: 43,824 hours, 2010-01-01 00 h to 2014-12-31 23 h.

    Raises
    ------
    ValueError
        If the file is missing, is not the gzipped table that it should be, or has a gap.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
    except FileNotFoundError:
        raise ValueError(f"The weather file must be at {path}, but there is none: install the package again.") from None
    except (OSError, EOFError, zlib.error, csv.Error, UnicodeDecodeError) as problem:
        raise _damaged(path, f"it cannot be read ({problem})") from None
    try:
        return _checked(rows)
    except ValueError as problem:
        raise _damaged(path, str(problem)) from None


def _damaged(path: Path, what: str) -> ValueError:
    return ValueError(f"The weather file {path} is damaged: {what}. Install the package again.")


def _checked(rows: list[list[str]]) -> Weather:
    if len(rows) < 2:
        raise ValueError("it has no hours" if rows else "it is empty")
    if tuple(rows[0]) != COLUMNS:
        raise ValueError(f"its columns are {', '.join(rows[0])} rather than {', '.join(COLUMNS)}")
    for number, row in enumerate(rows):
        if len(row) != len(COLUMNS):
            raise ValueError(f"hour {number} has {len(row)} values rather than {len(COLUMNS)}")
    weather = _parsed(rows[1:])
    gaps = np.flatnonzero(np.diff(weather.time) != HOUR)
    if len(gaps):
        raise ValueError(f"after {weather.time[gaps[0]]} the next hour should follow, got {weather.time[gaps[0] + 1]}")
    unknown = set(weather.wind_direction.tolist()) - set(DIRECTIONS)
    if unknown:
        raise ValueError(f"a wind direction is one of {', '.join(DIRECTIONS)}, got {', '.join(sorted(unknown))}")
    for name in ("temperature", "dew_point", "pressure", "wind_run"):
        _require_finite(name, getattr(weather, name))
    return weather


def _parsed(rows: list[list[str]]) -> Weather:
    time, temperature, dew_point, pressure, direction, run = zip(*rows, strict=True)
    return Weather(
        np.array(time, dtype="datetime64[h]"),
        *(np.array(column, dtype=np.float64) for column in (temperature, dew_point, pressure)),
        np.array(direction),
        np.array(run, dtype=np.float64),
    )


def _require_finite(name: str, values: Floats) -> None:
    wrong = np.argwhere(~np.isfinite(values))
    if len(wrong):
        at = tuple(int(index) for index in wrong[0])
        raise ValueError(
            f"{name} must hold finite numbers only, got {values[at]} at index {at[0]}"
            f" ({len(wrong)} such in all): fill or cut these hours first"
        )


def hour_of_day(time: Times) -> NDArray[np.int64]:
    """Return the hour, 0 to 23, of each time."""
    return (time - time.astype("datetime64[D]")).astype(np.int64)


def day_of_year(time: Times) -> NDArray[np.int64]:
    """Return the day of the year, 0 (1 January) to 365, of each time."""
    return (time.astype("datetime64[D]") - time.astype("datetime64[Y]")).astype(np.int64)


def month(time: Times) -> NDArray[np.int64]:
    """Return the month, 1 to 12, of each time."""
    return time.astype("datetime64[M]").astype(np.int64) % 12 + 1


def calendar(time: Times, daily: int = 1, yearly: int = 1) -> Floats:
    r"""Describe times as points on two circles, so that 23 h lies beside 0 h and December beside January.

    Parameters
    ----------
    time : array of datetime64[h], shape (N,)
    daily, yearly : int
        How many waves per circle: sines and cosines of \(2\pi k \cdot\) hour / 24 for k = 1 .. `daily`, and of
        \(2\pi k \cdot\) day / 365.25 for k = 1 .. `yearly`. More waves let a linear model follow finer shapes.

    Returns
    -------
    array of float64, shape (N, 2 * (daily + yearly))
        sin and cos for each daily wave, then for each yearly wave.
    """
    hour = hour_of_day(time)
    angles = [(hour / 24, daily), ((day_of_year(time) + hour / 24) / DAYS_A_YEAR, yearly)]
    waves = [
        wave(2 * np.pi * k * turn) for turn, most in angles for k in range(1, most + 1) for wave in (np.sin, np.cos)
    ]
    return np.stack(waves, axis=1)


def features(weather: Weather) -> tuple[Floats, list[str]]:
    """Put everything known at an hour into one row of numbers.

    Returns
    -------
    table : array of float64, shape (N, 12)
        Temperature, dew point, pressure, log(1 + wind run), four columns of which one is 1 (the wind's direction),
        four columns of the calendar. Not scaled.
    names : list of str
        One per column.
    """
    numbers = [weather.temperature, weather.dew_point, weather.pressure, np.log1p(weather.wind_run)]
    one_hot = weather.wind_direction[:, None] == np.array(DIRECTIONS)  # (N, 4)
    table = np.column_stack([*numbers, one_hot, calendar(weather.time)])
    names = ["temperature", "dew point", "pressure", "log wind run", *(f"wind {name}" for name in DIRECTIONS)]
    return table, [*names, "sin hour", "cos hour", "sin day", "cos day"]


def years(time: Times, first: int, last: int) -> slice:
    """Return the slice of the hours from the start of the year `first` to the end of the year `last`.

    Raises
    ------
    ValueError
        If `time` holds no such hour.
    """
    start, stop = np.searchsorted(time, [np.datetime64(str(first), "h"), np.datetime64(str(last + 1), "h")])
    if start == stop:
        raise ValueError(
            f"The years {first} to {last} must overlap the series, which runs from {time[0]} to {time[-1]}:"
            " ask for other years."
        )
    return slice(int(start), int(stop))


def windows(
    series: ArrayLike, look_back: int, horizon: int = 1, *, targets_in: slice | None = None
) -> tuple[Floats, Floats]:
    """Cut a series into all pairs of `look_back` past values and the `horizon` values that follow.

    Parameters
    ----------
    series : array, shape (N,) or (N, F)
        One row per hour.
    look_back, horizon : int
        Length of the input and of the target, in hours.
    targets_in : slice, optional
        Keep only pairs whose whole target lies in this part of the series. The input may reach back before the
        part: at the time of a forecast the past is known.

    Returns
    -------
    inputs : array of float64, shape (M, look_back) or (M, look_back, F)
    targets : array of float64, shape (M, horizon) or (M, horizon, F)
        Read-only views. Pair m, counted from the first that is kept, starts one hour after pair m - 1.

    Raises
    ------
    ValueError
        If a size is not positive, the series is shorter than one pair, or holds NaN or infinity.
    """
    try:
        values = np.asarray(series, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"A series must hold numbers, got {series!r:.60}: convert it first.") from None
    if values.ndim not in (1, 2):
        raise ValueError(f"A series needs the shape (N,) or (N, F), got {values.shape}: put the hours first.")
    if look_back < 1 or horizon < 1:
        raise ValueError(f"A window needs look_back >= 1 and horizon >= 1, got {look_back} and {horizon}.")
    _require_finite("A series", values)
    start, stop, _ = (targets_in or slice(None)).indices(len(values))
    start = max(start, look_back)  # index of the first hour of the first target
    if start + horizon > stop:
        raise ValueError(
            f"A window of {look_back} + {horizon} hours must fit into the series, got {len(values)} hours"
            f" and targets in [{start}, {stop}): take shorter windows or a longer series."
        )
    both = np.lib.stride_tricks.sliding_window_view(values[start - look_back : stop], look_back + horizon, axis=0)
    both = np.moveaxis(both, -1, 1)  # (M, look_back + horizon) or (M, look_back + horizon, F)
    return both[:, :look_back], both[:, look_back:]


@dataclass(frozen=True)
class Scaling:
    """Mean and spread of each column, taken from training hours only.

    `mean` and `spread` are arrays of float64, shape (F,).
    """

    mean: Floats
    spread: Floats

    @classmethod
    def of(cls, training: Floats) -> "Scaling":
        """Measure the columns of `training`, shape (N, F).

        Raises
        ------
        ValueError
            If a column never changes.
        """
        mean, spread = training.mean(axis=0), training.std(axis=0)
        if not np.all(spread > 0):
            at = int(np.argmin(spread > 0))
            raise ValueError(f"A column must vary to be scaled, got {mean[at]:g} throughout column {at}: leave it out.")
        return cls(mean, spread)

    def apply(self, values: Floats) -> Floats:
        """Return `values`, shape (..., F), in units of spreads from the mean."""
        return (values - self.mean) / self.spread
