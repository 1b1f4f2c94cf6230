"""What a message says about the learner's own code: its line, what it was called with, the globals it reads."""

import dis
import inspect
import sysconfig
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np
import torch
from torch import Tensor

PACKAGE = str(Path(__file__).parents[1])
LIBRARIES = tuple(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib"))
NOT_THEIRS = (PACKAGE, *LIBRARIES, "<frozen", "<string>", "<__array_function__")
ADVICE = {  # what is raised, in the words of Python or torch: what usually lies behind it
    "shapes cannot be multiplied": "The inner sizes of a product must agree: is a .T missing, or one too many?",
    "must match the size of tensor": "Number by number, both shapes must agree: look at each of the two.",
    "backward through the graph a second time": "Autograd drops its graph after one use: retain_graph=True keeps it.",
    "a view of a leaf Variable": "A parameter is changed in place inside torch.no_grad() only.",
    "in-place operation": "An operation such as += or [...] = changes what autograd still needs: make a new tensor.",
    "inplace operation": "An operation such as += or [...] = changes what autograd still needs: make a new tensor.",
    "same number of dimensions": "cat joins tensors of as many axes: v[:, None] makes a column of v.",
    "Sizes of tensors must match except": "cat joins along one axis, dim; in all others the sizes must agree.",
    "probability tensor contains": "multinomial wants probabilities: is there a softmax, and is nothing divided by 0?",
    "must be equal to input_size": "The network was made for inputs of another length: look at its sizes.",
    "must have the same dtype": "Two dtypes meet: make new tensors with the dtype of the inputs.",
    "same dtype, but got": "Two dtypes meet: make new tensors with the dtype of the inputs.",
    "requires grad. Use": "numpy cannot carry gradients: stay with torch.",
    "recursion depth": "Does the function call itself under the same name?",
    "values to unpack": "The right side gives more or fewer values than there are names on the left.",
    "assign a tuple": "The right side gives several values: write a name for each on the left.",
    "for scalar outputs": "A gradient starts from one number: take the entries one by one.",
    "not have been used in the graph": "The one does not hang on the other: are they in this order, and not detached?",
    "element 0 in argument 0, but got tuple": "torch.autograd.grad returns a tuple: [0] takes its first entry.",
    "omplex": "Complex numbers have no order: take their .abs() first.",
    "type double without overflow": "A complex number is no real one: take its .abs() first.",
    "before Module.__init__() call": "super().__init__() comes first in __init__.",
    "'NoneType' object": "Something is None here: an argument that was not given, or a function without return.",
    "is not defined": "Is it written as in the line that defines it, and is that line run before?",
}
READ = (Tensor, np.ndarray, int, list, dict)  # kinds of data that a failing answer should not take from the notebook
FEW = 28  # numbers that a message may show
_last_call: list[dict[str, Any]] = []


def parameters(answer: Callable[..., Any], count: int) -> list[str]:
    """Return the learner's names for the first `count` arguments."""
    try:
        known = inspect.signature(answer).parameters.values()
    except (TypeError, ValueError):  # a function written in C
        known = ()
    names = [
        parameter.name
        for parameter in known
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]
    return (names + [f"argument {k + 1}" for k in range(len(names), count)])[:count]


def forget_calls() -> None:
    """Forget what the answer was called with."""
    _last_call.clear()


def note_call(answer: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    """Remember what the answer is called with."""
    note(dict(zip(parameters(answer, len(arguments)), arguments, strict=True)) | named)


def note(*calls: dict[str, Any]) -> None:
    """Remember this call as the last one."""
    _last_call[:] = calls


def calls() -> list[dict[str, Any]]:
    """Return the last call, if there was one."""
    return list(_last_call)


def inputs_line() -> list[str]:
    """Say what the last call was given: in numbers if they are few, else in shapes."""
    if not _last_call or not _last_call[0]:
        return []
    given = _last_call[0]
    few = sum(map(_count, given.values())) <= FEW
    return [
        f"With {', '.join(f'{name} = {_numbers(value) if few else _shape(value)}' for name, value in given.items())}."
    ]


def _count(value: Any) -> int:
    if isinstance(value, (Tensor, np.ndarray)):
        return value.size if isinstance(value, np.ndarray) else value.numel()
    if isinstance(value, dict):
        return sum(map(_count, value.values()))
    return sum(map(_count, value)) if isinstance(value, (list, tuple)) else 1


def _numbers(value: Any) -> str:
    value = _rounded(value)
    return _cut(" ".join(repr(value).split()), 12 * FEW) if isinstance(value, (list, dict)) else short(value)


def _rounded(value: Any) -> Any:
    if isinstance(value, (Tensor, np.ndarray)):
        return _rounded(value.tolist())
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def _shape(value: Any) -> str:
    if isinstance(value, (Tensor, np.ndarray)):
        return f"{str(value.dtype).removeprefix('torch.')} {tuple(value.shape)}"
    if isinstance(value, (list, tuple, dict)) and _count(value) > FEW:
        return f"{type(value).__name__} of {len(value)}"
    return short(value)


def short(value: Any) -> str:
    """Return the start of what `repr` says, on one line."""
    if isinstance(value, torch.Generator):
        return f"a generator of seed {value.initial_seed()}"
    try:
        words = " ".join(repr(value).split())
    except Exception:
        words = f"<{type(value).__name__}>"
    return _cut(words, 80)


def _cut(words: str, length: int) -> str:
    return words if len(words) <= length else f"{words[: length - 3]}..."


def line_of(error: BaseException) -> list[str]:
    """Say which line of the learner's code raised, if one did."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(NOT_THEIRS)]
    if not frames:
        return []
    frame = frames[-1]
    code = f": {_cut(frame.line, 120)}" if frame.line else ""
    return [f"in line {frame.lineno} of the cell of {frame.name}{code}   (%tb shows the whole traceback)"]


def traceback_of(error: BaseException) -> list[str]:
    """Return the traceback from the learner's first line on."""
    frame = error.__traceback__
    while frame is not None and frame.tb_frame.f_code.co_filename.startswith(PACKAGE):
        frame = frame.tb_next
    lines = traceback.format_exception(type(error), error, frame or error.__traceback__)
    return [line.rstrip("\n") for line in lines]


def advice(said: str) -> list[str]:
    """Say what usually lies behind this error."""
    return [words for sign, words in ADVICE.items() if sign in said][:1]


def globals_line(answer: Any) -> list[str]:
    """Say which data the answer reads from the notebook rather than from its arguments."""
    code = getattr(answer, "__code__", None)
    if not isinstance(code, CodeType):
        return []
    known = answer.__globals__
    names = [name for name in dict.fromkeys(_read_globals(code)) if isinstance(known.get(name), READ)]
    if not names:
        return []
    return [f"It reads {', '.join(names[:3])} from the notebook: what it needs must come from its arguments."]


def _read_globals(code: CodeType) -> Iterator[str]:
    yield from (step.argval for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL")
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _read_globals(inner)
