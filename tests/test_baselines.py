import numpy as np
import pytest

from lstm_course import baselines, weather

PAST = np.arange(60.0).reshape(2, 30)


def test_rmse_and_skill():
    truth = np.array([[0.0], [0.0]])
    assert baselines.rmse(np.array([[3.0], [4.0]]), truth) == pytest.approx(np.sqrt(12.5))
    assert baselines.skill(truth, truth + 1, truth) == 1
    assert baselines.skill(truth + 1, truth - 1, truth) == pytest.approx(0)
    assert baselines.skill(truth + 2, truth + 1, truth) == pytest.approx(-3)


def test_shapes_that_would_broadcast_are_refused():
    with pytest.raises(ValueError, match=r"same shape, got \(5,\) and \(5, 1\)"):
        baselines.rmse(np.zeros(5), np.zeros((5, 1)))


def test_persistence_repeats_the_last_value():
    assert baselines.persistence(PAST, 3).tolist() == [[29] * 3, [59] * 3]


def test_same_hour_yesterday():
    assert baselines.same_hour_yesterday(PAST, 2).tolist() == [[6, 7], [36, 37]]
    longer = baselines.same_hour_yesterday(PAST, 50)[0]
    assert longer[24:48].tolist() == longer[:24].tolist()
    with pytest.raises(ValueError, match="at least 24 hours, got 23"):
        baselines.same_hour_yesterday(PAST[:, :23])


def test_climatology_goes_round_the_year():
    time = np.arange(np.datetime64("2012-01-01T00"), np.datetime64("2013-01-01T00"))  # 366 days
    day = weather.day_of_year(time).astype(float)
    table = baselines.Climatology.of(day, time, half_width=1).table
    np.testing.assert_allclose(table[100], 100)
    np.testing.assert_allclose(table[0], (365 + 0 + 1) / 3)
    np.testing.assert_allclose(baselines.Climatology.of(day, time, half_width=0).at(time), day)


def test_climatology_weighs_every_value_once():
    time = np.array(["2010-03-01T05", "2011-03-01T05", "2010-03-02T05"], dtype="datetime64[h]")
    every = np.arange(np.datetime64("2010-01-01T00"), np.datetime64("2011-01-01T00"))
    values = np.concatenate([[1.0, 2, 6], np.zeros(len(every))])
    table = baselines.Climatology.of(values, np.concatenate([time, every]), half_width=1).table
    assert table[59, 5] == pytest.approx((1 + 2 + 6) / (3 + 3))


def test_climatology_needs_a_value_everywhere():
    time = np.arange(np.datetime64("2010-01-01T00"), np.datetime64("2010-07-01T00"))
    with pytest.raises(ValueError, match="a value for every hour and season, got none for"):
        baselines.Climatology.of(np.zeros(len(time)), time)


def test_damping_of_a_geometric_decay():
    np.testing.assert_allclose(baselines.damping(0.5 ** np.arange(200.0), 3), [0.5, 0.25, 0.125])


def test_linear_finds_the_coefficients():
    inputs = np.random.default_rng(0).normal(size=(50, 3))
    weights = np.array([[1.0, 0], [2, 5], [-3, 1], [7, -7]])  # the last row is the constant
    targets = inputs @ weights[:3] + weights[3]
    model = baselines.Linear.of(inputs, targets)
    np.testing.assert_allclose(model.weights, weights[None], atol=1e-12)
    np.testing.assert_allclose(model.forecast(inputs[:4]), targets[:4])


def test_linear_by_group_fits_each_alone():
    inputs = np.random.default_rng(0).normal(size=(60, 2))
    group = np.arange(60) % 3
    targets = (inputs.sum(axis=1) * (group + 1) + 10 * group)[:, None]
    model = baselines.Linear.of(inputs, targets, group)
    assert model.weights.shape == (3, 3, 1)
    np.testing.assert_allclose(model.forecast(inputs[::7], group[::7]), targets[::7], atol=1e-10)
    assert baselines.rmse(baselines.Linear.of(inputs, targets).forecast(inputs), targets) > 1


def test_linear_refuses_too_few_rows():
    with pytest.raises(ValueError, match="more rows than coefficients, got 3 rows for 4 coefficients in group 0"):
        baselines.Linear.of(np.zeros((3, 3)), np.zeros((3, 1)))


def test_the_figures_of_the_lesson():
    """RMSE one hour ahead in 2014, in deg C, as measured beforehand by other code."""
    beijing = weather.load()
    y, time = beijing.temperature, beijing.time
    train, test = weather.years(time, 2010, 2012), weather.years(time, 2014, 2014)
    waves = weather.calendar(time, daily=3, yearly=2)
    past, future = weather.windows(y, 24, targets_in=train)
    later, truth = weather.windows(y, 24, targets_in=test)
    inputs, unseen = np.column_stack([past, waves[24 : train.stop]]), np.column_stack([later, waves[test]])
    hour = weather.hour_of_day(time)
    forecasts = {
        1.542: baselines.persistence(later),
        1.233: baselines.Linear.of(past, future).forecast(later),
        1.178: baselines.Linear.of(inputs, future).forecast(unseen),
        1.119: baselines.Linear.of(inputs, future, hour[24 : train.stop]).forecast(unseen, hour[test]),
    }
    for expected, forecast in forecasts.items():
        assert baselines.rmse(forecast, truth) == pytest.approx(expected, abs=0.001)
