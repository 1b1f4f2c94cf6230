import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from lstm_course.errors import CourseError
from lstm_course.grading import sandbox, schedule
from lstm_course.grading.schedule import Lost, interruptible, local, results
from tests.processes import workers

ROOT = Path(__file__).parents[1]


def double(number):
    return 2 * number


def refuse(number):
    raise CourseError(f"number {number} is no number")


def fail_at_three(number):
    if number == 3:
        raise RuntimeError("three")
    return number


def die_once(path):
    """Kill this process in the first call with a path."""
    if not Path(path).exists():
        Path(path).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return path


def die(_):
    os.kill(os.getpid(), signal.SIGKILL)


def sleep(seconds):
    time.sleep(seconds)


head_starts = []


def prepare():
    head_starts.append(os.getpid())


def count_head_starts(_):
    return len(head_starts)


def one(task):
    return (task,)


def collected(pool, function, tasks):
    return dict(results(pool, function, tasks, one))


def test_every_task_has_one_result():
    with local(2, seconds=60) as pool:
        assert collected(pool, double, range(20)) == {number: 2 * number for number in range(20)}
        assert collected(pool, double, []) == {}
    assert not workers()


def test_every_worker_has_a_head_start_also_one_that_takes_anothers_place(tmp_path):
    with local(1, seconds=60, prepare=prepare) as pool:
        assert collected(pool, count_head_starts, [1]) == {1: 1}
        collected(pool, die_once, [str(tmp_path / "died")])
        assert collected(pool, count_head_starts, [1]) == {1: 1}
    assert head_starts == []


def test_tasks_are_taken_only_as_there_is_room():
    taken = []

    def tasks():
        for number in range(10):
            taken.append(number)
            yield number

    with local(1, seconds=60) as pool:
        for finished, _ in enumerate(results(pool, double, tasks(), one), start=1):
            assert len(taken) <= finished + 1


def test_a_killed_worker_loses_nothing(tmp_path):
    tasks = [str(tmp_path / str(number)) for number in range(6)]
    with local(2, seconds=60) as pool:
        assert collected(pool, die_once, tasks) == {path: path for path in tasks}


def test_an_interruption_while_a_call_is_handed_in_leaves_no_worker(monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(schedule.threading, "Timer", interrupted)
    with pytest.raises(KeyboardInterrupt), local(1, seconds=60) as pool:
        collected(pool, sleep, [60])
    assert not workers()


def die_while_a_sandbox_is_built(path):
    """Be killed when bubblewrap waits for a word about the sandbox's users, the first time."""
    if Path(path).exists():
        return
    Path(path).touch()
    told, tell = os.pipe()
    word = os.pipe()
    options = ["--unshare-all", "--unshare-user", "--die-with-parent", "--ro-bind", "/", "/"]
    ends = ["--info-fd", str(tell), "--userns-block-fd", str(word[0])]
    subprocess.Popen(["bwrap", *options, *ends, "sleep", "600"], pass_fds=[tell, *word], start_new_session=True)
    os.read(told, 1)
    die(path)


def sandboxes():
    """Give those that run; bubblewrap leaves a zombie of each that has ended by itself."""
    found = psutil.Process().children(recursive=True)
    return [child for child in found if child.name() == "bwrap" and child.status() != psutil.STATUS_ZOMBIE]


needs_a_sandbox = pytest.mark.skipif(bool(sandbox.unavailable()), reason=f"no sandbox: {sandbox.unavailable()}")


@needs_a_sandbox
def test_a_worker_killed_while_it_builds_a_sandbox_leaves_none(tmp_path):
    path = str(tmp_path / "died")
    with local(1, seconds=60) as pool:
        assert collected(pool, die_while_a_sandbox_is_built, [path]) == {path: None}
        assert not sandboxes()


def interrupt_when_a_worker_has_died(path):
    with local(1, seconds=60) as pool:
        assert pool.submit(die_while_a_sandbox_is_built, path).exception(timeout=20)
        assert sandboxes()
        raise KeyboardInterrupt


@needs_a_sandbox
def test_an_interruption_then_leaves_none_either(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        interrupt_when_a_worker_has_died(str(tmp_path / "died"))
    assert not sandboxes()


def test_a_worker_killed_while_it_is_idle_loses_nothing():
    with local(2, seconds=60) as pool:
        collected(pool, double, range(4))
        for process in workers():
            process.kill()
        assert collected(pool, double, range(4)) == {number: 2 * number for number in range(4)}


def test_a_task_that_kills_every_worker_gets_a_reason_and_stops_no_other():
    with local(1, seconds=60) as pool:
        got = collected(pool, die, ["hostile"])
        assert collected(pool, double, [1]) == {1: 2}
    assert isinstance(got["hostile"], Lost)
    assert got["hostile"].reason.startswith("It failed 2 times with BrokenProcessPool: ")


def test_a_worker_that_hangs_is_killed():
    with local(1, seconds=1) as pool:
        assert isinstance(collected(pool, sleep, [60])[60], Lost)


def test_a_mistake_of_the_graders_costs_one_result():
    with local(2, seconds=60) as pool:
        got = collected(pool, fail_at_three, range(5))
    assert got.pop(3) == Lost("It failed 2 times with RuntimeError: three")
    assert got == {number: number for number in range(5) if number != 3}


def test_what_is_the_instructors_to_mend_ends_the_run():
    with pytest.raises(CourseError, match="number 1 is no number"), local(1, seconds=60) as pool:
        collected(pool, refuse, [1])
    assert not workers()


PROGRAM = """
import signal, sys
from lstm_course.grading.schedule import interruptible, local, results
from tests.test_grading_schedule import one, sleep
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # ignored where these tests run under nohup
try:
    with interruptible(), local(2, seconds=60) as pool:
        for task, _ in results(pool, sleep, [0.01, 0.02, 50, 51], one):
            print(task, flush=True)
except KeyboardInterrupt:
    sys.exit(130)
"""


def running_program():
    """Start two workers that sleep long, and give the process and all that it has started."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert {process.stdout.readline(), process.stdout.readline()} == {"0.01\n", "0.02\n"}
    time.sleep(0.3)
    return process, psutil.Process(process.pid).children(recursive=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interruption_leaves_no_process_behind(number):
    process, children = running_program()
    process.send_signal(number)
    assert process.wait(20) == 130
    assert process.stderr.read() == ""
    assert len(children) >= 2
    assert not psutil.wait_procs(children, timeout=5)[1]
    process.stdout.close()
    process.stderr.close()


COMMAND = """
from lstm_course.grading.schedule import import_early, local, results

if __name__ == "__main__":
    import_early("lstm_course.grading.grade")
    with local(1, seconds=60) as pool:
        print(dict(results(pool, abs, [-1], lambda task: (task,))))
"""


@pytest.mark.parametrize("name", ["", "t" * 100], ids=["copies", "started afresh: no room for the name of a socket"])
def test_no_file_of_the_present_folder_is_taken_for_a_module(tmp_path, name):
    command, present, temporary = tmp_path / "command", tmp_path / "submissions", tmp_path / name
    command.write_text(COMMAND, "utf-8")
    present.mkdir()
    temporary.mkdir(exist_ok=True)
    for module in "struct", "json", "nbformat", "multiprocessing":
        (present / f"{module}.py").write_text("raise SystemExit('a stranger is imported')\n", "utf-8")
    environment = os.environ | ({"TMPDIR": str(temporary)} if name else {})
    ended = subprocess.run(
        [sys.executable, command], cwd=present, env=environment, capture_output=True, text=True, check=False
    )
    assert (ended.stdout, ended.stderr) == ("{-1: 1}\n", "")


def test_workers_do_not_outlive_a_grader_that_is_killed():
    process, children = running_program()
    process.kill()
    process.communicate()
    assert not psutil.wait_procs(children, timeout=5)[1]


def test_signals_are_as_before_afterwards():
    before = signal.getsignal(signal.SIGTERM)
    with interruptible():
        assert signal.getsignal(signal.SIGTERM) is signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) is before
