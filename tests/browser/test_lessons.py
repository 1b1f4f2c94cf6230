"""Each lesson in a real JupyterLab: run all cells, and move every widget by keyboard."""

import pytest

from lstm_course.cli import COURSE

LESSONS = sorted(path.relative_to(COURSE).as_posix() for path in (COURSE / "notebooks").glob("*.ipynb"))
WIDGET = ".lstm-explorer"


@pytest.mark.browser
@pytest.mark.parametrize("path", LESSONS)
def test_lesson_runs_and_its_widgets_follow_the_keyboard(reader, path):
    reader.open(path)
    assert reader.run_all() == []
    widgets = reader.page.locator(WIDGET)
    for number in range(widgets.count()):
        widget = widgets.nth(number)
        for slider in widget.locator("input[type=range]").all():
            move_by_keyboard(reader.page, widget, slider)
    assert reader.problems == []
    assert reader.outside == []


def move_by_keyboard(page, widget, slider):
    """One arrow key changes the value, the description, and the picture's alternative text; nothing jumps."""
    slider.scroll_into_view_if_needed()
    assert slider.evaluate("input => input.labels.length") == 1
    words, value, height = (widget.locator(".description").inner_text(), slider.input_value(), widget.bounding_box())
    at_end = float(value) >= float(slider.get_attribute("max"))
    slider.focus()
    page.keyboard.press("ArrowLeft" if at_end else "ArrowRight")
    page.wait_for_function(
        "([widget, words]) => widget.querySelector('.description').innerText !== words",
        arg=[widget.element_handle(), words],
    )
    assert slider.input_value() != value
    assert widget.locator("img").get_attribute("alt") == widget.locator(".description").inner_text()
    assert widget.locator("img").evaluate("image => image.complete && image.naturalWidth") > 0
    assert widget.locator(".error").inner_text() == ""
    assert abs(widget.bounding_box()["height"] - height["height"]) < 1
