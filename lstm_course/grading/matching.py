"""Find a submission's answers among its cells, also where another program has lost their ids or metadata."""

import ast
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from nbformat.v4.nbbase import NotebookNode

from lstm_course.authoring import regions
from lstm_course.grading.reading import SubmittedCell
from lstm_course.grading.shortcuts import parsed

GIVEN = re.compile(r"^(?:async +)?(?:def|class) +(\w+)|^(\w+) *(?::[^=\n]+)?=(?!=)", re.MULTILINE)
DEFINES = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
PARTS = ("-task", "-check", "-hints")


@dataclass(frozen=True)
class Question:
    """A question as its answer cell and check cell tell: `names` are those that its check asks for."""

    solution: str
    stub: str
    names: frozenset[str]


@dataclass(frozen=True)
class Matched:
    """What is taken from a submission, by the ids that it gets in the assembled notebook.

    Attributes
    ----------
    answers : dict of str to dict of str to str
        For each question the sources to run in its place, in order; the last has the question's id. Where there is
        no answer, what was handed out stands there.
    added : dict of str to dict of str to str
        For each instructor's cell, the student's own behind it; "" is the place before the first.
    open : frozenset of str
        Questions without an answer.
    notes : list of str
        Sentences on what was unusual.
    """

    answers: dict[str, dict[str, str]]
    added: dict[str, dict[str, str]]
    open: frozenset[str]
    notes: list[str] = field(default_factory=list)

    def alone(self, question: str, solutions: Mapping[str, str]) -> "Matched":
        """Give one question's cells as they are; of the others only what they define, under the solutions."""
        others = {
            name: {f"{name}-defined": _definitions("\n\n".join(cells.values())), name: solutions[name]}
            for name, cells in self.answers.items()
        }
        added = {
            place: cells if section_of(place) == question else {id: _definitions(text) for id, text in cells.items()}
            for place, cells in self.added.items()
        }
        return replace(self, answers=others | {question: self.answers[question]}, added=added)


def question_of(cell: NotebookNode) -> str:
    """Give the question to whose section an instructor's cell belongs."""
    return section_of(cell.id)


def section_of(id: str) -> str:
    """Give the question to whose section the instructor's cell of this id belongs."""
    return id.removesuffix(next((part for part in PARTS if id.endswith(part)), ""))


def _definitions(source: str) -> str:
    """Give the imports, functions and classes of a cell: what runs when they do is nothing that others wait for."""
    kept = [node for node in parsed(source) if isinstance(node, DEFINES)]
    return ast.unparse(ast.Module(kept, type_ignores=[]))


def questions(instructor: NotebookNode) -> dict[str, Question]:
    """Read an instructor's notebook: for each question what is asked for."""
    sources = {cell.id: cell.source for cell in instructor.cells}
    return {
        cell.id: Question(
            cell.source,
            regions.cut(cell.source),
            frozenset(given(cell.source) & set(re.findall(r"\w+", sources.get(f"{cell.id}-check", "")))),
        )
        for cell in instructor.cells
        if cell.metadata.get("nbgrader", {}).get("solution") is True
    }


def match(instructor: NotebookNode, submitted: Sequence[SubmittedCell]) -> Matched:
    """Sort a submission's code cells into answers and added cells.

    An answer is known by its `grade_id` or id, else by the name that the question asks for: in a cell that answers no
    other question, else in one that does (editors merge cells and keep one id). Where several cells
    answer a question (editors copy ids with a cell), all run, in order, and the last definition counts; copies of
    what was handed out do not.
    """
    asked = questions(instructor)
    chosen, notes = _answers(asked, submitted)
    number = count(1)
    answers = {}
    for question, indices in chosen.items():
        *copies, last = [submitted[index].source for index in indices] or [asked[question].stub]
        answers[question] = {f"added-{next(number)}": source for source in copies} | {question: last}
    taken = {index for indices in chosen.values() for index in indices}
    added: dict[str, dict[str, str]] = defaultdict(dict)
    for place, index in _places(instructor, asked, submitted, chosen):
        if index not in taken:
            added[place][f"added-{next(number)}"] = submitted[index].source
    is_open = frozenset(question for question, indices in chosen.items() if not indices)
    return Matched(answers, dict(added), is_open, notes)


def _answers(
    asked: Mapping[str, Question], submitted: Sequence[SubmittedCell]
) -> tuple[dict[str, list[int]], list[str]]:
    """Give for each question the cells that answer it, and what to say of it."""
    code = {index: cell for index, cell in enumerate(submitted) if cell.kind == "code"}
    by_metadata = any(cell.grade_id in asked for cell in code.values())  # editors keep it, and may give new ids
    claimed = {
        index: _claim(asked, cell.grade_id if by_metadata else cell.id, cell.source) for index, cell in code.items()
    }
    chosen, by_name, notes = {}, [], []
    for id, question in asked.items():
        empty = ("", question.stub.strip())
        answering = [index for index, cell in code.items() if claimed[index] == id and cell.source.strip() not in empty]
        if not answering:
            defining = [
                index
                for index, cell in code.items()
                if question.names & given(cell.source) and cell.source.strip() not in empty
            ]
            answering = [index for index in defining if not claimed[index]] or defining  # else cells that were merged
            by_name += [id] if answering else []
        if len(answering) > 1:
            notes.append(f"{len(answering)} cells answer {id}: all were run, and the last definition counts.")
        chosen[id] = answering
    if by_name:
        notes.append(f"The answer to {', '.join(by_name)} stood in no cell of this id and was found by its name.")
    if not any(chosen.values()) and not any(claimed.values()):
        notes.append("The notebook holds no question of this exercise: is it another one's?")
    return chosen, notes


def _claim(asked: Mapping[str, Question], id: str, source: str) -> str:
    """Give the question that a cell answers by its id, unless what it defines is asked for by others alone."""
    names = given(source)
    answered = [question for question, about in asked.items() if about.names & names]
    return id if id in asked and (id in answered or not answered) else ""


def _places(
    instructor: NotebookNode,
    asked: Mapping[str, Question],
    submitted: Sequence[SubmittedCell],
    chosen: Mapping[str, Sequence[int]],
) -> list[tuple[str, int]]:
    """Give the student's own code cells, each with the instructor's cell that it stands behind."""
    own = {cell.id: cell for cell in instructor.cells}
    by_source = {cell.source.strip(): cell.id for cell in instructor.cells if cell.id not in asked}
    answer_at = {index: question for question, indices in chosen.items() for index in indices}
    place, places = "", []
    for index, cell in enumerate(submitted):
        source = cell.source.strip()
        names = (answer_at.get(index), cell.grade_id, cell.id, by_source.get(source))
        known = next((name for name in names if name in own), None)
        place = known or place
        is_edited = known and known not in asked and not _is_check(own[known]) and source != own[known].source.strip()
        if cell.kind == "code" and source and (not known or is_edited):
            places.append((place, index))
    return places


def _is_check(cell: NotebookNode) -> bool:
    return cell.metadata.get("nbgrader", {}).get("grade") is True


def given(source: str) -> set[str]:
    """Give the names that a cell defines at its top level, also where it is no valid Python."""
    return {function or name for function, name in GIVEN.findall(source)}
