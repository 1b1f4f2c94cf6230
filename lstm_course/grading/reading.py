"""Read a submission's notebook, which may be anything: its cells' sources, and the ids they are known by.

Only these few fields are looked at, whatever else is wrong with the file; nothing is validated or run.
"""

import json
from dataclasses import dataclass
from typing import Any

from lstm_course.grading.places import Unreadable

# Tried where it is no Unicode, in this order: code stays whole, whatever becomes of words.
ENCODINGS = ("latin-1", "gb18030")
MOST_VALUES = 4_000_000  # quotes and brackets: what a JSON text of a given length can cost in memory depends on them
MOST_CELLS, MOST_SOURCE = 2_000, 1_000_000  # of code, which is parsed: and its characters in all cells together


@dataclass(frozen=True)
class SubmittedCell:
    """A cell as it was handed in: "code" or another kind, its names (empty where it has none), and its source."""

    kind: str
    id: str
    grade_id: str
    source: str


def read_cells(data: bytes) -> list[SubmittedCell]:
    """Read the cells of a notebook of format 3 or 4, in whatever encoding.

    Raises
    ------
    Unreadable
        If it is no notebook, or too large or too deep to be read safely.
    """
    if not data.strip():
        raise Unreadable("The file is empty: hand in the notebook.")
    notebook = _parsed(data)
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if isinstance(notebook, dict) and isinstance(notebook.get("worksheets"), list):  # format 3
        sheets = [sheet for sheet in notebook["worksheets"] if isinstance(sheet, dict)]
        cells = [cell for sheet in sheets for cell in _list(sheet.get("cells"))]
    if not isinstance(cells, list):
        raise Unreadable("The file is no Jupyter notebook: it has no list of cells.")
    read = [_cell(cell) for cell in cells if isinstance(cell, dict)]
    code = [cell for cell in read if cell.kind == "code"]
    if len(code) > MOST_CELLS or sum(len(cell.source) for cell in code) > MOST_SOURCE:
        raise Unreadable(
            f"A notebook has at most {MOST_CELLS:,} code cells and {MOST_SOURCE // 1000:,} kB of code; this one has "
            "more: keep data out of its cells."
        )
    return read


def _parsed(data: bytes) -> Any:
    """Parse JSON text in the first encoding that makes it JSON."""
    problem = ""
    for encoding in (json.detect_encoding(data), *ENCODINGS):
        try:
            text = data.decode("utf-8-sig" if encoding == "utf-8" else encoding)
            if sum(map(text.count, '[{"')) > MOST_VALUES:
                raise Unreadable("The notebook holds too many values to be read safely: clear its outputs.")
            return json.loads(text)
        except UnicodeDecodeError as error:
            problem = problem or f"byte {error.start} is not {encoding}"
        except RecursionError:
            raise Unreadable("The notebook's data lie too deep in each other to be read.") from None
        except ValueError as error:  # malformed JSON, or a number of more digits than Python reads
            problem = problem or str(error)
    raise Unreadable(f"The file is no Jupyter notebook, which is JSON text: {problem}.")


def _cell(cell: dict[str, Any]) -> SubmittedCell:
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = nbgrader.get("grade_id") if isinstance(nbgrader, dict) else None
    source = _text(cell.get("source", cell.get("input")))  # "input" in format 3
    return SubmittedCell(_text(cell.get("cell_type")), _text(cell.get("id")), _text(grade_id), source)


def _text(value: Any) -> str:
    """Join a text that may be a list of lines; half characters, which no kernel can be sent, are replaced."""
    text = "".join(part for part in _list(value) if isinstance(part, str)) if isinstance(value, list) else value
    return text.encode("utf-8", "replace").decode("utf-8") if isinstance(text, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
