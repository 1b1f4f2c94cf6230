"""Graders that grade the same class, each by its own command and on as many cores as that command can use."""

import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from multiprocessing.pool import ThreadPool
from pathlib import Path
from shutil import copyfile
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import nbformat

from tests.classroom import EXERCISE, ROOT

CORES = 2
SOLUTION = ROOT / f"solutions/{EXERCISE}.ipynb"
SOLVED = nbformat.read(SOLUTION, 4)
CHECKS = [cell for cell in SOLVED.cells if cell.metadata.get("nbgrader", {}).get("grade")]


class Grader:
    """Grades the submissions in a folder; `folder` is its own and empty. Only `commands` are timed."""

    name: str
    installed = Path(sys.prefix)
    most_exit_code = 0

    @classmethod
    def is_installed(cls) -> bool:
        """Tell whether its environment is there."""
        return (cls.installed / "bin").is_dir()

    def __init__(self, submissions: Path, folder: Path) -> None:
        self.folder = folder
        self.environment = {"PATH": f"{self.installed / 'bin'}{os.pathsep}{os.environ['PATH']}", "OMP_NUM_THREADS": "1"}
        self.submissions = {path.parent.name: path for path in sorted(submissions.glob("*/*.ipynb"))}
        folder.mkdir(parents=True)
        self.prepare()

    def prepare(self) -> None:
        """Lay out what the commands need."""

    def commands(self) -> Iterator[tuple[Path, list[Any]]]:
        """Give the commands that grade the class, each with its working folder; CORES of them run at once."""
        raise NotImplementedError

    def points(self) -> dict[str, float]:
        """Read the points of each student."""
        raise NotImplementedError

    def run(self) -> float:
        """Grade; return the seconds that it took."""
        start = time.perf_counter()
        with ThreadPool(CORES) as pool:
            pool.starmap(self.call, list(self.commands()))
        return time.perf_counter() - start

    def call(self, folder: Path, command: list[Any]) -> None:
        """Run one command in a folder and see that it succeeded."""
        words, environment = list(map(str, command)), os.environ | self.environment
        ran = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True)
        if not 0 <= ran.returncode <= self.most_exit_code:
            raise RuntimeError(f"{' '.join(words)} failed:\n{ran.stdout[-2000:]}\n{ran.stderr[-2000:]}")


class Ours(Grader):
    """Two workers, each submission in a sandbox."""

    name = "lstm-course grade, sandbox, 2 workers"

    def commands(self) -> Iterator[tuple[Path, list[Any]]]:
        """Give the commands."""
        program, place = self.installed / "bin/lstm-course", next(iter(self.submissions.values())).parents[1]
        yield self.folder, [program, "grade", place, "--out", self.folder / "grades", "--workers", CORES]

    def points(self) -> dict[str, float]:
        """Read the points of each student."""
        with (self.folder / "grades/grades.csv").open(encoding="utf-8-sig", newline="") as file:
            return {row["student"]: float(row["points"]) for row in csv.DictReader(file)}


class NBGrader(Grader):
    """One process, as the command is made; kernels have this package."""

    name = "nbgrader autograde"
    installed = ROOT / ".nbgrader"
    halves = 1

    def prepare(self) -> None:
        """Lay out what the commands need."""
        kernel = self.folder / "jupyter/kernels/python3/kernel.json"
        start = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        _write(kernel, json.dumps({"argv": start, "display_name": "Python 3", "language": "python"}))
        self.environment |= {"JUPYTER_PATH": str(self.folder / "jupyter"), "PYTHONWARNINGS": "ignore"}
        for number, course in enumerate(self.courses()):
            _write(course / "nbgrader_config.py", "get_config().CourseDirectory.course_id = 'course'\n")
            _copy(SOLUTION, course / "source" / EXERCISE / SOLUTION.name)
            for student, path in list(self.submissions.items())[number :: self.halves]:
                _copy(path, course / "submitted" / student / EXERCISE / path.name)
            self.call(course, [self.installed / "bin/nbgrader", "generate_assignment", EXERCISE])

    def courses(self) -> list[Path]:
        """Give its folders."""
        return [self.folder / f"course{number}" for number in range(self.halves)]

    def commands(self) -> Iterator[tuple[Path, list[Any]]]:
        """Give the commands."""
        for course in self.courses():
            yield course, [self.installed / "bin/nbgrader", "autograde", EXERCISE]

    def points(self) -> dict[str, float]:
        """Read the points of each student."""
        found = {}
        for course in self.courses():
            self.call(course, [self.installed / "bin/nbgrader", "export", "--to", "grades.csv"])
            with (course / "grades.csv").open(newline="") as file:
                found |= {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
        return found


class NBGraderTwice(NBGrader):
    """Half of the class in each of two courses, as nbgrader itself uses one core."""

    name = "nbgrader autograde, two at once"
    halves = CORES


class Nbval(Grader):
    """Answers merged into the solution's notebook, whose outputs are compared."""

    name = "pytest --nbval -n 2 on merged copies"
    most_exit_code = 1  # where a cell failed

    def prepare(self) -> None:
        """Lay out what the commands need."""
        for student, path in self.submissions.items():
            answers = {cell.id: cell.source for cell in nbformat.read(path, 4).cells}
            merged = nbformat.read(SOLUTION, 4)
            for cell in merged.cells:
                if cell.metadata.get("nbgrader", {}).get("solution"):
                    cell.source = answers[cell.id]
            nbformat.write(merged, self.folder / f"{student}.ipynb")

    def commands(self) -> Iterator[tuple[Path, list[Any]]]:
        """Give the commands."""
        alone = ["-c", os.devnull, f"--rootdir={self.folder}", "-p", "no:cacheprovider"]
        nbval = ["--nbval", "--nbval-current-env", "-n", CORES, "--dist", "loadfile", "--junitxml=junit.xml"]
        yield self.folder, [sys.executable, "-m", "pytest", *nbval, *alone, self.folder]

    def points(self) -> dict[str, float]:
        """Read the points of each student."""
        code = [cell for cell in SOLVED.cells if cell.cell_type == "code"]
        worth = {code.index(cell): cell.metadata.nbgrader.points for cell in CHECKS}
        found = dict.fromkeys(self.submissions, 0.0)
        for case in ElementTree.parse(self.folder / "junit.xml").iter("testcase"):
            student = case.get("classname", "").removesuffix(".ipynb")
            if len(case) == 0:  # no failure in it
                found[student] += worth.get(int(case.get("name", "").removeprefix("Cell ")), 0)
        return found


class Otter(Grader):
    """`otter run`, a process for each submission, two at once; its tests call our checks."""

    name = "otter run, two at once"
    installed = ROOT / ".otter"

    def prepare(self) -> None:
        """Lay out what the commands need."""
        with ZipFile(self.folder / "autograder.zip", "w") as archive:
            archive.writestr("otter_config.json", "{}")
            for cell in CHECKS:
                points = cell.metadata.nbgrader.points
                test = f"@test_case(points={points})\ndef test(env):\n    exec({cell.source!r}, env)\n"
                head = (
                    f"from otter.test_files import test_case\nOK_FORMAT, name, points = False, {cell.id!r}, {points}\n"
                )
                archive.writestr(f"tests/{cell.id.replace('-', '_')}.py", head + test)

    def commands(self) -> Iterator[tuple[Path, list[Any]]]:
        """Give the commands."""
        for student, path in self.submissions.items():
            (self.folder / student).mkdir()
            options = ["--autograder", self.folder / "autograder.zip", "--output-dir", self.folder / student]
            yield self.folder, [self.installed / "bin/otter", "run", path, *options]

    def points(self) -> dict[str, float]:
        """Read the points of each student."""
        results = {
            student: json.loads((self.folder / student / "results.json").read_text()) for student in self.submissions
        }
        return {student: sum(test.get("score", 0) for test in result["tests"]) for student, result in results.items()}


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _copy(original: Path, copy: Path) -> None:
    copy.parent.mkdir(parents=True)
    copyfile(original, copy)
