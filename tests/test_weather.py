import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstm_course import weather

LINES = [
    ",".join(weather.COLUMNS),
    "2012-02-28T22,1.5,-3,1020,NW,1.79",
    "2012-02-28T23,1,-3,1021,cv,0.89",
    "2012-02-29T00,0.5,-4,1021,SE,4",
]


@pytest.fixture(scope="module")
def beijing():
    return weather.load()


@pytest.fixture
def write(tmp_path):
    def write(lines):
        path = tmp_path / "weather.csv.gz"
        path.write_bytes(gzip.compress("\n".join(lines).encode()))
        return path

    return write


def test_shipped_series(beijing):
    assert len(beijing) == 43824
    assert beijing.time[0] == np.datetime64("2010-01-01T00")
    assert beijing.time[-1] == np.datetime64("2014-12-31T23")
    assert np.all(np.diff(beijing.time) == np.timedelta64(1, "h"))
    assert beijing.temperature.dtype == np.float64
    assert (beijing.temperature.min(), beijing.temperature.max()) == (-19, 42)


def test_notice_lies_beside_the_data():
    notice = (weather.FILE.parent / "README.md").read_text(encoding="utf-8")
    assert "CC BY 4.0" in notice
    assert weather.FILE.name in notice


def test_small_file_is_read(write):
    got = weather.load(write(LINES))
    assert got.temperature.tolist() == [1.5, 1, 0.5]
    assert got.wind_direction.tolist() == ["NW", "cv", "SE"]
    assert got.wind_run.tolist() == [1.79, 0.89, 4]


def test_missing_file(tmp_path):
    with pytest.raises(ValueError, match=r"must be at .*nothing\.csv\.gz, but there is none: install"):
        weather.load(tmp_path / "nothing.csv.gz")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            ["time,temperature", *LINES[1:]],
            "its columns are time, temperature rather than time, temperature, dew_point",
        ),
        ([*LINES[:2], LINES[3]], "after 2012-02-28T22 the next hour should follow, got 2012-02-29T00"),
        (
            [*LINES[:3], "2012-02-29T00,nan,-4,1021,SE,4"],
            "temperature must hold finite numbers only, got nan at index 2",
        ),
        ([*LINES[:3], "2012-02-29T00,warm,-4,1021,SE,4"], "could not convert string to float"),
        ([*LINES[:3], "2012-02-29T00,1,-4"], "hour 3 has 3 values rather than 6"),
        ([*LINES[:3], "2012-02-30T00,1,-4,1021,SE,4"], "2012-02-30"),
        ([*LINES[:3], "2012-02-29T00,1,-4,1021,W,4"], "a wind direction is one of NE, NW, SE, cv, got W"),
        (LINES[:1], "it has no hours"),
        ([], "it is empty"),
    ],
)
def test_damaged_file_is_named_in_one_sentence(write, lines, said):
    with pytest.raises(ValueError, match=r"is damaged: .*Install the package again\.$") as raised:
        weather.load(write(lines))
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "damage", [lambda data: data[:1000], lambda data: b"no gzip", lambda data: data[:500] + b"?" * 99]
)
def test_damaged_bytes(tmp_path, damage):
    path = tmp_path / "weather.csv.gz"
    path.write_bytes(damage(weather.FILE.read_bytes()))
    with pytest.raises(ValueError, match="is damaged: it cannot be read"):
        weather.load(path)


def test_parts_of_time():
    time = np.array(["2011-12-31T23", "2012-01-01T00", "2012-02-29T13", "2012-12-31T00"], dtype="datetime64[h]")
    assert weather.hour_of_day(time).tolist() == [23, 0, 13, 0]
    assert weather.day_of_year(time).tolist() == [364, 0, 59, 365]
    assert weather.month(time).tolist() == [12, 1, 2, 12]


def test_calendar_is_two_circles():
    time = np.arange(np.datetime64("2010-01-01T00"), np.datetime64("2011-01-01T00"))
    waves = weather.calendar(time)
    assert waves.shape == (8760, 4)
    np.testing.assert_allclose(waves[:, ::2] ** 2 + waves[:, 1::2] ** 2, 1)
    np.testing.assert_allclose(waves[[0, 6]][:, :2], [[0, 1], [1, 0]], atol=1e-12)
    assert np.linalg.norm(waves[0] - waves[23]) < 0.3  # midnight and 23 h are neighbours
    assert np.linalg.norm(waves[0] - waves[-1]) < 0.3  # so are the ends of a year


def test_calendar_waves_are_ordered_and_uncorrelated():
    time = np.arange(np.datetime64("2010-01-01T00"), np.datetime64("2010-01-31T00"))
    waves = weather.calendar(time, daily=3, yearly=2)
    assert waves.shape == (720, 10)
    hour = weather.hour_of_day(time)
    np.testing.assert_allclose(waves[:, 4], np.sin(2 * np.pi * 3 * hour / 24), atol=1e-12)
    np.testing.assert_allclose(waves[:, :6].T @ waves[:, :6] / 360, np.eye(6), atol=1e-9)


def test_features(beijing):
    table, names = weather.features(beijing)
    assert table.shape == (43824, 12)
    assert len(names) == 12
    assert np.array_equal(table[:, 0], beijing.temperature)
    assert np.all(table[:, 4:8].sum(axis=1) == 1)
    assert table[0, names.index("wind NW")] == 1  # the first line of the file says NW


def test_years(beijing):
    parts = [weather.years(beijing.time, *span) for span in ((2010, 2012), (2013, 2013), (2014, 2014))]
    assert [part.start for part in parts] == [0, 26304, 35064]
    assert [part.stop for part in parts] == [26304, 35064, 43824]
    with pytest.raises(ValueError, match="years 2020 to 2021 must overlap the series, which runs from 2010"):
        weather.years(beijing.time, 2020, 2021)


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 9), st.integers(1, 3))
def test_windows_follow_each_other(look_back, horizon, more, columns):
    series = np.arange((look_back + horizon + more) * columns, dtype=float).reshape(-1, columns)
    inputs, targets = weather.windows(series, look_back, horizon)
    assert inputs.shape == (more + 1, look_back, columns)
    assert targets.shape == (more + 1, horizon, columns)
    for m in range(more + 1):
        assert np.array_equal(inputs[m], series[m : m + look_back])
        assert np.array_equal(targets[m], series[m + look_back : m + look_back + horizon])


@given(st.integers(1, 5), st.integers(1, 5), st.integers(0, 20), st.integers(0, 30))
def test_targets_stay_in_their_part(look_back, horizon, start, stop):
    series = np.arange(30.0)
    first = max(start, look_back)
    if stop - horizon < first:
        with pytest.raises(ValueError, match="must fit"):
            weather.windows(series, look_back, horizon, targets_in=slice(start, stop))
        return
    inputs, targets = weather.windows(series, look_back, horizon, targets_in=slice(start, stop))
    assert targets[:, 0].tolist() == list(range(first, stop - horizon + 1))
    assert targets.max() < stop
    assert np.array_equal(inputs[:, -1] + 1, targets[:, 0])


def test_windows_are_read_only_views():
    inputs, _ = weather.windows(np.arange(9.0), 3)
    assert not inputs.flags.writeable


@pytest.mark.parametrize(
    ("series", "look_back", "horizon", "said"),
    [
        (np.arange(5.0), 5, 1, r"window of 5 \+ 1 hours must fit into the series, got 5 hours"),
        (np.arange(0.0), 1, 1, r"window of 1 \+ 1 hours must fit into the series, got 0 hours"),
        (np.arange(5.0), 0, 1, "needs look_back >= 1 and horizon >= 1, got 0 and 1"),
        (np.arange(5.0), -2, 1, "got -2 and 1"),
        (np.arange(5.0), 2, -3, "got 2 and -3"),
        (np.array([1.0, np.nan, 3, np.nan]), 1, 1, r"finite numbers only, got nan at index 1 \(2 such in all\)"),
        (np.array([1.0, 2, np.inf]), 1, 1, "got inf at index 2"),
        (np.array([[1.0, 2], [3, np.nan]]), 1, 1, "got nan at index 1"),
        (np.zeros((3, 2, 2)), 1, 1, r"shape \(N,\) or \(N, F\), got \(3, 2, 2\)"),
        (np.float64(3), 1, 1, r"shape \(N,\) or \(N, F\), got \(\)"),
        (["warm", "cold"], 1, 1, "must hold numbers"),
    ],
)
def test_bad_windows_are_refused(series, look_back, horizon, said):
    with pytest.raises(ValueError, match=said) as raised:
        weather.windows(series, look_back, horizon)
    assert "\n" not in str(raised.value)


def test_scaling_comes_from_training_only():
    training, later = np.array([[0.0, 10], [2, 30]]), np.array([[4.0, 20]])
    scaling = weather.Scaling.of(training)
    np.testing.assert_allclose(scaling.apply(training), [[-1, -1], [1, 1]])
    np.testing.assert_allclose(scaling.apply(later), [[3, 0]])


def test_constant_column_cannot_be_scaled():
    with pytest.raises(ValueError, match="column must vary to be scaled, got 7 throughout column 1"):
        weather.Scaling.of(np.array([[1.0, 7], [2, 7]]))
