"""Run a learner's answer without harm: settings put back, time and memory limited, few lines printed."""

import contextlib
import ctypes
import io
import random
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

SPARE_MEMORY = 4 << 30  # bytes that an answer may take beyond what the kernel holds (Linux only)
SHOWN = 2_000  # characters that an answer may print in one check


class TimeUp(BaseException):
    """An answer ran for too long. No `Exception`, so that a learner's `except Exception` does not swallow it."""


@contextmanager
def guarded(seconds: float) -> Iterator[None]:
    """Run the body with the state of libraries put back afterwards, and time, memory and output limited."""
    with kept_state(), _limited_memory(), _limited_output(), _limited_time(seconds):
        yield


@contextmanager
def kept_state() -> Iterator[None]:
    """Start from the libraries' usual settings; put random state and settings back as they were."""
    python, numpy, errors = random.getstate(), np.random.get_state(), np.geterr()
    dtype, threads, depth = torch.get_default_dtype(), torch.get_num_threads(), sys.getrecursionlimit()
    strict, only_warn = (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )
    try:
        with torch.random.fork_rng(devices=[]), torch.enable_grad(), warnings.catch_warnings():
            torch.set_default_dtype(torch.float32)
            warnings.simplefilter("ignore")  # the message says what is wrong
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
        np.seterr(**errors)
        torch.set_default_dtype(dtype)
        if torch.are_deterministic_algorithms_enabled() != strict:  # the call below takes seconds, so not always
            torch.use_deterministic_algorithms(strict, warn_only=only_warn)
        sys.setrecursionlimit(depth)
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)


@contextmanager
def _limited_time(seconds: float) -> Iterator[None]:
    """Raise `TimeUp` in the body after so many seconds, and again every second if it is caught.

    By a signal in the main thread, where notebooks run their cells. In other threads, and on Windows, a timer asks the
    interpreter to raise it, which cannot wake a sleeping answer.
    """
    if hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
        before = signal.signal(signal.SIGALRM, _raise_time_up)
        signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
        try:
            yield
        finally:
            try:
                signal.setitimer(signal.ITIMER_REAL, 0)
            finally:  # again, in case the signal came in between
                signal.setitimer(signal.ITIMER_REAL, 0)
                signal.signal(signal.SIGALRM, before)
        return
    target = ctypes.c_ulong(threading.get_ident())
    timer = threading.Timer(seconds, ctypes.pythonapi.PyThreadState_SetAsyncExc, (target, ctypes.py_object(TimeUp)))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _raise_time_up(*_: Any) -> None:
    raise TimeUp


@contextmanager
def _limited_memory() -> Iterator[None]:
    """Let the body take SPARE_MEMORY more; beyond, Python and torch raise rather than the kernel dies."""
    try:
        import resource

        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except (ImportError, OSError):  # neither Windows nor macOS has such a limit
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_AS)
    bounds = [taken + SPARE_MEMORY, *(limit for limit in before if limit != resource.RLIM_INFINITY)]
    resource.setrlimit(resource.RLIMIT_AS, (min(bounds), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


class _Short(io.TextIOBase):
    """Passes the first characters on and counts the others."""

    def __init__(self, stream: Any) -> None:
        self.stream, self.left, self.hidden = stream, SHOWN, 0

    def write(self, text: str) -> int:
        shown = text[: self.left]
        self.left -= len(shown)
        self.hidden += len(text) - len(shown)
        if shown:
            self.stream.write(shown)
        return len(text)

    def flush(self) -> None:
        self.stream.flush()


@contextmanager
def _limited_output() -> Iterator[None]:
    out = _Short(sys.stdout)
    try:
        with contextlib.redirect_stdout(out):
            yield
    finally:
        if out.hidden:
            print(f"\n... and {out.hidden:,} more characters that your answer printed.")
