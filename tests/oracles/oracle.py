"""Draw random calls, watch what an answer does with them, and compare two answers by that."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lstm_course.checks.safety import guarded

DRAWS = 20
SECONDS = 5


class Draw:
    """Random sizes, tensors and arrays; the same seed gives the same ones."""

    def __init__(self, seed: int) -> None:
        self.generator = torch.Generator().manual_seed(seed)

    def size(self, low: int = 1, high: int = 6) -> int:
        """Return an int from low to high, both included: up to 6, where chunk(5) and chunk(4) differ."""
        return int(torch.randint(low, high + 1, (), generator=self.generator))

    def __call__(self, *shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
        """Return normally distributed numbers."""
        return torch.randn(shape, generator=self.generator, dtype=torch.float64).to(dtype)

    def array(self, *shape: int) -> np.ndarray:
        """Return normally distributed numbers as an array."""
        return self(*shape).numpy()

    def one_of(self, *choices: Any) -> Any:
        """Return one of the choices."""
        return choices[self.size(0, len(choices) - 1)]


Oracle = Callable[[Any, Draw], Any]


def calls(arguments: Callable[[Draw], list[Any]], *, gradients: bool = True) -> Oracle:
    """Return an oracle that calls a function: what it returns, what it leaves of its arguments, its gradients."""

    def oracle(answer: Any, draw: Draw) -> Any:
        given = arguments(draw)
        leaves = [a for a in given if gradients and isinstance(a, Tensor) and a.is_floating_point()]
        for leaf in leaves:
            leaf.requires_grad_()
        result = answer(*given)
        outputs = [t for t in flat(result) if isinstance(t, Tensor) and t.requires_grad]
        total = sum((t**2).sum() for t in outputs)
        slopes = torch.autograd.grad(total, leaves, allow_unused=True) if outputs and leaves else ()
        return result, slopes, given

    return oracle


def flat(value: Any) -> list[Any]:
    """Return what a nested value holds, in order."""
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    return [item for part in value for item in flat(part)] if isinstance(value, (list, tuple)) else [value]


def differs(oracle: Oracle, one: Any, other: Any) -> bool:
    """Tell whether two answers differ in any of the random calls."""
    return any(not _same(_watch(oracle, one, seed), _watch(oracle, other, seed)) for seed in range(DRAWS))


def _watch(oracle: Oracle, answer: Any, seed: int) -> list[Any]:
    try:
        with guarded(SECONDS):
            torch.manual_seed(seed)
            return flat(oracle(answer, Draw(seed)))
    except BaseException as error:
        return [type(error)]


def _same(one: list[Any], other: list[Any]) -> bool:
    return len(one) == len(other) and all(map(_equal, one, other))


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        a, b = torch.as_tensor(a.copy()), torch.as_tensor(b.copy())
    if isinstance(a, (float, np.floating)) and isinstance(b, (float, np.floating)):
        a, b = torch.tensor(float(a)), torch.tensor(float(b))
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        alike = a.shape == b.shape and a.dtype == b.dtype
        rtol = 1e-8 if a.dtype == torch.float64 else 1e-5
        return alike and torch.allclose(a.detach(), b.detach(), rtol=rtol, atol=rtol, equal_nan=True)
    return type(a) is type(b) and (not isinstance(a, (bool, int, str, type)) or a == b)
