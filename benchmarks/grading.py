"""How fast submissions are graded: by us, by nbgrader's autograde, by plain nbval and by otter-grader, where installed.

    make bench-grading                                          nbgrader from .nbgrader (`make nbgrader`)
    .venv/bin/python -m benchmarks.grading --submissions 4 --rounds 2 --only NBGrader Nbval
    ... --nbgrader FOLDER --otter FOLDER                        environments that have them

All grade the same class (tests/classroom.py: right, wrong and empty answers to the exercise of lesson 2), in turn in
every round, and must give each student the points that he deserves. Real time of the whole command, from its start to
the grades, on two cores; as multiples of our time round by round: median (quartiles). Otter's environment needs this
package besides: `pip install otter-grader -e .`. Then, with one worker, where our time goes, and in a run of its own
what memory all our processes take together.
"""

import argparse
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from functools import wraps
from pathlib import Path
from statistics import median, quantiles
from typing import Any
from unittest.mock import patch

from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.graders import CORES, Grader, NBGrader, NBGraderTwice, Nbval, Otter, Ours
from lstm_course.grading import exercise, grade, guard, report, run
from lstm_course.grading.collect import collect
from lstm_course.grading.exercise import Order
from lstm_course.grading.model import Limits
from tests.classroom import EXERCISE, ROOT, write
from tests.processes import Watch

OTHERS: list[type[Grader]] = [NBGrader, NBGraderTwice, Nbval, Otter]
console = Console(width=130)


def compare(
    graders: list[type[Grader]], submissions: Path, points: dict[str, float], rounds: int, folder: Path
) -> None:
    """Let all grade in turn and print the table."""
    seconds: dict[type[Grader], list[float]] = {grader: [] for grader in graders}
    right = Counter()
    for turn in track(range(rounds), "grading", console=console, transient=True):
        for grader in graders:
            one = grader(submissions, folder / f"{turn}-{grader.__name__}")
            seconds[grader].append(one.run())
            right[grader] += sum(one.points().get(student) == points[student] for student in points)
    table = Table(title=f"{len(points)} submissions of {EXERCISE}, {rounds} rounds, {CORES} cores, real time")
    for column in ("grader", "submissions a minute", "seconds each", "multiples of our time", "right points"):
        table.add_column(column, justify="left" if column == "grader" else "right")
    for grader, times in seconds.items():
        low, middle, high = quantiles(a / b for a, b in zip(times, seconds[Ours], strict=True))
        each = median(times) / len(points)
        share = f"{right[grader]} of {rounds * len(points)}"
        table.add_row(grader.name, f"{60 / each:.0f}", f"{each:.2f}", f"{middle:.2f} ({low:.2f}-{high:.2f})", share)
    console.print(table)


class Clock:
    """Adds up the time spent in functions, without that of timed functions which they call."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()
        self._inner = [0.0]

    def watch(self, owner: Any, name: str, part: str) -> Any:
        """Put a timed function in the place of one."""
        function = getattr(owner, name)

        @wraps(function)
        def timed(*arguments: Any, **options: Any) -> Any:
            self._inner.append(0.0)
            start = time.perf_counter()
            try:
                return function(*arguments, **options)
            finally:
                took = time.perf_counter() - start
                self.seconds[part] += took - self._inner.pop()
                self._inner[-1] += took

        return patch.object(owner, name, timed)


def parts(submissions: Path, folder: Path) -> None:
    """Grade in this process and print where the time goes."""
    found = collect(submissions, [EXERCISE])
    order, clock = Order(exercise.load(ROOT, EXERCISE), 0, Limits(), True, {}), Clock()
    order = replace(order, references=grade.make_references(order))
    with ExitStack() as watched:
        for watch in (
            (guard.KernelManager, "start_kernel", "kernel ready"),
            (guard.GuardedKernel, "__init__", "kernel ready"),
            (run.GradedCell, "runtest", "cells"),
            (run.GradedCell, "compare_outputs", "compare"),
            (run.pytest, "main", "nbval and pytest"),
            (guard.GuardedKernel, "stop", "kernel's end"),
            (grade, "run", "kernel's end"),
            (grade, "grade_one", "read, assemble, score"),
            (report, "write_all", "reports"),
        ):
            watched.enter_context(clock.watch(*watch))
        results = [grade.grade_one(order, one.submission()) for one in found]
        report.write_all(results, folder / "reports")
    table = Table(*clock.seconds, title="Where our time goes: milliseconds a submission, one worker", box=None)
    table.add_row(*(f"{1000 * seconds / len(found):.0f}" for seconds in clock.seconds.values()))
    console.print(table)


def memory(submissions: Path, folder: Path) -> None:
    """Grade once more and print the most memory that all processes had together."""
    with Watch() as watch:
        Ours(submissions, folder / "memory").run()
    console.print(
        f"Most memory of all our processes together: {watch.pss / 1e6:.0f} MB, where what n processes share counts 1/n "
        f"for each (PSS; n includes others on this machine who have torch loaded), and {watch.rss / 1e6:.0f} MB, "
        "where it counts for each (RSS)."
    )


def main() -> None:
    """Measure and print everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--submissions", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3, help="at least 2")
    names = [grader.__name__ for grader in OTHERS]
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="NAME", help=f"of {names}")
    parser.add_argument("--nbgrader", type=Path, default=NBGrader.installed, help="environment that has nbgrader")
    parser.add_argument("--otter", type=Path, default=Otter.installed, help="environment that has otter-grader")
    options = parser.parse_args()
    NBGrader.installed, Otter.installed = options.nbgrader.absolute(), options.otter.absolute()
    graders = [Ours, *(grader for grader in OTHERS if grader.__name__ in options.only)]
    for grader in graders:
        if not grader.is_installed():
            console.print(f"{grader.name}: left out, there is no environment {grader.installed}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        points = write(folder / "class", options.submissions)
        there = [grader for grader in graders if grader.is_installed()]
        compare(there, folder / "class", points, options.rounds, folder)
        parts(folder / "class", folder)
        memory(folder / "class", folder)


if __name__ == "__main__":
    main()
