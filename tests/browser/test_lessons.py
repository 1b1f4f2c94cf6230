"""Each lesson in a real JupyterLab: it runs from top to bottom, and its widgets answer."""

import nbformat
import pytest

from lstm_course.cli import COURSE

LESSONS = sorted(path.relative_to(COURSE).as_posix() for path in (COURSE / "notebooks").glob("*.ipynb"))


def widgets_of(path):
    """How many widgets the lesson has, by the outputs that it was built with."""
    cells = nbformat.read(COURSE / path, as_version=4).cells
    outputs = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
    return sum(data.get("text/plain", "").startswith("Widget: ") for data in outputs)


@pytest.mark.browser
@pytest.mark.parametrize("path", LESSONS)
def test_lesson_runs_and_its_widgets_answer(reader, path):
    reader.open(path)
    assert reader.run_all() == []
    widgets = reader.page.locator(".lstm-widget")
    assert widgets.count() == widgets_of(path)
    for widget in widgets.all():
        widget.scroll_into_view_if_needed()
        words = widget.locator(".description").inner_text()
        widget.locator("input[type=range]").last.press("ArrowRight")
        reader.page.wait_for_function(
            "([widget, words]) => widget.querySelector('.description').innerText !== words",
            arg=[widget.element_handle(), words],
        )
    assert reader.problems == []
    assert reader.outside == []
