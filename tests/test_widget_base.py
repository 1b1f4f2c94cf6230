import io
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from lstm_course import figures
from lstm_course.widgets.base import Explorer, FigureExplorer, Slider


class Parabola(FigureExplorer):
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


def drawn(widget):
    """The points of the moving line in the picture, in pixels."""
    (line,) = ElementTree.fromstring(widget.picture).iter("{http://www.w3.org/2000/svg}polyline")
    return np.array([point.split(",") for point in line.get("points").split()], dtype=float)


def test_picture_and_description_follow_the_slider():
    widget = Parabola()
    for a in (2.0, 0.5):
        widget.values = {"a": a}
        assert widget.description == f"The parabola ends at {a:.1f}."
        left, bottom, width, height = widget.line.axes.get_position().bounds
        x, y = left + width * widget.x, bottom + height * a * widget.x**2 / 2  # the axes reach from 0 to 2
        expected = np.stack([4 * figures.CSS_DPI * x, 3 * figures.CSS_DPI * (1 - y)], axis=1)
        np.testing.assert_allclose(drawn(widget), expected, atol=0.06)  # tenths of a pixel are written


def test_what_stays_is_sent_once_without_the_line():
    widget = Parabola()
    picture = Image.open(io.BytesIO(widget.background)).convert("RGB")
    assert picture.size == (4 * figures.DPI, 3 * figures.DPI)
    blue = tuple(int(figures.BLUE[at : at + 2], 16) for at in (1, 3, 5))
    whole = Image.open(io.BytesIO(widget.still()[0])).convert("RGB")
    counts = [(np.abs(np.asarray(image).astype(int) - blue).sum(-1) < 60).sum() for image in (picture, whole)]
    assert counts[0] == 0
    assert counts[1] > 100


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


def test_a_subclass_must_say_what_is_seen():
    figure, axis = figures.new()
    (line,) = axis.plot([0, 1])
    with pytest.raises(NotImplementedError):
        FigureExplorer(figure, [line], [], "Nothing.")
    with pytest.raises(NotImplementedError):
        Explorer([], "Nothing.")
