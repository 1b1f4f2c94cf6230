"""Read from names, as students and learning platforms give them, who handed in which exercise.

    Anna Schmidt_123456_assignsubmission_file_/02_the_cell.ipynb   Moodle's folders, or the same without folders
    schmidtanna_LATE_123_456_02_the_cell-1.ipynb                   Canvas
    anna__02_the_cell.ipynb, anna/02_the_cell (2).ipynb            by hand

A number that the platform gives a student stays in the name: two namesakes are two students.
"""

import re
import unicodedata
from collections.abc import Collection
from pathlib import PurePosixPath

MOODLE = re.compile(r"(?P<name>.+?)_(?P<number>\d+)_assignsubmission_(?:file|onlinetext)")
CANVAS = re.compile(r"(?P<name>.+?)(?:_LATE)?_(?P<number>\d+)_\d+(?:_|$)")


class Naming:
    """Knows the exercises of a course by name, however blanks, dashes and capitals are written."""

    def __init__(self, exercises: Collection[str]) -> None:
        spellings = {name: "[ _-]+".join(map(re.escape, name.split("_"))) for name in exercises}
        any_of = "|".join(f"(?P<_{number}>{spelling})" for number, spelling in enumerate(spellings.values()))
        self._names = list(spellings)
        self._pattern = re.compile(rf"(?<![^\W_])(?:{any_of})(?![^\W\d_])", re.IGNORECASE)

    def is_exercise(self, folder: str) -> bool:
        """Tell whether a folder is named like an exercise and nothing else."""
        return bool(self._pattern.fullmatch(folder))

    def exercise(self, parts: tuple[str, ...]) -> str | None:
        """Give the exercise that a file's name says, the last if it says several."""
        match = self._last(_stem(parts))
        return self._names[int(match.lastgroup[1:])] if match and match.lastgroup else None

    def attempt(self, parts: tuple[str, ...]) -> int:
        """Give the number after the exercise's name, which platforms and browsers count up; 0 where there is none."""
        stem = _stem(parts)
        match = self._last(stem)
        number = re.fullmatch(r"\D*(\d{1,9})\D*", stem[match.end() :]) if match else None
        return int(number[1]) if number else 0

    def student(self, parts: tuple[str, ...]) -> str:
        """Give the student that a path names: its first folder, else what a flat name begins with, else nothing."""
        if len(parts) > 1:
            return _cleaned(parts[0])
        stem = _stem(parts)
        match = self._last(stem)
        before, separator, _ = stem.partition("__")
        if match:
            return _cleaned(stem[: match.start()])
        return _cleaned(before) if separator or MOODLE.match(stem) or CANVAS.match(stem) else ""

    def on_platform(self, parts: tuple[str, ...]) -> str:
        """Give the student whom a name of a platform's making says, else nothing."""
        name = parts[0] if len(parts) > 1 else _stem(parts)
        return _cleaned(name) if MOODLE.match(name) or CANVAS.match(name) else ""

    def _last(self, stem: str) -> re.Match[str] | None:
        return max(self._pattern.finditer(stem), key=lambda match: match.start(), default=None)


def _stem(parts: tuple[str, ...]) -> str:
    return unicodedata.normalize("NFC", PurePosixPath(parts[-1]).stem)


def _cleaned(name: str) -> str:
    """Take off what platforms add; one student is written in one way, whatever form of Unicode was used."""
    name = unicodedata.normalize("NFC", name)
    if match := MOODLE.match(name) or CANVAS.match(name):
        name = f"{match['name']}_{match['number']}"
    return name.strip(" _-")
