"""A kernel provisioner for jupyter_client that starts the kernel in a sandbox, cold or forked from a warm parent."""

import asyncio
import json
import os
import secrets
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection
from contextlib import ExitStack
from dataclasses import asdict
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import IO, Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.provisioning import KernelProvisionerBase, KernelProvisionerFactory
from traitlets import Bool, Dict, List

from lstm_course.grading import calls, sandbox, warm
from lstm_course.grading.model import Limits

NAME = "lstm-course-sandbox"  # in a kernelspec
START_SECONDS = 60.0
SOCKETS = "/run/lstm-course-kernel"  # followed by a dash and a number
PORTS = {f"{name}_port": number for number, name in enumerate(("shell", "iopub", "stdin", "hb", "control"), 1)}
COLD = [sys.executable, "-P", "-m", "lstm_course.grading.kernel"]
WARM = ["sh", "-c", "echo && exec sleep infinity"]  # keeps the sandbox open for the kernel that is forked into it


def kernel_spec(limits: Limits, hide: Collection[str], is_warm: bool) -> KernelSpec:
    """Give the specification of a sandboxed kernel.

    Parameters
    ----------
    limits : Limits
    hide : collection of str
        See `sandbox.command`.
    is_warm : bool
        Whether the kernel is forked from a parent that has imported torch.
    """
    entry = EntryPoint(NAME, f"{__name__}:SandboxProvisioner", KernelProvisionerFactory.GROUP_NAME)
    KernelProvisionerFactory.instance().provisioners[NAME] = entry
    config = {"limits": asdict(limits), "hide": sorted(hide), "is_warm": is_warm}
    return KernelSpec(
        display_name="Python in a sandbox",
        language="python",
        interrupt_mode="message",  # a signal would meet bubblewrap
        metadata={"kernel_provisioner": {"provisioner_name": NAME, "config": config}},
    )


class SandboxProvisioner(KernelProvisionerBase):
    """Starts a kernel in a sandbox, and ends it with all that it started."""

    limits = Dict(help="The fields of model.Limits.")
    hide = List(help="Modules of the course that do nothing inside.")
    is_warm = Bool(help="Fork the kernel from a parent that has imported torch.")
    _bubblewrap: subprocess.Popen[bytes] | None = None
    _init: int | None = None  # file descriptor of the sandbox's first process: all others end with it
    _root: Path = Path()  # the sandbox's root folder as seen from outside

    @property
    def has_process(self) -> bool:
        """Tell whether a sandbox has been started, and not yet waited for."""
        return self._bubblewrap is not None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Give the end of the command; nothing of this process's environment is passed on.

        Raises
        ------
        CourseError
            If there can be no sandbox on this machine.
        """
        sandbox.require()
        return {"cmd": WARM if self.is_warm else [*COLD, json.dumps(self.limits)]}

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> dict[str, Any]:
        """Start the sandbox, wait until the kernel in it listens, and say where.

        Raises
        ------
        RuntimeError
            If that takes longer than START_SECONDS or fails; with what was written to the error stream.
        """
        connection = {"transport": "ipc", "ip": SOCKETS, "key": secrets.token_hex(32), **PORTS}
        connection["signature_scheme"] = "hmac-sha256"
        try:
            self._launch(cmd, connection)
        except BaseException:
            await self.kill()
            await self.wait()
            raise
        return {**connection, "key": connection["key"].encode(), "ip": f"{self._root}{SOCKETS}"}

    def _launch(self, cmd: list[str], connection: dict[str, Any]) -> None:
        limits = Limits(**self.limits)
        with ExitStack() as files:
            info, info_end = _pipe(files)
            ready, ready_end = _pipe(files)
            errors = files.enter_context(tempfile.TemporaryFile())
            go_end, go = _pipe(files)
            contents = sandbox.contents(json.dumps(connection), self.hide)
            data = {path: _file_with(content, files).fileno() for path, content in contents.items()}
            filter = calls.program()
            filter_file = _file_with(filter, files).fileno() if filter else -1
            ends = info_end.fileno(), go_end.fileno(), filter_file
            self._bubblewrap = subprocess.Popen(
                [*sandbox.command(limits, self.hide, *ends, data), *cmd],
                env=sandbox.environment(),
                stdin=subprocess.DEVNULL,
                stdout=ready_end,
                stderr=errors,
                pass_fds=[*(end for end in ends if end >= 0), *data.values()],
                start_new_session=True,
            )
            info_end.close()
            if told := info.read():  # nothing where bubblewrap failed
                self._found(json.loads(told)["child-pid"])
                go.write(b"\n")
            if self.is_warm and self._hears(ready, errors):
                warm.fork(self._init, ready_end.fileno(), limits)
            ready_end.close()
            self._hears(ready, errors)

    def _found(self, pid: int) -> None:
        """Hold on to the sandbox's first process, which waits for its users."""
        self._init, self._root = os.pidfd_open(pid), Path(f"/proc/{pid}/root")
        if sandbox.maps_users():
            sandbox.map_users(pid)

    def _hears(self, ready: IO[bytes], errors: IO[bytes]) -> bool:
        """Wait for one byte from the sandbox."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self._bubblewrap.poll() is None:
            if select.select([ready], [], [], 0.05)[0] and ready.read(1):
                return True
        errors.seek(0)
        raise RuntimeError(f"A kernel could not be started in a sandbox. {errors.read().decode(errors='replace')}")

    async def poll(self) -> int | None:
        """Give None while the sandbox lives, and otherwise its exit code."""
        return self._bubblewrap.poll() if self._bubblewrap else 0

    async def wait(self) -> int | None:
        """Wait until every process of the sandbox has ended."""
        code = 0
        if self._bubblewrap:
            while (code := self._bubblewrap.poll()) is None:
                await asyncio.sleep(0.005)
            self._bubblewrap = None
        if self._init is not None:
            os.close(self._init)
            self._init = None
        return code

    async def send_signal(self, signum: int) -> None:
        """End the sandbox, whatever the signal: a kernel is interrupted by a message."""
        await self.kill()

    async def kill(self, restart: bool = False) -> None:
        """End every process of the sandbox: the first of a namespace takes all others along."""
        try:
            if self._init is not None:
                signal.pidfd_send_signal(self._init, signal.SIGKILL)
            elif self._bubblewrap:
                self._bubblewrap.kill()
        except ProcessLookupError:
            pass

    async def terminate(self, restart: bool = False) -> None:
        """Do the same: nothing in a sandbox is worth saving."""
        await self.kill()

    async def cleanup(self, restart: bool = False) -> None:
        """Do nothing: what the sandbox held was in memory and is gone with it."""

    def processes(self) -> list[Path]:
        """Give the folder of each process in the sandbox, as its own /proc lists them."""
        try:
            return [folder for folder in (self._root / "proc").iterdir() if folder.name.isdigit()]
        except OSError:  # it has just ended
            return []

    def files(self) -> int:
        """Count the files in the sandbox's memory: each takes a kilobyte of the system, which no limit counts."""
        try:
            used = [os.statvfs(f"{self._root}{folder}") for folder in sandbox.WRITABLE]
            return sum(status.f_files - status.f_ffree for status in used)
        except OSError:  # it has just ended
            return 0


def threads(process: Path) -> int:
    """Count the threads of a process."""
    try:
        return (process / "task").stat().st_nlink - 2  # a folder for each
    except OSError:  # it has just ended
        return 0


def resident_bytes(process: Path) -> int:
    """Give the memory that a process holds; what it shares with others counts for each. Takes microseconds."""
    try:
        return int((process / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):  # it has just ended
        return 0


def proportional_bytes(process: Path) -> int:
    """Give the memory that a process holds; what n processes share counts 1/n for each. Takes milliseconds."""
    try:
        lines = (process / "smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    except (OSError, StopIteration):
        return 0


def _pipe(files: ExitStack) -> list[IO[bytes]]:
    return [files.enter_context(os.fdopen(end, mode, 0)) for end, mode in zip(os.pipe(), ("rb", "wb"), strict=True)]


def _file_with(content: bytes, files: ExitStack) -> IO[bytes]:
    file = files.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
    file.write(content)
    file.seek(0)
    return file
