"""What a submission can see, reach and use inside the sandbox. Every claim is tried by code that runs in it."""

import py_compile
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

import lstm_course
from lstm_course.errors import CourseError
from lstm_course.grading import sandbox, warm
from tests.grading_runs import QUICK, graded, printed

COURSE = Path(lstm_course.__file__).parent
MEGA = 1024**2
pytestmark = pytest.mark.skipif(bool(sandbox.unavailable()), reason=f"no sandbox: {sandbox.unavailable()}")


@pytest.fixture(params=["warm", "cold"])
def start(request, monkeypatch):
    """Kernels forked from the warm parent, and kernels started afresh because the fork failed."""

    def refuse(*arguments):
        raise OSError("no fork")

    if request.param == "cold":
        monkeypatch.setattr(warm, "fork", refuse)
    return request.param


def test_no_privilege_and_no_process_outside(start):
    shown = printed("""
import os, psutil
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(os.getuid(), *(status[name].strip() for name in ("CapPrm", "CapEff", "NoNewPrivs", "Seccomp")))
print(*sorted(process.name() for process in psutil.process_iter()))
""").splitlines()
    names = ["bwrap", "python", *(["sleep"] if start == "warm" else [])]
    assert shown == ["1000 0000000000000000 0000000000000000 1 2", " ".join(names)]


def test_no_open_file_and_no_variable_is_inherited(start, monkeypatch):
    monkeypatch.setenv("API_TOKEN", "secret")
    shown = printed("""
import os
links = [os.path.join("/proc/self/fd", name) for name in os.listdir("/proc/self/fd")]
targets = {os.readlink(link) for link in links if os.path.lexists(link)}
print({target for target in targets if target.startswith("/") and target != "/dev/null"})
print(b"API_TOKEN" in open("/proc/self/environ", "rb").read(), "API_TOKEN" in os.environ, os.environ["HOME"])
""")
    assert shown == f"set()\nFalse False {sandbox.HOME}"


def test_no_network(start):
    assert "Network is unreachable" in printed("import socket; socket.create_connection(('192.0.2.1', 80), 2)")


def test_only_the_course_and_python_are_seen_and_no_answers(start):
    shown = printed(f"""
import os
from pathlib import Path
course = Path({str(COURSE)!r})
print(sorted(path.name for path in course.parent.iterdir()))
print(sorted(path.name for path in (course / "grading").iterdir()))
print({{path.stat().st_size for path in (course / "checks").iterdir()}} == {{{sandbox.SILENT.stat().st_size}}})
print([str(path) for path in map(Path, {[str(Path.cwd()), "/var", "/srv", "/mnt"]}) if (path / "solutions").exists()])
print([name for name in os.listdir("/tmp") if not course.is_relative_to("/tmp/" + name)], os.listdir("."), os.getcwd())
""").splitlines()
    assert set(eval(shown[0])) <= {"lstm_course", ".venv"}
    assert eval(shown[1]) == sorted(sandbox.SEEN_OF_GRADING)
    assert shown[2:] == ["True", "[]", f"[] [] {sandbox.WORK}"]


@pytest.mark.parametrize("place", ["/usr/src/course", "/usr/local/src/course", "the environment", "/srv/course"])
def test_a_clone_that_lies_among_programs_is_not_seen(tmp_path, monkeypatch, place):
    clone = tmp_path if place == "the environment" else Path(place)
    (tmp_path / "bin").mkdir()
    monkeypatch.setattr(sandbox, "COURSE", clone / "lstm_course")
    monkeypatch.setattr(sandbox.sys, "prefix", str(tmp_path))
    words = sandbox.command(QUICK, [], 0, 0, -1, {})
    shown = {Path(words[at + 1]) for at, word in enumerate(words) if word in ("--ro-bind", "--ro-bind-try")}
    assert [path for path in shown if clone.is_relative_to(path)] == []
    assert shown & {Path("/usr"), Path("/usr/bin")}
    assert shown & {tmp_path, tmp_path / "bin"}


def test_only_home_and_memory_can_be_written(start):
    shown = printed(f"""
from pathlib import Path
course = Path({str(COURSE)!r})
for folder in map(Path, ["/", "/usr", "/etc", "/dev", "/home", "/dev/shm", ".", "/tmp", course, course / "checks"]):
    try:
        (folder / "new").write_text("x")
        print(folder)
    except OSError:
        pass
""")
    assert shown == "/dev/shm\n.\n/tmp"


def test_what_is_hidden_cannot_be_uncovered():
    shown = printed(f"""
import ctypes
libc = ctypes.CDLL(None)
checks = {str(COURSE / "checks")!r}
print(libc.umount2(checks.encode(), 2))
print(libc.unshare(0x10020000), libc.umount2(checks.encode(), 2))  # a namespace of one's own
print("Silent" in open(checks + "/the_cell.py").read())
""").splitlines()
    assert shown[0] == "-1"
    assert shown[1].endswith("-1")
    assert shown[2] == "True"


def test_checks_do_nothing_and_hidden_modules_too():
    source = """
from lstm_course.checks import the_cell as check
from lstm_course.checks.base import require
from lstm_course import by_hand, cells
import lstm_course.layer
class Mine(by_hand.Anything): pass
print(check.four_gates(None), require(False, "wrong"), by_hand.lstm(1), cells.lstm_step.__name__)
"""
    assert printed(source, hide=["lstm_course.by_hand"]) == "None None None lstm_step"


def test_a_hidden_module_leaves_no_compiled_code():
    assert Path(py_compile.compile(COURSE / "by_hand.py", doraise=True)).is_file()
    source = f"""
from pathlib import Path
course = Path({str(COURSE)!r})
print([path.name for path in course.glob("__pycache__/by_hand.*")])
print({{path.name for path in (course / "cells").iterdir()}} == {{path.name for path in course.glob("cells/*.py")}})
"""
    assert printed(source, hide=["lstm_course.by_hand", "lstm_course.cells"]) == "[]\nTrue"


def test_later_weather_can_be_hidden():
    source = "from lstm_course import weather; hours = weather.load().time; print(hours[0], hours[-1])"
    assert printed(source) == "2010-01-01T00 2014-12-31T23"
    assert printed(source, hide=["weather-2013"]) == "2010-01-01T00 2012-12-31T23"


def test_memory_of_one_process_is_bounded(start):
    limits = replace(QUICK, cell_seconds=20, memory_bytes=1000 * MEGA)
    assert "MemoryError" in printed("x = bytearray(2_000_000_000)", limits=limits)
    assert "can't allocate memory" in printed("import torch; torch.ones(10**9)", limits=limits)


@pytest.mark.parametrize("call", ["memfd_create('x')", "memfd_create('x', 0)"])
def test_memory_that_belongs_to_no_process_cannot_be_had(call):
    assert "not implemented" in printed(f"import os; os.{call}")


def test_memory_of_all_processes_together_is_bounded():
    grow = (
        "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n        x = b'1' * 200_000_000; time.sleep(60)\n"
    )
    run = graded(grow + "time.sleep(60)", limits=replace(QUICK, cell_seconds=20, memory_bytes=1000 * MEGA))
    assert run.problem == "The notebook used more than 1000 MB of memory."


def test_memory_that_processes_share_counts_once():
    share = (
        "import os, time, torch\nfor _ in range(20):\n    if os.fork() == 0:\n        time.sleep(60)\ntime.sleep(0.5)"
    )
    run = graded(share)  # 200 MB each, most of it torch's
    assert run.problem is None
    assert run.cells["probe"].passed


def test_processes_are_bounded():
    run = graded("import os\nwhile True:\n    os.fork()", limits=replace(QUICK, cell_seconds=20))
    assert run.problem == "The notebook started more than 64 processes (or 8 threads for each)."


def test_threads_are_bounded():
    assert "can't start new thread" in printed(
        "import threading, time\nwhile True:\n    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"
    )


@pytest.mark.parametrize(("folder", "most"), [(".", 20), ("/tmp", 16), ("/dev/shm", 64), ("/run", 1)])
def test_files_are_bounded_together(folder, most):
    source = f"""
written = 0
try:
    for number in range(100):
        with open(f"{folder}/{{number}}", "wb", buffering=0) as file:
            for _ in range(4):
                written += file.write(bytes(2**20))
except OSError as error:
    print(error, written / 2**20)
"""
    limits = replace(QUICK, file_bytes=20 * MEGA, cell_seconds=20)
    error, written = printed(source, limits=limits).rsplit(maxsplit=1)
    assert error == "[Errno 28] No space left on device"
    assert most - 1 <= float(written) <= most


def test_open_files_are_bounded():
    assert "Too many open files" in printed("files = [open('x', 'w') for _ in range(1000)]")


def test_one_submission_leaves_nothing_to_the_next():
    leave = """
import builtins, os, torch, threading, time
builtins.left = torch.left = 1
for folder in (".", "/tmp", "/dev/shm", "/run"):
    open(folder + "/left", "w").write("x")
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(60)
    os._exit(0)
"""
    look = """
import builtins, os, psutil, torch
print(hasattr(builtins, "left"), hasattr(torch, "left"), len(psutil.pids()))
print([folder for folder in (".", "/tmp", "/dev/shm", "/run") if os.path.exists(folder + "/left")])
"""
    assert graded(leave).cells["probe"].passed
    assert printed(look) == "False False 3\n[]"


def test_the_parent_has_one_thread():
    graded()
    assert "\nThreads:\t1\n" in Path(f"/proc/{warm.parent()._process.pid}/status").read_text()


def test_the_parent_is_out_of_reach():
    graded()
    before = warm.parent()
    graded(f"""
import os
for pid in [{before._process.pid}, os.getppid(), *range(1, 50_000)]:
    try:
        if pid != os.getpid():
            os.kill(pid, 9)
    except OSError:
        pass
""")
    assert warm.parent() is before
    assert graded().cells["probe"].passed


def test_a_parent_that_was_killed_is_replaced():
    before = warm.parent()
    before._process.kill()
    before._process.wait()
    assert graded().cells["probe"].passed
    assert warm.parent() is not before


def test_a_parent_of_another_process_serves_as_long_as_it_lives(monkeypatch):
    monkeypatch.setattr(warm, "_given", None)
    shared = warm.Parent()
    warm.use(shared.requests)
    with monkeypatch.context() as alone:
        alone.setattr(warm, "parent", None)  # of this process: cannot be asked
        assert graded().cells["probe"].passed
    shared.stop()
    assert graded().cells["probe"].passed


@pytest.fixture
def asked_again():
    """Whether there can be a sandbox is asked again, and by the next test too."""
    sandbox.unavailable.cache_clear()
    yield
    sandbox.unavailable.cache_clear()


@pytest.mark.usefixtures("asked_again")
def test_refusal_says_what_to_do(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(CourseError) as refusal:
        graded()
    assert str(refusal.value) == (
        "Submissions run in a sandbox, but bubblewrap (the command bwrap) is not installed. Install bubblewrap or "
        "grade on a Linux machine that has it; if you trust every notebook, say --no-sandbox."
    )


@pytest.mark.usefixtures("asked_again")
def test_a_bubblewrap_that_does_not_work_is_quoted(monkeypatch):
    failed = subprocess.CompletedProcess([], 1, stderr="bwrap: No permissions\n")
    monkeypatch.setattr(subprocess, "run", lambda *arguments, **options: failed)
    assert sandbox.unavailable() == "bubblewrap does not work here (bwrap: No permissions)"
