"""What every check shares: run the learner's answer safely, compare, and say in a few lines what rule is broken.

A check is a function decorated with `question`. It raises `CheckFailed` (through `require` and the helpers here and in
`answers`) or returns, in which case one line says that the answer is right. It never changes the learner's variables,
random state or settings. An unanswered question raises `Unanswered`, nothing else.
"""

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from types import GeneratorType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lstm_course.checks import learner, progress
from lstm_course.checks.safety import TimeUp, guarded

Check = Callable[[Any], None]
MOST_LINES = 5
is_explaining: ContextVar[bool] = ContextVar("is_explaining", default=True)
KINDS = {"function": "a function", "class": "a class", "value": "a value"}


JOIN = "torch.stack makes a new axis, torch.cat joins along one that is there."


class CheckFailed(AssertionError):
    """An answer breaks a rule. A notebook shows the sentence alone; `%tb` then shows the learner's own traceback."""

    _is_shown = False

    def _render_traceback_(self) -> list[str]:
        if self._is_shown and self.__cause__ is not None:
            return learner.traceback_of(self.__cause__)
        self._is_shown = True
        return [f"✗ {self}"]


class Unanswered(NotImplementedError):
    """The stub still stands. A notebook shows the sentence alone."""

    def _render_traceback_(self) -> list[str]:
        return [f"… {self}"]


class Differs(CheckFailed):
    """A value is wrong in a way that no known mistake explains."""


def question(check: Check | None = None, *, takes: str = "function", seconds: float = 10.0) -> Any:
    """Turn a function that raises `CheckFailed` into the check that a notebook calls.

    The wrapped check raises `Unanswered` where the answer is not written yet, prints one line where it is
    right, and raises `CheckFailed` with at most five lines where it is wrong, raises, or runs for too long.

    Parameters
    ----------
    takes : str
        "function", "class" or "value": what an answer is.
    seconds : float
        How long an answer may run, all calls of one check together.
    """
    if check is None:
        return functools.partial(question, takes=takes, seconds=seconds)
    name = check.__name__

    @functools.wraps(check)
    def wrapped(answer: Any) -> None:
        if answer is ...:
            raise Unanswered(f"{name} is not answered yet: replace the three dots, and run both cells.")
        learner.forget_calls()
        try:
            with guarded(seconds):
                _require_kind(name, answer, takes)
                check(answer)
        except (Exception, SystemExit, TimeUp) as error:
            if isinstance(error, NotImplementedError) and not error.args:
                words = "write your code in place of raise NotImplementedError(), and run both cells."
                raise Unanswered(f"{name} is not answered yet: {words}") from None
            failures = progress.record(check, is_right=False)
            raise _explained(name, answer, error, seconds, failures) from _cause(error)
        progress.record(check, is_right=True)
        print(f"✓ {name} is right.")

    return wrapped


def _require_kind(name: str, answer: Any, takes: str) -> None:
    is_class = isinstance(answer, type)
    kind = "class" if is_class else "function" if callable(answer) else "value"
    hint = "Call the check with its name alone, without brackets and arguments." if kind == "value" else ""
    found = f"the class {answer.__name__}" if is_class else f"{type(answer).__name__} {learner.short(answer)}"
    require(kind == takes or takes == "value", f"The answer {name} must be {KINDS[takes]}.", found, hint)


def _cause(error: BaseException) -> BaseException | None:
    return error.__cause__ if isinstance(error, CheckFailed) else error


def _explained(name: str, answer: Any, error: BaseException, seconds: float, failures: int) -> CheckFailed:
    """Return what the notebook shows: what is wrong, where, with which input, and after some failures which hint."""
    lines = _what(name, error, seconds)
    if not isinstance(error, CheckFailed) or isinstance(error, Differs):
        lines += learner.inputs_line()
    extra = [*learner.globals_line(answer), *progress.hint_line(failures)]
    return CheckFailed("\n".join([*lines[: MOST_LINES - len(extra)], *extra]))


def _what(name: str, error: BaseException, seconds: float) -> list[str]:
    if isinstance(error, CheckFailed):
        return str(error).split("\n")
    place = learner.line_of(error)
    if isinstance(error, TimeUp):
        return [f"{name} was stopped after {seconds:g} seconds: is there a loop that never ends?", *place]
    said = _said(error)
    if place:
        return [f"{name} raised {type(error).__name__}: {said}", *place, *learner.advice(said)]
    return [f"{name} returned something that the check cannot read ({type(error).__name__}: {said})"]


def _said(error: BaseException) -> str:
    try:
        words = str(error).strip()
    except Exception:  # an exception of the learner's own may fail at this too
        words = ""
    return (words or "no message").split("\n")[0][:300]


def require(holds: bool, rule: str, got: object, hint: str = "") -> None:
    """Raise `CheckFailed` with the rule, what was got and what to do, unless `holds`."""
    if not holds:
        raise CheckFailed(" ".join(filter(None, [f"{rule}", f"Got {got}.", hint])))


def require_tensor(
    name: str, got: Any, shape: tuple[int, ...], meaning: str, dtype: torch.dtype | None = None
) -> Tensor:
    """Require a tensor of `shape` (whose axes `meaning` names, e.g. "(batch, hidden)") and return it."""
    hints = {
        type(None): "Is a return missing?",
        tuple: "Return one tensor only.",
        np.ndarray: "Stay with torch: numpy carries no gradients. Where none are needed, end with torch.from_numpy.",
        GeneratorType: "Is there a yield in place of a return, or are there round brackets in place of square ones?",
        float: "torch.tensor(number, dtype=...) makes a tensor of a number.",
    }
    if isinstance(got, list):
        holds_tensors = any(isinstance(item, Tensor) for item in got)
        hints[list] = (
            f"torch.{'stack makes one tensor of a list of tensors' if holds_tensors else 'tensor makes one of it'}."
        )
    found = f"{learner.short(got)} ({type(got).__name__})"
    rule = f"{name} must be a tensor of the shape {meaning}."
    require(isinstance(got, Tensor), rule, found, hints.get(type(got), ""))
    require(got.device.type == "cpu", f"{name} must stay on the device cpu of its inputs.", f"device {got.device}")
    require(got.layout == torch.strided, f"{name} must be a usual, dense tensor.", got.layout)
    found = tuple(got.shape)
    require(
        found == shape, f"{name} must have the shape {meaning} = {shape}.", f"shape {found}", _shape_hint(found, shape)
    )
    if dtype is not None:
        hint = "New tensors take a dtype=..., and .float() or numpy may change it."
        require(got.dtype == dtype, f"{name} must keep the dtype {dtype} of its inputs.", got.dtype, hint)
    return got


def _shape_hint(found: tuple[int, ...], shape: tuple[int, ...]) -> str:
    """Say what usually gives such a shape."""
    if found == shape[::-1]:
        return "The axes are in reverse order: is a transpose missing, or one too many?"
    if sorted(found) == sorted(shape):
        return "These are the right axes in another order."
    if [n for n in found if n != 1] == [n for n in shape if n != 1]:
        return (
            "An axis of size 1 is lost: does squeeze() take it?"
            if len(found) < len(shape)
            else "Some axis of size 1 is too much."
        )
    if found == shape[1:]:
        return "The first axis is missing."
    if math.prod(found) == math.prod(shape) and len(found) != len(shape):
        return "Axes are joined: reshape or unflatten takes them apart again." if len(found) < len(shape) else JOIN
    return ""


def require_close(
    name: str, got: Tensor, expected: Tensor, rule: str, *, rtol: float = 1e-5, atol: float = 1e-7
) -> None:
    """Require equal values within a tolerance; the message shows the first element that differs."""
    require_numbers_of_a_kind(name, got, expected)
    expected = expected.to(got.dtype)
    wrong = ~torch.isclose(got, expected, rtol=rtol, atol=atol)
    if wrong.any():
        raise Differs(f"{rule}\n{first_difference(name, got, expected, wrong)}")


def require_numbers_of_a_kind(name: str, got: Tensor, expected: Tensor) -> None:
    """Require floating-point numbers where they belong: 0.9 as an integer is 0, as a complex number something else."""
    for kind in ("is_floating_point", "is_complex"):
        if getattr(got, kind)() != getattr(expected, kind)():
            raise CheckFailed(f"{name} must hold numbers of the dtype {expected.dtype}. Got {got.dtype}.")


def first_difference(name: str, got: Tensor, expected: Tensor, wrong: Tensor) -> str:
    """Say where `wrong` is first true, what belongs there and what was got."""
    at = tuple(wrong.nonzero()[0].tolist())
    place = f"{name}[{', '.join(map(str, at))}]" if at else name
    share = f" ({int(wrong.sum())} of {wrong.numel()} values differ)" if wrong.numel() > 1 else ""
    a, b = expected[at].item(), got[at].item()
    if f"{a:.6g}" != f"{b:.6g}":
        return f"Expected {place} = {a:.6g}, got {b:.6g}{share}."
    close = "Is something turned into float32, or a small number added?"
    return f"Expected {place} = {a:.12g}, got {b:.12g}{share}. {close}"


def each_case(cases: Sequence[Any], check_one: Callable[[Any], None]) -> None:
    """Check every case; show a difference that no known mistake explains on the last case that has it.

    Put cases that tell mistakes apart first and the smallest one, which a learner can follow by hand, last.
    """
    try:
        for case in cases:
            check_one(case)
    except Differs as difference:
        called = learner.calls()
        for case in reversed(cases):
            try:
                with unexplained():
                    check_one(case)
            except Differs as smaller:
                raise smaller from None
            except Exception:  # there it fails in another way, which would mislead
                continue
        learner.note(*called)
        raise difference from None


@contextmanager
def unexplained() -> Iterator[None]:
    """Let the body seek no wrong program that explains a difference: it takes time, and small cases agree by chance."""
    token = is_explaining.set(False)
    try:
        yield
    finally:
        is_explaining.reset(token)


def generator(seed: int) -> torch.Generator:
    """Make a random generator of its own, so that a check leaves the global one alone."""
    return torch.Generator().manual_seed(seed)


def draw(seed: int, dtype: torch.dtype, *shapes: tuple[int, ...]) -> list[Tensor]:
    """Draw tensors of these shapes; the same numbers, rounded, in any dtype."""
    source = generator(seed)
    return [torch.randn(shape, generator=source, dtype=torch.float64).to(dtype) for shape in shapes]
