"""The exercises in other graders' hands: plain nbval, and nbgrader (`make nbgrader`, which installs it)."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from shutil import copyfile

import nbformat
import pytest

from lstm_course.cli import COURSE

EXERCISE = "02_the_cell"
SOLUTIONS = sorted(path.stem for path in (COURSE / "solutions").glob("*.ipynb"))


def sources(path):
    return {cell.id: cell.source for cell in nbformat.read(path, as_version=4).cells}


def test_plain_nbval_passes_a_solution_and_fails_one_with_another_output(tmp_path):
    """Without any of this project's configuration."""
    solution = COURSE / f"solutions/{EXERCISE}.ipynb"
    copyfile(solution, tmp_path / "same.ipynb")
    changed = nbformat.read(solution, as_version=4)
    answered = [cell for cell in changed.cells if cell.get("outputs")]
    answered[-1].outputs[0].text = "✓ something else.\n"
    nbformat.write(changed, tmp_path / "changed.ipynb")
    command = [sys.executable, "-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider", "."]
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    ran = subprocess.run(command, cwd=tmp_path, env=plain, capture_output=True, text=True, timeout=300, check=False)
    code = [cell for cell in changed.cells if cell.cell_type == "code"]
    number = code.index(answered[-1])
    assert f"FAILED changed.ipynb::Cell {number}" in ran.stdout
    assert f"1 failed, {2 * len(code) - 1} passed" in ran.stdout


@pytest.fixture
def nbgrader(tmp_path):
    """Runs nbgrader in a course folder of its own, with kernels that have this package."""
    command = shutil.which("nbgrader")
    if command is None:
        pytest.skip("nbgrader is not installed: make nbgrader")
    kernel = tmp_path / "jupyter/kernels/python3"
    kernel.mkdir(parents=True)
    start = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernel / "kernel.json").write_text(json.dumps({"argv": start, "display_name": "Python 3", "language": "python"}))
    course = tmp_path / "course"
    course.mkdir()
    (course / "nbgrader_config.py").write_text("get_config().CourseDirectory.course_id = 'course'\n")
    own = {"JUPYTER_PATH": str(tmp_path / "jupyter"), "HOME": str(tmp_path), "PYTHONWARNINGS": "ignore"}
    own["PATH"] = f"{Path(command).parent}{os.pathsep}{os.environ['PATH']}"  # nbgrader calls its alembic by name

    def run(*arguments):
        ran = subprocess.run(
            [command, *arguments],
            cwd=course,
            env={**os.environ, **own},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr[-3000:]
        return ran.stdout

    run.course = course
    return run


def put(path, original):
    path.parent.mkdir(parents=True, exist_ok=True)
    copyfile(COURSE / original, path)


@pytest.mark.nbgrader
@pytest.mark.parametrize("name", SOLUTIONS)
def test_nbgrader_validates_every_solution(nbgrader, name):
    put(nbgrader.course / "solved.ipynb", f"solutions/{name}.ipynb")
    assert "Success! Your notebook passes all the tests." in nbgrader("validate", "solved.ipynb")


@pytest.mark.nbgrader
def test_nbgrader_does_not_validate_an_exercise_as_handed_out(nbgrader):
    put(nbgrader.course / "open.ipynb", f"exercises/{EXERCISE}.ipynb")
    assert "VALIDATION FAILED ON 5 CELL(S)" in nbgrader("validate", "open.ipynb")


@pytest.mark.nbgrader
def test_nbgrader_generates_our_exercise_and_grades_it(nbgrader):
    name = f"{EXERCISE}/{EXERCISE}.ipynb"
    put(nbgrader.course / "source" / name, f"solutions/{EXERCISE}.ipynb")
    nbgrader("generate_assignment", EXERCISE)
    assert sources(nbgrader.course / "release" / name) == sources(COURSE / f"exercises/{EXERCISE}.ipynb")

    put(nbgrader.course / "submitted/solved" / name, f"solutions/{EXERCISE}.ipynb")
    put(nbgrader.course / "submitted/open" / name, f"exercises/{EXERCISE}.ipynb")
    nbgrader("autograde", EXERCISE)
    nbgrader("export", "--to", "grades.csv")
    with (nbgrader.course / "grades.csv").open(newline="") as file:
        grades = {row["student_id"]: (row["score"], row["max_score"]) for row in csv.DictReader(file)}
    assert grades == {"solved": ("11.0", "11.0"), "open": ("0.0", "11.0")}
