"""A whole class graded in the sandbox, with a worker killed and the command interrupted on the way.

With more submissions, and with the figures shown:

    SUBMISSIONS=200 .venv/bin/python -m pytest -s tests/test_grading_endurance.py
"""

import csv
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from lstm_course.grading import sandbox
from tests import classroom
from tests.processes import Watch, workers

SUBMISSIONS = int(os.environ.get("SUBMISSIONS", 8))
COMMAND = Path(sys.executable).with_name("lstm-course")

pytestmark = pytest.mark.skipif(bool(sandbox.unavailable()), reason=f"no sandbox: {sandbox.unavailable()}")


class Grading:
    """The command in a process group of its own, as a terminal starts it, with a folder for temporary files."""

    def __init__(self, folder):
        self.grades, self.temporary, self.began = folder / "grades", folder / "temporary", time.monotonic()
        self.temporary.mkdir(exist_ok=True)
        words = [COMMAND, "grade", folder / "class", "--out", self.grades, "--workers", "2"]
        self.process = subprocess.Popen(
            words,
            env=os.environ | {"TMPDIR": str(self.temporary)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.watch = Watch(self.process.pid)

    def results(self):
        """The stored results."""
        return {path: path.read_bytes() for path in self.grades.glob("results/*.json")}

    def wait_for(self, number):
        """Wait until that many submissions have their results."""
        while len(self.results()) < number:
            assert self.process.poll() is None
            time.sleep(0.02)

    def kill_a_worker(self):
        """Kill -9."""
        self.watch.look()
        first, _ = workers(self.process.pid)
        first.kill()

    def end(self):
        """Give the exit code, when nothing is left of it."""
        words = self.process.communicate(timeout=60 + 10 * SUBMISSIONS)[1]
        assert "Traceback" not in words
        assert not self.watch.left()
        assert not list(self.temporary.iterdir())
        memory = f"most memory {self.watch.pss / 1e6:.0f} MB (PSS), {self.watch.rss / 1e6:.0f} MB (RSS)"
        print(f"{len(self.results())} results after {time.monotonic() - self.began:.1f} s; {memory}")
        return self.process.returncode


@contextmanager
def grading(folder):
    running = Grading(folder)
    try:
        with running.watch:
            yield running
    finally:
        running.process.kill()
        running.process.communicate()


def test_a_class_has_its_right_results_although_a_worker_is_killed_and_the_run_interrupted(tmp_path):
    points = classroom.write(tmp_path / "class", SUBMISSIONS)
    with grading(tmp_path) as run:
        run.wait_for(SUBMISSIONS // 4)
        run.kill_a_worker()
        run.wait_for(SUBMISSIONS // 2)
        run.watch.look()
        os.killpg(run.process.pid, signal.SIGINT)  # Ctrl-C
        assert run.end() == 130
        kept = run.results()
    with grading(tmp_path) as run:
        assert run.end() == 0
        results = run.results()
    assert SUBMISSIONS // 2 <= len(kept) < len(results) == SUBMISSIONS
    assert {path: results[path] for path in kept} == kept
    with (run.grades / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["status"] for row in rows} <= {"graded", "partly"}
    assert [(row["student"], float(row["points"])) for row in rows] == sorted(points.items())
    assert len(list(run.grades.glob("feedback/*/*.html"))) == SUBMISSIONS
