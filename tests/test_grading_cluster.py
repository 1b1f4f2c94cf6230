import json
import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from lstm_course.errors import CourseError
from lstm_course.grading import exercise, sandbox, work
from lstm_course.grading.cluster import cluster
from lstm_course.grading.exercise import Order
from lstm_course.grading.model import Limits, Result
from lstm_course.grading.schedule import Lost, results

pytest.importorskip("distributed", reason="needs the extra cluster")
ROOT = Path(__file__).parents[1]


def worker(path):
    """Leave this worker's number for the test to find, and take a moment."""
    Path(path).write_text(str(os.getpid()), "utf-8")
    time.sleep(0.3)
    return path


def die(_):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture(scope="module")
def address():
    """A real scheduler with two workers in processes of their own, each started again when it dies."""
    import dask
    from distributed import LocalCluster

    settings = {"distributed.scheduler.allowed-failures": 0, "distributed.worker.use-file-locking": False}
    with (
        dask.config.set(settings),
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as local,
    ):
        yield local.scheduler_address


def test_a_killed_worker_loses_nothing(address, tmp_path):
    tasks = [str(tmp_path / str(number)) for number in range(12)]
    got = {}
    with cluster(address) as pool:
        for task, outcome in results(pool, worker, tasks, lambda task: (task,)):
            got[task] = outcome
            if len(got) == 2:
                os.kill(int(Path(task).read_text("utf-8")), signal.SIGKILL)
    assert got == {task: task for task in tasks}


def test_a_task_that_kills_every_worker_gets_a_reason(address):
    with cluster(address) as pool:
        ((_, outcome),) = results(pool, die, ["hostile"], lambda task: (task,))
    assert isinstance(outcome, Lost)
    assert outcome.reason.startswith("It failed 2 times with KilledWorker: ")


@pytest.mark.skipif(bool(sandbox.unavailable()), reason=f"needs a sandbox: {sandbox.unavailable()}")
def test_a_real_submission_travels_to_a_worker_and_its_result_back(address):
    ready = Order(exercise.load(ROOT, "02_the_cell"), 3, Limits(), True, {})
    fields = json.dumps({"student": "anna", "exercise": "02_the_cell", "path": "a", "digest": "1"})
    with cluster(address) as pool:
        ((_, text),) = results(pool, work.refer, [ready], lambda order: (order.to_json(),))
        ready = replace(ready, references=json.loads(text))
        data = ready.exercise.notebook.encode()
        ((_, text),) = results(pool, work.grade, [fields], lambda fields: (ready.to_json(), fields, data))
    result = Result.from_json(json.loads(text))
    assert (result.student, result.points, result.max_points) == ("anna", 11, 11)


def test_what_is_missing_is_said(monkeypatch):
    monkeypatch.setattr("lstm_course.grading.cluster.CONNECT_SECONDS", 0.5)
    with pytest.raises(CourseError, match=r"tcp://127\.0\.0\.1:9 does not: "), cluster("tcp://127.0.0.1:9"):
        pass
    monkeypatch.setitem(sys.modules, "distributed", None)
    words = r"A cluster needs the package distributed: pip install 'lstm-course\[cluster\]'\."
    with pytest.raises(CourseError, match=words), cluster("tcp://127.0.0.1:9"):
        pass
