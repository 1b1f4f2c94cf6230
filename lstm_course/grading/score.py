"""From what a run showed to points, reasons and the next hint: the one `Result` of a submission."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from nbformat.v4.nbbase import NotebookNode

from lstm_course.errors import CourseError
from lstm_course.grading.model import CellRun, QuestionResult, Result, Run, Submission
from lstm_course.grading.probes import Probe, share
from lstm_course.grading.text import one_line, plain

HINT = re.compile(r"<details><summary>.*?</summary>(.*?)</details>", re.DOTALL)
HEADING = re.compile(r"^#+ (?:\d+\. )?(.+)$", re.MULTILINE)
DEFINED = re.compile(r"^(?:(?:def|class) |(?=\w+ = ))(\w+)", re.MULTILINE)
UNANSWERED = "Not answered yet."
WITHHELD = "[not shown: it repeats what the grader ran]"
WINDOW = 24  # characters in a row that a student cannot have in common with a probe by chance


@dataclass(frozen=True)
class Question:
    """What the instructor's notebook says of a question.

    `hints` go from a nudge to almost the answer; `names` are what the answer's cell defines.
    """

    id: str
    title: str
    points: float
    hints: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


def questions(notebook: NotebookNode) -> list[Question]:
    """Read the questions of an instructor's notebook, in order, each from its four cells."""
    sources = {cell.id: cell.source for cell in notebook.cells}
    found = []
    for cell in notebook.cells:
        meta = cell.metadata.get("nbgrader", {})
        if meta.get("grade") is True:
            id = meta["grade_id"].removesuffix("-check")
            heading = HEADING.search(sources.get(f"{id}-task", ""))
            hints = tuple(hint.strip() for hint in HINT.findall(sources.get(f"{id}-hints", "")))
            names = tuple(DEFINED.findall(sources.get(id, "")))
            found.append(Question(id, heading[1].strip() if heading else id, meta["points"], hints, names))
    return found


def unread(submission: Submission, questions: Sequence[Question], reason: str = "") -> Result:
    """Give the result of a submission that could not be run: no points, and why."""
    nothing = [QuestionResult(question.id, question.title, 0.0, question.points) for question in questions]
    return Result(
        submission.student,
        submission.exercise,
        submission.digest,
        "unreadable",
        one_line(reason or submission.problem or ""),
        nothing,
        submitted=submission.submitted,
    )


def score(
    submission: Submission,
    questions: Sequence[Question],
    probes: Mapping[str, Sequence[Probe]],
    notebook: NotebookNode,
    run: Run,
    *,
    unanswered: Collection[str] = (),
    shortcuts: Mapping[str, str] | None = None,
    again: Run | None = None,
    replaced: Collection[str] = (),
    notes: Sequence[str] = (),
    seconds: float = 0.0,
) -> Result:
    """Turn a run into points, reasons and hints.

    Parameters
    ----------
    submission : Submission
        Whose work it is.
    questions : sequence of Question
        The instructor's; whatever else the notebook claims to be earns nothing.
    probes : mapping of str to sequence of Probe
        By question, which earns the share of its points that they pass.
    notebook : NotebookNode
        The assembled notebook that ran, with a cell for each probe.
    run : Run
        What the run showed, cell by cell.
    unanswered : collection of str
        Questions whose answer is missing or stands as it was handed out.
    shortcuts : mapping of str to str
        For each question that used what it asks to build: the sentence that says so. It earns nothing.
    again, replaced : Run, collection of str
        A second run, and the questions whose answers were the solution's in it. Any other question gets
        the better of its two runs ("carried").
    notes : sequence of str
        What else there is to say of the submission, a sentence each.
    seconds : float
        How long grading took.

    Raises
    ------
    CourseError
        If a question has no probe.
    """
    reader = _Reader(probes, notebook, unanswered)
    results = []
    for question in questions:
        result = reader.look(question, run)
        if again and question.id not in replaced:
            result = _carried(result, reader.look(question, again))
        if shortcut := (shortcuts or {}).get(question.id):
            result = replace(result, points=0.0, reasons=[shortcut], hint=_hint(question, 0), carried=False)
        results.append(result)
    return Result(
        submission.student,
        submission.exercise,
        submission.digest,
        "partly" if run.problem else "graded",
        " ".join(filter(None, [run.problem, *notes])),
        results,
        seconds,
        submission.submitted,
    )


def _carried(first: QuestionResult, second: QuestionResult) -> QuestionResult:
    """Give a question the better of two runs; words are the first run's, as the second one held solutions."""
    if second.points <= first.points:
        return first
    if second.points < second.max_points:
        return replace(first, points=second.points, carried=True)
    return replace(first, points=second.points, reasons=[], hint="", carried=True)


class _Reader:
    """Reads runs of one assembled notebook, and keeps to itself what its probes say."""

    def __init__(
        self, probes: Mapping[str, Sequence[Probe]], notebook: NotebookNode, unanswered: Collection[str]
    ) -> None:
        self.probes, self.unanswered = probes, unanswered
        codes = {probe.id: probe.code for of_question in probes.values() for probe in of_question}
        self.secret = _words([*codes.values(), *(cell.source for cell in notebook.cells if cell.id in codes)])
        self.known = _words(cell.source for cell in notebook.cells if cell.id not in codes)

    def look(self, question: Question, run: Run) -> QuestionResult:
        """Judge one question by one run."""
        probes = self.probes.get(question.id, ())
        if not probes:
            raise CourseError(
                f"A question is graded by probes; {question.id!r} has none: add the cell {question.id}-probe."
            )
        passed = [probe for probe in probes if probe.id in run.cells and run.cells[probe.id].passed is True]
        reasons = self._reasons(question, run, [probe for probe in probes if probe not in passed])
        return QuestionResult(
            question.id,
            question.title,
            round(question.points * share(probes, passed), 2),
            question.points,
            reasons,
            _hint(question, 0 if reasons == [UNANSWERED] else 1) if reasons else "",
            self._shown(_output(run.cells.get(question.id)), 4000),
            checked=[probe.rule for probe in probes],
        )

    def _reasons(self, question: Question, run: Run, failed: list[Probe]) -> list[str]:
        if not failed:
            return []
        if question.id in self.unanswered:
            return [UNANSWERED]
        answer = run.cells.get(question.id)
        if answer and answer.problem:
            return [answer.problem]
        if error := _error(answer):
            return [f"The answer's own cell stopped with {self._shown(error)}"]
        reasons = [self._reason(question, probe, run.cells.get(probe.id)) for probe in failed]
        return list(dict.fromkeys(reason or run.problem or "This question was not reached." for reason in reasons))

    def _reason(self, question: Question, probe: Probe, cell: CellRun | None) -> str:
        """Say in a sentence why a probe failed; nothing where it did not run."""
        if cell is None:
            return ""
        error = _error(cell)
        if error.startswith("NotImplementedError"):
            return UNANSWERED
        missing = re.match(r"NameError: name '(\w+)' is not defined", error)
        if missing and missing[1] in question.names:
            return f"`{missing[1]}` is not defined: keep the name that the question gives."
        if error and not cell.problem:
            return f"Called with new inputs, the answer stopped with {self._shown(error)}"
        problem = self._shown(cell.problem or "", 700)
        return probe.rule if problem in ("", WITHHELD) else problem

    def _shown(self, text: str, most: int = 300) -> str:
        """Give `text` as the student may read it."""
        cleaned = plain(text, most)
        words = " ".join(cleaned.split())
        pieces = {words[at : at + WINDOW] for at in range(len(words) - WINDOW + 1)} | set(re.findall(r"\d{5,}", words))
        return WITHHELD if any(piece in self.secret and piece not in self.known for piece in pieces) else cleaned


def _words(sources: Iterable[str]) -> str:
    return " ".join(" ".join(sources).split())


def _hint(question: Question, number: int) -> str:
    return question.hints[min(number, len(question.hints) - 1)] if question.hints else ""


def _error(cell: CellRun | None) -> str:
    """Give the error that a cell ended with as "kind: first line", or nothing."""
    for output in cell.outputs if cell else []:
        if output.output_type == "error":
            return one_line(f"{_text(output.get('ename'))}: {_text(output.get('evalue'))}".removesuffix(": "))
    return ""


def _output(cell: CellRun | None) -> str:
    """Give what a cell printed, showed as text and raised, in this order of its outputs."""
    return "".join(map(_output_text, cell.outputs)) if cell else ""


def _output_text(output: NotebookNode) -> str:
    if output.output_type == "stream":
        return _text(output.get("text"))
    if output.output_type == "error":
        return _text(output.get("traceback"), "\n") + "\n"
    data = output.get("data")
    return _text(data.get("text/plain")) + "\n" if isinstance(data, dict) else ""


def _text(value: object, between: str = "") -> str:
    """Read a field of a message, which a stranger's program may have filled with anything."""
    if isinstance(value, list):
        return between.join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""
