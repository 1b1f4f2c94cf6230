"""The map of the course, read from the notebooks that lie there: which lessons, how long, and what each builds on.

A lesson builds on the earlier lessons that its first cell links to, so the map cannot say anything else than the
lessons do.
"""

import re
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from lstm_course import figures

NAME = re.compile(r"(\d\d)_[a-z0-9_]+")
BOX, STEP, ROW = (1.56, 0.62), 1.86, 0.86  # size of a box, distances between columns and rows, in inches


@dataclass(frozen=True)
class Lesson:
    """One lesson: `needs` are the numbers of those to read before, `exercise_minutes` is 0 without exercises."""

    number: int
    name: str
    title: str
    question: str
    minutes: int
    exercise_minutes: int
    needs: tuple[int, ...]


@dataclass
class Places:
    """Where the boxes stand: column and row of each lesson; rows count from the top and may be halves."""

    column: dict[int, int] = field(default_factory=dict)
    row: dict[int, float] = field(default_factory=dict)


def lessons(folder: Path) -> list[Lesson]:
    """Read the lessons among the notebooks of `folder`, in their order; the start page (number 0) is none.

    Exercises are looked for in the folder `exercises` beside it.

    Raises
    ------
    ValueError
        If the folder holds no lesson.
    """
    found = [_lesson(path) for path in sorted(folder.glob("*.ipynb")) if NAME.fullmatch(path.stem)]
    found = [lesson for lesson in found if lesson.number]
    if not found:
        raise ValueError(
            f"A map is read from a folder of lessons (01_....ipynb), {folder} holds none: go to notebooks/."
        )
    return found


def _lesson(path: Path) -> Lesson:
    notebook = nbformat.read(path, as_version=4)
    opening, about = notebook.cells[0].source, notebook.metadata.get("lstm_course", {})
    number = int(path.stem[:2])
    linked = sorted({int(target) for target in re.findall(r"\]\((\d\d)_[a-z0-9_]+\.ipynb\)", opening)})
    question = re.search(r"\*\*(?:The question[.:]\*\*)?\s*([^*]+?\?)", opening)
    words = " ".join(question[1].split()) if question else ""
    return Lesson(
        number,
        path.stem,
        about.get("title", path.stem),
        words[:1].upper() + words[1:],
        about.get("minutes", 0),
        _exercise_minutes(path.parent.parent / "exercises" / path.name),
        tuple(other for other in linked if 0 < other < number),
    )


def _exercise_minutes(path: Path) -> int:
    if not path.is_file():
        return 0
    return nbformat.read(path, as_version=4).metadata.get("lstm_course", {}).get("minutes", 0)


def table(course: list[Lesson]) -> str:
    """Write the course as a Markdown table with links, for a page in the folder of the lessons."""
    rows = ["| no. | lesson | the question | time | exercises | read before |", "|---|---|---|---|---|---|"]
    known = {lesson.number: lesson for lesson in course}
    for lesson in course:
        exercises = "none"
        if lesson.exercise_minutes:
            exercises = f"[{_time(lesson.exercise_minutes)}](../exercises/{lesson.name}.ipynb)"
        needs = " ".join(f"[{n}]({known[n].name}.ipynb)" for n in lesson.needs if n in known) or "nothing"
        title = f"[{lesson.title}]({lesson.name}.ipynb)"
        rows.append(
            f"| {lesson.number} | {title} | {lesson.question} | {_time(lesson.minutes)} | {exercises} | {needs} |"
        )
    return "\n".join(rows)


def _time(minutes: int) -> str:
    return f"{minutes}\N{NO-BREAK SPACE}min"


def description(course: list[Lesson]) -> str:
    """Say in words what the map shows."""
    arrows = direct(course)
    parts = [
        f"{lesson.number} {lesson.title}, {lesson.minutes} minutes, "
        + (f"after {' and '.join(map(str, arrows[lesson.number]))}" if arrows[lesson.number] else "to begin with")
        for lesson in course
    ]
    return "A box for each lesson, with arrows from what to read before: " + "; ".join(parts) + "."


def direct(course: list[Lesson]) -> dict[int, list[int]]:
    """Return for each lesson what it needs, less what those lessons need themselves: the arrows of the map."""
    needs = {lesson.number: set(lesson.needs) for lesson in course}

    def all_before(number: int) -> set[int]:
        before = needs.get(number, set())
        return before.union(*(all_before(other) for other in before))

    return {
        number: sorted(before - set().union(*(all_before(other) for other in before)))
        for number, before in needs.items()
    }


def map_figure(course: list[Lesson]) -> Figure:
    """Draw the lessons from left to right, each to the right of all that it needs."""
    arrows = direct(course)
    places = _places(course, arrows)
    columns, rows = max(places.column.values()) + 1, max(places.row.values()) + 1
    width, height = (columns - 1) * STEP + BOX[0] + 0.3, (rows - 1) * ROW + BOX[1] + 0.3
    figure, axis = figures.new(width=width, height=height)
    axis.set(xlim=(-0.15, width - 0.15), ylim=(height - BOX[1] / 2 - 0.15, -BOX[1] / 2 - 0.15), aspect="equal")
    axis.axis("off")
    for lesson in course:
        spans = [places.row[other] for other in arrows[lesson.number]]
        tall = len(spans) > 2  # a lesson after many others stands beside all of them
        top, bottom = (min(spans), max(spans)) if tall else (places.row[lesson.number],) * 2
        _box(axis, lesson, places.column[lesson.number] * STEP, top * ROW, bottom * ROW)
        for other in arrows[lesson.number]:
            end = places.row[other] if tall else places.row[lesson.number]
            _arrow(axis, places, other, (places.column[lesson.number] * STEP, end * ROW))
    return figure


def _places(course: list[Lesson], arrows: dict[int, list[int]]) -> Places:
    places = Places()
    for lesson in course:
        places.column[lesson.number] = 1 + max((places.column[other] for other in arrows[lesson.number]), default=-1)
    widest = max(list(places.column.values()).count(column) for column in places.column.values())
    for column in range(max(places.column.values()) + 1):
        here = [number for number in places.column if places.column[number] == column]
        if column and len(here) < widest:  # beside what it builds on, or in the nearest row that is free
            free = list(range(widest))
            for number in here:
                wanted = places.row[arrows[number][-1]]
                nearest = min(free, key=lambda row, wanted=wanted: abs(row - wanted))
                places.row[number] = wanted if len(here) == 1 else nearest
                free.remove(nearest)
        else:
            places.row |= {number: (widest - len(here)) / 2 + k for k, number in enumerate(here)}
    return places


def _box(axis: Axes, lesson: Lesson, x: float, top: float, bottom: float) -> None:
    corner, height = (x, top - BOX[1] / 2), bottom - top + BOX[1]
    style = "round,pad=0,rounding_size=0.08"
    axis.add_patch(
        FancyBboxPatch(corner, BOX[0], height, style, facecolor="#F4F4F4", edgecolor=figures.BLUE, linewidth=1.2)
    )
    middle = (top + bottom) / 2
    axis.text(x + 0.17, middle, str(lesson.number), fontsize=15, color=figures.BLUE, va="center", ha="center")
    title = textwrap.wrap(lesson.title, 18)
    axis.text(x + 0.34, middle - 0.1, "\n".join(title), fontsize=8.5, va="center", linespacing=1)
    below = middle + 0.07 + 0.06 * len(title)
    axis.text(x + 0.34, below, f"{lesson.minutes} min", fontsize=8, va="center", color=figures.GREY)


def _arrow(axis: Axes, places: Places, start: int, end: tuple[float, float]) -> None:
    begin = places.column[start] * STEP + BOX[0], places.row[start] * ROW
    axis.annotate("", end, begin, arrowprops={"arrowstyle": "-|>", "color": "#444444", "shrinkA": 1, "shrinkB": 1})
