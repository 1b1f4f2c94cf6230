"""The page that a student gets back: standalone HTML, without script, safe whatever the student's own words are."""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

import mistune
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from latex2mathml.converter import convert
from markupsafe import Markup, escape

from lstm_course.grading.model import QuestionResult, Result
from lstm_course.grading.text import one_line, plain

HERE = Path(__file__).parent
MARKS = {"right": "✓ right", "partly": "◐ partly right", "not": "✗ not right yet"}  # no meaning by colour alone


def page(result: Result) -> str:
    """Make the feedback page of a result."""
    template, style = _template(), (HERE / "feedback.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return template.render(result=result, style=Markup(style), style_hash=f"sha256-{digest}")


def outcome(question: QuestionResult) -> str:
    """Say how a question went: "right", "partly" or "not"."""
    if question.points >= question.max_points:
        return "right"
    return "partly" if question.points > 0 else "not"


def _mark(question: QuestionResult) -> str:
    return MARKS[outcome(question)]


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"line": one_line, "plain": plain, "points": "{:g}".format, "hint": _hint, "code": _code}
    environment.globals |= {"outcome": outcome, "mark": _mark}
    return environment.get_template("feedback.html.j2")


class _HintRenderer(mistune.HTMLRenderer):
    """Markdown of the instructor's hints: formulas as MathML; no picture and no link, which would lead elsewhere."""

    def inline_math(self, text: str) -> str:
        return convert(text)

    def image(self, text: str, url: str, title: str | None = None) -> str:
        return text

    def link(self, text: str, url: str, title: str | None = None) -> str:
        return text


def _code(sentence: str) -> Markup:
    """Escape a sentence and show what stands between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(sentence))))


@cache
def _hint(markdown: str) -> Markup:
    return Markup(mistune.create_markdown(renderer=_HintRenderer(escape=True), plugins=["math"])(markdown))
