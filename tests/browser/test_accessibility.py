"""axe-core finds no serious fault in what the lessons show: outputs in an exported page, widgets in JupyterLab."""

import pytest
from nbconvert import HTMLExporter

from lstm_course.cli import COURSE

LESSONS = sorted((COURSE / "notebooks").glob("*.ipynb"))

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(browser):
    page = browser.new_page()
    page.route("http*://**", lambda route: route.abort())  # an exported page asks for scripts that it does not need
    yield page
    page.close()


def faults(page, part):
    """The serious and critical faults in a part of a page, with their first place."""
    axe = pytest.importorskip("axe_playwright_python.base")
    page.evaluate(axe.AXE_SCRIPT)
    found = page.evaluate("part => axe.run({include: [[part]]}, {resultTypes: ['violations']})", part)
    assert found["passes"], f"nothing was examined in {part}"
    serious = [fault for fault in found["violations"] if fault["impact"] in ("serious", "critical")]
    return [(fault["id"], fault["nodes"][0]["html"], fault["nodes"][0]["failureSummary"]) for fault in serious]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.name)
def test_outputs_of_a_lesson_have_no_serious_fault(page, path, theme):
    html, _ = HTMLExporter(theme=theme, exclude_input=True, exclude_markdown=True).from_filename(str(path))
    page.set_content(html, wait_until="domcontentloaded")
    assert faults(page, ".jp-OutputArea-output") == []
