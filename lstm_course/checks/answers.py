"""How checks call an answer and compare what it returns: arguments untouched, mistakes named, gradients flowing."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lstm_course.checks import learner
from lstm_course.checks.base import CheckFailed, first_difference, require, require_close, require_numbers_of_a_kind

Answer = Callable[..., Any]


def call(name: str, answer: Answer, *arguments: Any, again: bool = True, in_place: bool = False, **named: Any) -> Any:
    """Call an answer with copies of the arguments (tensors, arrays, lists or dicts of them, numbers).

    It must take them, they must stay as they are, and a second call (unless `again` is False) must give the same.
    With `in_place` it gets the arguments themselves, once, and may change them.
    """
    if in_place:
        return _handed_over(name, answer, arguments, named)
    result = _call_once(name, answer, arguments, named)
    if again:
        kept = copied(result)
        repeated = same(kept, _call_once(name, answer, arguments, named))
        hint = "Does it keep something between calls: a global variable, or a list as default argument? Or draw?"
        require(repeated, f"{name} must give the same for the same arguments.", "something else the second time", hint)
    return result


def _call_once(name: str, answer: Answer, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
    given = copy.deepcopy(arguments)
    result = _handed_over(name, answer, given, named)
    for which, before, after in zip(learner.parameters(answer, len(arguments)), arguments, given, strict=True):
        require(
            same(before, after),
            f"{name} must leave its arguments as they are.",
            f"an argument that was changed in place: {which}",
            "Methods such as .sort() or .append() change their list: make a new one."
            if isinstance(before, list)
            else "Operations such as += or ones that end in _ change their tensor.",
        )
    return result


def _handed_over(name: str, answer: Answer, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
    """Call the answer; one that does not take so many arguments is told so."""
    learner.note_call(answer, given, named)
    try:
        return answer(*given, **named)
    except TypeError as error:
        if error.__traceback__ and error.__traceback__.tb_next:  # raised inside the answer
            raise
        rule = f"{name} must take {len(given) + len(named)} arguments, in the order of the task."
        hint = " What has a default in the task needs one here." if "missing" in str(error) else ""
        raise CheckFailed(f"{rule} Got the complaint: {error}.{hint}") from None


def copied(value: Any) -> Any:
    """Copy nested tensors and arrays without their graph; anything else is taken as it is."""
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, np.ndarray):
        return value.copy()
    if type(value) in (list, tuple):
        return type(value)(map(copied, value))
    return {key: copied(item) for key, item in value.items()} if type(value) is dict else value


def same(before: Any, after: Any) -> bool:
    """Tell whether two nested values are equal; NaN equals NaN, and what cannot be compared counts as equal."""
    if isinstance(before, Tensor):
        alike = isinstance(after, Tensor) and before.shape == after.shape and before.dtype == after.dtype
        is_readable = before.device.type == "cpu" and before.layout == torch.strided
        return alike and (not is_readable or torch.allclose(before, after, rtol=0, atol=0, equal_nan=True))
    if isinstance(before, np.ndarray):
        alike = isinstance(after, np.ndarray) and before.shape == after.shape and before.dtype == after.dtype
        if before.dtype == object:  # of anything, such as rows of different lengths
            return alike and same(before.tolist(), after.tolist())
        return alike and bool(_equal(before, after).all())
    if isinstance(before, (list, tuple)):
        is_alike = isinstance(after, (list, tuple)) and len(before) == len(after)
        return is_alike and all(map(same, before, after))
    if isinstance(before, dict):
        return type(after) is dict and before.keys() == after.keys() and all(same(before[k], after[k]) for k in before)
    is_plain = isinstance(before, (bool, int, float, str, type(None)))
    return not is_plain or before == after or before != before


def _equal(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a == b) | ((a != a) & (b != b))


def require_parts(name: str, got: Any, *parts: str) -> Sequence[Any]:
    """Require a tuple (or list) with the named parts and return it."""
    is_sequence = isinstance(got, (tuple, list))
    found = f"{len(got)} values" if is_sequence else type(got).__name__
    rule = f"{name} must give {len(parts)} values: {', '.join(parts)}."
    hint = "Is a return missing?" if got is None else "Look at its return."
    hint = "Look at its return: one by one, with commas between." if isinstance(got, Tensor) else hint
    require(is_sequence and len(got) == len(parts), rule, found, hint)
    return got


def require_right(name: str, got: Tensor, expected: Tensor, rule: str, mistakes: Mapping[str, Tensor]) -> None:
    """Require `expected`; where the value is that of a known mistake, say which and show a value.

    A mistake that gives (nearly) the right value in this case is passed over. Where no mistake of the list fits, some
    that fit any question are tried: another sign, a factor, an order turned round, NaN.
    """
    require_numbers_of_a_kind(name, got, expected)
    exact = got.dtype == expected.dtype == torch.float64
    tolerance = {"rtol": 1e-8 if exact else 1e-4, "atol": 1e-9 if exact else 1e-6}
    wrong = ~torch.isclose(got, expected.to(got.dtype), **tolerance)
    if not wrong.any():
        return
    for mistake, value in (*mistakes.items(), *_relatives(got, expected)):
        differs = not torch.allclose(value, expected.to(value.dtype), rtol=1e-3, atol=1e-3)
        if differs and torch.allclose(got, value.to(got.dtype), rtol=1e-4, atol=1e-6, equal_nan=True):
            raise CheckFailed(f"{rule} Got {mistake}.\n{first_difference(name, got, expected, wrong)}")
    require_close(name, got, expected, rule, **tolerance)


def explaining(got: Sequence[Sequence[Tensor]], mistakes: Sequence[Mapping[str, Sequence[Tensor]]]) -> list[str]:
    """Return the mistakes that give what was got in every case, for answers so short that one case fits several."""

    def fits(words: str) -> bool:
        values = [value for case in got for value in case]
        wrong = [value for case in mistakes for value in case[words]]
        pairs = zip(values, wrong, strict=True)
        return all(torch.allclose(a, b.to(a.dtype), rtol=1e-4, atol=1e-6, equal_nan=True) for a, b in pairs)

    return [words for words in mistakes[0] if fits(words)]


def _relatives(got: Tensor, expected: Tensor) -> Iterator[tuple[str, Tensor]]:
    """Values that a slip gives whatever the question, among them what makes a formula's result NaN."""
    if not got.is_floating_point() or not expected.is_floating_point():
        return
    if got.isnan().any():
        words = (
            "NaN: something is divided by zero, or subtracts infinities, or takes the root or log of a negative number"
        )
        yield words, got
    if got.isinf().any():
        yield "Infinity: something is divided by zero, or a number grows too large, as exp does", got
    yield "the right values with the other sign", -expected
    for axis in range(expected.dim()):
        yield f"the right values in reverse order along axis {axis}", expected.flip(axis)
    if expected.dim() == 2 and len(expected) == expected.shape[1]:
        yield "the transpose of what is right", expected.T
    at = expected.abs().flatten().argmax() if expected.numel() > 1 else None
    if at is not None and expected.flatten()[at] != 0:
        factor = (got.flatten()[at].double() / expected.flatten()[at].double()).item()
        yield f"{factor:.4g} times the right values" if factor else "zeros only", factor * expected
        shift = (got.flatten()[at].double() - expected.flatten()[at].double()).item()
        yield f"the right values plus {shift:.4g}", expected + shift


def require_gradient(name: str, answer: Answer, arguments: Sequence[Tensor], reference: Answer) -> None:
    """Require that the gradient of the one or more tensors returned flows to every argument as in the reference."""
    rule = f"Gradients must flow through {name} to all its arguments."
    hint = "Do without .detach(), .data, .item(), numpy, torch.tensor(...) and torch.no_grad()."
    gradients = []
    for function in (answer, reference):
        inputs = [argument.clone().requires_grad_() for argument in arguments]
        outputs = function(*inputs)
        total = sum((out * out).sum() for out in ([outputs] if isinstance(outputs, Tensor) else outputs))
        require(total.requires_grad, rule, "a result without a gradient", hint)
        try:
            gradients.append(torch.autograd.grad(total, inputs, allow_unused=True))
        except RuntimeError as error:
            said = str(error).split("\n")[0].split(":")[0]
            raise CheckFailed(" ".join([f"{rule} Got the complaint: {said}.", *learner.advice(said)])) from error
    for which, got, expected in zip(learner.parameters(answer, len(arguments)), *gradients, strict=True):
        right = got is not None and torch.allclose(got, expected, rtol=1e-3, atol=1e-5)
        require(right, rule, f"{'no' if got is None else 'a wrong'} gradient for {which}", hint)
