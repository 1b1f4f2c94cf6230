"""How checks call an answer and compare what it returns: arguments untouched, mistakes named, gradients flowing."""

import copy
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from lstm_course.checks.base import CheckFailed, require, require_close

Answer = Callable[..., Any]


def call(name: str, answer: Answer, *arguments: Any) -> Any:
    """Call an answer with copies of the arguments (tensors, lists or dicts of them, numbers), kept as they are."""
    given = copy.deepcopy(arguments)
    result = answer(*given)
    require(
        all(map(_same, arguments, given)),
        f"{name} must leave its arguments as they are.",
        "an argument that was changed in place",
        "Operations such as += or ones that end in _ change their tensor.",
    )
    return result


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, Tensor):
        return isinstance(after, Tensor) and torch.equal(before, after)
    if isinstance(before, (list, tuple)):
        return type(after) is type(before) and len(before) == len(after) and all(map(_same, before, after))
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(_same(before[key], after[key]) for key in before)
    return before == after


def require_parts(name: str, got: Any, *parts: str) -> Sequence[Any]:
    """Require a tuple (or list) with the named parts and return it."""
    is_sequence = isinstance(got, (tuple, list))
    found = f"{len(got)} values" if is_sequence else type(got).__name__
    rule = f"{name} must give {len(parts)} values: {', '.join(parts)}."
    require(is_sequence and len(got) == len(parts), rule, found, "Look at its return.")
    return got


def require_right(name: str, got: Tensor, expected: Tensor, rule: str, mistakes: dict[str, Tensor]) -> None:
    """Require `expected`; where the value is that of a known mistake, say which.

    A mistake that gives (nearly) the right value in this case is passed over.
    """
    for mistake, wrong in mistakes.items():
        differs = not torch.allclose(wrong, expected.to(wrong.dtype), rtol=1e-3, atol=1e-3)
        if differs and torch.allclose(got, wrong.to(got.dtype), rtol=1e-4, atol=1e-6):
            raise CheckFailed(f"{rule} Got {mistake}.")
    exact = got.dtype == expected.dtype == torch.float64
    require_close(name, got, expected, rule, rtol=1e-8 if exact else 1e-4, atol=1e-9 if exact else 1e-6)


def require_gradient(name: str, answer: Answer, arguments: Sequence[Tensor], reference: Answer) -> None:
    """Require that the gradient of the one or more tensors returned flows to every argument as in the reference."""
    rule = f"Gradients must flow through {name} to all its arguments."
    hint = "Do without .detach(), .data, .item(), numpy and torch.no_grad()."
    gradients = []
    for function in (answer, reference):
        inputs = [argument.clone().requires_grad_() for argument in arguments]
        outputs = function(*inputs)
        total = sum((out * out).sum() for out in ([outputs] if isinstance(outputs, Tensor) else outputs))
        require(total.requires_grad, rule, "a result without a gradient", hint)
        gradients.append(torch.autograd.grad(total, inputs, allow_unused=True))
    for number, (got, expected) in enumerate(zip(*gradients, strict=True), start=1):
        right = got is not None and torch.allclose(got, expected, rtol=1e-3, atol=1e-5)
        require(right, rule, f"a wrong gradient for argument {number}", hint)
