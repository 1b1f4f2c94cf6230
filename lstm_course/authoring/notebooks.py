"""Make notebooks from a checked source: the lesson, or the exercise as handed out and its solution."""

from typing import Any

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbformat.v4.nbbase import NotebookNode

from lstm_course.authoring import regions
from lstm_course.authoring.source import Cell, Question, Source

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
BADGES = {
    "en": "*{minutes} minutes · difficulty {difficulty} of 3 · {points} points*",
    "zh": "*{minutes} 分钟 · 难度 {difficulty}/3 · {points} 分*",
}


def make(source: Source, *, for_students: bool = False, language: str = "en") -> NotebookNode:
    """Make one notebook, not executed.

    Parameters
    ----------
    source : Source
        Of a lesson or an exercise.
    for_students : bool
        Cut the solutions.
    language : str
        "en", or a language of `source.languages`; cells without a translation stay English.
    """
    cells = [_cell(source, cell, for_students, language) for cell in source.cells]
    course: dict[str, Any] = {"title": source.title, "minutes": source.minutes}
    if source.is_exercise:
        course["points"] = sum(question.points for question in source.questions.values())
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}, "lstm_course": course}
    return new_notebook(cells=cells, metadata=metadata)


def _cell(source: Source, cell: Cell, for_students: bool, language: str) -> NotebookNode:
    metadata: dict[str, Any] = {name: cell.options[name] for name in ("tags", "reason") if name in cell.options}
    if cell.kind != "code":
        text = cell.translations.get(language, cell.text)
        if question := source.questions.get(cell.id.removesuffix("-task")):
            text = _with_badge(text, question, language) if cell.id.endswith("-task") else text
        return new_markdown_cell(text, id=cell.id, metadata=metadata)
    if question := source.questions.get(cell.id):
        metadata |= {"nbgrader": _nbgrader(cell.id, solution=True)}
        metadata |= {"lstm_course": {"minutes": question.minutes, "difficulty": question.difficulty}}
    elif question := source.questions.get(cell.id.removesuffix("-check")):
        metadata |= {"nbgrader": _nbgrader(cell.id, grade=True, locked=True, points=question.points)}
    code = regions.cut(cell.text) if for_students else cell.text
    return new_code_cell(code, id=cell.id, metadata=metadata)


def _with_badge(text: str, question: Question, language: str) -> str:
    heading, _, rest = text.partition("\n")
    badge = BADGES[language].format_map(vars(question))
    return f"{heading}\n\n{badge}\n\n{rest.lstrip()}"


def _nbgrader(grade_id: str, **flags: Any) -> dict[str, Any]:
    defaults = {"grade": False, "locked": False, "solution": False, "task": False}
    return {**defaults, "grade_id": grade_id, "schema_version": 3, **flags}
