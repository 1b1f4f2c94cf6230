"""Checks of the exercises of lesson 2: the gates, a step, a sequence, packed weights, the forget bias."""

import copy
import functools
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from lstm_course import cells
from lstm_course.checks.answers import Answer, call, require_gradient, require_parts, require_right
from lstm_course.checks.base import draw, each_case, question, require, require_tensor
from lstm_course.checks.programs import require_program
from lstm_course.checks.refusal import refused
from lstm_course.checks.the_cell_programs import FOUR_GATES, LSTM_SEQUENCE, LSTM_STEP, PACK_WEIGHTS

NAMES = {"i_t": "input gate", "f_t": "forget gate", "g_t": "candidate", "o_t": "output gate"}
WEIGHTS = {"weight_ih": "(4 hidden, input)", "weight_hh": "(4 hidden, hidden)"}
FUNCTIONS = {"torch": torch, "nn": nn, "cells": cells} | {
    name: getattr(torch, name) for name in ("sigmoid", "tanh", "relu", "exp")
}
# (B, I, H): all different, so that a swapped axis shows; a batch of one, in float32; one number each.
SIZES = ((3, 2, 4, torch.float64), (1, 5, 6, torch.float32), (1, 1, 1, torch.float64))
STEPS = (6, 4, 2)  # of the sequences
READY = "{} is part of what you are building. Got a call of cells.lstm_step, nn.LSTMCell or nn.LSTM: write it yourself."
READY_STEPS = (
    (cells, "lstm_step"),
    (nn.LSTMCell, "forward"),
    (nn.LSTM, "forward"),
    (torch, "lstm_cell"),
    (torch, "lstm"),
)


class Case(NamedTuple):
    """Random arguments of one LSTM step."""

    x_t: Tensor
    h_prev: Tensor
    c_prev: Tensor
    W_x: Tensor
    W_h: Tensor
    b: Tensor


def _cases() -> list[Case]:
    """Random steps of several sizes and dtypes; few digits, to be followed by hand."""
    return [
        Case(*(tensor.mul(10).round() / 10 for tensor in draw(seed, dtype, *_shapes(B, I, H))))
        for seed, (B, I, H, dtype) in enumerate(SIZES)
    ]


def _shapes(B: int, I: int, H: int) -> tuple[tuple[int, ...], ...]:
    return (B, I), (B, H), (B, H), (4 * H, I), (4 * H, H), (4 * H,)


def _require_all(parts: tuple[str, ...], values: Any, like: Tensor) -> dict[str, Tensor]:
    """Require tensors of the shape (batch, hidden) and the dtype of `like`."""
    shape = tuple(like.shape)
    return {
        name: require_tensor(name, value, shape, "(batch, hidden)", like.dtype)
        for name, value in zip(parts, values, strict=True)
    }


@question
def four_gates(answer: Answer) -> None:
    """Check question 1: i_t, f_t, g_t, o_t of one step."""
    rules = {
        name: f"{name} ({which}) must be {'tanh' if name == 'g_t' else 'sigmoid'} of the {place} block of H rows."
        for (name, which), place in zip(NAMES.items(), ("first", "second", "third", "last"), strict=True)
    }

    def check_one(case: Case) -> None:
        arguments = (case.x_t, case.h_prev, *case[3:])
        with refused(READY.format("four_gates"), *READY_STEPS):
            result = call("four_gates", answer, *arguments)
        gates = require_parts("four_gates", result, *NAMES)
        got = _require_all(tuple(NAMES), gates, case.h_prev)
        require_program(FOUR_GATES, FUNCTIONS | case._asdict(), got, rules, {})
        require_gradient("four_gates", answer, arguments, _gates)

    each_case(_cases(), check_one)


def _gates(x_t: Tensor, h_prev: Tensor, W_x: Tensor, W_h: Tensor, b: Tensor) -> cells.Gates:
    return cells.lstm_step(x_t, h_prev, torch.zeros_like(h_prev), W_x, W_h, b)[2]


@question
def lstm_step(answer: Answer) -> None:
    """Check question 2: h_t, c_t of one step."""
    rules = {"c_t": "c_t must be f_t * c_prev + i_t * g_t.", "h_t": "h_t must be o_t * tanh(c_t)."}

    def check_one(case: Case) -> None:
        with refused(READY.format("lstm_step"), *READY_STEPS):
            result = call("lstm_step", answer, *case)
        parts = require_parts("lstm_step", result, "h_t", "c_t")
        got = _require_all(("h_t", "c_t"), parts, case.h_prev)
        h_t, c_t, _ = cells.lstm_step(*case)
        swapped = {"h_t in its place: return h_t first, then c_t": h_t}
        if torch.allclose(got["c_t"], h_t):
            require_right("c_t", got["c_t"], c_t, rules["c_t"], swapped)
        require_program(LSTM_STEP, FUNCTIONS | case._asdict(), got, rules, {})
        require_gradient("lstm_step", answer, case, lambda *a: cells.lstm_step(*a)[:2])

    each_case(_cases(), check_one)


@question
def lstm_sequence(answer: Answer) -> None:
    """Check question 3: all hidden states, and the last h and c."""
    rules = {"h": "h[:, t] must be the hidden state after step t."}
    rules |= {name: f"{name} must be the state after the last step." for name in ("h_T", "c_T")}

    def check_one(given: tuple[Tensor, ...]) -> None:
        x, h_0, *_ = given
        result = require_parts("lstm_sequence", call("lstm_sequence", answer, *given), "h", "(h_T, c_T)")
        _require_sequence_shape(result[0], (*x.shape[:2], h_0.shape[1]), x.dtype)
        last = require_parts("The second value of lstm_sequence", result[1], "h_T", "c_T")
        got = {"h": result[0]} | _require_all(("h_T", "c_T"), last, h_0)
        names = dict(zip(("x", "h_0", "c_0", "W_x", "W_h", "b"), given, strict=True))
        sizes = {"B": len(x), "T": x.shape[1]}
        require_program(LSTM_SEQUENCE, FUNCTIONS | names | sizes, got, rules, {})
        require_gradient("lstm_sequence", _flattened(answer), given, _flattened(_sequence))

    each_case([(_inputs(case, T), *case[1:]) for case, T in zip(_cases(), STEPS, strict=True)], check_one)


def _inputs(case: Case, T: int) -> Tensor:
    (B, I), dtype = case.x_t.shape, case.x_t.dtype
    return draw(100 + T, dtype, (B, T, I))[0].mul(10).round() / 10


def _require_sequence_shape(got: Any, shape: tuple[int, ...], dtype: torch.dtype) -> None:
    B, T, H = shape
    found = tuple(got.shape) if isinstance(got, Tensor) else None
    rule = f"h must have the shape (batch, time, hidden) = {shape}."
    require(found != (T, B, H) or B == T, rule, f"{found}", "Stack along dim=1: time is the second axis.")
    require(found != (B, T + 1, H), rule, f"{found}", "h_0 is not an output: begin the list with h_1.")
    require(found != (B, T - 1, H), rule, f"{found}", "A step is left out: T steps give T states.")
    require(found not in ((B, H), (B, 1, H)) or T == 1, rule, f"{found}, one step", "Return the states of all steps.")
    require(found not in ((T * B, H), (B, T * H)), rule, f"{found}", "torch.stack makes a new axis, cat none.")
    require_tensor("h", got, shape, "(batch, time, hidden)", dtype)


def _flattened(answer: Answer) -> Answer:
    """Let it return h, h_T and c_T side by side."""

    @functools.wraps(answer)
    def flattened(*arguments: Tensor) -> list[Tensor]:
        h, (h_T, c_T) = answer(*arguments)
        return [h, h_T, c_T]

    return flattened


def _sequence(
    x: Tensor, h: Tensor, c: Tensor, W_x: Tensor, W_h: Tensor, b: Tensor
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    states = []
    for t in range(x.shape[1]):
        h, c, _ = cells.lstm_step(x[:, t], h, c, W_x, W_h, b)
        states.append(h)
    return torch.stack(states, dim=1), (h, c)


@question
def pack_weights(answer: Answer) -> None:
    """Check question 4: separate gate weights in PyTorch's layout."""
    stacked = "must stack the blocks i, f, g, o, with the columns that meet"
    rules = {
        "weight_ih": f"weight_ih {stacked} x_t.",
        "weight_hh": f"weight_hh {stacked} h_prev.",
        "bias_ih_plus_bias_hh": "bias_ih + bias_hh must be the given biases in the order i, f, g, o.",
    }

    def check_one(case: tuple[int, int, int, torch.dtype]) -> None:
        seed, I, H, dtype = case
        W, b = _separate(seed, I, H, dtype)
        sizes = {"weight_ih": (4 * H, I), "weight_hh": (4 * H, H), "bias_ih": (4 * H,), "bias_hh": (4 * H,)}
        parts = require_parts("pack_weights", call("pack_weights", answer, W, b), *sizes)
        for (name, shape), tensor in zip(sizes.items(), parts, strict=True):
            meaning = WEIGHTS.get(name, "(4 hidden,)")
            _require_not_exchanged(name, tensor, sizes)
            require_tensor(name, tensor, shape, meaning, dtype)
        got = dict(zip(rules, (*parts[:2], parts[2] + parts[3]), strict=True))
        require_program(PACK_WEIGHTS, {"torch": torch, "W": W, "b": b, "I": I, "H": H}, got, rules, {})

    each_case([(200, 2, 4, torch.float64), (201, 5, 3, torch.float32), (202, 1, 1, torch.float64)], check_one)


def _require_not_exchanged(name: str, tensor: Any, sizes: dict[str, tuple[int, ...]]) -> None:
    """Require a weight not to have the shape of the other one, nor the blocks side by side."""
    found, other = getattr(tensor, "shape", ()), "weight_hh" if name == "weight_ih" else "weight_ih"
    rule = f"{name} must have the shape {WEIGHTS.get(name)} = {sizes[name]}."
    hint = "Which columns of W meet h_prev, which x_t, and in which order are the four returned?"
    is_weight = name.startswith("weight") and len(found) == 2 and found != sizes[name]
    require(not (is_weight and found == sizes[other]), rule, f"{tuple(found)}, the shape of {other}", hint)
    hint = "The blocks stand on top of each other: torch.cat along the first axis."
    require(not (is_weight and 4 * found[0] == sizes[name][0]), rule, f"shape {tuple(found)}", hint)


def _separate(seed: int, I: int, H: int, dtype: torch.dtype) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Weights by gate, in neither PyTorch's order nor the alphabet's."""
    tensors = [tensor.mul(10).round() / 10 for tensor in draw(seed, dtype, *[(H, H + I)] * 4, *[(H,)] * 4)]
    return dict(zip("ogfi", tensors[:4], strict=True)), dict(zip("ogfi", tensors[4:], strict=True))


@question
def set_forget_bias(answer: Answer) -> None:
    """Check question 5: the forget bias of an nn.LSTM, set in place."""
    plans = ({}, {"num_layers": 2, "dtype": torch.float64}, {"num_layers": 3, "bidirectional": True}, {"proj_size": 2})
    for seed, (plan, value) in enumerate(zip(plans, (1.5, 3.0, -0.5, 2), strict=True)):
        torch.manual_seed(seed)
        lstm = nn.LSTM(3, 4 + seed, **plan)
        before = copy.deepcopy(lstm.state_dict())
        parameters = dict(lstm.named_parameters())
        call("set_forget_bias", answer, lstm, value, in_place=True)
        _require_own_parameters(lstm, parameters, before)
        for name in before:
            if name.startswith("bias_ih"):
                _require_forget_bias(lstm, name, value, before)
        _require_others_kept(lstm, before)


def _require_own_parameters(lstm: nn.LSTM, parameters: dict[str, nn.Parameter], start: dict[str, Tensor]) -> None:
    rule = "The LSTM must keep its own parameters, changed in place and still trainable."
    hint = "Assign to parameter[rows] inside torch.no_grad()."
    for name, before in parameters.items():
        after = lstm._parameters.get(name)
        require(after is before, rule, f"another parameter in place of {name}", hint)
        require(before.requires_grad, rule, f"{name} without requires_grad", hint)
        require(before.dtype == start[name].dtype, rule, f"{name} with the dtype {before.dtype}", hint)


def _require_forget_bias(lstm: nn.LSTM, name: str, value: float, before: dict[str, Tensor]) -> None:
    """Require the sum of both forget blocks of a layer and direction to be `value` everywhere."""
    after, other, where = lstm.state_dict(), name.replace("bias_ih", "bias_hh"), name.removeprefix("bias_ih_")

    def block(state: dict[str, Tensor], *names: str, k: int = 1) -> Tensor:
        return sum(state[each].chunk(4)[k] for each in names)

    got, start = block(after, name, other), block(before, name, other)
    mistakes = {
        f"{2 * value:g}: both bias vectors hold it, and they are added": torch.full_like(got, 2 * value),
        f"{value / 2:g}: one vector holds half of it, the other nothing": torch.full_like(got, value / 2),
        "0: one vector must hold the value": torch.zeros_like(got),
        f"1: the bias is the given value, here {value:g}": torch.ones_like(got),
        f"half of {value:g} plus what the other bias vector still holds": value / 2 + block(before, other),
        f"{value:g} plus what the other bias vector still holds": value + block(before, other),
        f"{value:g} plus what the first bias vector still holds": value + block(before, name),
        f"the start values plus {value:g}: set them, do not add": start + value,
        f"the start values times {value:g}": start * value,
        f"{value:g} taken from the start values": start - value,
        "the sigmoid of the value: the bias stands inside the sigmoid": torch.full_like(got, value).sigmoid(),
    }
    for k, which in ((0, "input gate"), (2, "candidate"), (3, "output gate")):
        moved = not torch.equal(block(after, name, other, k=k), block(before, name, other, k=k))
        if moved and torch.equal(got, start):
            words = f"a change of the {which}'s rows instead: the order is i, f, g, o, so the forget gate's are H:2H"
            mistakes[words] = start
    if all(torch.equal(after[each], before[each]) for each in before):
        mistakes[
            "the start values: nothing in the LSTM itself has changed (a copy perhaps, or what a name stands for)"
        ] = start
    mistakes["the start values: this layer or direction was left out"] = start
    rule = f"In {where}, the two forget blocks must add up to {value:g}."
    require_right("the forget bias", got, torch.full_like(got, value), rule, mistakes)


def _require_others_kept(lstm: nn.LSTM, before: dict[str, Tensor]) -> None:
    rule = "Only the forget blocks of the biases (the second of four) may change."
    H = lstm.hidden_size
    for name, tensor in lstm.state_dict().items():
        rows = (tensor != before[name]).reshape(len(tensor), -1).any(dim=1).nonzero().flatten().tolist()
        wrong = [row for row in rows if not (name.startswith("bias") and H <= row < 2 * H)]
        require(not wrong, rule, f"a change in row {wrong[0] if wrong else 0} of {name} (H = {H})")
