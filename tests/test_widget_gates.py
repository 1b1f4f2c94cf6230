"""The gate sliders show what the cell computes."""

import re

import pytest
import torch

from lstm_course.widgets.gates import GateSliders, one_step


@pytest.fixture
def sliders():
    return GateSliders()


def written(picture):
    """The numbers that stand in the picture."""
    return re.findall(r">(−?\d\.\d\d)</text>", picture)


def test_sliders_start_at_the_worked_example(sliders):
    assert "f 0.88, i 0.73, g 0.46, o 0.50" in sliders.description
    assert "from c −1.00 to −0.54: kept −0.88, added 0.34. h is −0.25" in sliders.description
    assert {slider["name"] for slider in sliders.sliders} == {"z_f", "z_i", "z_g", "z_o", "c_prev"}


def test_the_picture_holds_the_numbers_of_the_description(sliders):
    sliders.values = {"z_f": -1.0, "z_i": 0.5, "z_g": -2.0, "z_o": 3.0, "c_prev": 2.5}
    assert sliders.error == ""
    *gates, c_prev, c, kept, added, h = re.findall(r"−?\d\.\d\d", sliders.description)
    assert written(sliders.picture) == [*gates, c_prev, kept, added, c, h]


def test_an_open_forget_gate_and_a_shut_input_gate_keep_the_memory(sliders):
    sliders.values = {"z_f": 6, "z_i": -6, "z_g": 3, "z_o": -6, "c_prev": 3}
    assert sliders.error == ""
    assert "from c 3.00 to 3.00" in sliders.description
    assert "h is 0.00" in sliders.description


def test_every_slider_changes_the_picture(sliders):
    for slider in sliders.sliders:
        before = sliders.picture
        sliders.values = {**sliders.values, slider["name"]: slider["maximum"]}
        assert sliders.picture != before, slider["name"]


def test_the_four_maps_receive_what_the_sliders_say():
    step = one_step(z_f=-1.0, z_i=0.5, z_g=-2.0, z_o=3.0, c_prev=0.7)
    f, i, o = torch.sigmoid(torch.tensor([-1.0, 0.5, 3.0], dtype=torch.float64))
    g = torch.tanh(torch.tensor(-2.0, dtype=torch.float64))
    c = f * 0.7 + i * g
    expected = {"f": f, "i": i, "g": g, "o": o, "c": c, "h": o * torch.tanh(c)}
    assert {name: step[name].item() for name in expected} == pytest.approx({k: v.item() for k, v in expected.items()})


def test_without_a_kernel_picture_and_words_remain(sliders):
    sliders.values = {**sliders.values, "z_f": 6.0}
    data, _ = sliders._repr_mimebundle_()
    assert f'alt="{sliders.description}"' in data["text/html"]
    assert "data:image/png;base64," in data["text/html"]
