import io

import numpy as np
import pytest
from PIL import Image

from lstm_course import figures
from lstm_course.widgets.base import Explorer, Slider


class Parabola(Explorer):
    """The smallest explorer: one line, one slider."""

    def __init__(self):
        self.draws = 0
        figure, axis = figures.new(width=4, height=3)
        axis.set(xlim=(0, 1), ylim=(0, 2))
        self.x = np.linspace(0, 1, 20)
        (self.line,) = axis.plot(self.x, self.x)
        super().__init__(figure, [self.line], [Slider("a", "factor a", 0, 2, 0.1, 1.0)], "A parabola.")

    def update(self, a):
        self.draws += 1
        if a < 0:
            raise ValueError("a must not be negative.")
        self.line.set_ydata(a * self.x**2)
        return f"The parabola ends at {a:.1f}."


def pixels(widget):
    return np.asarray(Image.open(io.BytesIO(widget.picture)))


def test_picture_and_description_follow_the_slider():
    widget = Parabola()
    before = pixels(widget)
    widget.values = {"a": 2.0}
    assert widget.description == "The parabola ends at 2.0."
    assert (pixels(widget) != before).any()
    assert pixels(widget).shape == before.shape == (3 * figures.DPI, 4 * figures.DPI, 3)
    widget.values = {"a": 1.0}
    assert (pixels(widget) == before).all(), "nothing of the former picture is left"


def test_every_request_is_answered_once():
    widget = Parabola()
    assert (widget.draws, widget.frame) == (1, 0)
    for number, a in enumerate((0.5, 0.7, -1.0), start=1):
        widget.values = {"a": a}
        assert (widget.draws, widget.frame) == (1 + number, number)


def test_an_error_is_shown_and_leaves_with_the_next_good_value():
    widget = Parabola()
    shown = widget.description
    widget.values = {"a": -1.0}
    assert widget.error == "ValueError: a must not be negative."
    assert widget.description == shown
    widget.values = {"a": 0.5}
    assert widget.error == ""


def test_without_a_kernel_picture_and_words_remain():
    data, _ = Parabola()._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert 'alt="The parabola ends at 1.0."' in data["text/html"]
    assert data["text/plain"] == "Widget: A parabola.\nThe parabola ends at 1.0."


def test_update_must_be_written():
    figure, axis = figures.new()
    (line,) = axis.plot([0, 1])
    with pytest.raises(NotImplementedError):
        Explorer(figure, [line], [], "Nothing.")
