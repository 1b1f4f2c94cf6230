import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from lstm_course.cli import COURSE
from lstm_course.grading import feedback
from tests.graded import graded, hostile_class, question, unreadable

VOID = {"meta", "br", "hr", "img", "link", "input"}


class Page(HTMLParser):
    """What a page consists of; complains about a tag that closes another."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.attributes, self.open, self.words = [], [], [], []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def page(*questions, **more):
    return Page(feedback.page(graded(questions=list(questions), **more)))


def test_a_question_says_what_was_checked_what_is_missing_and_what_next():
    half = question(
        "step",
        1.0,
        reasons=["`h_t` differs. Expected h_t[0, 1] = 0.25, got 0.33."],
        checked=["h_t is o tanh(c_t).", "The arguments stay as they are."],
        hint="Use `*` for $\\odot$.",
        output="tensor([1.])\n",
    )
    seen = page(question(), half)
    assert "3 of 4 points" in seen.text
    for words in ("The step", "◐ partly right: 1 of 2 points", "h_t is o tanh(c_t).", "The arguments stay", "A hint"):
        assert words in seen.text
    assert "h_t differs. Expected h_t[0, 1] = 0.25, got 0.33." in seen.text
    assert "Use * for ⊙ ." in seen.text
    assert "tensor([1.])" in seen.text
    assert "✓ right: 2 of 2 points" in seen.text
    assert seen.tags.count("details") == 2
    assert ("details", "open", None) not in seen.attributes


def test_a_right_question_needs_no_hint_and_a_carried_one_says_so():
    assert "What is missing" not in page(question()).text
    assert "An earlier answer that this one builds on is not right." in page(question(carried=True)).text


def test_late_ended_and_unreadable_submissions_say_so():
    late = page(question(), late="1 day late: 10 % less", penalty=0.2, status="partly", reason="A cell ran too long.")
    assert "Handed in 1 day late: 10 % less (0.2 points)." in late.text
    assert "1.8 of 2 points" in late.text
    assert "The run ended early. A cell ran too long." in late.text
    assert "early" not in page(question(), reason="Handed in twice.").text
    broken = Page(feedback.page(unreadable()))
    assert "This notebook could not be graded. The file is no JSON." in broken.text
    assert "table" not in broken.tags


def test_the_page_is_accessible():
    seen = page(question(), question("step", 0.0, reasons=["No."]))
    assert ("html", "lang", "en") in seen.attributes
    assert seen.tags.count("h1") == seen.tags.count("main") == seen.tags.count("caption") == 1
    assert {("th", "scope", "col"), ("th", "scope", "row")} <= set(seen.attributes)
    headings = [tag for tag in seen.tags if re.fullmatch(r"h[1-6]", tag)]
    assert headings == ["h1", "h2", "h2", "h3"]
    ids = [value for _, name, value in seen.attributes if name == "id"]
    linked = [value for _, name, value in seen.attributes if name in ("href", "aria-labelledby")]
    assert len(set(ids)) == len(ids)
    assert {link.removeprefix("#") for link in linked} <= set(ids)


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_colour_of_text_has_contrast(scheme):
    """WCAG asks for 4.5 to 1."""
    style = (COURSE / "lstm_course/grading/feedback.css").read_text("utf-8")
    colours = dict(re.findall(r"--(\w+): (#\w{6});", re.findall(r":root \{(.*?)\}", style, re.DOTALL)[scheme]))
    for back in ("back", "soft"):
        for text in ("text", "link", "right", "partly", "not"):
            high, low = sorted((luminance(colours[text]), luminance(colours[back])), reverse=True)
            assert (high + 0.05) / (low + 0.05) >= 4.5, (text, back)


def test_only_its_own_style_may_act():
    html = feedback.page(graded())
    seen = Page(html)
    policy = next(value for _, name, value in seen.attributes if name == "content" and "default-src" in value)
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert "script" not in seen.tags
    assert "url(" not in style


@pytest.mark.parametrize("result", hostile_class(), ids=lambda result: ascii(result.student)[:20])
def test_nothing_of_a_student_is_markup(result):
    seen = Page(feedback.page(result))
    assert not {"script", "img", "iframe", "object", "link", "form"} & set(seen.tags)
    assert all(value.startswith("#") for _, name, value in seen.attributes if name in ("href", "src"))
    assert not any(name.startswith("on") or name == "style" for _, name, _ in seen.attributes)
    assert not set("\0\x1b\u202e\ud800") & set("".join(seen.words))


def test_a_long_output_is_shortened_with_a_note():
    seen = page(question(output="begin " + "x" * 1_000_000 + " end"))
    assert "begin x" in seen.text
    assert "x end" in seen.text
    assert "characters left out" in seen.text
    assert len(seen.text) < 6000


def test_a_hint_shows_no_picture_leads_nowhere_and_runs_nothing():
    seen = page(question(points=0.0, hint="![p](http://x/y.png) [go](http://x) <script>alert(1)</script> **new**"))
    assert not {"img", "script"} & set(seen.tags)
    assert "http" not in seen.text
    assert "strong" in seen.tags
