"""One check of shapes for every cell, written as the docstrings write them."""

import re
from functools import cache

from torch import Tensor

FREE = {(1, letter, 0) for letter in "TBI"}  # the sizes that a cell's weights leave open


def require_shapes(H: int, **tensors: tuple[Tensor, str]) -> None:
    """Require that tensors have the shapes of a cell's docstring; broadcasting would hide a mistake.

    Parameters
    ----------
    H : int
        The number of units, as a weight matrix has it.
    **tensors : (Tensor, str)
        A tensor and its shape, such as "B I" or "4H I"; `T`, `B` and `I` are what the first tensor to name them has.

    Raises
    ------
    ValueError
        If a tensor has another shape.
    """
    sizes = {"H": H}
    for name, (tensor, shape) in tensors.items():
        terms = _terms(shape)
        if tensor.ndim == len(terms):
            sizes = {term[1]: size for term, size in zip(terms, tensor.shape, strict=True) if term in FREE} | sizes
        expected = [_size(*term, sizes) for term in terms]
        if list(tensor.shape) != expected:
            comma = "," if len(expected) == 1 else ""
            raise ValueError(
                f"{name} must have the shape ({', '.join(map(str, expected))}{comma}) for "
                f"{', '.join(f'{letter}={size}' for letter, size in sizes.items())}, got {tuple(tensor.shape)}: "
                "see the shapes in the docstring of the step."
            )


@cache
def _terms(shape: str) -> tuple[tuple[int, str, int], ...]:
    """Turn "4H+2 I" into ((4, "H", 2), (1, "I", 0))."""
    parts = (re.fullmatch(r"(\d*)([A-Z]?)(?:\+(\d+))?", term) for term in shape.split())
    return tuple((int(part[1] or 1), part[2], int(part[3] or 0)) for part in parts)


def _size(times: int, letter: str, plus: int, sizes: dict[str, int]) -> int | str:
    """Return times * letter + plus; a letter that no tensor has given a size yet stays a letter."""
    if letter and letter not in sizes:
        return letter
    return times * sizes.get(letter, 1) + plus
