"""What the parts of grading hand to each other."""

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:  # kernels' parent has no use for it
    from nbformat.v4.nbbase import NotebookNode

Status = Literal["graded", "partly", "unreadable", "missing"]


@dataclass(frozen=True)
class Limits:
    """What one submission may use."""

    memory_bytes: int = 2 * 1024**3
    processes: int = 64
    cell_seconds: float = 60.0
    notebook_seconds: float = 180.0
    output_bytes: int = 10 * 1024**2
    file_bytes: int = 200 * 1024**2


@dataclass(frozen=True)
class Submission:
    """One student's notebook as it was handed in.

    `data` is None where it cannot be read; `problem` then says why, in one sentence.
    `submitted` is the time of handing in as ISO 8601, where it is known.
    """

    student: str
    exercise: str
    path: str
    data: bytes | None
    digest: str
    problem: str | None = None
    submitted: str | None = None


@dataclass(frozen=True)
class CellRun:
    """What a code cell showed.

    `passed` is None where nothing was compared. `problem` says what cut the cell short or how its values differ from
    the reference's.
    """

    outputs: list["NotebookNode"] = field(default_factory=list)
    passed: bool | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Run:
    """What each code cell showed, by its id; `problem` says what ended the run early."""

    cells: dict[str, CellRun]
    problem: str | None = None


@dataclass(frozen=True)
class QuestionResult:
    """What a question earned, and why not more."""

    question: str
    title: str
    points: float
    max_points: float
    reasons: list[str] = field(default_factory=list)  # a sentence for each probe that failed
    hint: str = ""
    output: str = ""  # what the student's own cell printed or raised
    carried: bool = False  # right once an earlier answer is replaced by the solution's
    checked: list[str] = field(default_factory=list)  # what its probes look at, a sentence each


@dataclass(frozen=True)
class Result:
    """The one result of a student's exercise."""

    student: str
    exercise: str
    digest: str
    status: Status
    reason: str = ""  # why it could not be read, or what ended the run early
    questions: list[QuestionResult] = field(default_factory=list)
    seconds: float = 0.0
    submitted: str | None = None
    late: str = ""  # how late, and what that costs
    penalty: float = 0.0  # points taken off for being late
    on_roster: bool = True  # False where there is a roster that does not name the student

    @property
    def points(self) -> float:
        """The sum over the questions, less the penalty."""
        return round(sum(question.points for question in self.questions) - self.penalty, 2)

    @property
    def max_points(self) -> float:
        """The points there were to get."""
        return sum(question.max_points for question in self.questions)

    def to_json(self) -> dict[str, Any]:
        """Give the result as plain dicts, lists, strings and numbers."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Result":
        """Read what `to_json` gave."""
        questions = [QuestionResult(**question) for question in stored["questions"]]
        return cls(**{**stored, "questions": questions})
