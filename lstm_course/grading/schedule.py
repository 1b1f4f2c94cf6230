"""Spread work over the cores of this machine. A worker may die at any moment."""

import gc
import multiprocessing
import os
import signal
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import forkserver
from typing import Any, Protocol, TypeVar
from unittest.mock import patch

from lstm_course.errors import CourseError
from lstm_course.grading import orphans

MOST_ATTEMPTS = 2
# Workers are copies of a process without threads, which has imported what they need. Where there is no such thing, or
# the path of its socket in the folder for temporary files would be too long for one, each starts afresh.
LONGEST_FOLDER = 70
HAS_COPIES = "forkserver" in multiprocessing.get_all_start_methods() and len(tempfile.gettempdir()) <= LONGEST_FOLDER
METHOD = "forkserver" if HAS_COPIES else "spawn"
Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Lost:
    """Stands for a result that there is none of; `reason` is a sentence."""

    reason: str


class Pool(Protocol):
    """Workers."""

    def has_room(self) -> bool:
        """Tell whether another call would start soon."""

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Hand in a call."""

    def release(self, future: Future[Any]) -> None:
        """Take back who made a call that is done."""


def results(
    pool: Pool, function: Callable[..., Result], tasks: Iterable[Task], arguments: Callable[[Task], tuple[Any, ...]]
) -> Iterator[tuple[Task, Result | Lost]]:
    """Call a function for each task and give the results as they come.

    A call that raises, or whose worker dies, is made again, once; what then has no result is `Lost`.

    Parameters
    ----------
    pool : Pool
    function : callable
        Defined at the top of a module that workers can import.
    tasks : iterable
        Taken one by one, as there is room.
    arguments : callable
        Makes a task's arguments when it is handed in, so that only few of them are held in memory.

    Raises
    ------
    CourseError
        If a call raises it: what is wrong is then no task's fault.
    """
    waiting: dict[Future[Result], tuple[Task, int]] = {}
    fresh, repeated = ((task, 1) for task in tasks), deque[tuple[Task, int]]()
    while True:
        while pool.has_room() and (following := repeated.popleft() if repeated else next(fresh, None)):
            waiting[pool.submit(function, *arguments(following[0]))] = following
        if not waiting:
            return
        for future in wait(waiting, return_when=FIRST_COMPLETED).done:
            task, attempt = waiting.pop(future)
            pool.release(future)
            try:
                yield task, future.result()
            except CourseError:
                raise
            except Exception as error:  # of a worker that died, or a mistake of the grader's; it must not stop others
                if attempt < MOST_ATTEMPTS:
                    repeated.append((task, attempt + 1))
                else:
                    yield task, Lost(f"It failed {attempt} times with {type(error).__name__}: {error}")


class Local:
    """Processes of this machine, each with a channel of its own, so that the death of one touches no other."""

    def __init__(self, count: int, seconds: float, prepare: Callable[[], None] | None) -> None:
        self.seconds = seconds
        self.prepare = prepare
        orphans.adopt()
        self.workers: set[_Worker] = set()  # all: an interruption may come when one is neither idle nor busy
        self.idle = [self._start() for _ in range(count)]
        self.busy: dict[Future[Any], tuple[_Worker, threading.Timer]] = {}

    def _start(self) -> "_Worker":
        worker = _Worker(self.prepare)
        self.workers.add(worker)
        return worker

    def _replace(self, dead: "_Worker") -> "_Worker":
        self.workers.remove(dead)
        dead.end()
        orphans.end()
        return self._start()

    def has_room(self) -> bool:
        """Tell whether a worker is idle."""
        return bool(self.idle)

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Hand a call to an idle worker, which is killed if it takes longer than `seconds`."""
        worker = self.idle.pop()
        try:
            future = worker.submit(function, *arguments)
        except BrokenExecutor:  # it died while it was idle
            worker = self._replace(worker)
            future = worker.submit(function, *arguments)
        timer = threading.Timer(self.seconds, worker.kill)
        timer.daemon = True
        timer.start()
        self.busy[future] = worker, timer
        return future

    def release(self, future: Future[Any]) -> None:
        """Take back the worker that made a call, or start another if it died."""
        worker, timer = self.busy.pop(future)
        timer.cancel()
        if isinstance(future.exception(), BrokenExecutor):
            worker = self._replace(worker)
        self.idle.append(worker)

    def end(self, *, at_once: bool) -> None:
        """End all processes, `at_once` also those at work."""
        if at_once:
            for worker in self.workers:
                worker.kill()
        for worker in self.workers:
            worker.end()
        if at_once:
            orphans.end()


class _Worker:
    """One process."""

    def __init__(self, prepare: Callable[[], None] | None) -> None:
        with _starting():
            self._executor = ProcessPoolExecutor(1, multiprocessing.get_context(METHOD), _begin, (prepare,))
            self._pid = self._executor.submit(os.getpid)
        self.submit = self._executor.submit

    def kill(self) -> None:
        """Kill the process, also in the middle of a call."""
        with suppress(BrokenExecutor, ProcessLookupError):
            os.kill(self._pid.result(), getattr(signal, "SIGKILL", signal.SIGTERM))

    def end(self) -> None:
        """Wait until the process has ended, after the call that it is at."""
        self._executor.shutdown(cancel_futures=True)


def _begin(prepare: Callable[[], None] | None) -> None:
    """Prepare a worker: keys pressed at the terminal are its parent's business, and it does not outlive that."""
    if hasattr(os, "setpgid"):
        os.setpgid(0, 0)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threading.Thread(target=_end_with_parent, daemon=True).start()
    gc.freeze()  # what was imported is no garbage, and takes long to look through
    if prepare:
        prepare()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
    os._exit(1)


def import_early(module: str) -> None:
    """Begin to import what workers will need, in the background, where they are copies of a process."""
    if HAS_COPIES:
        multiprocessing.set_forkserver_preload(["__main__", module])
        with _starting():
            forkserver.ensure_running()


@contextmanager
def _starting() -> Iterator[None]:
    """Start processes that take no file of the present folder for a module, and that Ctrl-C cannot break."""
    with patch.dict(os.environ, PYTHONSAFEPATH="1"):
        if not hasattr(signal, "pthread_sigmask"):
            yield
            return
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def local(count: int, seconds: float, prepare: Callable[[], None] | None = None) -> Iterator[Pool]:
    """Start `count` processes, each of which may take `seconds` for a call, and end them with the block.

    Each calls `prepare` before anything else. It must not fail.
    """
    pool = Local(count, seconds, prepare)
    try:
        yield pool
    except BaseException:
        pool.end(at_once=True)
        raise
    pool.end(at_once=False)


@contextmanager
def interruptible() -> Iterator[None]:
    """Let a request to end (SIGTERM, a terminal that is closed) interrupt like Ctrl-C, so that all is put away.

    SIGHUP stays ignored where it is: that is what nohup is for.
    """
    signals = {getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)}
    before = {one: signal.getsignal(one) for one in signals}
    for one, handler in before.items():
        if not (handler is signal.SIG_IGN and one.name == "SIGHUP"):
            signal.signal(one, signal.default_int_handler)
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
