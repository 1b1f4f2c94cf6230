"""Read what came out of the sandbox, which may be anything: JSON text as `emit` writes it, or a refusal.

Nothing is evaluated or unpickled; size and depth are limited, and what is read is plain values and numpy arrays.
"""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_course.grading.text import one_line

MOST_LETTERS = 8_000_000
DEEPEST = 40
FLOATS, WHOLE = {"float64", "float32", "float16", "bfloat16"}, {"bool", "uint8", "int8", "int16", "int32", "int64"}
NOT_FINITE = ("nan", "inf", "-inf")  # how JSON text says them
OTHER_FORM = "they have another form than was asked for"


class Unreadable(ValueError):
    """What came out of the sandbox is not what `emit` writes; the text says why."""


@dataclass(frozen=True, eq=False)
class Numbers:
    """A tensor or an array as it was reported; `values` is float64 (or int64 for integers) and has its shape."""

    kind: str
    dtype: str
    values: NDArray[Any]


@dataclass(frozen=True)
class Other:
    """Something that is no data, by the name of its type."""

    name: str


def read(text: object) -> tuple[Any, list[str]]:
    """Read what `emit` wrote.

    Returns
    -------
    values : None, bool, int, float, str, Numbers, Other, or lists and dicts of them
    used : list of str
        Forbidden names that were called.

    Raises
    ------
    Unreadable
        If it is anything else, too large or too deep.
    """
    if type(text) is not str or len(text) > MOST_LETTERS:
        raise Unreadable("they are too large" if type(text) is str else "they are no text")
    try:
        document = json.loads(text, parse_constant=_refuse, object_pairs_hook=_without_duplicates)
        report = _fields(document, {"values", "used"})
        used = report["used"]
        if not isinstance(used, list) or not all(type(name) is str for name in used) or len(used) > 100:
            raise Unreadable("they do not say what was used")
        return _decode(report["values"], 0), [one_line(name, 100) for name in used[:5]]
    except RecursionError:
        raise Unreadable("they lie too deep in each other") from None
    except Unreadable:
        raise
    except ValueError:  # malformed JSON, or a number of more digits than Python reads
        raise Unreadable("they are malformed") from None


def _refuse(constant: str) -> None:
    raise Unreadable(f"{constant} is no number in JSON")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise Unreadable("they name something twice")
    return dict(pairs)


def _fields(node: Any, names: set[str]) -> dict[str, Any]:
    if not isinstance(node, dict) or set(node) != names:
        raise Unreadable(OTHER_FORM)
    return node


def _decode(node: Any, depth: int) -> Any:
    if node is None or type(node) in (bool, int, float, str):
        return node
    if depth > DEEPEST:
        raise Unreadable("they lie too deep in each other")
    if not isinstance(node, dict) or len(node) != 1:
        raise Unreadable(OTHER_FORM)
    ((kind, content),) = node.items()
    match kind, content:
        case "list", list():
            return [_decode(part, depth + 1) for part in content]
        case "dict", dict():
            return {name: _decode(part, depth + 1) for name, part in content.items()}
        case "other", str():
            return Other(one_line(content, 100))
        case "float", str() if content in NOT_FINITE:
            return float(content)
        case (("tensor" | "array"), dict()):
            return _decode_numbers(kind, content)
    raise Unreadable(OTHER_FORM)


def _decode_numbers(kind: str, content: dict[str, Any]) -> Numbers:
    dtype, shape, numbers = map(_fields(content, {"dtype", "shape", "numbers"}).get, ("dtype", "shape", "numbers"))
    if not isinstance(dtype, str) or not isinstance(shape, list) or not isinstance(numbers, list):
        raise Unreadable(OTHER_FORM)
    if len(shape) > 10 or not all(type(size) is int and 0 <= size <= MOST_LETTERS for size in shape):
        raise Unreadable("a shape is impossible")
    is_whole = all(type(number) in (int, bool) for number in numbers)
    if not is_whole and not all(type(number) in (int, float) or number in NOT_FINITE for number in numbers):
        raise Unreadable("there is something else among the numbers")
    if dtype not in (FLOATS | WHOLE if is_whole else FLOATS):
        raise Unreadable("the numbers do not fit their dtype")
    try:
        values = np.array(numbers, dtype=np.int64 if dtype in WHOLE else np.float64).reshape(shape)
    except (OverflowError, ValueError):
        raise Unreadable("the numbers do not fit their shape or dtype") from None
    return Numbers(kind, dtype, values)
