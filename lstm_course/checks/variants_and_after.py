"""Checks of the exercises of lesson 8: peepholes, coupled gates, parameter counts, dot-product attention."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, sigmoid, tanh

from lstm_course import cells
from lstm_course.checks.answers import Answer, call, require_gradient, require_parts, require_right
from lstm_course.checks.base import generator, question, require, require_tensor
from lstm_course.variants import VARIANTS

# (B, I, H): all different, so that a swapped axis shows; then a batch of one, in float32.
SIZES = ((3, 2, 4, torch.float64), (1, 5, 2, torch.float32))
Reference = Callable[..., tuple[Tensor, Tensor]]


def _draw(seed: int, dtype: torch.dtype, *shapes: tuple[int, ...]) -> tuple[Tensor, ...]:
    draw = generator(seed)
    return tuple(torch.randn(shape, generator=draw, dtype=torch.float64).to(dtype) for shape in shapes)


def _cases(maps: int, peepholes: int = 0) -> Iterator[tuple[Tensor, ...]]:
    """Random arguments of a step with so many maps and single peephole vectors."""
    for seed, (B, I, H, dtype) in enumerate(SIZES):
        weights = ((maps * H, I), (maps * H, H), (maps * H,))
        yield _draw(seed, dtype, (B, I), (B, H), (B, H), *weights, *[(H,)] * peepholes)


def _require_step(
    name: str, answer: Answer, case: tuple[Tensor, ...], reference: Reference, mistakes: dict[str, Reference], rule: str
) -> None:
    """Require h_t, c_t as the reference has them; a mistake is a step that does something else."""
    expected = dict(zip(("h_t", "c_t"), reference(*case), strict=True))
    got = dict(zip(expected, require_parts(name, call(name, answer, *case), *expected), strict=True))
    for part, right in expected.items():
        require_tensor(part, got[part], tuple(right.shape), "(batch, hidden)", right.dtype)
    wrong = {words: dict(zip(expected, step(*case), strict=True)) for words, step in mistakes.items()}
    swapped = {"c_t": {"h_t in its place (return h_t first, then c_t)": expected["h_t"]}, "h_t": {}}
    for part in ("c_t", "h_t"):  # the cell first: a wrong cell makes a wrong h_t
        named = {words: values[part] for words, values in wrong.items()} | swapped[part]
        require_right(part, got[part], expected[part], rule, named)
    require_gradient(name, answer, case, reference)


@question
def peephole_step(answer: Answer) -> None:
    """Check question 1: h_t, c_t of one step with peepholes."""
    for case in _cases(maps=4, peepholes=3):
        rule = "The gates i_t and f_t must see p * c_prev, o_t must see p_o * c_t, all before the sigmoid."
        _require_step("peephole_step", answer, case, _peephole, _PEEPHOLE_MISTAKES, rule)


def _peephole(
    x: Tensor, h: Tensor, c: Tensor, W_x: Tensor, W_h: Tensor, b: Tensor, *p: Tensor
) -> tuple[Tensor, Tensor]:
    return cells.peephole_lstm_step(x, h, c, W_x, W_h, b, torch.cat(p))[:2]


def _built(
    *, late: bool = True, candidate: bool = False, order: str = "ifgo", swap: bool = False, outside: bool = False
) -> Reference:
    """Build a step with peepholes that has something wrong: see `_PEEPHOLE_MISTAKES`."""

    def step(
        x: Tensor, h: Tensor, c: Tensor, W_x: Tensor, W_h: Tensor, b: Tensor, p_i: Tensor, p_f: Tensor, p_o: Tensor
    ) -> tuple[Tensor, Tensor]:
        z = dict(zip(order, (x @ W_x.T + h @ W_h.T + b).chunk(4, dim=1), strict=True))
        p_i, p_f = (p_f, p_i) if swap else (p_i, p_f)

        def gate(z_k: Tensor, seen: Tensor) -> Tensor:
            return sigmoid(z_k) + seen if outside else sigmoid(z_k + seen)

        g_t = tanh(z["g"] + p_i * c if candidate else z["g"])
        c_t = gate(z["f"], p_f * c) * c + gate(z["i"], p_i * c) * g_t
        return gate(z["o"], p_o * (c_t if late else c)) * tanh(c_t), c_t

    return step


def _no_peepholes(x: Tensor, h: Tensor, c: Tensor, W_x: Tensor, W_h: Tensor, b: Tensor, *_: Tensor) -> tuple:
    return cells.lstm_step(x, h, c, W_x, W_h, b)[:2]


_PEEPHOLE_MISTAKES: dict[str, Reference] = {
    "the LSTM without peepholes": _no_peepholes,
    "an output gate that sees the old cell: compute c_t before o_t": _built(late=False),
    "a candidate that sees the cell too: only the gates do": _built(candidate=True),
    "the blocks in the order i, f, o, g: they come as i, f, g, o": _built(order="ifog"),
    "the blocks in the order f, i, g, o: they come as i, f, g, o": _built(order="figo"),
    "p_i and p_f exchanged": _built(swap=True),
    "peepholes added after the sigmoid": _built(outside=True),
}


@question
def coupled_step(answer: Answer) -> None:
    """Check question 2: h_t, c_t of one coupled step."""
    for case in _cases(maps=3):
        rule = "The cell must be c_t = (1 - i_t) * c_prev + i_t * g_t, and h_t = o_t * tanh(c_t)."
        _require_step("coupled_step", answer, case, _coupled("igo"), _COUPLED_MISTAKES, rule)


def _coupled(
    order: str, keep: Callable[[Tensor], Tensor] = lambda i: 1 - i, exchanged: bool = False, show: str = "tanh"
) -> Reference:
    """Build a coupled step from blocks in some order, with `keep` making the forget gate from the input gate."""

    def step(x: Tensor, h: Tensor, c: Tensor, W_x: Tensor, W_h: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
        z = dict(zip(order, (x @ W_x.T + h @ W_h.T + b).chunk(3, dim=1), strict=True))
        i_t, g_t, o_t = sigmoid(z["i"]), tanh(z["g"]), sigmoid(z["o"])
        kept, written = (i_t, keep(i_t)) if exchanged else (keep(i_t), i_t)
        c_t = kept * c + written * g_t
        return o_t * (tanh(c_t) if show == "tanh" else c_t), c_t

    return step


_COUPLED_MISTAKES: dict[str, Reference] = {
    "i_t and 1 - i_t exchanged: i_t lets the new in": _coupled("igo", exchanged=True),
    "a forget gate of 1: it must be 1 - i_t": _coupled("igo", keep=torch.ones_like),
    "a forget gate equal to i_t: it must be 1 - i_t": _coupled("igo", keep=lambda i: i),
    "the blocks in the order i, o, g: they come as i, g, o": _coupled("iog"),
    "the blocks in the order g, i, o: they come as i, g, o": _coupled("gio"),
    "o_t * c_t, without tanh": _coupled("igo", show="c_t"),
}


@question
def count_parameters(answer: Answer) -> None:
    """Check question 3: the number of parameters of six cells."""
    for I, H in ((3, 5), (10, 20), (7, 1)):
        for kind, right in _counts(I, H).items():
            got = call("count_parameters", answer, kind, I, H)
            rule = f"count_parameters({kind!r}, {I}, {H}) must be {right}"
            whole = isinstance(got, int) and not isinstance(got, bool)
            require(whole, f"{rule}, an int.", f"{got!r} ({type(got).__name__})")
            require(got == right, f"{rule}.", got, _count_hint(kind, got, I, H))


def _counts(I: int, H: int) -> dict[str, int]:
    variants = {"lstm": "LSTM", "peephole": "peephole", "coupled": "coupled", "gru": "GRU"}
    counts = {kind: VARIANTS[name].count(I, H) for kind, name in variants.items()}
    return counts | {"bidirectional": 2 * counts["lstm"], "2d": 5 * (H * I + 2 * H * H + H)}


def _count_hint(kind: str, got: int, I: int, H: int) -> str:
    """Name the mistake that gives this number, where it is a known one."""
    one_map, lstm, coupled = H * I + H * H + H, 4 * (H * I + H * H + H), 3 * (H * I + H * H + H)
    known = {
        "lstm": {lstm + 4 * H: "That counts two bias vectors; here a map has one."},
        "peephole": {
            lstm: "That leaves the three peephole vectors out.",
            lstm + 4 * H: "The candidate has no peephole: three vectors, not four.",
            lstm + 3 * H * H: "A peephole is a vector: a gate sees its own unit's cell only.",
        },
        "coupled": {lstm: "The forget gate needs no weights of its own: three maps are left."},
        "gru": {
            coupled: "The GRU needs two bias vectors for each of its maps.",
            lstm: "The GRU has three maps.",
            lstm + 4 * H: "The GRU has three maps.",
        },
        "bidirectional": {
            lstm: "Each direction has weights of its own.",
            2 * (lstm + 4 * H): "That counts two bias vectors; here a map has one.",
        },
        "2d": {
            5 * one_map: "Each map reads two hidden states, with a matrix for each.",
            4 * (one_map + H * H): "There are two forget gates, so five maps.",
            5 * (2 * (H * I + H * H) + H): "The input is read once; only the hidden state comes twice.",
            5 * (2 * one_map): "Only the hidden state comes twice, not the input and the bias.",
        },
    }
    common = {
        4 * (H * I + H * H): "That counts no bias.",
        4 * (H * I + H): "That leaves out the matrices for the hidden state.",
    }
    return (known[kind] | common).get(got, "Count one map (input matrix, state matrix, bias), then the maps.")


@question
def attention(answer: Answer) -> None:
    """Check question 4: dot-product attention with a mask."""
    for seed, (B, N, T, D, E, dtype) in enumerate(((2, 4, 5, 3, 6, torch.float64), (1, 3, 2, 5, 4, torch.float32))):
        Q, K, V = _draw(100 + seed, dtype, (B, N, D), (B, T, D), (B, T, E))
        mask = torch.rand(N, T, generator=generator(seed)) < 0.6
        mask[torch.arange(N), torch.arange(N) % T] = True  # every question may look somewhere,
        mask[torch.arange(N), (torch.arange(N) + 1) % T] = False  # and not everywhere
        result, A = require_parts("attention", call("attention", answer, Q, K, V, mask), "result", "A")
        require_tensor("A", A, (B, N, T), "(batch, questions, steps)", dtype)
        require_tensor("result", result, (B, N, E), "(batch, questions, numbers in a value)", dtype)
        _require_weights(A, Q, K, mask)
        right = _attention(Q, K, V, mask)
        rule = "The result must be A @ V, the mean of the values weighted by A."
        unmasked = (Q @ K.transpose(1, 2) / D**0.5).softmax(dim=-1) @ V
        require_right("result", result, right[0], rule, {"the result without the mask": unmasked})
        require_gradient("attention", lambda *a, m=mask: answer(*a, m), (Q, K, V), lambda *a, m=mask: _attention(*a, m))


def _attention(Q: Tensor, K: Tensor, V: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    scores = Q @ K.transpose(1, 2) / Q.shape[-1] ** 0.5
    A = scores.masked_fill(~mask, -torch.inf).softmax(dim=-1)
    return A @ V, A


def _require_weights(A: Tensor, Q: Tensor, K: Tensor, mask: Tensor) -> None:
    """Require the weights; where they are those of a known mistake, say which."""
    products, D = Q @ K.transpose(1, 2), Q.shape[-1]
    scores = products / D**0.5

    def hidden(s: Tensor, where: Tensor = ~mask) -> Tensor:
        return s.masked_fill(where, -torch.inf)

    after = scores.softmax(dim=-1) * mask
    mistakes = {
        "weights without the mask": scores.softmax(dim=-1),
        "weights without the division by the root of D": hidden(products).softmax(dim=-1),
        "scores divided by D, not by its root": hidden(products / D).softmax(dim=-1),
        "scores multiplied by the root of D": hidden(products * D**0.5).softmax(dim=-1),
        "the scores before the softmax": scores,
        "weights set to 0 after the softmax: the rest of the row then adds up to less than 1": after,
        "scores set to 0 where one must not look: e^0 is 1, so put minus infinity there": (scores * mask).softmax(-1),
        "a softmax over the questions: each row must add up to 1": hidden(scores).softmax(dim=1).nan_to_num(),
        "the mask taken the other way round: True is where one may look": hidden(scores, mask).softmax(-1),
    }
    rule = "A must be the softmax of Q K^T / sqrt(D) over the steps, and 0 where the mask is False."
    require_right("A", A, _attention(Q, K, K, mask)[1], rule, mistakes)
