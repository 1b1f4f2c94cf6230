"""What a grading run must leave as it was: files and processes outside the sandbox."""

import ctypes
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.hostile.cases import ROOT

MARK = "lstm-course-was-here"  # the name of every file that a case tries to leave somewhere
WATCHED = [ROOT / name for name in ("lstm_course", "source", "solutions", "exercises", "notebooks")]
LISTED = [Path("/"), Path("/etc"), Path("/usr/local"), Path("/var")]
SHARED = [ROOT, ROOT.parent, Path.home(), *map(Path, ("/tmp", "/var/tmp", "/dev/shm", "/run"))]  # others write there
PR_SET_CHILD_SUBREAPER = 36
ENDING_SECONDS = 5


@contextmanager
def adopting() -> Iterator[None]:
    """Become the parent of whatever a grading run may leave behind; afterwards others' orphans are not ours again."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def processes() -> set[psutil.Process]:
    """Give all processes below this one."""
    return set(psutil.Process().children(recursive=True))


def outlive(before: set[psutil.Process]) -> set[str]:
    """Name the processes that are new and do not end within seconds, as they would with their parent."""
    _, alive = psutil.wait_procs(processes() - before, timeout=ENDING_SECONDS)
    return {process.name() for process in alive}


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def files(*folders: Path) -> dict[str, object]:
    """Give what lies in folders, and whether a case has left its mark anywhere.

    Parameters
    ----------
    folders : Path
        Canaries; like the repository's own folders they are read whole, others are listed.
    """
    seen: dict[str, object] = {}
    for folder in (*WATCHED, *folders):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                seen[str(path)] = path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest()
    for folder in filter(Path.is_dir, LISTED):
        seen[f"{folder}/"] = [name for name in _names(folder) if not name.startswith(".")]
    for folder in filter(Path.is_dir, SHARED):
        seen[f"{folder}: marks"] = [name for name in _names(folder) if MARK in name]
    return seen
