"""The `grade` command: run a plan, show how far it is, and report."""

import sys
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from lstm_course.grading import report, roster, summary
from lstm_course.grading.flow import Plan, grade
from lstm_course.grading.model import Result
from lstm_course.grading.store import writing


def run(plan: Plan, console: Console, class_list: Path | None, due: str | None, late_percent: float) -> bool:
    """Grade, write the reports and show the summary; tell whether it came to an end without interruption.

    Raises
    ------
    CourseError
        If something that was given cannot be used.
    """
    students = roster.read(class_list) if class_list else None
    late = roster.Late(roster.parse_due(due), late_percent) if due else None
    console.print(f"seed {plan.seed} (--seed {plan.seed} draws the same inputs again)", highlight=False)
    try:
        results = _graded(plan)
        if late:
            results = roster.apply_late(results, late)
        if students is not None:
            results = roster.join(results, students)
        with writing(plan.out):
            report.write_all(results, plan.out)
    except KeyboardInterrupt:
        print(f"interrupted: what has a result is in {plan.out}; the same command goes on from there", file=sys.stderr)
        return False
    summary.show(results, console)
    console.print(f"{len(results)} results in {plan.out}", highlight=False, markup=False)
    return True


def _graded(plan: Plan) -> list[Result]:
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("grading", total=None)
        return grade(plan, lambda done, total: progress.update(bar, completed=done, total=total))
