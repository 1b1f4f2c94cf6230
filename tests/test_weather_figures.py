import numpy as np
import pytest

from lstm_course import weather
from lstm_course.drawings import weather_figures

NAMES = ("persistence", "climatology", "linear AR + calendar", "linear, all variables", "LSTM")


@pytest.fixture(scope="module")
def training():
    beijing = weather.load()
    part = weather.years(beijing.time, 2010, 2012)
    return beijing.time[part], beijing.temperature[part]


def test_toy_forecasts(shown):
    weather_figures.toy_forecasts({"raw": [9, 11.2], "near": [39, 40.2], "change": [40.98, 41]}, truth=41)
    assert "raw: around 10; near: around 40; change: around 41 degrees C" in shown()
    assert "lie on the line, at 41.0" in shown()


def test_cycles(shown, training):
    weather_figures.cycles(*training)
    assert "warmest at 15 h in January and 15 h in July, with a swing of 8.7 and 7.4 deg C" in shown()
    assert "from -5.5 deg C in month 1 to 27.0 in month 7" in shown()


def test_autocorrelations(shown):
    lags = np.arange(121)
    weather_figures.autocorrelations({"temperature": 0.9 + 0.1 * np.cos(lags / 24 * 2 * np.pi), "anomaly": 0.9**lags})
    assert "0.80 at 12 hours, 1.00 at 24, 1.00 at 120" in shown()
    assert "0.90 at 1 hour, 0.28 at 12" in shown()


def test_scores(shown):
    weather_figures.scores(
        {"AR": 1.178, "periodic": 1.119}, {"RNN": np.array([1.11, 1.12]), "LSTM": np.array([1.1, 1.09])}
    )
    assert "Diamonds: AR 1.18, periodic 1.12. The marks of RNN, LSTM lie close together near 1.1" in shown()


def test_days(shown):
    time = np.arange(np.datetime64("2014-01-01T00"), np.datetime64("2014-01-11T00"))
    truth = np.where(np.arange(240) > 80, 5.0, 18.0)[:, None]
    late = np.concatenate([truth[:1], truth[:-1]])
    weather_figures.days(time, truth, {"persistence": late, "LSTM": late - 0.5}, middles=(80, 180))
    assert "at 2014-01-04, 09 h the temperature moves by -13 deg C" in shown()
    assert "by more than 11 deg C" in shown()
    assert "from 2014-01-07, 00 h" in shown()


def test_by_hour_and_season(shown):
    by_hour = {name: 1 + 0.1 * np.arange(24) for name in ("persistence", "linear AR + calendar", "LSTM")}
    weather_figures.by_hour_and_season(by_hour, {name: [1, 3, 2] for name in by_hour}, ["cold", "wet", "dry"])
    assert "errs most at 23 h, 3.30 deg C, and least at 0 h, 1.00" in shown()
    assert "persistence errs most in wet" in shown()


def test_forget_gates(shown):
    temperature = np.r_[np.full(37, 32.0), np.full(35, 19.0)]
    f = np.random.default_rng(0).uniform(size=(72, 6))
    weather_figures.forget_gates(np.datetime64("2014-06-12T04"), temperature, f, f.mean(axis=0))
    assert "moves by -13 deg C after hour 36" in shown()


def test_by_lead(shown):
    errors = {name: np.linspace(1, 3, 24) + k for k, name in enumerate(NAMES)}
    weather_figures.by_lead(errors)
    assert "rises steeply to 3.0 deg C at 24 hours and falls to 3.0 at 24" in shown()
    assert "AR with calendar reaches 5.0, the linear model with all variables 6.0" in shown()
