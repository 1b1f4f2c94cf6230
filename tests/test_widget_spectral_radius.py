"""The spectral radius widget measures what autograd measures, says it, and is quick enough to drag."""

import re
import time

import numpy as np
import pytest
import torch

from lstm_course import gradients
from lstm_course.widgets import spectral_radius
from lstm_course.widgets.spectral_radius import SpectralRadiusExplorer


@pytest.fixture(scope="module")
def widget():
    return SpectralRadiusExplorer()


def measured_rate(description):
    return float(re.search(r"factor ([\d.]+) per step", description)[1])


def test_its_norms_are_those_of_autograd():
    draw = torch.Generator().manual_seed(3)
    W = gradients.random_matrix(6, 1.2, generator=draw)
    inputs = torch.randn(9, 6, generator=draw, dtype=torch.float64)
    h = [torch.zeros(6, dtype=torch.float64, requires_grad=True)]
    for x in inputs:
        h.append(torch.tanh(W @ h[-1] + x))
    slopes = spectral_radius._slopes(W.numpy(), inputs.numpy())
    norms = spectral_radius._norms_by_lag(W.numpy(), slopes)
    np.testing.assert_allclose(norms, gradients.norms_by_lag(h).numpy(), rtol=1e-10)


@pytest.mark.parametrize("radius", [0.3, 0.9, 1.0, 2.0])
def test_without_input_the_rate_is_the_radius(widget, radius):
    widget.values = {"radius": radius, "scale": 0.0}
    assert not widget.error
    assert measured_rate(widget.description) == pytest.approx(radius, abs=0.005)
    final = widget._measured.get_ydata()[-1]
    assert final == pytest.approx(radius**spectral_radius.STEPS, rel=1e-6)
    assert f"makes {final:.0e}." in widget.description


def test_larger_inputs_lower_the_rate(widget):
    rates = [measured_rate(widget.update(radius=1.5, scale=scale)) for scale in (0.1, 0.5, 1.0, 2.0)]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] > 1 > rates[2]


def test_the_prediction_is_close_everywhere(widget):
    for radius in (0.5, 1.0, 1.5, 2.0):
        for scale in (0.0, 0.3, 1.0, 2.0):
            words = widget.update(radius=radius, scale=scale)
            predicted = float(re.search(r"predicted ([\d.]+)", words)[1])
            assert measured_rate(words) == pytest.approx(predicted, rel=0.1)


def test_the_picture_follows(widget):
    widget.values = {"radius": 0.5, "scale": 0.0}
    before = widget.picture
    widget.values = {"radius": 1.5, "scale": 0.0}
    assert widget.picture != before


def test_the_sliders_start_where_the_description_says(widget):
    fresh = SpectralRadiusExplorer()
    assert fresh.values == {"radius": 0.9, "scale": 0.0}
    assert fresh.description.startswith(
        "At spectral radius 0.90 and input scale 0.00 the norm changes by a factor 0.90"
    )
    assert [slider["label"] for slider in fresh.sliders] == ["spectral radius ρ", "input scale"]


def test_a_step_takes_well_under_a_tenth_of_a_second(widget):
    took = []
    for step in range(5):
        start = time.perf_counter()
        widget.values = {"radius": 0.5 + 0.1 * step, "scale": 0.35}
        took.append(time.perf_counter() - start)
    assert min(took) < 0.1
