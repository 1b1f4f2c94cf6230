"""Read one written source, a jupytext percent script, and refuse what is malformed.

Every refusal is a `SourceError` that names the file, the cell and the reason. The format is described in
CONTRIBUTING.md.
"""

import hashlib
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import jupytext

from lstm_course.authoring import regions
from lstm_course.errors import CourseError

CELL_ID = re.compile(r"[a-z][a-z0-9-]{0,47}")  # nbformat allows 64 characters; the rest is left for suffixes
OPTIONS = {"id", "tags", "reason", "points", "minutes", "difficulty", "lang", "of"}
NOT_COMPARED = {"nbval-ignore-output", "nbval-skip"}
HINTS = ("Hint 1: a nudge", "Hint 2: the approach", "Hint 3: almost there")


class SourceError(CourseError):
    """A written source breaks a rule of the format."""

    def __init__(self, path: Path, cell: str, reason: str) -> None:
        super().__init__(f"{path}: cell {cell}: {reason}")


@dataclass(frozen=True)
class Cell:
    """One cell as written; `translations` maps a language to the Markdown of its sibling cell."""

    id: str
    kind: str
    text: str
    options: dict[str, Any]
    translations: dict[str, str] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        """Eight hex digits of the text, which a translation names to show what it translates."""
        return text_hash(self.text)


@dataclass(frozen=True)
class Question:
    """One question of an exercise: the four cells task, answer, check and hints, and what it costs and earns."""

    id: str
    points: int
    minutes: int
    difficulty: int


@dataclass(frozen=True)
class Source:
    """A written source that has passed every check."""

    path: Path
    is_exercise: bool
    title: str
    minutes: int
    cells: list[Cell]

    @property
    def name(self) -> str:
        """File name without folder and ending; every notebook made from this source has it too."""
        return self.path.stem

    @cached_property
    def questions(self) -> dict[str, Question]:
        """Questions by id, in order."""
        options = {cell.id: cell.options for cell in self.cells if "points" in cell.options}
        return {
            id: Question(id, given["points"], given["minutes"], given["difficulty"]) for id, given in options.items()
        }

    @property
    def languages(self) -> list[str]:
        """Languages other than English in which at least one cell is written."""
        return sorted({language for cell in self.cells for language in cell.translations})


def text_hash(text: str) -> str:
    """Eight hex digits that identify a text, whatever blanks surround it."""
    return hashlib.sha256(text.strip().encode("utf-8")).hexdigest()[:8]


def read(path: Path, *, is_exercise: bool) -> Source:
    """Read and check the percent script at `path`.

    Raises
    ------
    SourceError
        Naming the file, the cell and the broken rule.
    """
    try:
        notebook = jupytext.reads(path.read_text("utf-8"), fmt="py:percent")
    except (OSError, UnicodeDecodeError, ValueError, SyntaxError) as error:
        raise SourceError(path, "(whole file)", f"cannot be read as a percent script: {error}.") from error
    except Exception as error:  # PyYAML's errors share no base with the others
        raise SourceError(path, "(header)", f"is no valid YAML: {error}.") from error
    header = notebook.metadata.get("lstm_course", {})
    _check_header(path, header, is_exercise)
    cells = _cells(path, notebook.cells)
    for cell in cells:
        _check_cell(path, cell, is_exercise)
    source = Source(path, is_exercise, header["title"], header["minutes"], cells)
    if is_exercise:
        _check_questions(source, header["points"])
    return source


def _check_header(path: Path, header: dict[str, Any], is_exercise: bool) -> None:
    expected = {"title": str, "minutes": int} | ({"points": int} if is_exercise else {})
    for name, kind in expected.items():
        if not isinstance(header.get(name), kind):
            raise SourceError(
                path, "(header)", f"lstm_course needs {name} ({kind.__name__}), got {header.get(name)!r}: add it."
            )
    if unknown := set(header) - set(expected):
        raise SourceError(path, "(header)", f"does not know {sorted(unknown)}; it may hold {sorted(expected)}.")


def _cells(path: Path, raw_cells: list[Any]) -> list[Cell]:
    """Give every cell its id and options, and move translations into the cell they translate."""
    cells: list[Cell] = []
    for number, raw in enumerate(raw_cells, start=1):
        options = {name: value for name, value in raw.metadata.items() if name != "lines_to_next_cell"}
        id = options.get("id")
        if not isinstance(id, str) or not CELL_ID.fullmatch(id):
            begins = raw.source.strip().split("\n")[0][:50]
            raise SourceError(
                path,
                f"number {number} ({begins!r})",
                f'needs a lower-case name with dashes, got id={id!r}: write # %% id="its-name".',
            )
        if unknown := set(options) - OPTIONS:
            raise SourceError(path, repr(id), f"does not know the options {sorted(unknown)}; known: {sorted(OPTIONS)}.")
        cell = Cell(id, raw.cell_type, raw.source, options)
        if "lang" in options or "of" in options:
            _add_translation(path, cells, cell)
        elif id in {other.id for other in cells}:
            raise SourceError(path, repr(id), "stands twice; ids must be unique: rename one.")
        else:
            cells.append(cell)
    if not cells:
        raise SourceError(path, "(whole file)", "holds no cells: begin each with # %%.")
    return cells


def _add_translation(path: Path, cells: list[Cell], cell: Cell) -> None:
    language, hash = cell.options.get("lang"), str(cell.options.get("of"))
    original = cells[-1] if cells else None
    if language != "zh":
        raise SourceError(path, repr(cell.id), f'knows the language lang="zh" only, got {language!r}.')
    if original is None or original.id != cell.id or cell.kind != "markdown" or original.kind != "markdown":
        raise SourceError(
            path, f"{cell.id!r} ({language})", "a translation is a Markdown cell right below its original, with its id."
        )
    if language in original.translations:
        raise SourceError(path, f"{cell.id!r} ({language})", "is translated twice; keep one.")
    if hash != original.hash:
        raise SourceError(
            path,
            f"{cell.id!r} ({language})",
            f'translates an older English text (of="{hash}", now "{original.hash}"): update the translation and of.',
        )
    original.translations[language] = cell.text


def _check_cell(path: Path, cell: Cell, is_exercise: bool) -> None:
    tags = cell.options.get("tags", [])
    if not cell.text.strip():
        raise SourceError(path, repr(cell.id), "is empty; remove it or fill it.")
    if re.search(r"#\s*(NBVAL_|PYTEST_VALIDATE)", cell.text):
        raise SourceError(path, repr(cell.id), "marks nbval by a comment; use tags=[...] and reason=... in the header.")
    if NOT_COMPARED & set(tags) and not cell.options.get("reason"):
        raise SourceError(path, repr(cell.id), f"is not compared (tags={tags}) and says no reason; add reason=...")
    try:
        found = regions.find(cell.text)
    except ValueError as error:
        raise SourceError(path, repr(cell.id), str(error)) from error
    if found and not (is_exercise and "points" in cell.options and cell.kind == "code"):
        raise SourceError(path, repr(cell.id), "holds a solution region; only the answer cells of exercises may.")
    if "points" in cell.options and not found:
        raise SourceError(path, repr(cell.id), "has points but no ### BEGIN SOLUTION ... ### END SOLUTION.")


def _check_questions(source: Source, points: int) -> None:
    ids = [cell.id for cell in source.cells]
    for cell in source.cells:
        if "points" not in cell.options:
            continue
        for name, low, high in (("points", 1, 100), ("minutes", 1, 240), ("difficulty", 1, 3)):
            value = cell.options.get(name)
            if not isinstance(value, int) or not low <= value <= high:
                raise SourceError(source.path, repr(cell.id), f"needs {name} from {low} to {high}, got {value!r}.")
        at = ids.index(cell.id)
        four = [f"{cell.id}-task", cell.id, f"{cell.id}-check", f"{cell.id}-hints"]
        if ids[max(0, at - 1) : at + 3] != four:
            raise SourceError(source.path, repr(cell.id), f"a question is the four cells {four} in this order.")
        summaries = tuple(re.findall(r"<summary>(.*?)</summary>", source.cells[at + 2].text))
        if summaries != HINTS:
            raise SourceError(source.path, repr(four[3]), f"needs the folded hints {HINTS}, got {summaries}.")
    total = sum(question.points for question in source.questions.values())
    if total != points:
        raise SourceError(source.path, "(header)", f"says points: {points}, but the questions add up to {total}.")
