"""Name the common mistake that gives just the wrong values that were got, where there is one."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def diagnosis(right: Array, got: Array, others: Mapping[str, Array], is_close: Callable[[Array, Array], bool]) -> str:
    """Return a sentence, or nothing.

    Parameters
    ----------
    right, got : array
        What was expected, and what came.
    others : mapping of str to array
        The other values that belong to the same result, by name.
    is_close : callable
        Whether the first array is the second within the tolerance.
    """
    if got.shape != right.shape:
        return "Is it transposed?" if right.ndim == 2 and got.shape == right.shape[::-1] else ""
    if right.size < 2:
        return ""
    known = {f"These are the values of {name}.": other for name, other in others.items()}
    known["These are the right values in reverse order."] = right[::-1]
    if right.ndim == 2:
        known["This is the transpose."] = right.T
    for sentence, wrong in known.items():
        if wrong.shape == got.shape and is_close(got, wrong) and not is_close(wrong, right):
            return sentence
    return _multiple(right.astype(np.float64), got.astype(np.float64), is_close)


def _multiple(right: Array, got: Array, is_close: Callable[[Array, Array], bool]) -> str:
    square = float((right * right).sum())
    factor = float((got * right).sum()) / square if square else np.nan
    if not np.isfinite(factor) or abs(factor - 1) < 0.01 or not is_close(got, factor * right):
        return ""
    return f"This is {factor:.3g} times the right values." if factor else "All of it is zero."
