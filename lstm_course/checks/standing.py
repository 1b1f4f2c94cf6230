"""How far a learner has come in the exercises: solved questions, points, minutes left, and what comes next."""

import html
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lstm_course.checks import progress

COURSE = Path(__file__).resolve().parents[2]
HEADINGS = ("exercise", "solved", "points", "minutes left")


@dataclass(frozen=True)
class Question:
    """One question as its notebook gives it; `check` is the name of the function that checks it."""

    id: str
    heading: str
    check: str
    points: int
    minutes: int


@dataclass(frozen=True)
class Exercise:
    """The questions of one exercise notebook, checked by functions of `module` (or of modules that begin so)."""

    path: Path
    title: str
    module: str
    questions: list[Question]


@dataclass(frozen=True)
class Standing:
    """The exercises and, for each path and question's id, whether it is solved. A notebook shows it as a table."""

    exercises: list[Exercise]
    solved: set[tuple[Path, str]]

    def rows(self) -> list[tuple[str, str, str, str]]:
        """Return title, questions solved, points earned and minutes left of every exercise and of all."""
        everything = [(exercise, question) for exercise in self.exercises for question in exercise.questions]
        found = [self._row(each.title, [(each, question) for question in each.questions]) for each in self.exercises]
        return [*found, self._row("all exercises", everything)]

    def _row(self, title: str, asked: list[tuple[Exercise, Question]]) -> tuple[str, str, str, str]:
        done = [question for exercise, question in asked if (exercise.path, question.id) in self.solved]
        points, possible = sum(question.points for question in done), sum(question.points for _, question in asked)
        left = sum(question.minutes for _, question in asked) - sum(question.minutes for question in done)
        return title, f"{len(done)} of {len(asked)}", f"{points} of {possible}", str(left)

    @property
    def next_step(self) -> str:
        """Say which question comes next."""
        for exercise in self.exercises:
            for question in exercise.questions:
                if (exercise.path, question.id) not in self.solved:
                    return f'Next: "{question.heading}" in {exercise.path.name}, about {question.minutes} minutes.'
        return "All questions are solved." if self.exercises else "There are no exercise notebooks here."

    def __repr__(self) -> str:
        table = [HEADINGS, *self.rows()]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table]
        return "\n".join([*(line.rstrip() for line in lines), self.next_step])

    def _repr_html_(self) -> str:
        left = 'style="text-align: left"'
        head = "".join(f'<th scope="col" {left}>{heading}</th>' for heading in HEADINGS)
        body = "".join(
            f'<tr><th scope="row" {left}>{html.escape(title)}</th>'
            + "".join(f"<td {left}>{cell}</td>" for cell in cells)
            + "</tr>"
            for title, *cells in self.rows()
        )
        table = f"<table><caption>Exercises solved</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        return f"{table}<p>{html.escape(self.next_step)}</p>"


def standing(folder: Path) -> Standing:
    """Return what the checks have recorded for the exercises in `folder`, beside it, or else in the course's own."""
    for place in (folder, folder / "exercises", folder.parent / "exercises", COURSE / "exercises"):
        if exercises := read_all(sorted(place.glob("*.ipynb"))):
            return Standing(exercises, _solved(exercises, progress.solved(place)))
    return Standing([], set())


def _solved(exercises: list[Exercise], passed: set[str]) -> set[tuple[Path, str]]:
    asked = [(exercise, question) for exercise in exercises for question in exercise.questions]
    return {(e.path, q.id) for e, q in asked if any(_is_of(e, q, recorded) for recorded in passed)}


def _is_of(exercise: Exercise, question: Question, recorded: str) -> bool:
    module, _, check = recorded.rpartition(".")
    return check == question.check and module.startswith(exercise.module)


def read_all(paths: Iterable[Path]) -> list[Exercise]:
    """Read the exercises among these notebooks; what is none, or damaged, is left out."""
    return [exercise for exercise in map(_read, paths) if exercise]


def _read(path: Path) -> Exercise | None:
    try:
        notebook = json.loads(path.read_text("utf-8"))
        cells = {cell.get("id", ""): cell for cell in notebook["cells"]}
        title = str(notebook["metadata"]["lstm_course"]["title"])
        questions = [_question(cells, id) for id in cells if f"{id}-check" in cells]
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
    source = "\n".join(map(_source, cells.values()))
    module = re.search(r"from lstm_course\.checks(?: import |\.)(\w+)", source)
    return Exercise(path, title, module[1], questions) if module and questions else None


def _question(cells: dict[str, Any], id: str) -> Question:
    check, task = cells[f"{id}-check"], _source(cells[f"{id}-task"])
    name = re.search(r"(\w+)\(", _source(check))
    return Question(
        id,
        heading=task.split("\n")[0].lstrip("# "),
        check=name[1] if name else "",
        points=int(check["metadata"]["nbgrader"]["points"]),
        minutes=int(cells[id]["metadata"]["lstm_course"]["minutes"]),
    )


def _source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])
