"""The committed notebooks: made from the source, executed whole, small, linked, described, and fair to learners."""

import re
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest

from lstm_course.authoring import build as building
from lstm_course.checks.notebook import check_notebook

ROOT = Path(__file__).parents[1]
SOURCES = building.sources(ROOT, [])
MADE = {path: notebook for source in SOURCES for path, notebook in building.make(source).items()}
EXECUTED = [path for path in MADE if not path.startswith("exercises/")]
EXERCISES = [path for path in MADE if path.startswith("exercises/")]


def read(path):
    return nbformat.read(ROOT / path, as_version=4)


def code_cells(path):
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def without_outputs(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


@pytest.mark.parametrize("path", MADE)
def test_notebook_is_what_its_source_makes(path):
    """Rebuild and compare all but the outputs, which nbval compares by running every cell again."""
    assert without_outputs(read(path)) == without_outputs(MADE[path]), "edit source/ and run: make notebooks"


def test_no_notebook_is_without_source():
    committed = {
        path.relative_to(ROOT).as_posix()
        for kind in ("notebooks", "exercises", "solutions")
        for path in (ROOT / kind).rglob("*.ipynb")
        if ".ipynb_checkpoints" not in path.parts
    }
    assert committed == set(MADE)


@pytest.mark.parametrize("path", EXECUTED)
def test_every_code_cell_is_executed_in_order(path):
    """Without an execution count nbval compares nothing for a cell, and would pass silently."""
    counts = [cell.execution_count for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1))


@pytest.mark.parametrize("path", EXERCISES)
def test_exercise_has_no_output(path):
    assert all(not cell.outputs and cell.execution_count is None for cell in code_cells(path))


@pytest.mark.parametrize("path", EXECUTED)
def test_no_error_is_shown_unless_on_purpose(path):
    for cell in code_cells(path):
        if any(output.output_type == "error" for output in cell.outputs):
            assert "raises-exception" in cell.metadata.get("tags", []), cell.id


@pytest.mark.parametrize("path", EXERCISES)
def test_exercise_as_handed_out_is_only_unanswered(path):
    """Every check raises NotImplementedError, and no other cell raises anything."""
    result = check_notebook(ROOT / path)
    assert {question.problem for question in result.questions} == {"not answered yet"}
    assert result.errors_elsewhere == []


@pytest.mark.parametrize("path", EXECUTED)
def test_no_cell_shows_more_than_jupyterlab_does(path):
    """JupyterLab hides what follows a cell's fiftieth output; bars of many short trainings add up to that."""
    assert {cell.id: len(cell.outputs) for cell in code_cells(path) if len(cell.outputs) > 50} == {}


def test_notebooks_are_small():
    sizes = {path: (ROOT / path).stat().st_size for path in MADE}
    assert max(sizes.values()) <= building.MOST_BYTES
    assert sum(sizes.values()) <= building.MOST_BYTES_TOGETHER


@pytest.mark.parametrize("path", MADE)
def test_links_resolve(path):
    text = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    for target in re.findall(r"\]\(([^)#\s]+)", text):
        if not target.startswith("https://"):
            assert (ROOT / path).parent.joinpath(target).is_file(), target


class Images(HTMLParser):
    """Collects the alternative texts of the pictures in an HTML text."""

    def __init__(self, html):
        super().__init__()
        self.texts = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag == "img":
            self.texts.append(dict(attrs).get("alt") or "")


@pytest.mark.parametrize("path", EXECUTED)
def test_every_figure_has_a_description_of_its_own(path):
    descriptions = []
    for cell in code_cells(path):
        for output in cell.outputs:
            data = output.get("data", {})
            assert "image/png" not in data, f"{cell.id}: use figures.show, which adds a description"
            descriptions += Images(data.get("text/html", "")).texts
    assert all(len(text.split()) >= 12 for text in descriptions), min(descriptions, key=len)
    assert len(set(descriptions)) == len(descriptions)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: f"{source.path.parent.name}/{source.name}")
def test_lesson_or_exercise_is_complete(source):
    """The parts that every lesson and every exercise has, whatever its subject."""
    text = "\n".join(cell.text for cell in source.cells)
    title = f"# {'Exercises ' if source.is_exercise else ''}{int(source.name[:2])}. {source.title}"
    assert source.cells[0].text.startswith(title + "\n")
    if source.is_exercise:
        assert len(source.questions) >= 3
        assert f"(../notebooks/{source.name}.ipynb)" in text
    elif source.name != "00_start_here":  # the start page is no lesson
        assert f"(../exercises/{source.name}.ipynb)" in text or source.name == "09_myths"  # which has no exercise
        headings = re.findall(r"^## (.+)$", text, flags=re.MULTILINE)
        assert headings[-3:] == ["In five lines", "Test yourself", "Next"]
        self_test = text[text.index("## Test yourself") :]
        assert 3 <= self_test.count("<details><summary>Answer</summary>") <= 6
        assert f"{source.minutes} minutes" in source.cells[0].text
