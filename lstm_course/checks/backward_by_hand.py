"""Checks of the exercises of lesson 3: a step and a sequence backward, a coupled cell, truncation, a bug hunt."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from lstm_course import cells
from lstm_course.checks.answers import Answer, call, require_parts, require_right
from lstm_course.checks.backward_cases import (
    SIZES,
    Case,
    back_to_maps,
    coupled_back_to_maps,
    draw,
    gradients_of,
    layer_shapes,
    make_case,
    wrong_belts,
    wrong_coupled,
    wrong_maps,
    wrong_sequences,
)
from lstm_course.checks.base import CheckFailed, generator, question, require, require_tensor

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
MAPS = ("input gate", "forget gate", "candidate", "output gate")
PRODUCTS = {"matmul", "mm", "bmm", "addmm", "addmm_", "baddbmm", "einsum", "linear", "tensordot"}
WRONG_LINES = {2, 5, 12}  # of suspect_backward in the exercise
LAST_LINE = 13


def _require_all(name: str, result: Any, right: dict[str, Tensor]) -> dict[str, Tensor]:
    """Require all parts, of the shape and dtype of `right`: a gradient has the shape of what it is the gradient of."""
    got = dict(zip(right, require_parts(name, result, *right), strict=True))
    for part, tensor in right.items():
        require_tensor(part, got[part], tuple(tensor.shape), f"of {part.removeprefix('d')} itself", tensor.dtype)
    return got


def _require_blocks(
    name: str, got: Tensor, expected: Tensor, rule: str, maps: tuple[str, ...], mistakes: dict[str, Tensor]
) -> None:
    """Require the last axis block by block, so that the message names the map."""
    size = got.shape[-1] // len(maps)
    for k, which in enumerate(maps):
        block = slice(k * size, (k + 1) * size)
        wrong = {mistake: value[..., block] for mistake, value in mistakes.items()}
        words = f"{rule} Look at the block of the {which}."
        require_right(f"its {name}", got[..., block], expected[..., block], words, wrong)


@question
def step_backward(answer: Answer) -> None:
    """Check question 1: the six gradients of one step."""
    names = ("dx_t", "dh_prev", "dc_prev", "dW_x", "dW_h", "db")
    for seed, (_, *sizes) in enumerate(SIZES):
        case = make_case(seed, 1, *sizes)
        dh_t, dc_t, c_prev, c_t, gates = case.step
        arguments = (dh_t, dc_t, case.x[0], case.h[0], c_prev, c_t, gates, case.W_x, case.W_h)
        expected = gradients_of(case)
        right = dict(zip(names, (expected[0][0], *expected[1:]), strict=True))
        got = _require_all("step_backward", call("step_backward", answer, *arguments), right)
        rule = "dc_prev must be dc_t * f_t, once dc_t has also received what comes back from h_t."
        require_right("dc_prev", got["dc_prev"], right["dc_prev"], rule, wrong_belts(*case.step))
        mistakes = {mistake: dz.sum(0) for mistake, dz in wrong_maps(*case.step).items()}
        mistakes["the mean over the batch: every sequence uses the same bias, so add up"] = right["db"] / len(dh_t)
        _require_blocks("db", got["db"], right["db"], "db must be dz added up over the batch.", MAPS, mistakes)
        _require_products(got, right)


def _require_products(got: dict[str, Tensor], right: dict[str, Tensor]) -> None:
    batch = len(right["dx_t"])
    shares = "dz_j times"
    rules = {
        "dx_t": "dx_t must add up what comes back from all four maps: dz @ W_x.",
        "dh_prev": "dh_prev must add up what comes back from all four maps: dz @ W_h.",
        "dW_x": f"dW_x[j, k] must be {shares} x_k, added up over the batch: dz.T @ x_t.",
        "dW_h": f"dW_h[j, k] must be {shares} h_k of the step before, added up over the batch: dz.T @ h_prev.",
    }
    mean = "the mean over the batch: every sequence uses the same weights, so add up"
    for name, rule in rules.items():
        mistakes = {mean: right[name] / batch} if name.startswith("dW") else {}
        if name == "dh_prev":
            mistakes["dc_prev added to it: that leaves by a door of its own"] = right[name] + right["dc_prev"]
        require_right(name, got[name], right[name], rule, mistakes)


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
    for seed, sizes in enumerate(SIZES):
        case = make_case(10 + seed, *sizes)
        right = dict(zip(RESULTS, gradients_of(case), strict=True))
        with _CountProducts() as products:
            result = call("sequence_backward", answer, *case)
        got = _require_all("sequence_backward", result, right)
        mistakes = wrong_sequences(case)
        for k, name in enumerate(RESULTS):
            wrong = {words: gradients[k] for words, gradients in mistakes.items()}
            require_right(name, got[name], right[name], rules[name], wrong)
        T = len(case.x)
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
    for seed, (_, B, _, H, dtype) in enumerate(SIZES):
        dh_t, dc_t, c_prev, z = draw(20 + seed, dtype, (B, H), (B, H), (B, H), (B, 3 * H))
        z_f, z_g, z_o = z.chunk(3, dim=1)
        f, g, o = z_f.sigmoid(), z_g.tanh(), z_o.sigmoid()
        step = (dh_t, dc_t, c_prev, f * c_prev + (1 - f) * g, torch.cat([f, g, o], dim=1))
        dz, dc_prev = coupled_back_to_maps(*step)
        right = {"dz": dz, "dc_prev": dc_prev}
        got = _require_all("coupled_backward", call("coupled_backward", answer, *step), right)
        require_right(
            "dc_prev", got["dc_prev"], dc_prev, "dc_prev must be dc_t * f_t, after dc_t has been added to.", {}
        )
        rule = "dz must be the gradient before sigma and tanh, blocks f, g, o."
        _require_blocks("dz", got["dz"], dz, rule, ("forget gate", "candidate", "output gate"), wrong_coupled(*step))


@question
def truncated_run(answer: Answer) -> None:
    """Check question 4: the hidden states are those of the whole run, their gradients stop at the edges."""
    for seed, ((_, *sizes), T, window) in enumerate(zip(SIZES, (8, 4), (3, 2), strict=True)):
        arguments = draw(30 + seed, sizes[-1], *layer_shapes(T, *sizes[:-1]))
        h = _run(*arguments, window)
        got = call("truncated_run", answer, *arguments, window)
        require_tensor("h", got, tuple(h.shape), "(time, batch, hidden)", h.dtype)
        reset = {
            "states that start from zeros after an edge: detach them, but keep the numbers": _run(
                *arguments, window, cut="hcz"
            )
        }
        rule = "h[t] must be the hidden state after step t, the same numbers as without windows."
        require_right("h", got, h, rule, reset)
        _require_cut(answer, arguments, window, h)


def _run(
    x: Tensor, h: Tensor, c: Tensor, W_x: Tensor, W_h: Tensor, b: Tensor, window: int, cut: str = "hc", shift: int = 0
) -> Tensor:
    """Run an LSTM in windows.

    The letters in `cut` say what happens at an edge: h and c are detached, z puts zeros in their place, s counts the
    start as an edge. An edge lies before every step t with t + shift divisible by `window`.
    """
    states = []
    for t, x_t in enumerate(x):
        if (t + shift) % window == 0 and (t > 0 or "s" in cut):
            if "z" in cut:
                h, c = torch.zeros_like(h), torch.zeros_like(c)
            h, c = h.detach() if "h" in cut else h, c.detach() if "c" in cut else c
        h, c, _ = cells.lstm_step(x_t, h, c, W_x, W_h, b)
        states.append(h)
    return torch.stack(states)


def _require_cut(answer: Answer, arguments: list[Tensor], window: int, h: Tensor) -> None:
    """Require the gradients of a cut run, and name what another cut would give."""
    T = len(h)
    weights = torch.randn(h.shape, generator=generator(40), dtype=torch.float64).to(h.dtype)
    names = ("x", "h_0", "c_0", "W_x", "W_h", "b")
    right = _gradients(lambda *a: _run(*a, window), arguments, weights)
    others = {
        "those without any cut: detach h and c": {"window": T},
        "those of a belt that runs on: detach c as well": {"window": window, "cut": "h"},
        "those of an h that is not cut: detach h as well": {"window": window, "cut": "c"},
        "those of a cut at every step": {"window": 1},
        "those of a cut one step early": {"window": window, "shift": 1},
        "those of a cut one step late": {"window": window, "shift": -1},
        "those of a cut before the first step too: h_0 and c_0 belong to the first window": {
            "window": window,
            "cut": "hcs",
        },
    }
    wrong = {
        words: _gradients(lambda *a, options=options: _run(*a, **options), arguments, weights)
        for words, options in others.items()
    }
    got = _gradients(lambda *a: answer(*a, window), arguments, weights)
    for k, name in enumerate(names):
        rule = f"Gradients (here of a loss over all steps, for {name}) must stop before the steps {_edges(T, window)}."
        require_right(f"d{name}", got[k], right[k], rule, {words: gradients[k] for words, gradients in wrong.items()})


def _edges(T: int, window: int) -> str:
    return ", ".join(str(t) for t in range(window, T, window))


def _gradients(run: Answer, arguments: list[Tensor], weights: Tensor) -> list[Tensor]:
    inputs = [argument.clone().requires_grad_() for argument in arguments]
    h = run(*inputs)
    hint = "Cut at the edges only; do without torch.no_grad()."
    require(h.requires_grad, "Gradients must flow inside a window.", "states without any gradient", hint)
    found = torch.autograd.grad((h * weights).sum(), inputs, allow_unused=True)
    return [torch.zeros_like(x) if d is None else d for d, x in zip(found, inputs, strict=True)]


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
    bias = zip(MAPS, *(d.chunk(4) for d in parts.pop("db")), strict=True)
    pairs: dict[str, tuple[Tensor, Tensor]] = parts | {f"db of the {name}": (got, right) for name, got, right in bias}
    return {name: "right" if torch.allclose(*pair) else "WRONG" for name, pair in pairs.items()}


@question
def find_the_bugs(answer: Any) -> None:
    """Check question 5: the numbers of the wrong lines."""
    rule = f"wrong_lines must be a list of line numbers from 1 to {LAST_LINE}."
    is_list = isinstance(answer, (list, tuple, set)) and all(type(line) is int for line in answer)
    require(is_list, rule, repr(answer), "For example [1, 2].")
    require(all(1 <= line <= LAST_LINE for line in answer), rule, repr(answer))
    lines = set(answer)
    for line in sorted(lines - WRONG_LINES):
        raise CheckFailed(f"Only wrong lines belong into wrong_lines. Got {line}, which agrees with the lesson.")
    missing = len(WRONG_LINES - lines)
    hint = "Mend those that you have found, run compare again, and look what is still wrong."
    require(not missing, f"wrong_lines must hold all {len(WRONG_LINES)} wrong lines.", f"{len(lines)} of them", hint)
