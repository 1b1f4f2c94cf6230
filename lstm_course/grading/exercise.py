"""The instructor's copy of an exercise, and what is the same for all its submissions in a grading run."""

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4.nbbase import NotebookNode

import lstm_course
from lstm_course.errors import CourseError
from lstm_course.grading import probes
from lstm_course.grading.matching import questions
from lstm_course.grading.model import Limits, Submission
from lstm_course.grading.probes import Probe


@dataclass(frozen=True)
class Exercise:
    """The instructor's copy of an exercise: its solved notebook as JSON text, and its probes by question."""

    name: str
    notebook: str
    probes: dict[str, list[Probe]]

    @cached_property
    def solved(self) -> NotebookNode:
        """The solved notebook."""
        return nbformat.reads(self.notebook, as_version=4)


@dataclass(frozen=True)
class Order:
    """What is the same for all submissions of an exercise in a grading run; it travels to workers as JSON.

    `references` holds what the solution's probes reported, by the probe's id.
    """

    exercise: Exercise
    seed: int
    limits: Limits
    sandbox: bool
    references: dict[str, str]

    @property
    def hide(self) -> set[str]:
        """What the sandbox must not show: modules of the package that hold an answer."""
        return {name for several in self.exercise.probes.values() for probe in several for name in probe.hide}

    def to_json(self) -> str:
        """Write it as JSON text."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Order":
        """Read what `to_json` wrote."""
        fields: dict[str, Any] = json.loads(text)
        exercise = fields.pop("exercise")
        by_question = {name: [_probe(one) for one in several] for name, several in exercise.pop("probes").items()}
        return cls(Exercise(**exercise, probes=by_question), limits=Limits(**fields.pop("limits")), **fields)

    def digest(self, submission: Submission, note: str) -> str:
        """Identify all that a result depends on but the seed, so that a second grading run can tell what changed."""
        what = [asdict(self.exercise), asdict(self.limits), self.sandbox, lstm_course.__version__]
        what += [submission.digest, submission.problem, note]
        return hashlib.sha256(json.dumps(what).encode()).hexdigest()


def _probe(fields: dict[str, Any]) -> Probe:
    """Read a probe from JSON, which has lists in place of tuples."""
    return Probe(**{name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()})


def names(course: Path) -> list[str]:
    """List the exercises of the course at `course`.

    Raises
    ------
    CourseError
        If there are none.
    """
    found = sorted(path.stem for path in (course / "solutions").glob("*.ipynb"))
    if not found:
        raise CourseError(f"Grading needs solutions/ of a clone of the course; {course} has none: clone it.")
    return found


def load(course: Path, name: str) -> Exercise:
    """Read an exercise's solution and probes.

    Raises
    ------
    CourseError
        If one of them cannot be read, or a question has no probe.
    """
    path = course / "solutions" / f"{name}.ipynb"
    try:
        text = path.read_text("utf-8")
        solved = nbformat.reads(text, as_version=4)
    except (OSError, ValueError) as error:
        raise CourseError(f"An exercise is graded by its solution; {path} cannot be read: {error}") from error
    exercise = Exercise(name, text, probes.load(course / "source" / "probes" / f"{name}.py"))
    if without := sorted(set(questions(solved)) - set(exercise.probes)):
        raise CourseError(f"{name}: every question is graded by probes; {without} have none: add them.")
    return exercise
