"""The rollout widget says what its matrix says, follows its sliders, and is quick enough to drag."""

import re
import time

import numpy as np
import pytest
import torch

from lstm_course.widgets import rollout
from lstm_course.widgets.rollout import RolloutExplorer


@pytest.fixture(scope="module")
def widget():
    return RolloutExplorer()


def numbers(words):
    pattern = r"radius ([\d.]+)\. The forecast keeps ([\d.]+) of .* steps, ([\d.]+) over"
    return tuple(float(number) for number in re.search(pattern, words).groups())


def test_without_noise_two_values_keep_the_wave(widget):
    radius, first, last = numbers(widget.update(look_back=2, noise=0.0, horizon=96))
    assert (radius, first, last) == (1.0, 1.0, 1.0)


def test_one_value_is_flat_even_without_noise(widget):
    radius, _, last = numbers(widget.update(look_back=1, noise=0.0, horizon=96))
    assert radius == pytest.approx(np.cos(2 * np.pi / rollout.PERIOD), abs=0.02)
    assert last == 0.0


def test_more_noise_contracts_and_a_longer_window_does_not(widget):
    by_noise = [numbers(widget.update(look_back=6, noise=noise, horizon=96))[0] for noise in (0.0, 0.2, 0.5, 1.0)]
    by_length = [numbers(widget.update(look_back=length, noise=0.5, horizon=96))[2] for length in (2, 6, 12, 36)]
    assert by_noise == sorted(by_noise, reverse=True)
    assert by_noise[-1] < 0.95
    assert by_length == sorted(by_length)
    assert by_length[0] < 0.05
    assert by_length[-1] > 0.8


def test_the_rollout_obeys_its_eigenvalues(widget):
    radius, *_ = numbers(widget.update(look_back=2, noise=0.2, horizon=48))
    values = complex(*(part[0] for part in widget._values.get_data()))
    assert abs(values) == pytest.approx(radius, abs=0.0005)
    path = torch.as_tensor(widget._path.get_ydata())
    # A path with the eigenvalues v and its conjugate obeys y_{t+2} = 2 Re(v) y_{t+1} - |v|^2 y_t.
    torch.testing.assert_close(path[2:], 2 * values.real * path[1:-1] - abs(values) ** 2 * path[:-2])


def test_as_many_points_as_the_sliders_say(widget):
    words = widget.update(look_back=7, noise=0.1, horizon=30)
    assert len(widget._past.get_xdata()) == len(widget._values.get_xdata()) == 7
    assert widget._past.get_xdata()[-1] == 0
    assert widget._path.get_xdata().tolist() == list(range(1, 31))
    assert words.startswith("Looking back on 7 values with noise 0.10")
    assert words.endswith("over its last 12 of 30.")


def test_the_extremes_of_the_sliders_work(widget):
    lowest = {slider["name"]: slider["minimum"] for slider in widget.sliders}
    highest = {slider["name"]: slider["maximum"] for slider in widget.sliders}
    for values in (lowest, highest, {**highest, "noise": 0.0}):
        widget.values = values
        assert not widget.error


def test_the_picture_follows(widget):
    widget.values = {"look_back": 2, "noise": 0.2, "horizon": 48}
    before = widget.picture
    widget.values = {"look_back": 12, "noise": 0.2, "horizon": 48}
    assert widget.picture != before


def test_the_sliders_are_labelled():
    fresh = RolloutExplorer()
    assert [slider["label"] for slider in fresh.sliders] == ["look-back", "noise", "horizon"]
    assert fresh.values == {"look_back": 2, "noise": 0.2, "horizon": 48}
    assert fresh.description.startswith("Looking back on 2 values with noise 0.20")


def test_a_step_takes_well_under_a_tenth_of_a_second(widget):
    took = []
    for step in range(5):
        start = time.perf_counter()
        widget.values = {"look_back": 36, "noise": 0.1 * step, "horizon": 96}
        took.append(time.perf_counter() - start)
    assert min(took) < 0.1
