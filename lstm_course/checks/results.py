"""Results in whatever holds numbers, arrays or tensors or lists, and right to six digits."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lstm_course.checks.base import CheckFailed, require, require_tensor
from lstm_course.checks.learner import short
from lstm_course.checks.programs import Names, Program, require_program


def tensor(values: Any) -> Tensor:
    """Copy an array, nested lists of numbers or of arrays, or a tensor into a tensor of the same dtype."""
    return values.detach().clone() if isinstance(values, Tensor) else torch.from_numpy(np.array(values, order="C"))


def tensor_of(name: str, got: Any) -> Tensor:
    """Require a tensor, of whatever shape, and return it without its graph."""
    hints = {
        "NoneType": "Is a return missing?",
        "list": "torch.tensor or torch.stack makes one tensor of it.",
        "ndarray": "torch.from_numpy makes a tensor of it.",
    }
    kind = type(got).__name__
    require(isinstance(got, Tensor), f"{name} must return a tensor.", kind, hints.get(kind, ""))
    return require_tensor(name, got, tuple(got.shape), "").detach()


def array(name: str, got: Any) -> Tensor:
    """Take an array, a tensor or nested lists of numbers, which must hold float64, as a tensor."""
    require(got is not None, f"{name} must be an array of numbers.", "None", "Is a return missing?")
    try:
        values = tensor(got)
    except (TypeError, ValueError, RuntimeError):  # text, or rows of different lengths
        rule = f"{name} must be an array of numbers, all rows of one length."
        raise CheckFailed(f"{rule} Got {_lengths(got) or f'{type(got).__name__} {short(got)}'}.") from None
    dtype = str(values.dtype).removeprefix("torch.")
    hint = "float32 keeps 7 digits, float64 16." if dtype == "float32" else ""
    require(values.dtype == torch.float64, f"{name} must hold float64, as the arrays given do.", dtype, hint)
    return values


def _lengths(rows: Any) -> str:
    """Say how long the rows are, if that is what is wrong with them."""
    try:
        lengths = [len(row) for row in rows]
    except TypeError:
        return ""
    if len(set(lengths)) == 1:
        return ""
    return f"rows of {', '.join(map(str, lengths[:12]))} numbers: slices that reach behind the end come out shorter"


def require_result(
    program: Program, names: Names, got: Mapping[str, Tensor], rules: Mapping[str, str], meanings: Mapping[str, str]
) -> None:
    """Require what `require_program` does, but to six digits only: a tiny number added to a divisor is no mistake.

    Where a shape is wrong the part's rule is said too, as it tells for which sizes.
    """
    right = program.run(names)
    wrong = next((part for part, expected in right.items() if not _is_close(got[part], expected)), "")
    if not wrong:
        return
    shape, needed = tuple(got[wrong].shape), tuple(right[wrong].shape)
    if shape != needed:
        shapes = f"{wrong} must have the shape {meanings[wrong]} = {needed}. Got shape {shape}."
        words = program.explain([names], [dict(got)])
        raise CheckFailed("\n".join(filter(None, [rules[wrong], shapes, words])))
    require_program(program, names, got, rules, meanings)


def _is_close(got: Tensor, expected: Tensor) -> bool:
    return got.shape == expected.shape and torch.allclose(got.double(), expected.double(), rtol=1e-6, atol=1e-7)
