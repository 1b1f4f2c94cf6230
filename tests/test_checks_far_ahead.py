"""What is special in the checks of exercise 7; right answers and mistakes stand in tests/mistakes."""

import pytest
import torch

from lstm_course.checks import far_ahead as check
from lstm_course.checks.base import CheckFailed
from lstm_course.checks.far_ahead_weeks import _weather
from tests.mistakes.far_ahead import fed_back
from tests.mistakes.far_ahead_weeks import linear


@pytest.mark.parametrize("question", check.__all__)
def test_unanswered_is_only_not_implemented(question):
    def unanswered(*_):
        raise NotImplementedError

    with pytest.raises(NotImplementedError):
        getattr(check, question)(unanswered)


def test_an_unknown_mistake_is_shown_on_a_window_that_can_be_followed_by_hand():
    with pytest.raises(CheckFailed) as raised:
        check.rollout(lambda one_step, window, horizon: fed_back(one_step, window, horizon) ** 3)
    lines = str(raised.value).split("\n")
    assert lines[1] == "Expected forecasts[0, 0] = 3, got 27 (3 of 3 values differ)."
    assert lines[2].startswith("With one_step = the sum of the window, window = [[1.0, 2.0]], horizon = 3.")


def test_the_training_data_are_copies():
    def spoiling(temperature, calendar):
        assert temperature.shape == (26304,)
        assert calendar.shape == (26304, 4)
        forecast = linear(temperature, calendar)

        def later(*inputs):
            temperature.zero_()
            return forecast(*inputs)

        return later

    before = [part.clone() for part in _weather()[:2]]
    check.forecast_weeks(spoiling)
    assert all(map(torch.equal, _weather()[:2], before))
