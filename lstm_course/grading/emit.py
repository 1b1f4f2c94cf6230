"""Inside the sandbox: call a student's answer on fresh inputs and show the values as data. Nothing here judges.

A probe is a function of a `Trial`. What it returns leaves as one display of the MIME type `MIME`, JSON text:
numbers as Python writes them (which reads back exactly), tensors as dtype, shape and a flat list. This module runs
in the student's process, who may change all of it: that gains no right value, as none is here. It is imported before
any cell of the student's and keeps the functions that it calls, so that replacing `torch.equal` or `sorted` changes
nothing.

What remains: a program that changes this module, what torch itself calls or what leaves the process may deny that
it changed its arguments or called a forbidden name. And a forecaster that is asked more than once may remember what
earlier calls have shown: judges refuse what is too good to be honest, but not what is then made worse on purpose. Who
shares a process with an answer cannot do better.
"""

import builtins
import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from copy import deepcopy
from json import dumps
from sys import _getframe, getprofile, setprofile
from threading import setprofile as setprofile_of_threads
from types import FrameType
from typing import Any

import numpy as np
import torch
from IPython.display import display
from IPython.utils.capture import capture_output
from numpy.typing import NDArray
from torch import Tensor, equal

from lstm_course.grading import MIME

MOST_NUMBERS = 200_000  # in one tensor
MOST_LETTERS = 2_000
DEEPEST = 8  # lists in lists
__builtins__ = dict(vars(builtins))  # what the functions below call: `all` and `sorted` as they are now

Probe = Callable[["Trial"], Any]
_made: dict[str, Any] = {}  # what the probes of a question share: a trained model


def run(code: str, seed: int, forbidden: Sequence[str] = (), given: Any = None) -> None:
    """Run one probe and show what it returns, and which of the `forbidden` names its calls used.

    `code` defines it; it sees the names of the cell that calls this. What the answer prints or shows meanwhile is
    dropped, and torch's random state stays as it was. An error of the answer ends the cell.
    """
    trial = Trial(seed, forbidden, given)
    names = _getframe(1).f_globals
    with _in_few_words(), capture_output(), torch.random.fork_rng(devices=[]), _as_torch_starts():
        values = encode(_defined(code, names)(trial))
    display({MIME: dumps({"values": values, "used": sorted(trial.used)}, allow_nan=False)}, raw=True)


def _defined(code: str, names: Mapping[str, Any]) -> Probe:
    """Define a probe in a namespace of its own.

    Its helpers do not take the place of a student's of the same name, nor a student's `sum` that of Python's.
    """
    own = {name: value for name, value in names.items() if name not in __builtins__} | {"__builtins__": __builtins__}
    exec(code, own)
    probe: Probe = own["_probe"]
    return probe


@contextmanager
def _in_few_words() -> Iterator[None]:
    """Let IPython show an error without its traceback, which takes longer to write than most answers to run."""
    try:
        yield
    except Exception as error:
        lines = [type(error).__name__]
        with suppress(Exception):  # of a class that takes no attributes
            error._render_traceback_ = lambda: lines
        raise


@contextmanager
def _as_torch_starts() -> Iterator[None]:
    """Leave out of account what a student's cell has set for all that follows."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    try:
        with torch.inference_mode(False), torch.enable_grad(), torch.autocast("cpu", enabled=False):
            yield
    finally:
        torch.set_default_dtype(before)


class Trial:
    """What a probe needs: random sizes and inputs from the grading run's seed, and calls that are watched.

    Attributes
    ----------
    given : Any
        What the grader's process hands in beside the seed.
    used : set of str
        Forbidden names that were called.
    untouched : bool
        Whether every call left its arguments as they were.
    """

    def __init__(self, seed: int, forbidden: Sequence[str] = (), given: Any = None) -> None:
        self.random = random.Random(seed)
        self.generator = torch.Generator().manual_seed(seed)
        self.forbidden = {name: name.split(".") for name in forbidden}
        self.given = given
        self.used: set[str] = set()
        self.untouched = True

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """Return what `make` made when it was first asked for by this name in this kernel."""
        if name not in _made:
            _made[name] = make()
        return _made[name]

    def sizes(self, count: int, low: int = 2, high: int = 7) -> list[int]:
        """Draw different sizes, so that exchanged axes show."""
        return self.random.sample(range(low, high + 1), count)

    def normal(self, *shapes: tuple[int, ...], dtype: str = "float64") -> list[Tensor]:
        """Draw normal tensors of the given shapes."""
        drawn = (torch.randn(shape, generator=self.generator, dtype=torch.float64) for shape in shapes)
        return [tensor.to(getattr(torch, dtype)) for tensor in drawn]

    def call(self, answer: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """Call the answer with copies of the arguments and note whether it changed them."""
        given = deepcopy(arguments)
        with self.watched():
            result = answer(*given, **options)
        self.untouched = self.untouched and all(map(_same, arguments, given))
        return result

    def gradients(self, answer: Callable[..., Any], *arguments: Tensor) -> list[Tensor | None]:
        """Return the gradient of the sum of all squared results with respect to each argument."""
        inputs = [argument.clone().requires_grad_() for argument in arguments]
        with self.watched():
            results = answer(*inputs)
        total = sum((result * result).sum() for result in _tensors(results))
        if not (isinstance(total, Tensor) and total.requires_grad):
            return [None] * len(inputs)
        return list(torch.autograd.grad(total, inputs, allow_unused=True))

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Note every function called meanwhile whose name is forbidden, whatever way it was reached."""
        if not self.forbidden:
            yield
            return
        before = getprofile()
        setprofile(self._note)
        setprofile_of_threads(self._note)
        try:
            yield
        finally:
            self.used |= set() if getprofile() == self._note else {"sys.setprofile"}
            setprofile(before if callable(before) else None)  # a profiler of C's own cannot be put back
            setprofile_of_threads(None)

    def _note(self, frame: FrameType, event: str, function: Any) -> None:
        if event == "call":
            path = f"{frame.f_globals.get('__name__')}.{frame.f_code.co_qualname}"
        elif event == "c_call":
            path = f"{getattr(function, '__module__', None) or 'torch'}.{getattr(function, '__name__', '')}"
        else:
            return
        root, *parts = path.split(".")
        self.used |= {name for name, whole in self.forbidden.items() if whole[0] == root and whole[-1] in parts}


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, Tensor):
        return isinstance(after, Tensor) and equal(before, after)
    if isinstance(before, np.ndarray):
        return isinstance(after, np.ndarray) and np.array_equal(before, after)
    if isinstance(before, list | tuple):
        return isinstance(after, list | tuple) and len(before) == len(after) and all(map(_same, before, after))
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(_same(before[key], after[key]) for key in before)
    return not isinstance(before, int | float | str) or before == after


def _tensors(results: Any) -> list[Tensor]:
    if isinstance(results, list | tuple):
        return [tensor for result in results for tensor in _tensors(result)]
    return [results] if isinstance(results, Tensor) else []


def array(values: Any) -> NDArray[np.float64]:
    """Take numbers in an array, a tensor or nested lists for a float64 array, where any of them is right.

    Raises
    ------
    TypeError, ValueError
        If they are no numbers, or rows of different lengths.
    """
    found = np.array(values.detach() if isinstance(values, Tensor) else values, order="C")
    if found.dtype.kind not in "biuf":
        raise TypeError(f"numbers are asked for, the answer gave {type(values).__name__}")
    return found.astype(np.float64)


def number(value: Any) -> Any:
    """Take a real number, or a tensor or array that holds just one without dimensions, for a float."""
    is_scalar = isinstance(value, Tensor | np.ndarray) and value.ndim == 0
    return float(value) if is_scalar or isinstance(value, int | float | np.number) else value


def encode(value: Any, depth: int = 0) -> Any:
    """Say a value in JSON; what has no place there is named by its type.

    Types are asked of Python itself, and tensors are read by torch's own functions: a subclass may say anything.
    """
    kind = type(value)
    if issubclass(kind, np.integer):
        return int(value)
    if value is None or kind is bool or (kind is int and value.bit_length() < 64):
        return value
    if kind is str and len(value) <= MOST_LETTERS:
        return value
    if kind is float:
        return value if math.isfinite(value) else {"float": str(value)}
    if issubclass(kind, Tensor):
        return _encode_tensor(value)
    if issubclass(kind, np.ndarray):
        return _flat("array", np.ndarray.view(value, np.ndarray))
    if issubclass(kind, list | tuple) and depth < DEEPEST and len(value) <= MOST_NUMBERS:
        return {"list": [encode(part, depth + 1) for part in value]}
    if issubclass(kind, dict) and depth < DEEPEST and all(type(key) is str for key in dict.keys(value)):
        return {"dict": {key: encode(part, depth + 1) for key, part in dict.items(value)}}
    return {"other": kind.__name__[:100]}


def _encode_tensor(tensor: Tensor) -> Any:
    with torch._C.DisableTorchFunctionSubclass():
        if tensor.is_complex() or tensor.layout is not torch.strided or tensor.is_quantized:
            return {"other": f"tensor of {tensor.dtype} and {tensor.layout}"}
        plain = torch.Tensor.as_subclass(tensor, Tensor).detach()
        is_narrow = plain.dtype in (torch.bfloat16, torch.float16)
        numbers = plain.resolve_neg().float() if is_narrow else plain.resolve_neg()
        return _flat("tensor", numbers.numpy(), str(plain.dtype).removeprefix("torch."))


def _flat(kind: str, values: NDArray[Any], dtype: str = "") -> Any:
    if values.size > MOST_NUMBERS:
        return {"other": f"{kind} of {values.size:,} numbers"}
    if values.dtype.kind not in "biuf":
        return {"other": f"{kind} of {values.dtype}"}
    numbers = values.reshape(-1).tolist()
    return {
        kind: {"dtype": dtype or values.dtype.name, "shape": list(values.shape), "numbers": list(map(_number, numbers))}
    }


def _number(number: float) -> float | str:
    return number if math.isfinite(number) else str(number)
