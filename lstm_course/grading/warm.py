"""A parent that has imported what kernels need, and forks one into each sandbox.

Bubblewrap builds the sandbox either way; a warm kernel only enters it by another door: `setns` instead of `exec`.
One parent serves all workers of a machine. It runs no student's code, holds no secret and no answer, and lives outside
every sandbox: in another process namespace, so that a kernel has no name for it.
"""

import atexit
import ctypes
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from pathlib import Path

from lstm_course.grading import sandbox
from lstm_course.grading.kernel import PR_SET_DUMPABLE, libc, serve
from lstm_course.grading.model import Limits

PR_SET_PDEATHSIG = 1
# setns(2): user, mount, process, network, ipc, host name and control group namespace
NAMESPACES = 0x10000000 | 0x00020000 | 0x20000000 | 0x40000000 | 0x08000000 | 0x04000000 | 0x02000000
# Of the course only what runs inside anyway: some of its modules are hidden in some sandboxes.
IMPORTED = (
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "lstm_course.grading.kernel_app",
    "ipykernel.debugger",
    "ipykernel.ipkernel",
    "pygments.formatters.terminal256",  # with the next for the first traceback
    "stack_data",
    "tornado.platform.asyncio",
    "torch",
    "lstm_course.grading.emit",
    "lstm_course.grading.forgiving",
)
# And what only some need, once there has been no request for so many seconds since the last one.
IMPORTED_LATER = (
    (0.7, ("torch._dynamo",)),  # by every optimiser of torch, in seconds; kernels that train take long, which shows
    (0.7, ("matplotlib.pyplot", "matplotlib_inline.backend_inline")),  # no exercise draws
)


class Parent:
    """The process that forks kernels, seen from the process that started it.

    Its end of the socket `requests` can be handed to workers, see `use`.
    """

    def __init__(self) -> None:
        self.requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", __name__, str(theirs.fileno())],
                env={**sandbox.environment(), "HOME": str(Path.home())},  # where matplotlib keeps its list of fonts
                cwd="/",
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )

    def is_alive(self) -> bool:
        """Tell whether it still runs."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End it. Kernels that it forked live on."""
        self.requests.close()
        self._process.kill()
        self._process.wait()


@cache
def _parent(pid: int) -> Parent:
    started = Parent()
    atexit.register(started.stop)
    return started


def parent() -> Parent:
    """Give this process's parent of kernels, started on first use, and again where it has died."""
    found = _parent(os.getpid())  # not one that a process inherited which was forked itself
    if found.is_alive():
        return found
    found.stop()
    _parent.cache_clear()
    return _parent(os.getpid())


_given: socket.socket | None = None  # leads to a parent that another process has started


def use(requests: socket.socket) -> None:
    """Let kernels be forked by a parent that another process has started, as long as it lives."""
    global _given
    _given = requests


def fork(init: int, ready: int, limits: Limits) -> None:
    """Fork a kernel into the sandbox whose first process `init` refers to (file descriptor of a process).

    The sandbox ends with the kernel. `ready` gets one byte when the kernel listens.
    """
    global _given
    request = [json.dumps(asdict(limits)).encode()], [init, ready]
    if _given:
        with suppress(OSError):
            socket.send_fds(_given, *request)
            return
        _given = None
    socket.send_fds(parent().requests, *request)


def main(requests: socket.socket) -> None:
    """Fork a kernel for each request, until the other side is gone."""
    libc().prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc().prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    _import(IMPORTED)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the forks
    later, has_forked = list(IMPORTED_LATER), False
    while True:
        if not select.select([requests], [], [], later[0][0] if later and has_forked else None)[0]:
            _import(later.pop(0)[1])
            continue
        request, files, _, _ = socket.recv_fds(requests, 4096, 2)
        if not request:
            return
        has_forked = True
        if os.fork() == 0:
            try:
                requests.close()
                _enter(*files, json.loads(request))
            finally:
                os._exit(1)
        for file in files:
            os.close(file)


def _import(modules: tuple[str, ...]) -> None:
    gc.disable()  # nothing of it is garbage
    for module in modules:
        importlib.import_module(module)
    gc.freeze()  # a collection in a fork would copy every page of it
    gc.enable()


def _enter(init: int, ready: int, limits: dict[str, object]) -> None:
    """Go into the sandbox, become a kernel there, and take the sandbox down when the kernel has ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if libc().setns(init, NAMESPACES):
        raise OSError(ctypes.get_errno(), "the kernel cannot enter its sandbox")
    kernel = os.fork()  # only a child of who enters a process namespace lives in it
    if kernel == 0:
        os.setsid()
        os.chdir(sandbox.WORK)
        os.environ.update(sandbox.environment())
        importlib.invalidate_caches()  # folders look different in here
        serve(ready, limits)
        return
    os.close(ready)
    os.waitpid(kernel, 0)
    signal.pidfd_send_signal(init, signal.SIGKILL)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
