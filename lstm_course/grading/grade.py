"""Grade one submission: bytes in, one result out. The reference of a grading run is made in the same way."""

import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from nbformat.v4.nbbase import NotebookNode

from lstm_course.errors import CourseError
from lstm_course.grading import MIME, compare, score
from lstm_course.grading.assemble import assemble
from lstm_course.grading.exercise import Order
from lstm_course.grading.matching import Matched, given, match, questions
from lstm_course.grading.model import CellRun, Result, Run, Submission
from lstm_course.grading.places import Unreadable
from lstm_course.grading.probes import Probe
from lstm_course.grading.reading import read_cells
from lstm_course.grading.run import run
from lstm_course.grading.shortcuts import shortcuts


def make_references(order: Order) -> dict[str, str]:
    """Run the solution like a submission and keep what its probes reported.

    Raises
    ------
    CourseError
        Naming the exercise and the question, if a probe reports nothing, or nothing that can be compared.
    """
    solved = order.exercise.solved
    matched = match(solved, read_cells(order.exercise.notebook.encode()))
    shown = run(assemble(solved, matched, _sources(order)), {}, order.limits, order.sandbox, order.hide)
    found = {}
    for probe in _probes(order):
        cell = shown.cells.get(probe.id, CellRun())
        reports = [output.data[MIME] for output in cell.outputs if MIME in output.get("data", {})]
        try:
            if len(reports) != 1:
                raise compare.Unreadable(cell.problem or shown.problem or _error(cell) or "it reports no values.")
            compare.Expected(probe, reports[0], order.seed)
        except compare.Unreadable as problem:
            raise CourseError(
                f"{order.exercise.name}, question {probe.question}: a solution passes its own probes; {probe.id} "
                f"fails: {problem} Mend the solution or the probe, or raise the limits."
            ) from problem
        found[probe.id] = reports[0]
    return found


def _error(cell: CellRun) -> str:
    errors = [output for output in cell.outputs if output.output_type == "error"]
    return f"{errors[-1].ename}: {errors[-1].evalue}." if errors else ""


def grade_one(order: Order, submission: Submission) -> Result:
    """Grade one submission."""
    began = time.monotonic()
    solved = order.exercise.solved
    asked = score.questions(solved)
    try:
        if submission.data is None:
            raise Unreadable(submission.problem or "It cannot be read.")
        matched = match(solved, read_cells(submission.data))
    except Unreadable as problem:
        return score.unread(submission, asked, str(problem))
    grading = _Grading(order, solved, matched)
    first = grading.run()
    again, kept = grading.run_again(first)
    return score.score(
        submission,
        asked,
        order.exercise.probes,
        grading.assembled(),
        first,
        shortcuts=_shortcuts(order, matched),
        again=again,
        replaced=kept,
        unanswered=matched.open,
        notes=matched.notes,
        seconds=round(time.monotonic() - began, 3),
    )


@dataclass(frozen=True)
class _Grading:
    """The runs of one submission."""

    order: Order
    solved: NotebookNode
    matched: Matched

    def assembled(self, solutions: Mapping[str, str] | None = None, without: Collection[str] = ()) -> NotebookNode:
        return assemble(self.solved, self.matched, _sources(self.order), solutions=solutions, without=without)

    def run(self, solutions: Mapping[str, str] | None = None, without: Collection[str] = ()) -> Run:
        order = self.order
        references = {
            probe.id: compare.Expected(probe, order.references[probe.id], order.seed) for probe in _probes(order)
        }
        return run(self.assembled(solutions, without), references, order.limits, order.sandbox, order.hide)

    def run_again(self, first: Run) -> tuple[Run | None, set[str]]:
        """Give questions that may have failed for another's sake a second chance.

        Returns
        -------
        again : Run or None
            The best that each question's probes showed, if anything was run again.
        kept : set of str
            Questions that count as they were: the first that failed can blame no other.
        """
        probes = self.order.exercise.probes
        failed = [question for question in probes if _passed(first, probes[question]) < len(probes[question])]
        done = {id for id in _executed(first) if not _ends(first, id)}
        kept = set(failed[:1]) if failed and probes[failed[0]][-1].id in done else set()
        hopeful = [question for question in failed if question not in kept | self.matched.open]
        if not hopeful:
            return None, kept
        best: dict[str, CellRun] = {}
        for latest in self._runs_again(first, failed, hopeful, best):
            for several in probes.values():
                if _passed(latest, several) > _passed(Run(best), several):
                    best |= {probe.id: latest.cells[probe.id] for probe in several if probe.id in latest.cells}
        return Run(best), kept

    def _runs_again(
        self, first: Run, failed: list[str], hopeful: list[str], best: Mapping[str, CellRun]
    ) -> Iterator[Run]:
        """Run again, until as much time is over as one run may take.

        At first each answer that failed gives way to the solution's once its own probes have run; what ended the
        first run, or overran its time there, is left out, and so are probes of questions that are not hopeful: solved,
        not answered, or failed for no other's sake. Which cell ends a kernel is not always clear (a thread may do so
        later), so that where one ended, each hopeful question that is not solved by then is run alone.
        """
        end = time.monotonic() + self.order.limits.notebook_seconds
        solutions = {question: asked.solution for question, asked in questions(self.solved).items()}
        others = {probe.id for probe in _probes(self.order) if probe.question not in hopeful}
        again = self.run({question: solutions[question] for question in failed}, others.union(_cut_short(first)))
        yield again
        if not (first.problem or again.problem):
            return
        for question in hopeful:
            probes = self.order.exercise.probes[question]
            if _passed(Run(best), probes) < len(probes) and time.monotonic() < end:
                alone = replace(self, matched=self.matched.alone(question, solutions))
                others = {probe.id for probe in _probes(self.order) if probe not in probes}
                yield (latest := alone.run(without=others))
                ended, added = set(_cut_short(latest)), {id for cells in alone.matched.added.values() for id in cells}
                if latest.problem and (added or question not in ended) and time.monotonic() < end:
                    yield alone.run(without=others | (added or ended))  # the answer itself is there


def _passed(shown: Run, probes: list[Probe]) -> int:
    return sum(shown.cells.get(probe.id, CellRun()).passed is True for probe in probes)


def _executed(shown: Run) -> list[str]:
    """Give the cells up to the one that ended the run."""
    ids = list(shown.cells)
    ends = (number for number, id in enumerate(ids, start=1) if _ends(shown, id))
    return ids[: next(ends, len(ids))]


def _ends(shown: Run, id: str) -> bool:
    return bool(shown.problem) and shown.cells[id].problem == shown.problem


def _cut_short(shown: Run) -> list[str]:
    """Give the cells that were cut short, and the one that ended the run."""
    cells = {id: shown.cells[id] for id in _executed(shown)}
    return [id for id, cell in cells.items() if cell.problem and (cell.passed is None or _ends(shown, id))]


def _shortcuts(order: Order, matched: Matched) -> dict[str, str]:
    """Say for each question whose answer is built on what it asks to build that it must do without."""
    by_id = {
        id: source for cells in [*matched.answers.values(), *matched.added.values()] for id, source in cells.items()
    }
    asks = questions(order.exercise.solved)
    every = {name for asked in asks.values() for name in asked.names}
    sentences = {}
    for question, asked in asks.items():
        forbidden = order.exercise.probes[question][0].forbidden
        answers = {
            id
            for id, source in by_id.items()
            if asked.names & given(source) or (id in matched.answers[question] and not every & given(source))
        }
        used = {
            name: None
            for answer in answers
            for name in shortcuts(by_id[answer], forbidden, [by_id[id] for id in by_id if id != answer], asked.names)
        }
        if used:
            sentences[question] = f"The answer must do without {', '.join(used)}."
    return sentences


def _probes(order: Order) -> list[Probe]:
    return [probe for several in order.exercise.probes.values() for probe in several]


def _sources(order: Order) -> dict[str, dict[str, str]]:
    """Write the probes' cells for this grading run."""
    probes = order.exercise.probes
    return {question: {one.id: one.source_for(order.seed) for one in several} for question, several in probes.items()}
