"""Checks of the exercises of lesson 4: shapes, parameter count, last valid output, and the two models."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor, nn

from lstm_course.checks.answers import Answer, call, require_gradient, require_right
from lstm_course.checks.base import CheckFailed, generator, question, require, require_tensor
from lstm_course.checks.nn_lstm_models import many_to_many, many_to_one

__all__ = ["count_parameters", "last_valid", "many_to_many", "many_to_one", "predict_shapes"]


@contextmanager
def _no_lstm(name: str) -> Iterator[None]:
    """Refuse an answer that builds an LSTM to look the result up."""

    def refuse(*_: Any, **__: Any) -> None:
        raise CheckFailed(f"{name} must work without building an nn.LSTM. Got one. Use the rules of the lesson.")

    with patch.object(nn.LSTM, "__init__", refuse):
        yield


def _described(arguments: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in arguments.items())


@question
def predict_shapes(answer: Answer) -> None:
    """Check question 1: the shapes of out, h_n and c_n."""
    plans: tuple[dict[str, Any], ...] = (
        {},
        {"num_layers": 3},
        {"batch_first": True, "num_layers": 2},
        {"bidirectional": True},
        {"bidirectional": True, "num_layers": 3, "batch_first": True},
        {"proj_size": 4},
        {"proj_size": 4, "bidirectional": True, "num_layers": 2},
    )
    for plan in plans:
        arguments = {"T": 10, "B": 5, "H": 7, **plan}
        with _no_lstm("predict_shapes"):
            got = answer(**arguments)
        is_triple = isinstance(got, (tuple, list)) and len(got) == 3
        require(is_triple, "predict_shapes must return three shapes: out, h_n, c_n.", repr(got))
        expected = _shapes(10, 5, 7, plan)
        for name, shape in zip(("out", "h_n", "c_n"), got, strict=True):
            _require_shape(name, shape, expected, arguments)


def _shapes(T: int, B: int, H: int, plan: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """What PyTorch returns (float64: with proj_size it warns in float32)."""
    lstm = nn.LSTM(2, H, dtype=torch.float64, **plan)
    axes = (B, T, 2) if plan.get("batch_first") else (T, B, 2)
    out, (h_n, c_n) = lstm(torch.zeros(axes, dtype=torch.float64))
    return {"out": tuple(out.shape), "h_n": tuple(h_n.shape), "c_n": tuple(c_n.shape)}


def _require_shape(name: str, got: Any, expected: dict[str, tuple[int, ...]], arguments: dict[str, Any]) -> None:
    right = expected[name]
    found = tuple(got) if isinstance(got, (tuple, list)) else got
    rule = f"For {_described(arguments)} the shape of {name} is {right}."
    require(found == right, rule, found, _shape_hint(name, found, right, arguments))


def _shape_hint(name: str, got: Any, right: tuple[int, ...], arguments: dict[str, Any]) -> str:
    """Say what the wrong shape comes from, where it is a known mistake."""
    T, B, H = arguments["T"], arguments["B"], arguments["H"]
    if not isinstance(got, tuple) or len(got) != 3:
        return "It has three axes."
    if name == "out":
        if got == (right[1], right[0], right[2]):
            return "Time comes first unless batch_first=True."
        if got[2] == H and arguments.get("proj_size"):
            return "With proj_size the hidden state that is said has only proj_size numbers."
        return "Its last axis holds both directions side by side, and the top layer only." if {T, B} < {*got} else ""
    if got == (right[1], right[0], right[2]):
        return "Layers come first: batch_first does not touch h_n and c_n."
    if got[0] != right[0]:
        return "Its first axis counts layers times directions."
    return "proj_size narrows h, not c." if arguments.get("proj_size") else "Its last axis is one direction's H."


@question
def count_parameters(answer: Answer) -> None:
    """Check question 2: the number of parameters."""
    cases = ((3, 5, 1, False), (10, 20, 2, False), (4, 6, 3, False), (6, 5, 1, True), (6, 5, 3, True))
    for I, H, layers, both in cases:
        right = _count(I, H, layers, both)
        with _no_lstm("count_parameters"):
            got = answer(I, H, layers, both)
        rule = f"nn.LSTM({I}, {H}, {layers}, bidirectional={both}) has {right:,} parameters."
        require(isinstance(got, int), rule, f"{got!r} ({type(got).__name__})", "Return an int; // divides integers.")
        require(got == right, rule, f"{got:,}", _count_hint(got, I, H, layers, both))


def _count(I: int, H: int, layers: int, both: bool, *, biases: int = 2, above: int = 0, times: int = 0) -> int:
    """Count by the formula; `above` is what further layers read and `times` how often a layer counts (0: rightly)."""
    directions = 2 if both else 1
    reads = [I] + [above or directions * H] * (layers - 1)
    return (times or directions) * sum(4 * (H * (read + H) + biases * H) for read in reads)


def _count_hint(got: int, I: int, H: int, layers: int, both: bool) -> str:
    right = _count(I, H, layers, both)
    mistakes = {
        "That counts one bias vector; PyTorch has two.": _count(I, H, layers, both, biases=1),
        "That counts no bias.": _count(I, H, layers, both, biases=0),
        "That counts one layer.": _count(I, H, 1, both),
        "Layers above the first do not read the input, but what the layer below says.": _count(
            I, H, layers, both, above=I
        ),
        "A layer above a bidirectional one reads both directions, 2H numbers.": _count(I, H, layers, both, above=H),
        "Each direction has weights of its own.": _count(I, H, layers, both, times=1),
        "That is one of the four maps; the cell has four.": right // 4,
    }
    return next((hint for hint, wrong in mistakes.items() if got == wrong != right), "")


@question
def last_valid(answer: Answer) -> None:
    """Check question 3: the output at the last valid step of every sequence."""
    cases = (([3, 5, 1, 2], 5, 3, torch.float64), ([4], 6, 2, torch.float32), ([2, 7], 7, 4, torch.float64))
    for seed, (lengths_list, T, H, dtype) in enumerate(cases):
        B, lengths = len(lengths_list), torch.tensor(lengths_list)
        out = torch.randn(B, T, H, generator=generator(seed), dtype=torch.float64).to(dtype)
        rule = "Row j must be out[j, lengths[j] - 1], the output at the last valid step of sequence j."
        try:
            got = call("last_valid", answer, out, lengths)
        except IndexError as error:
            raise CheckFailed(f"{rule} Got an IndexError. Lengths count from 1, indices from 0.") from error
        hint = "Index with row numbers and steps together: one element per pair, not every combination."
        is_crossed = isinstance(got, Tensor) and got.shape == (B, B, H) and B > 1
        require(not is_crossed, f"The result must have the shape (batch, hidden) = {(B, H)}.", (B, B, H), hint)
        require_tensor("The result", got, (B, H), "(batch, hidden)", dtype)
        expected = torch.stack([row[n - 1] for row, n in zip(out, lengths_list, strict=True)])
        require_right("result", got, expected, rule, _pick_mistakes(out, lengths))
        require_gradient("last_valid", lambda o, n=lengths: answer(o, n), [out], lambda o, n=lengths: _pick(o, n - 1))


def _pick(out: Tensor, steps: Tensor) -> Tensor:
    return out[torch.arange(len(out)), steps]


def _pick_mistakes(out: Tensor, lengths: Tensor) -> dict[str, Tensor]:
    T = out.shape[1]
    return {
        "out[:, -1], which is padding for the shorter sequences": out[:, -1],
        "out[:, 0], the first step": out[:, 0],
        "the step behind the last valid one: indices count from 0": _pick(out, lengths.clamp(max=T - 1)),
        "the last but one valid step": _pick(out, lengths - 2),
        "the mean over all steps": out.mean(dim=1),
        "the same step for every sequence": out[:, lengths.min() - 1],
    }
