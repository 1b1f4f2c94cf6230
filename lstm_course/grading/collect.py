"""Find who handed in what: folders of students, flat names, and zip archives as learning platforms export them.

    <student>/.../<exercise>.ipynb   a student's folder
    <student>__<exercise>.ipynb      flat
    <student>/work.zip               a student's archive: all in it is this student's, whatever its names say
    export.zip                       a class's archive: names in it are as above, archives of students too
    <exercise>/...                   a folder for each exercise, with any of these in it

The names themselves are read by `naming`. Nothing is read yet but names, so that thousands fit in memory.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from lstm_course.errors import CourseError
from lstm_course.grading.model import Submission
from lstm_course.grading.naming import Naming
from lstm_course.grading.places import Entry, Unreadable, at, in_archive, in_folder, refuse

NO_NOTEBOOK = "(no notebook)"  # stands for the exercise where a student handed in something else
OF_THE_COURSE = {"notebooks", "solutions"}  # its folders whose notebooks have the exercises' names
SEVERAL = "The archive holds several students' work: unpack it into the folder, or grade the archive itself."
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Found:
    """A notebook that was handed in, or what stands in its place.

    `path` is where it lies, as the instructor sees it. `read` gives its bytes or raises `Unreadable`. `attempt` is
    the number at the end of its name. `note` says what the instructor should know.
    """

    student: str
    exercise: str
    path: str
    read: Callable[[], bytes]
    is_file: bool = True
    modified: datetime | None = None
    attempt: int = 0
    note: str = ""

    def submission(self) -> Submission:
        """Read it."""
        submitted = self.modified and self.modified.isoformat(timespec="seconds")
        try:
            data = self.read()
        except Unreadable as problem:
            return Submission(self.student, self.exercise, self.path, None, "", str(problem), submitted)
        digest = hashlib.sha256(data).hexdigest()
        return Submission(self.student, self.exercise, self.path, data, digest, None, submitted)


def collect(place: Path, exercises: Collection[str]) -> list[Found]:
    """List what was handed in: one entry for each student and exercise, the newest.

    Parameters
    ----------
    place : Path
        A folder or a zip archive.
    exercises : collection of str
        Names of all exercises of the course.

    Raises
    ------
    CourseError
        If `place` is missing, unreadable or holds no submission.
    """
    if not place.exists():
        raise CourseError(f"Submissions are a folder or a zip archive; {place} does not exist: is the path right?")
    collector = _Collector(exercises)
    try:
        if place.is_dir():
            found = collector.in_class(list(in_folder(place)), "")
        else:
            found = collector.in_class(list(in_archive(at(place.resolve(), (place.name,)))), place.stem)
    except Unreadable as problem:
        raise CourseError(f"Submissions are a folder or a zip archive; {place} cannot be read: {problem}") from problem
    by_key: dict[tuple[str, str], list[Found]] = defaultdict(list)
    for one in found:
        by_key[one.student, one.exercise].append(one)
    if not by_key:
        raise CourseError(
            f"Submissions are notebooks (.ipynb), in folders or zip archives; {place} holds none: is it the right one?"
        )
    return [_newest(by_key[key]) for key in sorted(by_key)]


def _newest(found: list[Found]) -> Found:
    """Choose what counts: a file before what is none, then the newest, the highest attempt, the last path.

    Who hands in a whole clone of the course means the exercise, not the lesson or the solution of the same name.
    """

    def rank(one: Found) -> tuple[object, ...]:
        is_own = OF_THE_COURSE.isdisjoint(one.path.split("/")[:-1])
        return one.is_file, is_own, one.modified or LONG_AGO, one.attempt, one.path

    *others, newest = sorted(found, key=rank)
    if not others:
        return newest
    paths = ", ".join(other.path for other in others)
    return replace(newest, note=f"Handed in {len(found)} times: {newest.path} counts, not {paths}.")


class _Collector:
    """Turns the entries of a folder or an archive into what was found."""

    def __init__(self, exercises: Collection[str]) -> None:
        self.exercises = exercises
        self.naming = Naming(exercises)

    def in_class(self, entries: Sequence[Entry], archive: str) -> list[Found]:
        """Read a class's folder, or its `archive` of that name."""
        found: list[Found] = []
        others: dict[str, list[Entry]] = defaultdict(list)
        for entry in self._without_exercises(self._without_wrapper(entries)):
            if not entry.parts:
                entry.read()  # the folder itself cannot be opened
            student = self.naming.student(entry.parts)
            if entry.suffix == ".zip" and entry.kind == "file":
                found += self._in_archive(entry, student, is_class=not archive)
            elif self._is_notebook(entry):
                found.append(self._found(entry, student or archive))
            elif len(entry.parts) > 1 or entry.kind != "file":
                others[student or self.naming.student((*entry.parts, ""))].append(entry)
        have = {one.student for one in found}
        return found + [_nothing(student, others[student]) for student in others.keys() - have]

    def _in_archive(self, archive: Entry, student: str, *, is_class: bool) -> list[Found]:
        """Read an archive that lies in a class's folder (it may be the class's own) or in a class's archive."""
        name = archive.parts[-1].rpartition(".")[0]
        try:
            entries = list(in_archive(archive))
        except Unreadable as problem:
            broken = replace(archive, read=partial(refuse, str(problem)), kind="other")
            return [self._found(broken, student or name)]
        if is_class and not student:
            return [replace(one, path=f"{archive.parts[-1]}/{one.path}") for one in self.in_class(entries, name)]
        notebooks = [entry.parts for entry in entries if self._is_notebook(entry) and self.naming.exercise(entry.parts)]
        if len({self.naming.on_platform(parts) for parts in notebooks} - {""}) > 1:
            broken = replace(archive, read=partial(refuse, SEVERAL), kind="other")
            return [self._found(broken, student or name)]
        # Such an archive is of the student's making, and so are the times in it.
        own = [
            self._found(replace(entry, modified=archive.modified), student or name, archive.parts)
            for entry in entries
            if entry.suffix == ".ipynb"
        ]
        return own or [_nothing(student or name, [archive, *entries])]

    def _found(self, entry: Entry, student: str, inside: tuple[str, ...] = ()) -> Found:
        exercise = self.naming.exercise(entry.parts)
        read, name = entry.read, entry.parts[-1].rpartition(".")[0]
        if entry.suffix == ".ipynb" and not exercise:
            known = ", ".join(self.exercises)
            read = partial(refuse, f"The name of a notebook says its exercise, one of {known}; got {name}: rename it.")
        elif exercise and not student:
            read = partial(refuse, f"The name says no student: rename it to <student>__{exercise}.ipynb.")
        path, attempt = "/".join((*inside, *entry.parts)), self.naming.attempt(entry.parts)
        return Found(student or name, exercise or name, path, read, entry.kind == "file", entry.modified, attempt)

    def _is_notebook(self, entry: Entry) -> bool:
        """Tell a notebook, or what stands in its place, from a student's folder whose name ends like one."""
        is_own_folder = entry.kind == "folder" and len(entry.parts) == 1 and not self.naming.exercise(entry.parts)
        return entry.suffix == ".ipynb" and not is_own_folder

    def _without_wrapper(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        """Take off a folder that holds everything, if names below it say at least two students."""
        below = [replace(entry, parts=entry.parts[1:]) for entry in entries if len(entry.parts) > 1]
        students = {self.naming.student(entry.parts) for entry in below if entry.suffix in (".ipynb", ".zip")} - {""}
        is_wrapped = len({entry.parts[:1] for entry in entries if entry.kind != "folder" or len(entry.parts) > 1}) == 1
        return below if is_wrapped and len(students) > 1 else entries

    def _without_exercises(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        """Take off folders that are named like exercises, if every notebook in them says whose it is."""
        is_exercise = self.naming.is_exercise
        below = [replace(e, parts=e.parts[1:]) for e in entries if len(e.parts) > 1 and is_exercise(e.parts[0])]
        if not all(self.naming.student(entry.parts) for entry in below if entry.suffix == ".ipynb"):
            return entries
        return [*below, *(entry for entry in entries if not entry.parts or not is_exercise(entry.parts[0]))]


def _nothing(student: str, entries: Sequence[Entry]) -> Found:
    """Note that a student handed in something, and no notebook."""
    unusable = next((entry for entry in entries if entry.kind == "other"), None)
    names = ", ".join([entry.parts[-1] for entry in entries if entry.kind == "file"][:5]) or "an empty folder"
    problem = f"A submission is a notebook (.ipynb), got {names}: hand in the notebook."
    read = unusable.read if unusable else partial(refuse, problem)
    return Found(student, NO_NOTEBOOK, "/".join(entries[0].parts), read, False)
