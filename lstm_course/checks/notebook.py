"""Run an exercise notebook as its author would and read off, question by question, what its checks said."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.v4.nbbase import NotebookNode

from lstm_course.checks.progress import VARIABLE
from lstm_course.errors import CourseError

TIMEOUT = 120  # seconds a cell


@dataclass(frozen=True)
class QuestionResult:
    """What one check said: `is_right`, or the `problem` ("not answered yet" where the stub still stands)."""

    question: str
    points: int
    is_right: bool
    problem: str


@dataclass(frozen=True)
class NotebookResult:
    """The results of one exercise notebook: each question, and the cells beside its checks that raised."""

    path: Path
    questions: list[QuestionResult]
    errors_elsewhere: list[str]

    @property
    def earned(self) -> int:
        """Points of the right answers."""
        return sum(question.points for question in self.questions if question.is_right)

    @property
    def possible(self) -> int:
        """Points of all questions."""
        return sum(question.points for question in self.questions)


def notebooks_in(paths: list[Path]) -> list[Path]:
    """Return the notebooks named, and those that lie directly in the folders named.

    Raises
    ------
    CourseError
        If a path does not exist or a folder holds no notebook.
    """
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise CourseError(f"A notebook or a folder of notebooks is checked; {path} does not exist.")
        inside = sorted(path.glob("*.ipynb")) if path.is_dir() else [path]
        if not inside:
            raise CourseError(f"A folder to check holds notebooks (.ipynb); {path} holds none.")
        found += inside
    return found


def check_notebook(path: Path) -> NotebookResult:
    """Run the notebook at `path` on a fresh kernel, in its own folder, and collect what its checks said.

    Raises
    ------
    CourseError
        If the file is no notebook, or holds no question of this course.
    """
    notebook = _read(path)
    client = NotebookClient(
        notebook,
        timeout=TIMEOUT,
        allow_errors=True,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.resolve().parent)}},
    )
    stopped = ""
    try:
        with patch.dict(os.environ, {"OMP_NUM_THREADS": "1", VARIABLE: ""}):  # no tries of the learner's
            client.execute(stderr=subprocess.DEVNULL)  # the kernel's own log, not what cells write
    except CellTimeoutError:
        stopped = f"not reached: a cell ran for more than {TIMEOUT} seconds"
    except DeadKernelError:
        stopped = "not reached: a cell ended the kernel"
    checks = _check_cells(notebook)
    others = [cell.id for cell in notebook.cells if cell not in checks and _error(cell) is not None]
    return NotebookResult(path, [_result(cell, stopped) for cell in checks], others)


def _read(path: Path) -> NotebookNode:
    try:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
    except Exception as error:  # nbformat passes on whatever its readers raise
        first_line = str(error).strip().split("\n")[0][:200]
        raise CourseError(f"A Jupyter notebook (.ipynb) is checked; {path} is none: {first_line}") from error
    if not _check_cells(notebook):
        raise CourseError(f"An exercise holds questions with checks; {path} holds none: is it from exercises/?")
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def _check_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade") is True]


def _error(cell: NotebookNode) -> NotebookNode | None:
    return next((output for output in cell.get("outputs", []) if output.output_type == "error"), None)


def _result(cell: NotebookNode, stopped: str) -> QuestionResult:
    meta = cell.metadata["nbgrader"]
    if error := _error(cell):
        name, text = error.ename, error.evalue
        unanswered = dict.fromkeys(("Unanswered", "NotImplementedError"), "not answered yet")
        problem = (unanswered | {"CheckFailed": text}).get(name, f"{name}: {text}")
    else:
        problem = stopped if cell.execution_count is None else ""
    return QuestionResult(meta["grade_id"].removesuffix("-check"), int(meta["points"]), not problem, problem)
