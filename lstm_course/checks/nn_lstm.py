"""Checks of the exercises of lesson 4: shapes, parameter count, last valid output, and the two models."""

from contextlib import AbstractContextManager
from itertools import product
from numbers import Integral
from typing import Any

import torch
from torch import Tensor, nn

from lstm_course.checks.answers import Answer, call, require_gradient, require_parts
from lstm_course.checks.base import CheckFailed, each_case, generator, question, require
from lstm_course.checks.learner import short
from lstm_course.checks.nn_lstm_models import many_to_many, many_to_one
from lstm_course.checks.nn_lstm_programs import COUNT, PICKED, SHAPES
from lstm_course.checks.programs import require_all_cases, require_program
from lstm_course.checks.refusal import refused

__all__ = ["count_parameters", "last_valid", "many_to_many", "many_to_one", "predict_shapes"]

DEFAULTS: dict[str, Any] = {"num_layers": 1, "bidirectional": False, "batch_first": False, "proj_size": 0}
# (lengths, T, H, dtype): all shorter than T; the longest as long; one sequence, in float32; the smallest.
BATCHES = (
    ([3, 5, 2, 4], 6, 3, torch.float64),
    ([2, 7], 7, 4, torch.float64),
    ([4], 6, 2, torch.float32),
    ([1, 2], 3, 1, torch.float64),
)


def _no_lstm(name: str) -> AbstractContextManager[None]:
    """Refuse an answer that builds an LSTM to look the result up."""
    sentence = f"{name} must work without building an nn.LSTM or any other layer. Got one. Use the rules of the lesson."
    return refused(sentence, (nn.RNNBase, "__init__"), (nn.RNNCellBase, "__init__"))


@question
def predict_shapes(answer: Answer) -> None:
    """Check question 1: the shapes of out, h_n and c_n."""
    options = [
        dict(zip(DEFAULTS, values, strict=True)) for values in product((1, 2, 3), (False, True), (False, True), (0, 4))
    ]
    options.sort(key=lambda plan: sum(plan[name] != default for name, default in DEFAULTS.items()))
    cases = [{"T": 10, "B": 5, "H": 7} | plan for plan in options] + [{"T": 3, "B": 8, "H": 6} | options[0]]

    def ask(case: dict[str, Any]) -> dict[str, Any]:
        with _no_lstm("predict_shapes"):
            return _as_shapes(call("predict_shapes", answer, **_given(case)))

    def rule(case: dict[str, Any], part: str, right: Any) -> str:
        given = ", ".join(f"{name}={value}" for name, value in _given(case).items())
        return f"For {given} the shape of {part} is {right}."

    require_all_cases(SHAPES, cases, [_shapes(**case) for case in cases], ask, rule)


def _given(case: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in case.items() if name not in DEFAULTS or value != DEFAULTS[name]}


def _as_shapes(result: Any) -> dict[str, Any]:
    """Return three shapes as tuples, whatever kind of sequence they are."""
    is_nested = isinstance(result, (tuple, list)) and len(result) == 2 and isinstance(result[1], (tuple, list))
    hint = "Three side by side, not out and a pair as nn.LSTM returns them."
    require(not is_nested, "predict_shapes must give 3 values: out, h_n, c_n.", short(result), hint)
    shapes = dict(zip(SHAPES.parts, require_parts("predict_shapes", result, *SHAPES.parts), strict=True))
    for name, shape in shapes.items():
        whole = isinstance(shape, (tuple, list)) and all(map(_is_whole, shape))
        require(whole, f"The shape of {name} must be a tuple of whole numbers.", short(shape))
    return {name: tuple(map(int, shape)) for name, shape in shapes.items()}


def _is_whole(number: Any) -> bool:
    return isinstance(number, Integral) and not isinstance(number, bool)


def _shapes(T: int, B: int, H: int, **plan: Any) -> dict[str, tuple[int, ...]]:
    """What PyTorch returns (float64: with proj_size it warns in float32)."""
    lstm = nn.LSTM(2, H, dtype=torch.float64, **plan)
    axes = (B, T, 2) if plan["batch_first"] else (T, B, 2)
    out, (h_n, c_n) = lstm(torch.zeros(axes, dtype=torch.float64))
    return {"out": tuple(out.shape), "h_n": tuple(h_n.shape), "c_n": tuple(c_n.shape)}


@question
def count_parameters(answer: Answer) -> None:
    """Check question 2: the number of parameters."""
    plans = ((1, False), (2, False), (3, False), (1, True), (2, True), (3, True))
    sizes = ((3, 5), (10, 20), (6, 4), (1, 1))
    names = ("I", "H", "num_layers", "bidirectional")
    cases = [dict(zip(names, (*size, *plan), strict=True)) for plan, size in product(plans, sizes)]

    def ask(case: dict[str, Any]) -> dict[str, Any]:
        with _no_lstm("count_parameters"):
            result = call("count_parameters", answer, *case.values())
        hint = "Is a return missing?" if result is None else "Return an int; // divides integers."
        require(_is_whole(result), "The count must be a whole number.", f"{result!r} ({type(result).__name__})", hint)
        return {"total": int(result)}

    def rule(case: dict[str, Any], part: str, right: Any) -> str:
        I, H, layers, both = case.values()
        return f"nn.LSTM({I}, {H}, {layers}, bidirectional={both}) has {right} parameters."

    require_all_cases(COUNT, cases, [{"total": _count(*case.values())} for case in cases], ask, rule)


def _count(I: int, H: int, layers: int, both: bool) -> int:
    lstm = nn.LSTM(I, H, layers, bidirectional=both, device="meta")
    return sum(parameter.numel() for parameter in lstm.parameters())


@question
def last_valid(answer: Answer) -> None:
    """Check question 3: the output at the last valid step of every sequence."""

    def check_one(seed: int) -> None:
        lengths_list, T, H, dtype = BATCHES[seed]
        lengths = torch.tensor(lengths_list)
        out = torch.randn(len(lengths), T, H, generator=generator(seed), dtype=torch.float64).to(dtype)
        rule = "Row j must be out[j, lengths[j] - 1], the output at the last valid step of sequence j."
        try:
            got = call("last_valid", answer, out, lengths)
        except IndexError as error:
            hints = {T: "Lengths count from 1, indices from 0."}
            hints[len(lengths)] = "The batch is the first axis of out, time the second."
            beyond = [hint for size, hint in hints.items() if str(error).endswith(f"with size {size}")]
            if not beyond:
                raise
            raise CheckFailed(f"{rule} Got an IndexError: {error}.\n{beyond[0]}") from error
        names = {"torch": torch, "out": out, "lengths": lengths}
        require_program(PICKED, names, {"result": got}, {"result": rule}, {"result": "(batch, hidden)"})
        require_gradient("last_valid", lambda out: answer(out, lengths), [out], lambda out: _pick(out, lengths))

    each_case(range(len(BATCHES)), check_one)


def _pick(out: Tensor, lengths: Tensor) -> Tensor:
    return out[torch.arange(len(out)), lengths - 1]
