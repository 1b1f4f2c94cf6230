"""Checks of the exercises of lesson 3: a step and a sequence backward, a coupled cell, truncation, a bug hunt."""

from collections.abc import Callable, Set
from contextlib import AbstractContextManager
from functools import partial
from numbers import Integral
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from lstm_course import cells
from lstm_course.checks.answers import Answer, call, require_parts
from lstm_course.checks.backward_cases import SIZES, Case, back_to_maps, draw, gradients_of, layer_shapes, make_case
from lstm_course.checks.backward_programs import COUPLED, STEP
from lstm_course.checks.backward_sequences import SEQUENCE, TRUNCATED
from lstm_course.checks.base import CheckFailed, each_case, question, require, require_tensor
from lstm_course.checks.programs import require_program
from lstm_course.checks.refusal import refused

__all__ = [
    "back_to_maps",
    "compare",
    "coupled_backward",
    "find_the_bugs",
    "sequence_backward",
    "step_backward",
    "truncated_run",
]

RESULTS = ("dx", "dh_0", "dc_0", "dW_x", "dW_h", "db")
MAPS = {"i": "input gate", "f": "forget gate", "g": "candidate", "o": "output gate"}
PRODUCTS = {"matmul", "mm", "bmm", "addmm", "addmm_", "baddbmm", "einsum", "linear", "tensordot"}
LAST_LINE = 13  # of suspect_backward in the exercise
WRONG_LINES = {2, 5, 12}
RIGHT_LINES = {
    1: "h_t = o_t * tanh(c_t), and c[t + 1] is the memory after step t, which the loop calls c_t",
    3: "c_t hears from the next step and from h_t, and the slope of tanh is 1 - tanh_c**2",
    4: "i_t was multiplied by g_t, and sigma's slope is i_t * (1 - i_t)",
    6: "g_t was multiplied by i_t, and tanh's slope is 1 - g_t**2",
    7: "o_t was multiplied by tanh(c_t), and sigma's slope is o_t * (1 - o_t)",
    8: "the maps lie side by side in the order i, f, g, o",
    9: "c_{t-1} was multiplied by f_t",
    10: "W_h brought h_{t-1} into all four maps (another line forgets to use the result)",
    11: "every dz meets the x of its own step, and t and b are added up",
    13: "dx is dz @ W_x, and db adds up over steps and batch",
}


def _by_hand(name: str) -> AbstractContextManager[None]:
    sentence = f"{name} must work without autograd, which it replaces. Got a call of it: derive the lines yourself."
    return refused(sentence, (torch.autograd, "grad"), (torch.autograd, "backward"))


def _require_all(name: str, result: Any, right: dict[str, Tensor]) -> dict[str, Tensor]:
    """Require all parts, of the shape and dtype of `right`: a gradient has the shape of what it is the gradient of."""
    got = dict(zip(right, require_parts(name, result, *right), strict=True))
    for part, tensor in right.items():
        shape, source = tuple(tensor.shape), part.removeprefix("d")
        hint = _shape_hint(part, tuple(getattr(got[part], "shape", ())), right)
        rule = f"{part} must have the shape of {source} itself = {shape}."
        require(not hint, rule, f"shape {tuple(getattr(got[part], 'shape', ()))}", hint)
        require_tensor(part, got[part], shape, f"of {source} itself", tensor.dtype)
    return got


def _shape_hint(part: str, shape: tuple[int, ...], right: dict[str, Tensor]) -> str:
    """Say what gives this wrong shape, where that is known."""
    expected = tuple(right[part].shape)
    others = [name for name, tensor in right.items() if tuple(tensor.shape) == shape]
    if shape == expected or not shape:
        return ""
    if part.startswith(("dW", "db")) and shape[-len(expected) :] == expected:
        return "There is one row for each sequence (or step): all use the same weights, so add up over them."
    if part == "db" and len(shape) == 1:
        return "Add up over the batch, which is the first axis of dz, not over the maps."
    return f"That is the shape of {others[0]}: in which order are the results returned?" if others else ""


def _blocks(name: str, joined: Tensor, letters: str) -> dict[str, Tensor]:
    """Cut the last axis into the blocks of the maps."""
    return {f"{name}_{k}": block for k, block in zip(letters, joined.chunk(len(letters), dim=-1), strict=True)}


@question
def step_backward(answer: Answer) -> None:
    """Check question 1: the six gradients of one step."""
    every = "added up over the batch"
    rules = {
        "dc_prev": "dc_prev must be dc_t * f_t, once dc_t has also received what comes back from h_t.",
        "dh_prev": "dh_prev must add up what comes back from all four maps: dz @ W_h.",
        "dx_t": "dx_t must add up what comes back from all four maps: dz @ W_x.",
        "dW_x": f"dW_x[j, k] must be dz_j times x_k, {every}: dz.T @ x_t.",
        "dW_h": f"dW_h[j, k] must be dz_j times h_k of the step before, {every}: dz.T @ h_prev.",
    } | {f"db_{k}": f"db must be dz {every}. Look at db_{k}, its block of the {which}." for k, which in MAPS.items()}
    names = ("dx_t", "dh_prev", "dc_prev", "dW_x", "dW_h", "db")

    def check_one(seed: int) -> None:
        _, *sizes = SIZES[seed]
        case = make_case(seed, 1, *sizes)
        dh_t, dc_t, c_prev, c_t, gates = case.step
        given = {"dh_t": dh_t, "dc_t": dc_t, "x_t": case.x[0], "h_prev": case.h[0], "c_prev": c_prev, "c_t": c_t}
        given |= {"gates": gates, "W_x": case.W_x, "W_h": case.W_h}
        expected = gradients_of(case)
        right = dict(zip(names, (expected[0][0], *expected[1:]), strict=True))
        with _by_hand("step_backward"):
            result = call("step_backward", answer, *given.values())
        got = _require_all("step_backward", result, right)
        require_program(STEP, {"torch": torch, **given}, got | _blocks("db", got["db"], "ifgo"), rules, {})

    each_case(range(len(SIZES)), check_one)


class _CountProducts(TorchFunctionMode):
    """Counts the matrix products made while it is active."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        name = getattr(func, "__name__", "").strip("_")
        self.count += name.removeprefix("r") in PRODUCTS
        return func(*args, **(kwargs or {}))


@question
def sequence_backward(answer: Answer) -> None:
    """Check question 2: the six gradients of a sequence, what needs no loop in one product each."""
    every = "added up over all steps and the whole batch"
    rules = {
        "dx": "dx[t] must be dz_t @ W_x, where step t hears of its own loss and of all later ones.",
        "dh_0": "dh_0 must be what the first step hands back: dz_0 @ W_h.",
        "dc_0": "dc_0 must be what leaves the first step along the belt.",
        "dW_x": f"dW_x must be dz_t.T @ x[t], {every}.",
        "dW_h": f"dW_h must be dz_t.T @ h[t], with the state before step t, {every}.",
        "db": f"db must be dz_t, {every}.",
    }

    def check_one(seed: int) -> None:
        case = make_case(10 + seed, *SIZES[seed])
        right = dict(zip(RESULTS, gradients_of(case), strict=True))
        with _by_hand("sequence_backward"):
            result = call("sequence_backward", answer, *case)
        got = _require_all("sequence_backward", result, right)
        require_program(SEQUENCE, {"torch": torch, "back_to_maps": back_to_maps, **case._asdict()}, got, rules, {})

    each_case(range(len(SIZES)), check_one)
    _require_few_products(answer, make_case(10, *SIZES[0]))


def _require_few_products(answer: Answer, case: Case) -> None:
    T = len(case.x)
    with _CountProducts() as products:
        call("sequence_backward", answer, *case, again=False)
    require(
        products.count <= 2 * T,
        "All six are right, but only dz_t @ W_h belongs into the loop: dx, dW_x and dW_h are one product each "
        f"after it, {T + 3} products in all for {T} steps.",
        f"{products.count} products",
        "Keep every dz_t, and multiply all T * B rows at once.",
    )


@question
def coupled_backward(answer: Answer) -> None:
    """Check question 3: back through one step of the cell with i_t = 1 - f_t."""
    rules = {"dc_prev": "dc_prev must be dc_t * f_t, once dc_t has also received what comes back from h_t."}
    for k in "fgo":
        block = f"Look at dz_{k}, its block of the {MAPS[k]}."
        rules[f"dz_{k}"] = f"dz must be the gradient before sigma and tanh, blocks f, g, o. {block}"

    def check_one(seed: int) -> None:
        _, B, _, H, dtype = SIZES[seed]
        dh_t, dc_t, c_prev, z = draw(20 + seed, dtype, (B, H), (B, H), (B, H), (B, 3 * H))
        z_f, z_g, z_o = z.chunk(3, dim=1)
        f, g, o = z_f.sigmoid(), z_g.tanh(), z_o.sigmoid()
        given = {"dh_t": dh_t, "dc_t": dc_t, "c_prev": c_prev, "c_t": f * c_prev + (1 - f) * g}
        given["gates"] = torch.cat([f, g, o], dim=1)
        with _by_hand("coupled_backward"):
            result = call("coupled_backward", answer, *given.values())
        got = _require_all("coupled_backward", result, {"dz": z, "dc_prev": c_prev})
        require_program(COUPLED, {"torch": torch, **given}, got | _blocks("dz", got["dz"], "fgo"), rules, {})

    each_case(range(len(SIZES)), check_one)


@question
def truncated_run(answer: Answer) -> None:
    """Check question 4: the hidden states are those of the whole run, their gradients stop at the edges."""
    each_case((0, 1, 2), partial(_check_run, answer))


def _check_run(answer: Answer, seed: int) -> None:
    (_, *sizes, dtype), T, window = SIZES[seed], (8, 4, 2)[seed], (3, 2, 1)[seed]
    shapes = layer_shapes(T, *sizes)
    given = dict(zip(("x", "h_0", "c_0", "W_x", "W_h", "b"), draw(30 + seed, dtype, *shapes), strict=True))
    inputs = {name: tensor.clone().requires_grad_() for name, tensor in given.items()}
    names = {"torch": torch, "cells": cells, "window": window, **inputs}
    rules = {"h": "h[t] must be the hidden state after step t, the same numbers as without windows."}
    h = call("truncated_run", answer, *given.values(), window)
    require_program(TRUNCATED, names, {"h": h}, rules, {"h": "(time, batch, hidden)"})
    h = answer(*inputs.values(), window)
    hint = "Cut at the edges only; do without torch.no_grad()."
    require(h.requires_grad, "Gradients must flow inside a window.", "states without any gradient", hint)
    found = torch.autograd.grad(h.square().sum(), list(inputs.values()), allow_unused=True, materialize_grads=True)
    flows = any(gradient.any() for gradient in found)
    require(flows, "Gradients must flow inside a window.", "states that hang on no argument", "Collect h itself.")
    edges = ", ".join(str(t) for t in range(window, T, window))
    rules |= {
        f"d{name}": f"Gradients (here of a loss over all steps, for {name}) must stop before the steps {edges}."
        for name in given
    }
    got = {"h": h} | {f"d{name}": gradient for name, gradient in zip(given, found, strict=True)}
    require_program(TRUNCATED, names, got, rules, {})


def compare(backward: Answer) -> None:
    """Print which gradients of a hand-written sequence backward are right, for one step and for three.

    Parameters
    ----------
    backward : callable
        As `sequence_backward`: (dh, dc_T, x, h, c, gates, W_x, W_h) -> dx, dh_0, dc_0, dW_x, dW_h, db.
    """
    verdicts = [_verdicts(backward, make_case(50, T, 2, 3, 4, torch.float64)) for T in (1, 3)]
    print(f"{'':22}  one step  three steps")
    for name in verdicts[0]:
        print(f"{name:22}  {verdicts[0][name]:8}  {verdicts[1][name]}")


def _verdicts(backward: Answer, case: Case) -> dict[str, str]:
    parts = dict(zip(RESULTS, zip(backward(*case), gradients_of(case), strict=True), strict=True))
    bias = zip(MAPS.values(), *(d.chunk(4) for d in parts.pop("db")), strict=True)
    pairs: dict[str, tuple[Tensor, Tensor]] = parts | {f"db of the {name}": (got, right) for name, got, right in bias}
    return {name: "right" if torch.allclose(*pair) else "WRONG" for name, pair in pairs.items()}


@question(takes="value")
def find_the_bugs(answer: Any) -> None:
    """Check question 5: the numbers of the wrong lines."""
    rule = f"wrong_lines must be a list of line numbers from 1 to {LAST_LINE}."
    is_list = isinstance(answer, (list, tuple, Set)) and all(isinstance(line, Integral) for line in answer)
    require(is_list, rule, repr(answer), "For example [1, 2].")
    hint = "The numbers are those in the comments, from 1." if 0 in answer else ""
    require(all(1 <= line <= LAST_LINE for line in answer), rule, repr(answer), hint)
    lines = set(map(int, answer))
    for line in sorted(lines - WRONG_LINES):
        raise CheckFailed(f"Only wrong lines belong into wrong_lines. Got {line}, which is right: {RIGHT_LINES[line]}.")
    missing = len(WRONG_LINES - lines)
    hint = "Mend those that you have found, run compare again, and look what is still wrong."
    require(not missing, f"wrong_lines must hold all {len(WRONG_LINES)} wrong lines.", f"{len(lines)} of them", hint)
