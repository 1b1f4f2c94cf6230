"""What every check shares: run the learner's answer safely, compare, and say in one sentence what rule is broken.

A check is a function decorated with `question`. It raises `CheckFailed` (through `require` and the helpers here)
or returns, in which case one line says that the answer is right. It never changes the learner's variables or the
global random state. An unanswered question raises `NotImplementedError`, nothing else.
"""

import functools
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

Check = Callable[[Any], None]


class CheckFailed(AssertionError):
    """An answer breaks a rule. A notebook shows the sentence alone, without the traceback through the check."""

    def _render_traceback_(self) -> list[str]:
        return [f"✗ {self}"]


@contextmanager
def kept_random_state() -> Iterator[None]:
    """Put the global random state of Python, numpy and torch back as it was."""
    python, numpy = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)


def question(check: Check) -> Check:
    """Turn a function that raises `CheckFailed` into the one-line check that a notebook calls.

    The wrapped check raises `NotImplementedError` where the answer is still `...`, prints one line where the
    answer is right, and keeps the random state.
    """

    @functools.wraps(check)
    def wrapped(answer: Any) -> None:
        if answer is ...:
            raise NotImplementedError(f"{check.__name__}: replace the three dots by your answer.")
        with kept_random_state():
            check(answer)
        print(f"✓ {check.__name__} is right.")

    return wrapped


def require(holds: bool, rule: str, got: object, hint: str = "") -> None:
    """Raise `CheckFailed` with the rule, what was got and what to do, unless `holds`."""
    if not holds:
        raise CheckFailed(" ".join(filter(None, [f"{rule}", f"Got {got}.", hint])))


def require_tensor(
    name: str, got: Any, shape: tuple[int, ...], meaning: str, dtype: torch.dtype | None = None
) -> Tensor:
    """Require a tensor of `shape` (whose axes `meaning` names, e.g. "(batch, hidden)") and return it."""
    require(
        isinstance(got, Tensor),
        f"{name} must be a tensor of shape {meaning}.",
        f"{got!r} ({type(got).__name__})",
    )
    require(
        tuple(got.shape) == shape,
        f"{name} must have the shape {meaning} = {shape}.",
        f"shape {tuple(got.shape)}",
    )
    if dtype is not None:
        require(got.dtype == dtype, f"{name} must keep the dtype {dtype} of its inputs.", got.dtype)
    return got


def require_close(
    name: str, got: Tensor, expected: Tensor, rule: str, *, rtol: float = 1e-5, atol: float = 1e-7
) -> None:
    """Require equal values within a tolerance; the message shows the first element that differs."""
    expected = expected.to(got.dtype)
    wrong = ~torch.isclose(got, expected, rtol=rtol, atol=atol)
    if wrong.any():
        at = tuple(wrong.nonzero()[0].tolist())
        place = f"{name}[{', '.join(map(str, at))}]" if at else name
        raise CheckFailed(f"{rule} Expected {place} = {expected[at].item():.6g}, got {got[at].item():.6g}.")


def generator(seed: int) -> torch.Generator:
    """Make a random generator of its own, so that a check leaves the global one alone."""
    return torch.Generator().manual_seed(seed)
