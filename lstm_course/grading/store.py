"""Keep results, so that a grading run can be interrupted and a second one grades only what has changed.

A folder of grades is known by a marker file; in any other folder that holds something, nothing is written.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lstm_course.errors import CourseError
from lstm_course.files import write_whole
from lstm_course.grading.model import Result

MARKER = ".lstm-course-grades"
MARK = "This folder is written by lstm-course grade. Without this file it is not written to.\n"


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn an error of the file system, such as a full disk, into a sentence.

    Raises
    ------
    CourseError
        For every OSError inside.
    """
    try:
        yield
    except OSError as error:
        raise CourseError(
            f"Grades are written to {folder}, which failed: {error.strerror}. What was written before is whole; "
            "make room or choose another folder with --out, and give the same command again."
        ) from error


class Store:
    """The results in a folder of grades, one file each, written whole or not at all."""

    def __init__(self, folder: Path) -> None:
        """Open the folder, or make it.

        Raises
        ------
        CourseError
            If it is no folder, cannot be written, or holds something that is not ours.
        """
        self.folder = folder
        self._results = folder / "results"
        if folder.exists() and not folder.is_dir():
            raise CourseError(f"Grades are written into a folder; {folder} is a file: choose another with --out.")
        with writing(folder):
            is_ours = (folder / MARKER).is_file()
            if folder.is_dir() and not is_ours and any(folder.iterdir()):
                raise CourseError(
                    f"Grades are written into a folder of their own; {folder} holds other files, which stay as they "
                    "are: choose another with --out."
                )
            if not is_ours:
                write_whole(folder / MARKER, MARK)
            for leftover in self._results.glob("*.tmp"):  # of a run that was killed while it wrote
                leftover.unlink(missing_ok=True)

    def get(self, student: str, exercise: str, digest: str | None = None) -> Result | None:
        """Give the stored result of a submission; with a `digest`, if it is still the same submission."""
        with suppress(OSError, ValueError, KeyError, TypeError):  # unreadable after a crash: graded again
            result = Result.from_json(json.loads(self._path(student, exercise).read_text("utf-8")))
            return result if digest in (None, result.digest) else None
        return None

    def put(self, result: Result) -> None:
        """Store a result in the place of an earlier one.

        Raises
        ------
        CourseError
            If it cannot be written; the earlier one stays.
        """
        with writing(self.folder):
            write_whole(self._path(result.student, result.exercise), json.dumps(result.to_json(), indent=1) + "\n")

    def _path(self, student: str, exercise: str) -> Path:
        """Give a submission's file, whose name is safe and its own whatever the student is called."""
        name = hashlib.sha256(json.dumps([student, exercise]).encode()).hexdigest()[:32]
        return self._results / f"{name}.json"
