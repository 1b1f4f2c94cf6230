"""The feedback page in a real browser: nothing on it acts, and it can be read on a phone and in the dark."""

import pytest

from lstm_course.grading import feedback
from tests.graded import HOSTILE, graded, question

ATTACKS = ["<script>document.title = 'taken'</script>", "<img src=x onerror=\"document.title = 'taken'\">"]
ATTACKS += ["</pre></details><style>body { display: none }</style>", "<meta http-equiv=refresh content='0;url=/taken'>"]


@pytest.fixture
def written(tmp_path):
    text = "\n".join([*ATTACKS, *HOSTILE])
    half = question("step", 1.0, reasons=[text], hint=text, output=text + "x" * 3000, checked=["`a` is b."])
    path = tmp_path / "page.html"
    path.write_text(feedback.page(graded(text, questions=[half])), "utf-8")
    return path.as_uri()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1200])
def test_a_hostile_page_does_nothing_and_fits(browser, written, width, scheme):
    page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    seen, asked = [], []
    page.on("console", lambda message: seen.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(written)
    for details in page.locator("summary").all():
        details.click()
    assert page.title() == "Feedback on 02_the_cell"
    assert page.locator("h2").is_visible()
    assert (seen, asked) == ([], [written])
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    back = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert back == {"light": "rgb(255, 255, 255)", "dark": "rgb(21, 24, 28)"}[scheme]
    page.close()
