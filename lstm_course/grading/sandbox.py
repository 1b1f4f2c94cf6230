"""The bubblewrap command: what a submission sees of this machine, which is next to nothing, read-only.

Writable are its home (with the working folder in it), /tmp, /dev/shm and /run, where its sockets lie: all in
memory, of limited size, and gone with the sandbox. Nothing of it lies on this machine's disk.
"""

import gzip
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path

from lstm_course.errors import CourseError
from lstm_course.grading.kernel import CONNECTION_FILE, STUDENT
from lstm_course.grading.model import Limits

HOME = "/student"  # where nobody keeps a course or a Python
WORK = f"{HOME}/work"
TEMPORARY = f"{HOME}/tmp"
WRITABLE = (HOME, "/tmp", "/dev/shm", "/run")  # all in memory
NOBODY = 65534  # who that is outside, where root grades
SHARED_MEMORY_BYTES = 64 * 1024**2  # torch's and multiprocessing's
SOCKETS_BYTES = 1024**2
TMP_BYTES = 16 * 1024**2  # of /tmp, for who does not ask where to put a temporary file
# Where root builds the sandbox: what `kernel.serve` needs to become the student, which also gives it up.
BECOME_STUDENT = ("--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID")
PASSWD = f"student:x:{STUDENT}:{STUDENT}::{HOME}:/bin/sh\n"
COURSE = Path(__file__).resolve().parents[1]
GRADING = Path(__file__).resolve().parent
WEATHER = COURSE / "data" / "beijing_weather_2010_2014.csv.gz"
HIDDEN_WEATHER, HIDDEN_YEAR = "weather-2013", b"2013"
SILENT = GRADING / "silent.py"
# What runs inside.
SEEN_OF_GRADING = ("__init__.py", "calls.py", "emit.py", "forgiving.py", "kernel.py", "kernel_app.py")
INSTALLED = ("bin", "etc", "include", "lib", "lib32", "lib64", "libexec", "pyvenv.cfg", "sbin", "share", "ssl")
ENVIRONMENT = {
    "HOME": HOME,
    "TMPDIR": TEMPORARY,
    "USER": "student",
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "PYTHONDONTWRITEBYTECODE": "1",
}


@cache
def unavailable() -> str:
    """Say why there can be no sandbox on this machine; empty where there can."""
    if not shutil.which("bwrap"):
        return "bubblewrap (the command bwrap) is not installed"
    options = ["--unshare-all", "--unshare-user", "--ro-bind", "/", "/", "--perms", "0777", "--size", "4096"]
    command = ["bwrap", *options, "--tmpfs", "/tmp", "--proc", "/proc", "true"]
    tried = subprocess.run(command, capture_output=True, text=True)
    return f"bubblewrap does not work here ({tried.stderr.strip()})" if tried.returncode else ""


def require() -> None:
    """Refuse where there can be no sandbox.

    Raises
    ------
    CourseError
        With the reason and what can be done.
    """
    if reason := unavailable():
        raise CourseError(
            f"Submissions run in a sandbox, but {reason}. Install bubblewrap or grade on a Linux machine that has it; "
            "if you trust every notebook, say --no-sandbox."
        )


def environment() -> dict[str, str]:
    """Give the environment variables of a sandbox: none of this process's own but the way to its programs."""
    programs = [str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"]
    return {**ENVIRONMENT, "PATH": os.pathsep.join(programs)}


def contents(connection: str, hide: Collection[str]) -> dict[str, bytes]:
    """Give what stands in files that exist only inside, by path: the kernel's connection file, and what replaces data.

    "weather-2013" among what to `hide` leaves of the weather the years before.
    """
    given = {CONNECTION_FILE: connection.encode(), "/etc/passwd": PASSWD.encode()}
    return {**given, str(WEATHER): _weather_before(HIDDEN_YEAR)} if HIDDEN_WEATHER in hide else given


@cache
def _weather_before(year: bytes) -> bytes:
    header, *hours = gzip.decompress(WEATHER.read_bytes()).splitlines(keepends=True)
    return gzip.compress(b"".join([header, *(hour for hour in hours if hour < year)]))


def maps_users() -> bool:
    """Tell whether `map_users` is called for: no limit on processes binds root, so the student must be someone else."""
    return os.geteuid() == 0


def map_users(pid: int) -> None:
    """Let two of this machine's users exist in the namespace of process `pid`: root, who builds it, and the student."""
    for kind in ("uid", "gid"):
        Path(f"/proc/{pid}/{kind}_map").write_text(f"0 0 1\n{STUDENT} {NOBODY} 1\n")


def command(
    limits: Limits, hide: Collection[str], info: int, go: int, calls: int, data: Mapping[str, int]
) -> list[str]:
    """Give the bubblewrap command, to which the command to run inside is appended.

    Parameters
    ----------
    limits : Limits
        `file_bytes` bounds what can be written.
    hide : collection of str
        Modules of this package that an exercise asks to build: each stays there, but does nothing.
    info : int
        File descriptor to which bubblewrap writes the number of the sandbox's first process.
    go : int
        File descriptor from which it reads a byte before it goes on, where `maps_users`.
    calls : int
        File descriptor of the filter on system calls, or -1: for bubblewrap's own processes inside, which the
        student may be able to take over. A warm kernel enters by another door and sets its own.
    data : mapping of str to int
        File descriptors of the `contents`, by path.
    """
    builder = 0 if maps_users() else STUDENT
    writable = ("--perms", "0777")
    return [
        *("bwrap", "--unshare-all", "--unshare-user", "--uid", str(builder), "--gid", str(builder)),
        *("--hostname", "sandbox", "--die-with-parent", "--new-session", "--info-fd", str(info)),
        *(("--userns-block-fd", str(go), *BECOME_STUDENT) if maps_users() else ()),
        *(("--seccomp", str(calls)) if calls >= 0 else ()),
        *_system(),
        *(*writable, "--size", str(TMP_BYTES), "--tmpfs", "/tmp"),  # first: the course may lie below it
        *_python(),
        *_course(hide),
        *(*writable, "--size", str(limits.file_bytes), "--tmpfs", HOME),
        *(*writable, "--dir", WORK, *writable, "--dir", TEMPORARY),
        *(*writable, "--size", str(SHARED_MEMORY_BYTES), "--tmpfs", "/dev/shm"),
        *(*writable, "--size", str(SOCKETS_BYTES), "--tmpfs", "/run"),
        *(word for path, file in data.items() for word in ("--perms", "0444", "--ro-bind-data", str(file), path)),
        *("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", WORK),
    ]


def _system() -> Iterator[str]:
    yield from _programs(Path("/usr"))
    if COURSE.is_relative_to("/usr"):
        yield from _programs(Path("/usr/local"))
    for folder in map(Path, ("/bin", "/sbin", "/lib", "/lib32", "/lib64")):
        if folder.is_symlink():
            yield from ("--symlink", str(folder.readlink()), str(folder))
        elif folder.is_dir():
            yield from ("--ro-bind", str(folder), str(folder))
    for folder in ("/etc", "/home"):
        yield from ("--perms", "0755", "--dir", folder)
    for path in ("/etc/alternatives", "/etc/fonts", "/etc/ld.so.cache", "/etc/localtime"):
        yield from ("--ro-bind-try", path, path)
    yield from ("--proc", "/proc", "--dev", "/dev")


def _python() -> Iterator[str]:
    """Show the interpreter and what is installed for it, wherever they lie."""
    for path in dict.fromkeys((sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix)):
        if path not in ("/usr", "/usr/local"):
            yield from _programs(Path(path))


def _programs(prefix: Path) -> Iterator[str]:
    """Show a folder that programs are installed in; where the course lies in it too, nothing else of the folder."""
    if not COURSE.is_relative_to(prefix):
        yield from _shown(prefix)
        return
    for name in INSTALLED:
        if (prefix / name).exists():
            yield from _shown(prefix / name)


def _shown(path: Path) -> Iterator[str]:
    """Show a folder where it lies, in folders of which only the names on the way to it are seen."""
    for parent in reversed(path.parents[:-1]):
        yield from ("--perms", "0755", "--dir", str(parent))
    yield from ("--ro-bind", str(path), str(path))


def _course(hide: Collection[str]) -> Iterator[str]:
    """Show this package without what knows right answers: checks and hidden modules fall silent, grading is gone."""
    yield from _shown(COURSE)
    for name in ("lstm_course.checks", *(name for name in hide if name != HIDDEN_WEATHER)):
        yield from _silence(COURSE.joinpath(*name.split(".")[1:]))
    yield from ("--tmpfs", str(GRADING))
    for name in SEEN_OF_GRADING:
        yield from ("--ro-bind", str(GRADING / name), str(GRADING / name))
    yield from ("--remount-ro", str(GRADING))


def _silence(module: Path) -> Iterator[str]:
    """Put `silent.py` in the place of a module, or of each module of a package, and hide what was compiled before."""
    if module.is_dir():
        yield from ("--tmpfs", str(module))
        for file in sorted(module.glob("*.py")):
            yield from ("--ro-bind", str(SILENT), str(file))
        yield from ("--remount-ro", str(module))
        return
    yield from ("--ro-bind", str(SILENT), f"{module}.py")
    if (compiled := module.parent / "__pycache__").is_dir():
        yield from ("--tmpfs", str(compiled), "--remount-ro", str(compiled))
