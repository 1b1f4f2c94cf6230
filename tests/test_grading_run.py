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

from lstm_course.grading import sandbox
from lstm_course.grading.assemble import PRELUDE
from lstm_course.grading.emit import MIME
from lstm_course.grading.guard import DIED, KernelEnded, guarded_kernel
from lstm_course.grading.model import CellRun, Limits
from lstm_course.grading.run import GradedCell, run
from tests.grading_runs import EMIT, QUICK, VALUES, graded, notebook, printed, text

pytestmark = pytest.mark.skipif(bool(sandbox.unavailable()), reason=f"no sandbox: {sandbox.unavailable()}")


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


OUTPUTS = """
import sys
from IPython.display import display
print("one", end=" ")
display(2)
print("three", file=sys.stderr)
print("four", flush=True)
print("five", end="")
"six"
"""


def shown(sandboxed):
    """Give kind, stream and text of all that two cells show."""
    outputs = [
        output for cell in graded(OUTPUTS, "print(7)", sandbox=sandboxed).cells.values() for output in cell.outputs
    ]
    return [(output.output_type, output.get("name"), text(CellRun([output]))) for output in outputs]


def test_a_sandboxed_kernel_shows_what_any_kernel_shows():
    assert shown(sandboxed=True) == shown(sandboxed=False)
    assert {"one four\nfive", "2", "three", "'six'", "7"} <= {words for _, _, words in shown(sandboxed=True)}


def test_what_is_written_past_python_is_shown_too():
    assert printed("import os, time\nos.write(1, b'low')\ntime.sleep(0.5)\nprint('er')").split() == ["lower"]


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
