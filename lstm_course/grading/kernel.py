"""What runs inside the sandbox before the first cell: limits, no privileges, then an ordinary IPython kernel.

Student code can read this file; it holds nothing worth knowing.
"""

import ctypes
import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from lstm_course.grading import calls

CONNECTION_FILE = "/run/kernel.json"
STUDENT = 1000  # the user inside
OPEN_FILES = 256
THREADS = 64  # of honest work, which RLIMIT_NPROC counts with the processes
PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 4, 38
CAPABILITY_VERSION_3 = 0x20080522  # of capset(2)


def libc() -> ctypes.CDLL:
    """Give the system's library, for the few calls that Python has no name for."""
    return ctypes.CDLL(None, use_errno=True)


def serve(ready: int, limits: dict[str, Any]) -> None:
    """Run a kernel in this process, which already stands in its namespaces; return when it has been shut down.

    Parameters
    ----------
    ready : int
        File descriptor that gets one byte as soon as the kernel listens.
    limits : dict
        The fields of `model.Limits`.
    """
    from lstm_course.grading.kernel_app import KernelApp

    ready = os.dup(ready)
    _drop_privileges()  # first: it makes /proc/self this process's own
    _limit(limits)
    calls.forbid()
    _close_files(keep=ready)  # from here on, errors are not heard
    app = KernelApp.instance(connection_file=CONNECTION_FILE)
    app.initialize()
    sys.path.append("")  # what a notebook writes beside itself can be imported, and takes no module's place
    os.write(ready, b"\n")
    os.close(ready)
    app.start()


def _close_files(keep: int) -> None:
    """Close what was inherited, so that nothing outside can be reached; read nothing, write nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nowhere, standard)
    for file in {int(entry.name) for entry in Path("/proc/self/fd").iterdir()} - {0, 1, 2, keep}:
        with suppress(OSError):  # the one that listed the folder is closed already
            os.close(file)


def _limit(limits: dict[str, Any]) -> None:
    """Set limits that the operating system keeps, and that no process inside can raise again."""
    import resource  # not on Windows, where this module is only read

    for what, most in (
        (resource.RLIMIT_DATA, limits["memory_bytes"]),  # not RLIMIT_AS: torch maps more than it uses
        (resource.RLIMIT_FSIZE, limits["file_bytes"]),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_NPROC, limits["processes"] + THREADS if _counts_by_namespace() else resource.RLIM_INFINITY),
        (resource.RLIMIT_CORE, 0),
    ):
        bounds = [limit for limit in (most, resource.getrlimit(what)[1]) if limit != resource.RLIM_INFINITY]
        resource.setrlimit(what, (min(bounds, default=resource.RLIM_INFINITY),) * 2)
    Path("/proc/self/oom_score_adj").write_text("1000")  # where memory runs out, this process goes first


def _counts_by_namespace() -> bool:
    """Tell whether the user's processes outside are left out of the count; before Linux 5.14 they were not."""
    version, change, *_ = os.uname().release.split(".")
    return (int(version), int(change)) >= (5, 14)


def _drop_privileges() -> None:
    """Become the student, where root built the sandbox, and give up every capability.

    Who enters a user namespace from outside holds all of them in it.
    """
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(STUDENT, STUDENT, STUDENT)
        os.setresuid(STUDENT, STUDENT, STUDENT)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    none = (ctypes.c_uint32 * 6)()
    if libc().capset(header, none) or libc().prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "the sandbox could not give up its privileges")
    libc().prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)  # after it: a change of privileges takes it away


if __name__ == "__main__":
    serve(ready=1, limits=json.loads(sys.argv[1]))
