"""What has been tried and solved, kept in one small file in the working folder.

Each check adds one line of JSON, so that two notebooks at once lose nothing of each other and a damaged line costs only
itself. A file that is absent, damaged or cannot be written is no error.
"""

import json
import os
from collections.abc import Callable, Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

FILE = ".lstm_course_progress.jsonl"
VARIABLE = "LSTM_COURSE_PROGRESS"  # in the environment: another path, or nothing at all to keep no record
HINTS = ("a nudge", "the approach", "almost there")
TRIES_PER_HINT = 3


def path(folder: Path = Path()) -> Path | None:
    """Return where progress in `folder`, the working folder of its notebooks, is kept, or None if it is not."""
    name = os.environ.get(VARIABLE, FILE)
    return folder / name if name else None


def record(check: Callable[..., Any], *, is_right: bool) -> int:
    """Note the outcome of a check; return how often it has failed since it last passed, this time included."""
    question = f"{check.__module__.rpartition('.')[2]}.{check.__name__}"
    file = path()
    try:
        if file is not None:
            with file.open("a", encoding="utf-8") as out:
                out.write(json.dumps({"question": question, "right": is_right}) + "\n")
    except OSError:  # a folder that cannot be written
        return 0
    return sum(1 for _ in takewhile(lambda right: not right, reversed(outcomes(question))))


def outcomes(question: str, folder: Path = Path()) -> list[bool]:
    """Return whether the check of `question` has passed, each time it was called."""
    return [is_right for name, is_right in entries(folder) if name == question]


def solved(folder: Path = Path()) -> set[str]:
    """Return the questions whose check has passed at least once."""
    return {question for question, is_right in entries(folder) if is_right}


def entries(folder: Path = Path()) -> Iterator[tuple[str, bool]]:
    """Return the outcomes noted so far, oldest first; what cannot be read is passed over."""
    file = path(folder)
    try:
        text = file.read_text("utf-8", errors="replace") if file else ""
    except OSError:
        return
    for line in text.splitlines():
        try:
            entry = json.loads(line)
            question, is_right = entry["question"], entry["right"]
        except (ValueError, TypeError, KeyError, RecursionError):
            continue
        if isinstance(question, str) and isinstance(is_right, bool):
            yield question, is_right


def hint_line(failed: int) -> list[str]:
    """Offer hint 1 after three failures in a row, hint 2 after six, hint 3 after nine."""
    number = min(failed // TRIES_PER_HINT, len(HINTS))
    return [f"That was try {failed}: open hint {number} ({HINTS[number - 1]}) below this check."] if number else []
