"""The solutions of the exercises as their sources give them, to be changed and run."""

import ast
import contextlib
import importlib
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lstm_course.authoring import regions
from lstm_course.authoring.source import Source, read

FOLDER = Path(__file__).parents[1] / "source/exercises"


@dataclass(frozen=True)
class Solution:
    """One question: its answer cell with the solution, what must run before, and its check."""

    before: str
    code: str
    answer: str  # the name that the check is called with
    module: str  # of lstm_course.checks, as the exercise imports it
    question: str  # name of the check

    @property
    def check(self) -> Callable[[Any], None]:
        """The check that its notebook calls."""
        return getattr(importlib.import_module(f"lstm_course.checks.{self.module}"), self.question)

    @property
    def lines(self) -> set[int]:
        """Lines of the cell, counted from 1, that belong to the solution."""
        return {number + 1 for region in regions.find(self.code) for number in range(region.first + 1, region.last)}

    def run(self, code: str) -> Any:
        """Run `code` in place of the answer cell and return the answer."""
        names: dict[str, Any] = {"__name__": "__main__"}
        with contextlib.redirect_stdout(io.StringIO()):
            exec(self.before, names)
            exec(compile(code, "<answer>", "exec"), names)
        return names[self.answer]


def solutions() -> dict[str, Solution]:
    """Return all questions by "<exercise>-<question>", in the order of the course."""
    sources = [read(path, is_exercise=True) for path in sorted(FOLDER.glob("*.py"))]
    return {f"{source.name}-{id}": _solution(source, id) for source in sources for id in source.questions}


def _solution(source: Source, id: str) -> Solution:
    cells = {cell.id: cell for cell in source.cells if cell.kind == "code"}
    call = ast.parse(cells[f"{id}-check"].text).body[-1].value  # check.rnn_step(rnn_step)
    others = {name for question in source.questions for name in (question, f"{question}-check")}
    before = "\n".join(cell.text for name, cell in cells.items() if name not in others)
    module = re.search(r"from lstm_course.checks import (\w+) as check", before)[1]
    return Solution(before, cells[id].text, call.args[0].id, module, call.func.attr)
