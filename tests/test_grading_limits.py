"""What one cell of a run may take: time and output, and how it is interrupted."""

from dataclasses import replace

import pytest

from lstm_course.grading import guard, sandbox
from lstm_course.grading.guard import guarded_kernel
from lstm_course.grading.model import Limits
from tests.grading_runs import QUICK, graded, text

pytestmark = pytest.mark.skipif(bool(sandbox.unavailable()), reason=f"no sandbox: {sandbox.unavailable()}")


def test_an_endless_cell_is_interrupted_and_later_ones_run(sandboxed):
    result = graded("while True:\n    pass", sandbox=sandboxed)
    assert result.cells["c0"].problem == "The cell ran for more than 2 seconds."
    assert result.cells["probe"].passed
    assert result.problem is None


@pytest.mark.parametrize(
    "endless",
    [
        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    pass",
        "import re\nre.match(r'(a+)+$', 'a' * 50 + 'b')",
        "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
        "get_ipython().kernel.session.send = lambda *given, **options: None",
    ],
    ids=["ignores interrupts", "in C", "stopped", "says nothing"],
)
def test_what_cannot_be_interrupted_is_killed(endless, monkeypatch):
    monkeypatch.setattr(guard, "GRACE_SECONDS", 0.5)
    result = graded(endless, limits=replace(QUICK, cell_seconds=0.5))
    assert result.problem == "The cell ran for more than 0.5 seconds. It could not be interrupted."


def test_a_notebook_has_its_time():
    slow = ["import time; time.sleep(0.8)"] * 4
    result = graded(*slow, limits=replace(QUICK, notebook_seconds=2))
    assert result.problem == "The notebook ran for more than 2 seconds."
    assert result.cells["c0"].problem is None
    assert result.cells["probe"].passed is False


@pytest.mark.parametrize(
    "flood",
    [
        "while True:\n    print('x' * 1000)",
        "print('x' * 3_000_000)",
        "while True:\n    display({'text/plain': 'x' * 100_000}, raw=True)",
        "import sys\nwhile True:\n    sys.stderr.write('x' * 1000)",
        "!yes",
    ],
    ids=["prints", "one print", "displays", "errors", "program"],
)
def test_flooding_output_is_cut_off_and_later_cells_run(flood):
    limits = replace(QUICK, cell_seconds=20, output_bytes=2**20)
    result = graded("print('before')", flood, limits=limits)
    assert result.cells["c1"].problem == "The output of the notebook grew beyond 1 MB."
    assert sum(len(str(output)) for output in result.cells["c1"].outputs) < 2 * 2**20
    assert text(result.cells["c0"]) == "before"
    assert result.cells["probe"].passed


def test_a_cell_is_interrupted_once():
    flood = """
import signal, time
interrupts = []
signal.signal(signal.SIGINT, lambda *_: interrupts.append(time.time()))
print('x' * 3_000_000)
while not interrupts:
    time.sleep(0.01)
time.sleep(0.5)"""
    result = graded(flood, "print(len(interrupts))", limits=replace(QUICK, cell_seconds=20, output_bytes=2**20))
    assert text(result.cells["c1"]) == "1"


def test_an_interrupt_that_comes_too_late_does_not_hit_the_next_cell(sandboxed):
    with guarded_kernel(Limits(), sandboxed) as kernel:
        kernel.await_reply(kernel.execute_cell_input("import time; done = 0"))
        for _ in range(10):
            kernel.interrupt()
            kernel.await_idle(kernel.execute_cell_input("time.sleep(0.05); done += 1"), 20)
        kernel.execute_cell_input("print(done)")
        shown = iter(lambda: kernel.get_message("iopub", timeout=20), None)
        assert next(message for message in shown if message["msg_type"] == "stream")["content"]["text"] == "10\n"


def test_output_of_many_cells_is_counted_together():
    result = graded(*["print('x' * 400_000)"] * 3, limits=replace(QUICK, output_bytes=2**20))
    assert [bool(result.cells[f"c{number}"].problem) for number in range(3)] == [False, False, True]
    assert result.cells["probe"].passed
