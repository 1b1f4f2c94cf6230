"""The hostile corpus: every score right, neighbours and machine unchanged, in bounded time."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass

import pytest

from lstm_course.files import safe_names
from lstm_course.grading import sandbox
from tests.hostile import (
    broken,
    detours,
    ending,
    endless,
    inside,
    machine,
    others,
    places,
    secret,
    styles,
    surroundings,
    verdicts,
    wrappings,
)
from tests.hostile.cases import FULL, answer, case

pytestmark = pytest.mark.skipif(bool(sandbox.unavailable()), reason=f"no sandbox: {sandbox.unavailable()}")
MODULES = (verdicts, secret, detours, inside, ending, endless, machine, broken, places, wrappings, styles, others)
BATCHES = {module.__name__.rpartition(".")[2]: module.CASES for module in MODULES}
CASES = [pytest.param(batch, one, id=f"{batch}: {one.name}") for batch, cases in BATCHES.items() for one in cases]
WRONG = "def lstm_sequence(*given):\n    print('no idea')\n    return given"
FIRST, LAST = NEIGHBOURS = case("0 first", FULL), case("~ last", "2 2 0 3 2", answer("lstm-sequence", WRONG))
OPTIONS = {"seed": 5, "workers": 2, "cell-seconds": 3, "notebook-seconds": 15, "memory-mb": 1024}
MOST_SECONDS = 240  # for a batch on a loaded machine
CANARY = "Nothing that is graded may change this."
GRADE = "from lstm_course.cli import main; main()"


@dataclass(frozen=True)
class Graded:
    """What a grading run left behind: `before` and `after` are its surroundings."""

    results: dict[tuple[str, str], dict]
    pages: dict[str, str]
    before: dict[str, object]
    after: dict[str, object]
    left: set[str]
    seconds: float
    said: str


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Grade a batch between its neighbours when it is first asked for."""
    done = {}

    def of(batch):
        if batch not in done:
            done[batch] = grade(tmp_path_factory.mktemp("batch"), [FIRST, *BATCHES.get(batch, ()), LAST])
        return done[batch]

    with surroundings.adopting():
        yield of


def grade(folder, cases):
    for number, one in enumerate(cases):
        one.put(folder / "submissions")
        (folder / f"canary-{number}.txt").write_text(CANARY, "utf-8")
    (folder / "temporary").mkdir()
    before, running, started = surroundings.files(folder), surroundings.processes(), time.monotonic()
    options = [word for name, value in OPTIONS.items() for word in (f"--{name}", str(value))]
    command = [sys.executable, "-c", GRADE, "grade", folder / "submissions", "--out", folder / "grades", *options]
    environment = {**os.environ, "TMPDIR": str(folder / "temporary")}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=MOST_SECONDS, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    seconds, left = time.monotonic() - started, surroundings.outlive(running)
    results = json.loads((folder / "grades/grades.json").read_text("utf-8"))["results"]
    pages = {str(path.relative_to(folder)): path.read_text("utf-8") for path in (folder / "grades").rglob("*.html")}
    after = {path: seen for path, seen in surroundings.files(folder).items() if not path.startswith(f"{folder}/grades")}
    by_student = {(result["student"], result["exercise"]): result for result in results}
    return Graded(by_student, pages, before, after, left, seconds, ended.stdout + ended.stderr)


def points(result):
    return " ".join(f"{question['points']:g}" for question in result["questions"])


@pytest.mark.parametrize(("batch", "one"), CASES)
def test_a_submission_gets_what_its_honest_answers_deserve(graded, batch, one):
    result = graded(batch).results[one.name, one.exercise]
    reasons = [result["reason"], *(" ".join(question["reasons"]) for question in result["questions"])]
    assert points(result) == one.points, "\n".join(filter(None, reasons))
    assert one.status in ("", result["status"])


@pytest.mark.parametrize("batch", BATCHES)
def test_neighbours_are_graded_as_if_they_were_alone(graded, batch):
    alone, among = graded("nobody else"), graded(batch)
    for one in NEIGHBOURS:
        key = one.name, one.exercise
        assert points(alone.results[key]) == one.points
        assert {**among.results[key], "seconds": 0} == {**alone.results[key], "seconds": 0}
        page = f"grades/feedback/{safe_names([one.name])[one.name]}/{one.exercise}.html"
        assert alone.pages[page] == among.pages[page]


@pytest.mark.parametrize("batch", BATCHES)
def test_nothing_outside_is_touched_and_nothing_left(graded, batch):
    run = graded(batch)
    assert run.after == run.before
    assert run.left == set()
    assert list(run.results) == [
        (one.name, one.exercise)
        for one in sorted([FIRST, *BATCHES[batch], LAST], key=lambda one: (one.name.casefold(), one.name, one.exercise))
    ]
    print(f"{batch}: {run.seconds:.0f} s")
