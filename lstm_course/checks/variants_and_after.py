"""Checks of the exercises of lesson 8: peepholes, coupled gates, parameter counts, dot-product attention."""

from contextlib import AbstractContextManager
from numbers import Integral
from typing import Any

import torch
from torch import Tensor

from lstm_course import cells
from lstm_course.checks.answers import Answer, call, require_gradient, require_parts
from lstm_course.checks.base import each_case, generator, question, require
from lstm_course.checks.learner import short
from lstm_course.checks.programs import Program, require_all_cases, require_program
from lstm_course.checks.refusal import refused
from lstm_course.checks.variants_programs import ATTENTION, COUNT, COUPLED, PEEPHOLE
from lstm_course.variants import VARIANTS

# (B, I, H): all different, so that a swapped axis shows; then a batch of one, in float32; the smallest.
SIZES = ((3, 2, 5, torch.float64), (1, 4, 2, torch.float32), (1, 1, 1, torch.float64))
# (B, N, T, D, E) for attention: as many questions as steps, so that exchanged ones run; then as above.
LISTS = (
    (2, 4, 4, 3, 6, torch.float64),
    (2, 4, 5, 3, 6, torch.float64),
    (1, 3, 2, 5, 4, torch.float32),
    (1, 1, 2, 2, 1, torch.float64),
)
KINDS = ("lstm", "peephole", "coupled", "gru", "bidirectional", "2d")


def _draw(seed: int, dtype: torch.dtype, shapes: dict[str, tuple[int, ...]]) -> dict[str, Tensor]:
    source = generator(seed)
    return {name: torch.randn(shape, generator=source, dtype=torch.float64).to(dtype) for name, shape in shapes.items()}


def _written_out(name: str) -> AbstractContextManager[None]:
    """Refuse an answer that calls a step of `cells`: each of them looks at its shapes first."""
    sentence = f"{name} must be written out. Got a call of a step in cells."
    return refused(sentence, (cells.variants, "require_shapes"), (cells.classic, "require_shapes"))


def _check_step(
    name: str, answer: Answer, program: Program, reference: Answer, rules: dict[str, str], maps: int, *peepholes: str
) -> None:
    """Require h_t, c_t as the program has them, and gradients as the reference."""

    def check_one(seed: int) -> None:
        B, I, H, dtype = SIZES[seed]
        shapes = {"x_t": (B, I), "h_prev": (B, H), "c_prev": (B, H)}
        shapes |= {"W_x": (maps * H, I), "W_h": (maps * H, H), "b": (maps * H,)}
        given = _draw(seed, dtype, shapes | dict.fromkeys(peepholes, (H,)))
        with _written_out(name):
            result = call(name, answer, *given.values())
        got = dict(zip(("h_t", "c_t"), require_parts(name, result, "h_t", "c_t"), strict=True))
        meanings = dict.fromkeys(got, "(batch, hidden)")
        require_program(program, {"torch": torch, **given}, got, rules, meanings)
        require_gradient(name, answer, list(given.values()), reference)

    each_case(range(len(SIZES)), check_one)


@question
def peephole_step(answer: Answer) -> None:
    """Check question 1: h_t, c_t of one step with peepholes."""
    rules = {
        "c_t": "c_t must be f_t * c_prev + i_t * g_t, where i_t and f_t also see p * c_prev, before the sigmoid.",
        "h_t": "h_t must be o_t * tanh(c_t), where o_t also sees p_o * c_t, before the sigmoid.",
    }
    _check_step("peephole_step", answer, PEEPHOLE, _peephole, rules, 4, "p_i", "p_f", "p_o")


def _peephole(
    x: Tensor, h: Tensor, c: Tensor, W_x: Tensor, W_h: Tensor, b: Tensor, *p: Tensor
) -> tuple[Tensor, Tensor]:
    return cells.peephole_lstm_step(x, h, c, W_x, W_h, b, torch.cat(p))[:2]


@question
def coupled_step(answer: Answer) -> None:
    """Check question 2: h_t, c_t of one coupled step."""
    rules = {"c_t": "c_t must be (1 - i_t) * c_prev + i_t * g_t.", "h_t": "h_t must be o_t * tanh(c_t)."}
    _check_step("coupled_step", answer, COUPLED, lambda *given: cells.coupled_lstm_step(*given)[:2], rules, 3)


@question
def count_parameters(answer: Answer) -> None:
    """Check question 3: the number of parameters of six cells."""
    cases = [{"I": I, "H": H} for I, H in ((3, 5), (10, 20), (7, 1), (1, 4))]

    def ask(case: dict[str, Any]) -> dict[str, Any]:
        counts = {}
        for kind, part in zip(KINDS, COUNT.parts, strict=True):
            got = call("count_parameters", answer, kind, *case.values())
            hint = "Is a return missing?" if got is None else ""
            whole = isinstance(got, Integral) and not isinstance(got, bool)
            require(
                whole, f"count_parameters({kind!r}, ...) must be an int.", f"{short(got)} ({type(got).__name__})", hint
            )
            counts[part] = int(got)
        return counts

    def rule(case: dict[str, Any], part: str, right: int) -> str:
        kind = KINDS[COUNT.parts.index(part)]
        return f"count_parameters({kind!r}, {case['I']}, {case['H']}) must be {right}."

    require_all_cases(COUNT, cases, [_counts(**case) for case in cases], ask, rule)


def _counts(I: int, H: int) -> dict[str, int]:
    """Count what is in the weights themselves."""
    lstm, peephole, coupled, gru = (VARIANTS[name].count(I, H) for name in ("LSTM", "peephole", "coupled", "GRU"))
    two_d = 5 * (H * I + 2 * H * H + H)
    return dict(zip(COUNT.parts, (lstm, peephole, coupled, gru, 2 * lstm, two_d), strict=True))


@question
def attention(answer: Answer) -> None:
    """Check question 4: dot-product attention with a mask."""
    sentence = "attention must be written out. Got a call of scaled_dot_product_attention."

    def check_one(seed: int) -> None:
        B, N, T, D, E, dtype = LISTS[seed]
        given = _draw(100 + seed, dtype, {"Q": (B, N, D), "K": (B, T, D), "V": (B, T, E)})
        mask = _mask(seed, N, T)
        with refused(sentence, (torch.nn.functional, "scaled_dot_product_attention")):
            result = call("attention", answer, *given.values(), mask)
        got = dict(zip(("result", "A"), require_parts("attention", result, "result", "A"), strict=True))
        rules = {
            "A": "A must be the softmax of Q K^T / sqrt(D) over the steps, and 0 where the mask is False.",
            "result": "The result must be A @ V, the mean of the values weighted by A.",
        }
        meanings = {"A": "(batch, questions, steps)", "result": "(batch, questions, numbers in a value)"}
        require_program(ATTENTION, {"torch": torch, "D": D, "mask": mask, **given}, got, rules, meanings)
        hidden = got["A"][:, ~mask]
        hint = "Put minus infinity there before the softmax."
        require(not hidden.any(), "A must be exactly 0 where the mask is False.", f"{hidden.abs().max():.3g}", hint)
        require_gradient("attention", lambda Q, K, V: answer(Q, K, V, mask), list(given.values()), _reference(mask))

    each_case(range(len(LISTS)), check_one)


def _mask(seed: int, N: int, T: int) -> Tensor:
    """Draw a mask in which every question may look somewhere, and not everywhere."""
    mask = torch.rand(N, T, generator=generator(seed)) < 0.6
    questions = torch.arange(N)
    mask[questions, questions % T] = True
    mask[questions, (questions + 1) % T] = False
    return mask


def _reference(mask: Tensor) -> Answer:
    def attention(Q: Tensor, K: Tensor, V: Tensor) -> tuple[Tensor, Tensor]:
        scores = Q @ K.transpose(1, 2) / Q.shape[-1] ** 0.5
        A = scores.masked_fill(~mask, -torch.inf).softmax(dim=-1)
        return A @ V, A

    return attention
