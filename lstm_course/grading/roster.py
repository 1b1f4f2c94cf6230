"""Who should have handed in, and when: a class list as CSV, and what being late costs."""

import csv
import io
import math
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from lstm_course.errors import CourseError
from lstm_course.grading.model import Result

COLUMNS = ("student", "id", "email", "name")  # the first that a roster has is what its students are called


@dataclass(frozen=True)
class Student:
    """One row of a roster: what reports call the student, and everything that a submission may call him."""

    student: str
    names: frozenset[str]


@dataclass(frozen=True)
class Late:
    """A deadline, and the share of the earned points (in percent) that each day begun after it costs."""

    due: datetime
    percent: float

    def __post_init__(self) -> None:
        if not 0 <= self.percent <= 100:
            raise CourseError(f"A late day costs 0 to 100 percent of the points, got {self.percent}.")


def read(path: Path) -> list[Student]:
    """Read a roster: CSV with a header, separated by comma, semicolon or tab.

    Raises
    ------
    CourseError
        If the file cannot be read, has none of the `COLUMNS`, or names a student twice or not at all.
    """
    try:
        text = path.read_text("utf-8-sig")
        reader = csv.reader(io.StringIO(text), delimiter=_delimiter(text))
        rows = [row for row in reader if any(map(str.strip, row))]
    except OSError as error:
        raise CourseError(f"A roster is a CSV file; {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CourseError(f"A roster is in UTF-8; {path} is not: save it as 'CSV UTF-8'.") from error
    except csv.Error as error:
        raise CourseError(f"A roster is a CSV file; {path} is none: {error}.") from error
    header = [heading.strip().casefold() for heading in rows[0]] if rows else []
    columns = [header.index(name) for name in COLUMNS if name in header]
    if not columns:
        raise CourseError(f"A roster has a column {' or '.join(COLUMNS)}; {path} begins with {header}: name one so.")
    students = [_student(path, number, row, columns) for number, row in enumerate(rows[1:], start=2)]
    twice = [name for name, count in Counter(key(student.student) for student in students).items() if count > 1]
    if twice:
        raise CourseError(f"A roster names every student once; {path} names {twice[0]!r} twice: remove one.")
    return students


def join(results: Iterable[Result], students: Sequence[Student]) -> list[Result]:
    """Complete the results by what is missing, and mark those of students whom the roster does not name.

    A submission belongs to a student if its name is any of the student's (id, e-mail address, name), in whatever
    case; a name that two students share decides nothing. What is due is every exercise that somebody handed in.
    """
    results = list(results)
    count = Counter(name for student in students for name in student.names)
    by_name = {name: student for student in students for name in student.names if count[name] == 1}
    owners = [_owner(result.student, by_name) for result in results]
    marked = [replace(result, on_roster=owner is not None) for result, owner in zip(results, owners, strict=True)]
    there = {(owner, result.exercise) for result, owner in zip(results, owners, strict=True)}
    missing = [
        _missing(student, exercise, results)
        for exercise in sorted({result.exercise for result in results if result.questions})
        for student in students
        if (student, exercise) not in there
    ]
    return marked + missing


def parse_due(text: str) -> datetime:
    """Read a deadline such as 2026-11-30T23:59; without a time zone it is this machine's.

    Raises
    ------
    CourseError
        If it is no date in ISO 8601.
    """
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError as error:
        raise CourseError(f"A deadline is a date and time such as 2026-11-30T23:59, got {text!r}.") from error


def apply_late(results: Iterable[Result], late: Late) -> list[Result]:
    """Take off what being late costs, from results that know when they were handed in."""
    return [_with_penalty(result, late) for result in results]


def key(name: str) -> str:
    """Give a name as it is compared: one form of Unicode, no case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _delimiter(text: str) -> str:
    header = text.partition("\n")[0]
    return max(",;\t", key=header.count)


def _student(path: Path, number: int, row: list[str], columns: list[int]) -> Student:
    cells = [row[column].strip() for column in columns if column < len(row)]
    if not cells or not cells[0]:
        raise CourseError(f"A roster names a student in every row; {path} names none in row {number}: {row}.")
    return Student(cells[0], frozenset(key(cell) for cell in cells if cell))


def _owner(name: str, by_name: dict[str, Student]) -> Student | None:
    """Look up who handed in under a name, to which learning platforms add a number: "Jane Doe_12345"."""
    plain, _, number = name.rpartition("_")
    candidates = [name, number, plain] if number.isdecimal() else [name]
    return next((by_name[key(candidate)] for candidate in candidates if key(candidate) in by_name), None)


def _missing(student: Student, exercise: str, results: list[Result]) -> Result:
    like = next(result for result in results if result.exercise == exercise and result.questions)
    nothing = [
        replace(question, points=0.0, reasons=[], hint="", output="", carried=False) for question in like.questions
    ]
    return Result(student.student, exercise, "", "missing", "Nothing was handed in.", nothing)


def _with_penalty(result: Result, late: Late) -> Result:
    if result.submitted is None:
        return result
    after = datetime.fromisoformat(result.submitted).astimezone() - late.due
    if after <= timedelta():
        return result
    days = math.ceil(after / timedelta(days=1))
    percent = min(100.0, days * late.percent)
    taken = round((result.points + result.penalty) * percent / 100, 2)
    return replace(result, late=f"{days} {'day' if days == 1 else 'days'} late: {percent:g} % less", penalty=taken)
