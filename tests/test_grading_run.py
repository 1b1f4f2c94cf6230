"""Runs of assembled notebooks: what is compared, what ends a cell or a run early, what a hostile kernel may send."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import psutil
import pytest
from nbformat.v4 import new_notebook

from lstm_course.grading import guard, sandbox
from lstm_course.grading.assemble import PRELUDE
from lstm_course.grading.emit import MIME
from lstm_course.grading.guard import DIED, KernelEnded, guarded_kernel
from lstm_course.grading.model import CellRun, Limits
from lstm_course.grading.run import GradedCell, run
from tests.grading_runs import EMIT, QUICK, VALUES, graded, notebook, printed, text

pytestmark = pytest.mark.skipif(bool(sandbox.unavailable()), reason=f"no sandbox: {sandbox.unavailable()}")


@pytest.fixture(params=[True, False], ids=["sandbox", "open"])
def sandboxed(request):
    return request.param


def test_only_cells_with_a_reference_are_compared(sandboxed):
    result = graded("print(1)", "1 / 0", "print(2)", sandbox=sandboxed)
    assert [(id, cell.passed) for id, cell in result.cells.items()] == [
        ("c0", None),
        ("c1", None),
        ("c2", None),
        ("probe", True),
    ]
    assert text(result.cells["c1"]) == "ZeroDivisionError: division by zero"
    assert text(result.cells["c2"]) == "2"
    assert result.problem is None


class Reference(str):
    """Equal to what `compare.Expected` would call within the tolerance, with a sentence if not."""

    problem = None

    def __ne__(self, other):
        self.problem = None if other == VALUES else f"Expected something near, got {other}."
        return self.problem is not None

    __hash__ = str.__hash__


def test_a_reference_decides_what_is_equal_and_explains():
    near, far = Reference("[hidden]"), Reference("[hidden]")
    cells = notebook().cells + notebook().cells
    cells[1].id, cells[1].source = "other", EMIT.replace(VALUES, "41")
    result = run(new_notebook(cells=cells), {"probe": near, "other": far}, QUICK)
    assert result.cells["probe"].passed is True
    assert result.cells["probe"].problem is None
    assert result.cells["other"].passed is False
    assert result.cells["other"].problem == "Expected something near, got 41."


@pytest.mark.parametrize(
    ("source", "passed"),
    [
        (f"print('by the way')\n{EMIT}\n1", True),
        ("pass", False),
        (f"{EMIT}\n{EMIT}", False),
        (f"{EMIT}\n1 / 0", False),
        (f"print({VALUES})", False),
        (EMIT.replace(f"'{VALUES}'", "{'not': 'text'}"), False),
        (EMIT.replace(f"'{VALUES}'", "'" + "9" * 3_000_000 + "'"), False),
    ],
    ids=["prints too", "nothing", "twice", "raises", "prints only", "no text", "huge"],
)
def test_a_probe_passes_by_exactly_one_right_value(source, passed):
    cells = notebook().cells
    cells[0].source = source
    started = time.monotonic()
    result = run(new_notebook(cells=cells), {"probe": VALUES}, Limits())
    assert result.cells["probe"].passed is passed
    assert time.monotonic() - started < 10


def test_metadata_and_marks_of_a_notebook_have_no_effect():
    book = notebook("# NBVAL_SKIP\nprint(1)", "# NBVAL_RAISES_EXCEPTION\nprint(2)")
    book.metadata.kernelspec = {"name": "no such kernel", "display_name": "x"}
    book.cells[-1].source = f"# NBVAL_IGNORE_OUTPUT\n{EMIT.replace(VALUES, '41')}"
    book.cells[-1].metadata.tags = ["nbval-skip", "raises-exception"]
    result = run(book, {"probe": VALUES}, QUICK)
    assert text(result.cells["c0"]) == "1"
    assert result.cells["probe"].passed is False


def test_surroundings_have_no_effect(tmp_path, monkeypatch):
    (tmp_path / "conftest.py").write_text("raise RuntimeError('read')")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")
    monkeypatch.setenv("PYTEST_PLUGINS", "no_such_plugin")
    assert graded().cells["probe"].passed
    assert os.environ["PYTEST_ADDOPTS"] == "--no-such-option"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["conftest.py", "pytest.ini"]


def test_input_fails_at_once(sandboxed):
    assert "does not support input" in printed("input('name? ')", sandbox=sandboxed)


@pytest.mark.parametrize("death", ["os._exit(0)", "os.kill(os.getpid(), 9)", "os.abort()"])
def test_a_dead_kernel_is_noticed_within_a_second(sandboxed, death):
    with guarded_kernel(Limits(), sandboxed) as kernel:
        kernel.execute_cell_input(f"import os; {death}")
        started = time.monotonic()
        with pytest.raises(KernelEnded, match=f"^{DIED}$"):
            kernel.get_message("shell", timeout=60)
        assert time.monotonic() - started < 1


def test_nothing_runs_on_a_dead_kernel():
    result = graded("import os; os._exit(0)", "print(1)")
    assert result.problem == DIED
    assert result.cells["c0"] == CellRun(problem=DIED)
    assert result.cells["c1"] == CellRun(problem=f"Not run. {DIED}")
    assert result.cells["probe"] == CellRun(passed=False, problem=f"Not run. {DIED}")


def test_a_kernel_that_dies_between_two_cells_is_dead(monkeypatch):
    monkeypatch.setattr(GradedCell, "setup", lambda self: time.sleep(0.6))
    result = graded("import os, threading\nthreading.Timer(0.2, os._exit, [0]).start()", "print(1)")
    assert result.problem == DIED
    assert result.cells["c0"].problem == DIED
    assert result.cells["c1"] == CellRun(problem=f"Not run. {DIED}")


@pytest.mark.parametrize("word", ["exit()", "quit", "import sys; sys.exit(3)", "raise SystemExit"])
def test_leaving_ends_a_cell_at_most(word):
    result = graded(PRELUDE, word, "import time; time.sleep(0.3)")
    assert result.problem is None
    assert result.cells["probe"].passed


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


FORGE = """
kernel = get_ipython().kernel
session, socket, parent = kernel.session, kernel.iopub_socket, kernel.get_parent("shell")["header"]

def send(header, parent, content):
    body = [session.pack(header), session.pack(parent), session.pack({}), session.pack(content)]
    socket.send_multipart([b"<IDS|MSG>", session.sign(body), *body])

def forge(kind, content):
    send(session.msg_header(kind), parent, content)

"""


@pytest.mark.parametrize(
    "forged",
    [
        "socket.send_multipart([b''])",
        "socket.send_multipart([b'<IDS|MSG>'])",
        "socket.send_multipart([b'<IDS|MSG>', b'unsigned', b'{}', b'{}', b'{}', b'{}'])",
        "socket.send_multipart([b'<IDS|MSG>', session.sign([bytes([255])] * 4)] + [bytes([255])] * 4)",
        "body = [b'{}'] * 3 + [b'[' * 100_000]; socket.send_multipart([b'<IDS|MSG>', session.sign(body), *body])",
        "body = [b'{}'] * 3 + [b'9' * 100_000]; socket.send_multipart([b'<IDS|MSG>', session.sign(body), *body])",
        "send([], {}, {})",
        "send({}, {}, {})",
        "send(session.msg_header('stream'), [], {'name': 'stdout', 'text': ''})",
        "send({**session.msg_header('stream'), 'version': 'x'}, parent, {})",
        "send({**session.msg_header('stream'), 'msg_type': ['x']}, parent, {})",
        "forge('stream', [])",
        "forge('stream', {'name': [], 'text': 1})",
        "forge('display_data', {'data': [], 'metadata': {}})",
        f"forge('display_data', {{'data': {{{MIME!r}: {{}}}}, 'metadata': None}})",
        "forge('execute_result', {'data': {}, 'metadata': {}, 'execution_count': 'x'})",
        "forge('error', {'ename': 'E', 'evalue': 'e', 'traceback': [1, None]})",
        "forge('status', {})",
        "forge('comm_open', {})",
        "forge('clear_output', {})",
        "forge('no such type', {})",
    ],
)
def test_a_forged_message_misleads_nobody(forged):
    result = graded(f"{FORGE}{forged}\nprint('sent')")
    assert text(result.cells["c0"]) == "sent"
    assert result.cells["probe"].passed
    assert result.problem is None


def test_an_early_end_costs_only_the_output_that_follows():
    result = graded(f"{FORGE}forge('status', {{'execution_state': 'idle'}})\nprint('late')", "print('next')")
    assert text(result.cells["c0"]) == ""
    assert text(result.cells["c1"]) == "next"
    assert result.cells["probe"].passed


def test_no_message_of_a_quick_loop_is_lost():
    limits = replace(QUICK, cell_seconds=20)
    result = graded("for number in range(3000):\n    display({'text/plain': ''}, raw=True)", limits=limits)
    assert len(result.cells["c0"].outputs) == 3000
    assert result.cells["probe"].passed


def test_messages_without_end_are_bounded():
    endless = "socket = kernel.iopub_thread.socket\nwhile True:\n    socket.send(bytes(1_000_000), 2)  # more follows"
    before = psutil.Process().memory_info().rss
    result = graded(f"{FORGE}{endless}", limits=replace(QUICK, cell_seconds=20))
    assert result.problem
    assert psutil.Process().memory_info().rss < before + 2**30


def test_closed_sockets_end_the_kernel():
    result = graded("get_ipython().kernel.iopub_thread.socket.close()", limits=replace(QUICK, cell_seconds=20))
    assert result.problem == "The kernel stopped answering."


ENDLESS = """
from lstm_course.grading.model import Limits
from tests.grading_runs import graded

graded("import os, time\\nos.fork()\\nprint('x')\\ntime.sleep(60)", limits=Limits(), sandbox={sandbox})
"""


def start_endless(sandbox):
    """A process that grades an endless submission, and all processes below it."""
    grader = psutil.Popen([sys.executable, "-c", ENDLESS.format(sandbox=sandbox)], stderr=subprocess.PIPE, text=True)
    for _ in range(600):
        time.sleep(0.1)
        names = [process.name() for process in grader.children(recursive=True)]
        if names.count("python") >= (4 if sandbox else 2):  # the parent, the fork outside, the kernel and its own fork
            return grader, grader.children(recursive=True)
    raise AssertionError(names)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_outlives_an_interrupted_grader(end, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    grader, below = start_endless(sandbox=True)
    grader.send_signal(end)
    said = grader.communicate(timeout=20)[1]
    _, alive = psutil.wait_procs(below, timeout=5)
    assert alive == []
    assert list(tmp_path.iterdir()) == []
    assert ("KeyboardInterrupt" in said) == (end == signal.SIGINT)
