import numpy as np
import pytest

from lstm_course.drawings import forecasting_figures

CURVE = np.linspace(0.2, 0.7, 48)


def test_flat(shown):
    curves = {"truth": CURVE, "two values": CURVE}
    forecasting_figures.flat([curves, curves], [CURVE[:37], CURVE])
    assert "the forecast falls to a constant within about a wave" in shown()


@pytest.mark.parametrize(
    ("show", "names", "words"),
    [
        (forecasting_figures.waves_left, ["state kept", "empty at the start", "empty at every step"], "stays at 1"),
        (forecasting_figures.sine_errors, ["climatology", "persistence", "LSTM, 2 values, direct"], "level at 0.45"),
        (forecasting_figures.week_errors, ["climatology", "LSTM + calendar, own output"], "level near 0.5 deg C"),
    ],
)
def test_lines(shown, show, names, words):
    show(dict.fromkeys(names, CURVE))
    assert words in shown()


def test_loops(shown):
    values = np.array([0.5 + 0.2j, 0.5 - 0.2j])
    forecasting_figures.loops({"look-back 2": values, "look-back 3": values}, "Eigenvalues.", "Inside.")
    assert shown() == "Inside."


def test_fan(shown):
    forecasting_figures.fan(np.random.default_rng(0).normal(size=(39, 168)), np.zeros(168), np.zeros(168), few=3)
    assert "The 3 sampled paths are as ragged as the truth" in shown()
