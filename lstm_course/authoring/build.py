"""Build all that is made from the written source. Each source is made whole before any of its files is replaced."""

from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat.v4.nbbase import NotebookNode

from lstm_course.authoring import notebooks
from lstm_course.authoring.execution import execute
from lstm_course.authoring.source import Source, read
from lstm_course.errors import CourseError
from lstm_course.files import write_whole

FOLDERS = {"source/lessons": False, "source/exercises": True}  # folder: is it of exercises?
START_PAGE = "00_start_here"  # made last: it shows what the other notebooks say of themselves
MOST_BYTES, MOST_BYTES_TOGETHER = 400_000, 4_000_000


def sources(root: Path, names: list[str]) -> list[Source]:
    """Read the sources below `root` whose name is in `names` (all where it is empty).

    Raises
    ------
    CourseError
        If there is none, a name is unknown, or a source is malformed.
    """
    found = [
        (path, is_exercise) for folder, is_exercise in FOLDERS.items() for path in sorted((root / folder).glob("*.py"))
    ]
    found.sort(key=lambda pair: pair[0].stem == START_PAGE)
    known = {path.stem for path, _ in found}
    if not found:
        raise CourseError(
            f"A course holds {' and '.join(FOLDERS)} with .py files; {root} has none: run it in the course."
        )
    if unknown := sorted(set(names) - known):
        raise CourseError(f"A source is named without folder and ending, got {unknown}; there are {sorted(known)}.")
    return [read(path, is_exercise=is_exercise) for path, is_exercise in found if not names or path.stem in names]


def make(source: Source) -> dict[str, NotebookNode]:
    """Make every notebook of one source, not executed: path relative to the course's root -> notebook."""
    kinds = {"exercises": True, "solutions": False} if source.is_exercise else {"notebooks": False}
    return {
        f"{folder}/{'' if language == 'en' else language + '/'}{source.name}.ipynb": notebooks.make(
            source, for_students=for_students, language=language
        )
        for folder, for_students in kinds.items()
        for language in ("en", *source.languages)
    }


def build(root: Path, names: list[str]) -> Iterator[Path]:
    """Make, execute and write the notebooks of the named sources; yield each path written.

    Raises
    ------
    CourseError
        If a source is malformed, a cell fails, or a notebook is larger than a reader online can open. The
        notebooks of that source stay as they were.
    """
    for source in sources(root, names):
        texts = {path: _text(notebook) for path, notebook in _executed(source, root).items()}
        for path, text in texts.items():
            if len(text) > MOST_BYTES:
                raise CourseError(f"{path}: a notebook has at most {MOST_BYTES} bytes, this one {len(text)}.")
        for path, text in texts.items():
            write_whole(root / path, text)
            yield root / path
    together = sum(
        path.stat().st_size for kind in ("notebooks", "solutions") for path in (root / kind).rglob("*.ipynb")
    )
    if together > MOST_BYTES_TOGETHER:
        raise CourseError(f"All notebooks together have at most {MOST_BYTES_TOGETHER} bytes, they have {together}.")


def _executed(source: Source, root: Path) -> dict[str, NotebookNode]:
    """Execute each code once; a translation shares its outputs, since its code is the same."""
    made = make(source)
    outputs: dict[str, NotebookNode] = {}
    for path, notebook in made.items():
        kind = path.split("/")[0]
        if kind == "exercises":
            continue
        if kind not in outputs:
            outputs[kind] = execute(notebook, path, root / kind)
        for cell, executed in zip(notebook.cells, outputs[kind].cells, strict=True):
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = executed.outputs, executed.execution_count
    return made


def _text(notebook: NotebookNode) -> str:
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"
