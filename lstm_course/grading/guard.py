"""The grader's end of a kernel that may be hostile: what it sends is read with care, what it uses is bounded."""

import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from queue import Empty
from typing import Any, NoReturn

import psutil
import zmq
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager
from jupyter_core.utils import run_sync
from nbval.kernel import CURRENT_ENV_KERNEL_NAME, NbvalKernelspecManager, RunningKernel

from lstm_course.grading.model import Limits
from lstm_course.grading.provisioner import SandboxProvisioner, kernel_spec, proportional_bytes, resident_bytes, threads

TICK_SECONDS = 0.05  # between two looks at the kernel
GRACE_SECONDS = 4.0  # for a cell to end once it has been interrupted
OWN_GROWTH_BYTES = 512 * 1024**2  # what the grader's own process may take for one submission's messages
NEVER_MS = 86_400_000  # -1 would say the same, but makes the end of each dead kernel wait for a second
QUEUE = 10_000  # messages; a kernel drops what it cannot send, also the end of a cell, and an honest loop shows a lot
THREADS_A_PROCESS = 8
MOST_FILES = 50_000
FIELDS: dict[str, dict[str, type]] = {  # what nbval reads, by type of message; all other types are dropped
    "execute_reply": {"status": str},
    "kernel_info_reply": {"status": str},
    "status": {"execution_state": str},
    "stream": {"name": str, "text": str},
    "display_data": {"data": dict, "metadata": dict},
    "execute_result": {"data": dict, "metadata": dict, "execution_count": int},
    "error": {"ename": str, "evalue": str, "traceback": list},
}
DIED = "The kernel died: something in the notebook ended its process."
MEASURES = (resident_bytes, proportional_bytes)  # the second, which takes long, only where the first is too large
OUTPUTS = {"stream", "display_data", "execute_result", "error"}


class KernelEnded(Exception):
    """The kernel has ended; the text is a sentence that says why."""


class SandboxManager(KernelManager):
    """A manager without a connection file on disk: the sandbox has its own, in memory."""

    def write_connection_file(self, **kwargs: Any) -> None:
        """Write nothing."""


class GuardedKernel(RunningKernel):
    """A kernel as nbval drives it, within limits.

    Attributes
    ----------
    problem : str
        The sentence that says what ended the kernel; empty while it lives.
    cell_problem : str
        The sentence that says what cut the present cell short.
    """

    def __init__(self, manager: KernelManager, limits: Limits) -> None:
        self.km = manager
        self.limits = limits
        self.problem = ""
        self.cell_problem = ""
        self._request = ""  # the message that is being answered
        self._is_interrupted = False  # whether the last cell was
        self._kept_bytes = self._cell_bytes = 0  # of output: from earlier cells, and from this one
        self._next_look = 0.0
        self._cell_end = self._notebook_end = time.monotonic() + limits.notebook_seconds
        self._own_bytes = psutil.Process().memory_info().rss
        self.kc = manager.client(context=manager.context)
        self.kc.start_channels(stdin=False, hb=False, control=False)
        self._sockets = {"iopub": self.kc.iopub_channel.socket, "shell": self.kc.shell_channel.socket}
        self._messages: dict[str, deque[dict[str, Any]]] = {name: deque() for name in self._sockets}
        self._poller = zmq.Poller()
        for socket in self._sockets.values():
            self._poller.register(socket, zmq.POLLIN)
        self._ensure_iopub_up()

    # What nbval calls

    def execute_cell_input(self, cell_input: str, allow_stdin: bool | None = None) -> str:
        """Send a cell off; from now on, messages that do not answer it are dropped."""
        if self._is_interrupted:
            self._await_interrupted()
        if not self.cell_problem:
            self._kept_bytes += self._cell_bytes
        self.cell_problem, self._cell_bytes = "", 0
        for messages in self._messages.values():
            messages.clear()
        self._cell_end = time.monotonic() + self.limits.cell_seconds
        self._request = super().execute_cell_input(cell_input, allow_stdin=allow_stdin)
        return self._request

    def get_message(self, stream: str, timeout: float | None = None) -> dict[str, Any]:
        """Give the next message.

        Raises
        ------
        Empty
            If there is none in time: `timeout` seconds, for a reply not beyond the cell's end.
        KernelEnded
            If the kernel has ended, or was ended here because it went beyond a limit.
        """
        end = time.monotonic() + (timeout or self.limits.notebook_seconds)
        while not self._messages[stream]:
            if time.monotonic() >= (min(end, self._cell_end) if stream == "shell" else end):
                raise Empty
            received = self._receive(TICK_SECONDS)
            self._look()
            if not received and not self.is_alive() and not self._receive(0):
                self._end(DIED)
        return self._messages[stream].popleft()

    def interrupt(self) -> None:
        """Interrupt the cell, as its time is up, and drop what it shows; after GRACE_SECONDS the kernel is ended."""
        self.cell_problem = self.cell_problem or f"The cell ran for more than {self.limits.cell_seconds:g} seconds."
        self._cell_end = min(self._cell_end, time.monotonic())
        self._is_interrupted = True
        super().interrupt()

    def _await_interrupted(self) -> None:
        """Wait for the answer to the last interrupt: one that is still on its way would hit the next cell."""
        self._is_interrupted = False
        is_answered = self.km.kernel_spec.interrupt_mode == "message"  # a signal is not, and takes no time
        end = time.monotonic() + GRACE_SECONDS
        while is_answered and self.is_alive() and time.monotonic() < end:
            if self.km._control_socket.poll(TICK_SECONDS * 1000):
                self.km._control_socket.recv_multipart()
                return

    def ended(self) -> str:
        """Return the sentence that says what ended the kernel; nothing while it lives."""
        if not self.problem and not self.is_alive():
            self.problem = DIED
        return self.problem

    def stop(self) -> None:
        """End the kernel and all that it started."""
        if hasattr(self, "km"):
            self.problem = self.problem or "The kernel stopped answering."
            for socket in self._sockets.values():
                socket.close(linger=0)
            run_sync(_end)(self.km)
            del self.km  # as nbval does: without it the kernel counts as dead

    # What the kernel sends

    def _receive(self, seconds: float) -> bool:
        """Take in what has arrived, after waiting at most `seconds`; tell whether there was anything."""
        ready = dict(self._poller.poll(seconds * 1000))
        for name, socket in self._sockets.items():
            if socket in ready:
                frames = socket.recv_multipart()
                size = sum(map(len, frames))
                if size > self.limits.output_bytes:  # not worth reading
                    self._cell_bytes += size
                elif (message := self._parsed(frames)) and self._is_wanted(message):
                    self._cell_bytes += size
                    self._messages[name].append(message)
        return bool(ready)

    def _parsed(self, frames: list[bytes]) -> dict[str, Any] | None:
        """Read a message; None where it is unsigned, malformed, or lacks what nbval relies on."""
        try:
            message = self.kc.session.deserialize(self.kc.session.feed_identities(frames)[1])
            content = message["content"]
            is_sound = all(type(content[name]) is kind for name, kind in FIELDS[message["msg_type"]].items())
            has_text = all(isinstance(line, str) for line in content.get("traceback", []))
            return message if is_sound and has_text and isinstance(message["parent_header"], dict) else None
        except Exception:  # what reads messages may raise anything on a hostile one
            return None

    def _is_wanted(self, message: dict[str, Any]) -> bool:
        if self._request and message["parent_header"].get("msg_id") != self._request:
            return False
        return not (self.cell_problem and message["msg_type"] in OUTPUTS)

    # What the kernel uses

    def _look(self) -> None:
        """Hold what the kernel uses against the limits."""
        now = time.monotonic()
        if self._kept_bytes + self._cell_bytes > self.limits.output_bytes and not self.cell_problem:
            self.cell_problem = f"The output of the notebook grew beyond {_mega(self.limits.output_bytes)}."
            self._cell_end = min(self._cell_end, now + TICK_SECONDS)  # it may be at its end already
        if now < self._next_look or not self.is_alive():
            return
        self._next_look = now + TICK_SECONDS
        if now > self._notebook_end:
            self._end(f"The notebook ran for more than {self.limits.notebook_seconds:g} seconds.")
        if now > self._cell_end + GRACE_SECONDS:
            self._end(f"{self.cell_problem} It could not be interrupted.")
        if psutil.Process().memory_info().rss > self._own_bytes + OWN_GROWTH_BYTES:
            self._end(f"The output of a cell grew far beyond {_mega(self.limits.output_bytes)}.")
        if isinstance(self.km.provisioner, SandboxProvisioner):
            processes = self.km.provisioner.processes()
            most = self.limits.processes
            if len(processes) > most or sum(map(threads, processes)) > most * THREADS_A_PROCESS:
                self._end(f"The notebook started more than {most} processes (or {THREADS_A_PROCESS} threads for each).")
            if self.km.provisioner.files() > MOST_FILES:
                self._end(f"The notebook made more than {MOST_FILES:,} files.")
            if all(sum(map(measure, processes)) > self.limits.memory_bytes for measure in MEASURES):
                self._end(f"The notebook used more than {_mega(self.limits.memory_bytes)} of memory.")

    def _end(self, problem: str) -> NoReturn:
        self.problem = problem
        self.stop()
        raise KernelEnded(problem)


@contextmanager
def guarded_kernel(limits: Limits, sandbox: bool, hide: Collection[str] = ()) -> Iterator[GuardedKernel]:
    """Start a kernel and end it with the block, whatever happens in it.

    Parameters
    ----------
    limits : Limits
        What the notebook may use.
    sandbox : bool
        False runs it as an ordinary process in a temporary folder: only time and output are bounded then.
    hide : collection of str
        Modules of the course that do nothing in the sandbox.

    Raises
    ------
    CourseError
        If a sandbox is asked for and cannot be had.
    """
    with ExitStack() as stack:
        context = zmq.Context()
        stack.callback(context.destroy, linger=0)
        if sandbox:
            context.setsockopt(zmq.RECONNECT_IVL, NEVER_MS)  # who takes the place of the kernel's socket is not heard
            context.setsockopt(zmq.RCVHWM, QUEUE)
            context.setsockopt(zmq.MAXMSGSIZE, OWN_GROWTH_BYTES // 2)
            manager = _in_sandbox(context, limits, hide)
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="lstm-course-"))
            manager = _in_the_open(context, folder)
        stack.callback(run_sync(_end), manager)
        kernel = GuardedKernel(manager, limits)
        stack.callback(kernel.stop)
        yield kernel


def _in_sandbox(context: zmq.Context, limits: Limits, hide: Collection[str]) -> KernelManager:
    """Start a warm kernel, or, where that fails (setns may be forbidden, or a parent killed), a cold one."""
    try:
        return _sandboxed(context, kernel_spec(limits, hide, is_warm=True))
    except (RuntimeError, OSError):
        return _sandboxed(context, kernel_spec(limits, hide, is_warm=False))


def _sandboxed(context: zmq.Context, spec: KernelSpec) -> KernelManager:
    manager = SandboxManager(context=context)
    manager._kernel_spec = spec
    manager.start_kernel()
    return manager


def _in_the_open(context: zmq.Context, folder: str) -> KernelManager:
    specs = NbvalKernelspecManager()
    manager = KernelManager(kernel_name=CURRENT_ENV_KERNEL_NAME, kernel_spec_manager=specs, context=context)
    manager.start_kernel(cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return manager


async def _end(manager: KernelManager) -> None:
    """End a kernel at once, without the pauses of an orderly shutdown."""
    await manager.provisioner.kill()
    await manager.provisioner.wait()
    await manager._async_cleanup_resources()


def _mega(size: int) -> str:
    return f"{size / 1024**2:g} MB"
