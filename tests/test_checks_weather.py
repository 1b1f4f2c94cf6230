"""What is special in the checks of exercise 5; right answers and mistakes stand in tests/mistakes."""

import re

import numpy as np
import pytest
import torch

from lstm_course.checks import weather as check
from lstm_course.checks.base import CheckFailed
from tests.mistakes import weather as answers


def failure(question, answer):
    with pytest.raises(CheckFailed) as raised:
        question(answer)
    return str(raised.value)


def test_training_data():
    inputs, changes = check.training_data()
    assert inputs.shape == (26303, 12)
    assert changes.shape == (26303,)
    assert inputs.dtype == changes.dtype == torch.float32
    assert changes.std().item() == pytest.approx(1, abs=1e-3)
    temperature = inputs[:, 0].double()
    step = temperature.diff()  # proportional to the changes, one hour later
    assert torch.corrcoef(torch.stack([step, changes[:-1].double()]))[0, 1] > 0.999999


def test_training_data_is_handed_out_afresh():
    check.training_data()[0].zero_()
    assert check.training_data()[0].abs().max() > 0


def test_a_named_mistake_quotes_its_code_asks_and_shows_a_value():
    rule, value, code, asks = failure(check.windows, lambda y, L, H: answers.cut(y, L, H, shift=-1)).split("\n")[:4]
    assert rule.endswith("row m of future must begin one hour after row m of past ends.")
    assert value == "Expected future[0, 0] = 2.6, got 9 (12 of 12 values differ)."
    assert code.endswith("future = [series[m + look_back - 1 : m + look_back + horizon - 1] for m in starts]")
    assert asks.startswith("Which hour follows the last one of past?")


def test_an_unknown_mistake_shows_the_smallest_input():
    def odd(series, look_back, horizon):
        past, future = answers.cut(series, look_back, horizon)
        return past, future**3

    rule, value, given = failure(check.windows, odd).split("\n")[:3]
    assert rule.startswith("For 3 hours, look_back 1 and horizon 1")
    assert value == "Expected future[1, 0] = 4, got 64 (1 of 2 values differ)."
    assert given == "With series = [3.0, 1.0, 4.0], look_back = 1, horizon = 1."


def test_an_unknown_climatology_shows_the_values_of_the_place():
    def medians(values, day, hour, half_width):
        near = [(np.minimum((day - d) % 365, (d - day) % 365) <= half_width, d) for d in range(365)]
        return np.array([[np.median(values[some & (hour == h)]) for h in range(24)] for some, _ in near])

    shown = failure(check.climatology, medians).split("\n")[2]
    place = re.match(r"At hour (\d+) the values near day (\d+) are ", shown)
    values = re.findall(r"[\d.]+ \(day (\d+)\)", shown)
    assert len(values) > 2
    assert all((int(day) - int(place[2]) + 1) % 365 <= 2 for day in values)


def test_a_tiny_number_added_to_the_divisor_is_no_mistake(capsys):
    check.scale(lambda a, b: tuple((part - a.mean(axis=0)) / (a.std(axis=0) + 1e-7) for part in (a, b)))
    assert capsys.readouterr().out == "✓ scale is right.\n"


QUESTIONS = ("windows", "split_windows", "scale", "climatology", "skill", "train_forecaster")


@pytest.mark.parametrize("question", QUESTIONS)
def test_unanswered_is_only_not_implemented(question):
    def unanswered(*_):
        raise NotImplementedError

    with pytest.raises(NotImplementedError):
        getattr(check, question)(unanswered)
