"""What a case is, and how it is made from an exercise's solution."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lstm_course.authoring import regions

ROOT = Path(__file__).parents[2]
THE_CELL = "02_the_cell"
FULL = "2 2 2 3 2"  # points of THE_CELL's questions
NONE = "0 0 0 0 0"
HANDED_IN = 1_700_000_000
NAMES = {"four-gates", "lstm-step", "lstm-sequence", "pack-weights", "set-forget-bias"}

Notebook = dict[str, Any]
Edit = Callable[[Notebook], None]


@dataclass(frozen=True)
class Case:
    """A student's submission.

    Attributes
    ----------
    name : str
        The student's.
    points : str
        What each question deserves, in order.
    put : callable
        Puts it into the folder of submissions that it is given.
    exercise : str
        As the grades name it.
    status : str
        Of its result, where the case is about that.
    """

    name: str
    points: str
    put: Callable[[Path], None]
    exercise: str = THE_CELL
    status: str = ""


def case(name: str, points: str, *edits: Edit, exercise: str = THE_CELL, **more: Any) -> Case:
    """Make a case of an exercise's solution, edited."""

    def put(folder: Path) -> None:
        write(folder / name / f"{exercise}.ipynb", dumped(notebook(*edits, exercise=exercise)))

    return Case(name, points, put, exercise, **more)


def raw(name: str, points: str, make: Callable[[], bytes], *, exercise: str = THE_CELL, **more: Any) -> Case:
    """Make a case of the bytes of a file."""
    return Case(
        name, points, lambda folder: write(folder / name / f"{exercise}.ipynb", make()), exercise=exercise, **more
    )


def write(path: Path, data: bytes) -> None:
    """Write a file of a fixed time, and the folders that it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (HANDED_IN, HANDED_IN))


def dumped(notebook: Notebook) -> bytes:
    """Write a notebook as a file has it."""
    return json.dumps(notebook).encode()


@cache
def _solution(exercise: str) -> str:
    return (ROOT / f"solutions/{exercise}.ipynb").read_text("utf-8")


def notebook(*edits: Edit, exercise: str = THE_CELL) -> Notebook:
    """Give an exercise's solution, edited."""
    solved: Notebook = json.loads(_solution(exercise))
    for edit in edits:
        edit(solved)
    return solved


def code(source: str, **fields: Any) -> dict[str, Any]:
    """Give a code cell as a student adds one."""
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": source, **fields}


def index(notebook: Notebook, id: str) -> int:
    """Find a cell by its id."""
    return next(n for n, cell in enumerate(notebook["cells"]) if cell.get("id") == id)


def answers(notebook: Notebook) -> list[dict[str, Any]]:
    """Give the cells that answer questions."""
    return [c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("solution")]


# Edits


def answer(question: str, source: str) -> Edit:
    """Answer a question in another way."""

    def edit(notebook: Notebook) -> None:
        notebook["cells"][index(notebook, question)]["source"] = source

    return edit


def begin(question: str, source: str) -> Edit:
    """Put code in front of an answer, in its cell."""

    def edit(notebook: Notebook) -> None:
        cell = notebook["cells"][index(notebook, question)]
        cell["source"] = source + "\n" + "".join(cell["source"])

    return edit


def end(question: str, source: str) -> Edit:
    """Put code behind an answer, in its cell."""

    def edit(notebook: Notebook) -> None:
        cell = notebook["cells"][index(notebook, question)]
        cell["source"] = "".join(cell["source"]) + "\n" + source

    return edit


def add(source: str, before: str = "four-gates") -> Edit:
    """Add a cell before a question's answer."""

    def edit(notebook: Notebook) -> None:
        notebook["cells"].insert(index(notebook, before), code(source))

    return edit


def append(source: str) -> Edit:
    """Add a cell behind all others."""

    def edit(notebook: Notebook) -> None:
        notebook["cells"].append(code(source))

    return edit


def ignorant(notebook: Notebook) -> None:
    """Answer nothing: each function is there, and returns something."""
    for cell in answers(notebook):
        cell["source"] = f"def {cell['id'].replace('-', '_')}(*given, **options):\n    return given\n"


def unanswered(notebook: Notebook) -> None:
    """Leave every question as it was handed out."""
    for cell in answers(notebook):
        cell["source"] = regions.cut("".join(cell["source"]))


def every(change: Callable[[dict[str, Any]], None]) -> Edit:
    """Change every cell."""

    def edit(notebook: Notebook) -> None:
        for cell in notebook["cells"]:
            change(cell)

    return edit
