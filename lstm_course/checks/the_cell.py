"""Checks of the exercises of lesson 2: the gates, a step, a sequence, packed weights, the forget bias."""

import copy
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from lstm_course import cells
from lstm_course.checks.answers import Answer, call, require_gradient, require_parts, require_right
from lstm_course.checks.base import generator, question, require, require_tensor

ORDER = "ifgo"  # PyTorch's
NAMES = {"i": "input gate", "f": "forget gate", "g": "candidate", "o": "output gate"}
# (B, I, H): all different, so that a swapped axis shows; then a batch of one, in float32.
SIZES = ((3, 2, 4, torch.float64), (1, 5, 2, torch.float32))
STEPS = 6


class Case(NamedTuple):
    """Random arguments of one LSTM step."""

    x_t: Tensor
    h_prev: Tensor
    c_prev: Tensor
    W_x: Tensor
    W_h: Tensor
    b: Tensor

    def reordered(self, order: str) -> "Case":
        """Return this case with weights as someone would read them who takes the blocks to lie in `order`."""
        weights = (torch.cat([w.chunk(4)[order.index(gate)] for gate in ORDER]) for w in self[3:])
        return Case(*self[:3], *weights)


def _draw(seed: int, dtype: torch.dtype, *shapes: tuple[int, ...]) -> Iterator[Tensor]:
    draw = generator(seed)
    return (torch.randn(shape, generator=draw, dtype=torch.float64).to(dtype) for shape in shapes)


def _cases() -> Iterable[Case]:
    """Random steps of several sizes and dtypes."""
    for seed, (B, I, H, dtype) in enumerate(SIZES):
        yield Case(*_draw(seed, dtype, (B, I), (B, H), (B, H), (4 * H, I), (4 * H, H), (4 * H,)))


@question
def four_gates(answer: Answer) -> None:
    """Check question 1: i_t, f_t, g_t, o_t of one step."""
    for case in _cases():
        arguments = (case.x_t, case.h_prev, *case[3:])
        *_, expected = cells.lstm_step(*case)
        gates = require_parts("four_gates", call("four_gates", answer, *arguments), "i_t", "f_t", "g_t", "o_t")
        for name, got in zip(ORDER, gates, strict=True):
            require_tensor(f"{name}_t", got, tuple(case.h_prev.shape), "(batch, hidden)", case.x_t.dtype)
        for name, got in zip(ORDER, gates, strict=True):
            _require_gate(name, got, case, expected)
        require_gradient("four_gates", answer, arguments, _gates)


def _gates(x_t: Tensor, h_prev: Tensor, W_x: Tensor, W_h: Tensor, b: Tensor) -> cells.Gates:
    return cells.lstm_step(x_t, h_prev, torch.zeros_like(h_prev), W_x, W_h, b)[2]


def _require_gate(name: str, got: Tensor, case: Case, expected: cells.Gates) -> None:
    """Require one gate's value; name the mistake where it is a known one."""
    k = ORDER.index(name)
    from_x = (case.x_t @ case.W_x.T).chunk(4, dim=1)[k]
    from_h = (case.h_prev @ case.W_h.T).chunk(4, dim=1)[k]
    bias = case.b.chunk(4)[k]
    squash, other = (torch.tanh, torch.sigmoid) if name == "g" else (torch.sigmoid, torch.tanh)
    z = from_x + from_h + bias
    mistakes = {f"the values of {gate}_t": expected[j] for j, gate in enumerate(ORDER) if gate != name} | {
        f"{other.__name__} of that block": other(z),
        f"that block before {squash.__name__}": z,
        "a result without the bias b": squash(from_x + from_h),
        "a result without h_prev": squash(from_x + bias),
    }
    place = ("first", "second", "third", "last")[k]
    rule = f"{name}_t ({NAMES[name]}) must be {squash.__name__} of the {place} block, in the order i, f, g, o."
    require_right(f"{name}_t", got, expected[k], rule, mistakes)


@question
def lstm_step(answer: Answer) -> None:
    """Check question 2: h_t, c_t of one step."""
    for case in _cases():
        h_t, c_t, gates = cells.lstm_step(*case)
        got_h, got_c = require_parts("lstm_step", call("lstm_step", answer, *case), "h_t", "c_t")
        for name, got in (("h_t", got_h), ("c_t", got_c)):
            require_tensor(name, got, tuple(h_t.shape), "(batch, hidden)", h_t.dtype)
        require_right(
            "c_t", got_c, c_t, "The cell update must be c_t = f_t * c_prev + i_t * g_t.", _c_mistakes(case, gates, h_t)
        )
        require_right(
            "h_t", got_h, h_t, "The hidden state must be h_t = o_t * tanh(c_t).", _h_mistakes(case, gates, c_t)
        )
        require_gradient("lstm_step", answer, case, lambda *a: cells.lstm_step(*a)[:2])


def _c_mistakes(case: Case, gates: cells.Gates, h_t: Tensor) -> dict[str, Tensor]:
    i, f, g, _ = gates
    c_t = f * case.c_prev + i * g
    return {
        "h_t in its place (return h_t first, then c_t)": h_t,
        "i_t and f_t exchanged": i * case.c_prev + f * g,
        "the old memory added without the forget gate": case.c_prev + i * g,
        "the candidate added without the input gate": f * case.c_prev + g,
        "tanh(c_t), but the belt itself is not squashed": c_t.tanh(),
        "what the order i, f, o, g of the blocks would give": cells.lstm_step(*case.reordered("ifog"))[1],
        "what a candidate with sigmoid would give": f * case.c_prev + i * torch.sigmoid(torch.atanh(g)),
    }


def _h_mistakes(case: Case, gates: cells.Gates, c_t: Tensor) -> dict[str, Tensor]:
    o = gates.o
    return {
        "o_t * c_t, without tanh": o * c_t,
        "tanh(c_t), without the output gate": c_t.tanh(),
        "tanh(o_t * c_t), but tanh acts on c_t alone": (o * c_t).tanh(),
        "the old memory read off, but h_t shows the new c_t": o * case.c_prev.tanh(),
    }


@question
def lstm_sequence(answer: Answer) -> None:
    """Check question 3: all hidden states, and the last h and c."""
    for seed, case in enumerate(_cases()):
        (B, I), H = case.x_t.shape, case.h_prev.shape[1]
        (x,) = _draw(100 + seed, case.x_t.dtype, (B, STEPS, I))
        arguments = (x, *case[1:])
        result = require_parts("lstm_sequence", call("lstm_sequence", answer, *arguments), "h", "(h_T, c_T)")
        expected, (h_T, c_T) = _sequence(*arguments)
        _require_sequence_shape(result[0], (B, STEPS, H), case.x_t.dtype)
        start = torch.zeros_like(case.h_prev)
        forgetful = [cells.lstm_step(x[:, t], case.h_prev, case.c_prev, *case[3:])[0] for t in range(STEPS)]
        mistakes = {
            "the result for states of zeros: start from h_0 and c_0": _sequence(x, start, start, *case[3:])[0],
            "every step started from h_0 and c_0: pass on the states that the step before returned": torch.stack(
                forgetful, dim=1
            ),
            "the sequence walked from its end": _sequence(x.flip(1), *case[1:])[0],
            "the states in reverse order": expected.flip(1),
        }
        require_right("h", result[0], expected, "h[:, t] must be the hidden state after step t.", mistakes)
        last = require_parts("The second value of lstm_sequence", result[1], "h_T", "c_T")
        for name, got, right, wrong in (("h_T", last[0], h_T, c_T), ("c_T", last[1], c_T, h_T)):
            require_tensor(name, got, (B, H), "(batch, hidden)", x.dtype)
            mistakes = {"the other one of the two: h_T comes first": wrong}
            require_right(name, got, right, f"{name} must be the state after the last step.", mistakes)
        require_gradient("lstm_sequence", lambda *a: answer(*a)[0], arguments, lambda *a: _sequence(*a)[0])


def _require_sequence_shape(got: Any, shape: tuple[int, int, int], dtype: torch.dtype) -> None:
    B, T, H = shape
    found = tuple(got.shape) if isinstance(got, Tensor) else None
    rule = f"h must have the shape (batch, time, hidden) = {shape}."
    require(found != (T, B, H) or B == T, rule, f"{found}", "Stack along dim=1: time is the second axis.")
    require(found != (B, T + 1, H), rule, f"{found}", "h_0 is not an output: begin the list with h_1.")
    require(found != (B, H), rule, f"{found}, one step", "Return the hidden states of all steps.")
    require_tensor("h", got, shape, "(batch, time, hidden)", dtype)


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
    for seed, (I, H, dtype) in enumerate(((2, 4, torch.float64), (5, 3, torch.float32))):
        keys = "ogfi"  # neither PyTorch's order nor the alphabet's
        W = dict(zip(keys, _draw(200 + seed, dtype, *[(H, H + I)] * 4), strict=True))
        b = dict(zip(keys, _draw(300 + seed, dtype, *[(H,)] * 4), strict=True))
        sizes = {"weight_ih": (4 * H, I), "weight_hh": (4 * H, H), "bias_ih": (4 * H,), "bias_hh": (4 * H,)}
        got = require_parts("pack_weights", call("pack_weights", answer, W, b), *sizes)
        for (name, shape), tensor in zip(sizes.items(), got, strict=True):
            require_tensor(name, tensor, shape, "(4 hidden, input)" if name == "weight_ih" else str(shape), dtype)
        stacks = {order: torch.cat([W[gate] for gate in order]) for order in (ORDER, "figo", "ifog", keys, "iofg")}
        mistakes_ih = {"its columns from the left end, but h stands first": stacks[ORDER][:, :I]}
        mistakes_hh = {"its columns from the right end, but h stands first": stacks[ORDER][:, I:]}
        for order, stack in list(stacks.items())[1:]:
            words = f"the gates in the order {', '.join(order)}"
            mistakes_ih[words], mistakes_hh[words] = stack[:, H:], stack[:, :H]
        rule = "must stack the blocks i, f, g, o, with the columns that meet"
        require_right("weight_ih", got[0], stacks[ORDER][:, H:], f"weight_ih {rule} x_t.", mistakes_ih)
        require_right("weight_hh", got[1], stacks[ORDER][:, :H], f"weight_hh {rule} h_prev.", mistakes_hh)
        bias = torch.cat([b[gate] for gate in ORDER])
        mistakes = {
            "twice that: both vectors hold the bias, and PyTorch adds them": 2 * bias,
            "no bias at all": 0 * bias,
            "another order of the gates than i, f, g, o": torch.cat([b[gate] for gate in keys]),
        }
        rule = "bias_ih + bias_hh must be the given biases in the order i, f, g, o."
        require_right("bias_ih + bias_hh", got[2] + got[3], bias, rule, mistakes)


@question
def set_forget_bias(answer: Answer) -> None:
    """Check question 5: the forget bias of an nn.LSTM, set in place."""
    plans = ({}, {"num_layers": 2}, {"num_layers": 2, "bidirectional": True})
    for seed, (plan, value) in enumerate(zip(plans, (1.0, 3.0, -0.5), strict=True)):
        torch.manual_seed(seed)
        lstm = nn.LSTM(3, 4, **plan)
        before = copy.deepcopy(lstm.state_dict())
        parameters = dict(lstm.named_parameters())
        answer(lstm, value)
        rule = "The LSTM must keep its own parameters, changed in place and still trainable."
        for name, parameter in lstm.named_parameters():
            hint = "Assign to parameter[rows] inside torch.no_grad()."
            require(parameter is parameters.get(name), rule, f"another parameter in place of {name}", hint)
            require(parameter.requires_grad, rule, f"{name} without requires_grad", hint)
        _require_forget_bias(lstm, value, before)


def _require_forget_bias(lstm: nn.LSTM, value: float, before: dict[str, Tensor]) -> None:
    """Require the sum of both forget blocks to be `value` everywhere, and every other number as `before`."""
    H, after = lstm.hidden_size, lstm.state_dict()
    forget = slice(H, 2 * H)
    for name in after:
        if name.startswith("bias_ih"):
            partner = name.replace("bias_ih", "bias_hh")
            effective = after[name][forget] + after[partner][forget]
            where = name.removeprefix("bias_ih_")
            mistakes = {
                f"{2 * value:g}: both bias vectors hold it, and they are added": torch.full_like(effective, 2 * value),
                "the start values: this layer or direction was left out": (before[name] + before[partner])[forget],
                f"{value:g} plus what the other bias vector still holds": value + before[partner][forget],
                f"{value:g} plus what the first bias vector still holds": value + before[name][forget],
                f"the start values plus {value:g}": value + (before[name] + before[partner])[forget],
            }
            rule = f"In {where}, the two forget blocks must add up to {value:g}."
            expected = torch.full_like(effective, value)
            require_right("the forget bias", effective, expected, rule, mistakes)
    for name, tensor in after.items():
        kept = torch.ones(len(tensor), dtype=torch.bool)
        if name.startswith("bias"):
            kept[forget] = False
        blocks = (~(tensor == before[name])[kept].reshape(kept.sum(), -1).all(1)).nonzero()
        changed = kept.nonzero()[blocks[0]].item() // H if len(blocks) else 0
        rule = "Only the forget blocks of the biases (the second of four) may change."
        require(not len(blocks), rule, f"a change in block {changed + 1} of {name}")
