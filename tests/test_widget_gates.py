"""The gate sliders and the cell player show what the cell computes, quickly."""

import statistics
import time

import pytest
import torch
from torch import nn

from lstm_course import cells
from lstm_course.widgets.cell_player import CellPlayer, input_labels, play
from lstm_course.widgets.gates import GateSliders, signed


def weights_of(cell):
    return cell.weight_ih.detach(), cell.weight_hh.detach(), (cell.bias_ih + cell.bias_hh).detach()


@pytest.fixture
def sliders():
    return GateSliders()


def test_sliders_start_at_the_worked_example(sliders):
    assert "f 0.88, i 0.73, g 0.46, o 0.50" in sliders.description
    assert "from c -1.00 to -0.54: kept -0.88, added 0.34. h is -0.25" in sliders.description
    assert {slider["name"] for slider in sliders.sliders} == {"z_f", "z_i", "z_g", "z_o", "c_prev"}


def test_an_open_forget_gate_and_a_shut_input_gate_keep_the_memory(sliders):
    before = sliders.picture
    sliders.values = {"z_f": 6, "z_i": -6, "z_g": 3, "z_o": -6, "c_prev": 3}
    assert sliders.error == ""
    assert "from c 3.00 to 3.00" in sliders.description
    assert "h is 0.00" in sliders.description
    assert sliders.picture != before


def test_every_slider_changes_the_picture(sliders):
    for slider in sliders.sliders:
        before = sliders.picture
        sliders.values = {**sliders.values, slider["name"]: slider["maximum"]}
        assert sliders.picture != before, slider["name"]


def test_no_negative_zero():
    assert signed(-0.001) == "0.00"
    assert signed(-0.5) == "−0.50"


def test_the_player_shows_the_steps_of_the_cell():
    torch.manual_seed(0)
    cell, x = nn.LSTMCell(3, 2), torch.eye(3)[[0, 1, 2, 2]]
    player = CellPlayer(x, *weights_of(cell), labels=list("abcc"))
    h = c = torch.zeros(1, 2)
    for t, x_t in enumerate(x, start=1):
        h, c, gates = cells.lstm_step(x_t[None], h, c, *weights_of(cell))
        player.values = {"step": t}
        assert player.error == ""
        assert f"Step {t} of 4, input {'abcc'[t - 1]}." in player.description
        numbers = ", ".join(f"{value:.2f}" for value in gates.f[0].tolist())
        assert f"f {numbers}" in player.description
    torch.testing.assert_close(torch.tensor(play(x, *weights_of(cell))[-1].h), h[0].double().detach())
    (slider,) = player.sliders
    assert (slider["minimum"], slider["maximum"], slider["play_ms"] > 0) == (1, 4, True)


def test_each_step_of_the_player_looks_different():
    cell = nn.LSTMCell(1, 1)
    player = CellPlayer(torch.ones(5, 1), *weights_of(cell))
    pictures = set()
    for t in range(1, 6):
        player.values = {"step": t}
        pictures.add(player.picture)
    assert len(pictures) == 5


def test_labels_of_inputs():
    assert input_labels(torch.tensor([[1.0], [-0.5], [0.0]])) == ["1", "−0.5", "0"]
    assert input_labels(torch.zeros(3, 2)) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("steps", "units", "labels", "words"),
    [
        (17, 1, None, r"1 to 16 steps, got \(17, 1\)"),
        (0, 1, None, r"1 to 16 steps, got \(0, 1\)"),
        (3, 7, None, "1 to 6 units, got 7"),
        (3, 2, ["a", "b"], "one label, got 2 labels for 3 steps"),
    ],
)
def test_what_cannot_be_shown_is_refused(steps, units, labels, words):
    with pytest.raises(ValueError, match=words):
        CellPlayer(torch.zeros(steps, 1), *weights_of(nn.LSTMCell(1, units)), labels=labels)


def test_a_redraw_is_quick(sliders):
    player = CellPlayer(torch.zeros(16, 1), *weights_of(nn.LSTMCell(1, 6)))
    for widget, name, values in ((sliders, "z_f", range(-5, 6)), (player, "step", range(1, 17))):
        seconds = []
        for value in values:
            start = time.process_time()
            widget.values = {**widget.values, name: value}
            seconds.append(time.process_time() - start)
        assert statistics.median(seconds) < 0.04
