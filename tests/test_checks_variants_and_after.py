"""The checks of lesson 8 accept right answers in any style and name what is wrong with wrong ones."""

import pytest
import torch
from torch import nn, sigmoid, tanh

from lstm_course import cells
from lstm_course.checks import variants_and_after as check
from lstm_course.checks.base import CheckFailed

QUESTIONS = ("peephole_step", "coupled_step", "count_parameters", "attention")


def test_the_unanswered_questions_raise_not_implemented():
    def unanswered(*arguments):
        raise NotImplementedError

    for name in QUESTIONS:
        with pytest.raises(NotImplementedError):
            getattr(check, name)(unanswered)


# ---- right answers, written differently


def peephole(x, h, c, W_x, W_h, b, p_i, p_f, p_o, *, order="ifgo"):
    z = dict(zip(order, (x @ W_x.T + h @ W_h.T + b).chunk(4, 1), strict=True))
    new = sigmoid(z["f"] + p_f * c) * c + sigmoid(z["i"] + p_i * c) * tanh(z["g"])
    return sigmoid(z["o"] + p_o * new) * tanh(new), new


def peephole_by_rows(x, h, c, W_x, W_h, b, p_i, p_f, p_o):
    H = h.shape[1]
    z = torch.cat([x, h], 1) @ torch.cat([W_x, W_h], 1).T + b
    i, f = (1 / (1 + torch.exp(-(z[:, k * H : (k + 1) * H] + c @ torch.diag(p)))) for k, p in enumerate((p_i, p_f)))
    new = torch.addcmul(f * c, i, z[:, 2 * H : 3 * H].tanh())
    return [torch.mul((z[:, 3 * H :] + new * p_o).sigmoid(), new.tanh()), new]


def coupled(x, h, c, W_x, W_h, b):
    return cells.coupled_lstm_step(x, h, c, W_x, W_h, b)[:2]


def coupled_by_lerp(x, h, c, W_x, W_h, b):
    i, g, o = torch.split(nn.functional.linear(x, W_x, b) + nn.functional.linear(h, W_h), h.shape[1], dim=-1)
    new = torch.lerp(c, g.tanh(), i.sigmoid())
    return [o.sigmoid() * new.tanh(), new]


def count(kind, I, H):
    maps = {"lstm": 4, "peephole": 4, "coupled": 3, "gru": 3, "bidirectional": 8, "2d": 5}[kind]
    extra = {"peephole": 3 * H, "gru": 3 * H, "2d": 5 * H * H}.get(kind, 0)
    return maps * H * (I + H + 1) + extra


def count_by_torch(kind, I, H):
    def numbers(module):
        return sum(p.numel() for p in module.parameters())

    one_bias = numbers(nn.LSTMCell(I, H)) - 4 * H
    return {
        "lstm": one_bias,
        "peephole": one_bias + 3 * H,
        "coupled": one_bias // 4 * 3,
        "gru": numbers(nn.GRUCell(I, H)),
        "bidirectional": 2 * one_bias,
        "2d": one_bias // 4 * 5 + 5 * H**2,
    }[kind]


def attention(Q, K, V, mask):
    scores = torch.einsum("bnd,btd->bnt", Q, K) / Q.shape[-1] ** 0.5
    A = torch.where(mask, scores, -torch.inf).softmax(-1)
    return A @ V, A


def attention_by_exp(Q, K, V, mask):
    weights = torch.exp((Q @ K.mT) * Q.size(2) ** -0.5) * mask
    A = weights / weights.sum(2, keepdim=True)
    return [torch.einsum("bnt,bte->bne", A, V), A]


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("peephole_step", peephole),
        ("peephole_step", peephole_by_rows),
        ("coupled_step", coupled),
        ("coupled_step", coupled_by_lerp),
        ("count_parameters", count),
        ("count_parameters", count_by_torch),
        ("attention", attention),
        ("attention", attention_by_exp),
    ],
)
def test_right_answers_pass(name, answer, capsys):
    getattr(check, name)(answer)
    assert capsys.readouterr().out == f"✓ {name} is right.\n"


# ---- wrong answers, and words that the message must contain


def peeping(gate=lambda z, seen: sigmoid(z + seen), candidate=False, late=True, square=False, detach=False):
    def answer(x, h, c, W_x, W_h, b, p_i, p_f, p_o):
        i, f, g, o = (x @ W_x.T + h @ W_h.T + b).chunk(4, 1)
        see = c.detach() if detach else c
        new = gate(f, p_f * see) * c + gate(i, p_i * see) * tanh(g + p_i * c if candidate else g)
        return gate(o, p_o * (new if late else c)) * (new if square else tanh(new)), new

    return answer


def peephole_in_place(x, h, c, *weights):
    result = peephole(x, h, c, *weights)
    c *= 0
    return result


WRONG_PEEPHOLES = [
    (lambda *a: cells.lstm_step(*a[:6])[:2], ["i_t and f_t must see p * c_prev", "the LSTM without peepholes"]),
    (peeping(late=False), ["an output gate that sees the old cell"]),
    (peeping(candidate=True), ["only the gates do"]),
    (peeping(gate=lambda z, seen: sigmoid(z) + seen), ["added after the sigmoid"]),
    (lambda *a: peephole(*a, order="ifog"), ["they come as i, f, g, o"]),
    (lambda *a: peephole(*a, order="figo"), ["order f, i, g, o"]),
    (lambda *a: peephole(*a[:6], a[7], a[6], a[8]), ["p_i and p_f exchanged"]),
    (peeping(square=True), ["Expected h_t["]),
    (peeping(detach=True), ["Gradients must flow", "a wrong gradient for argument 3"]),
    (lambda *a: peephole(*a)[::-1], ["return h_t first"]),
    (lambda *a: cells.peephole_lstm_step(*a[:6], torch.cat(a[6:])), ["2 values: h_t, c_t", "Got 3 values"]),
    (lambda *a: [v.T for v in peephole(*a)], ["shape (batch, hidden) = (3, 4)", "Got shape (4, 3)"]),
    (lambda *a: [v.squeeze(0) for v in peephole(*a)], ["shape (batch, hidden) = (1, 2)", "Got shape (2,)"]),
    (lambda *a: [v.double() for v in peephole(*a)], ["must keep the dtype torch.float32"]),
    (peephole_in_place, ["peephole_step must leave its arguments as they are"]),
]


def tied(keep=lambda i: 1 - i, write=lambda i: i, order="igo", show=tanh, bias=1.0):
    def answer(x, h, c, W_x, W_h, b):
        z = dict(zip(order, (x @ W_x.T + h @ W_h.T + bias * b).chunk(3, 1), strict=True))
        i = sigmoid(z["i"])
        new = keep(i) * c + write(i) * tanh(z["g"])
        return sigmoid(z["o"]) * show(new), new

    return answer


WRONG_COUPLED = [
    (tied(keep=lambda i: i, write=lambda i: 1 - i), ["c_t = (1 - i_t) * c_prev + i_t * g_t", "exchanged"]),
    (tied(keep=lambda i: 1.0), ["a forget gate of 1"]),
    (tied(keep=lambda i: i), ["a forget gate equal to i_t"]),
    (tied(order="iog"), ["order i, o, g"]),
    (tied(order="gio"), ["order g, i, o"]),
    (tied(show=lambda c: c), ["o_t * c_t, without tanh"]),
    (tied(bias=0.0), ["Expected c_t["]),
    (lambda *a: coupled(*a)[::-1], ["return h_t first"]),
    (cells.coupled_lstm_step, ["2 values: h_t, c_t", "Got 3 values"]),
    (lambda *a: [v.detach() for v in coupled(*a)], ["Gradients must flow through coupled_step"]),
    (lambda *a: None, ["2 values", "Got NoneType"]),
]


def miscounted(**wrong):
    def answer(kind, I, H):
        name = "two_d" if kind == "2d" else kind
        return wrong[name](I, H) if name in wrong else count(kind, I, H)

    return answer


WRONG_COUNTS = [
    (miscounted(lstm=lambda I, H: 4 * (H * I + H * H + 2 * H)), ["('lstm', 3, 5) must be 180", "two bias vectors"]),
    (miscounted(lstm=lambda I, H: 4 * (H * I + H * H)), ["counts no bias"]),
    (miscounted(lstm=lambda I, H: 4 * (H * I + H)), ["matrices for the hidden state"]),
    (miscounted(peephole=lambda I, H: count("lstm", I, H)), ["'peephole'", "leaves the three peephole vectors out"]),
    (miscounted(peephole=lambda I, H: count("lstm", I, H) + 4 * H), ["candidate has no peephole"]),
    (miscounted(peephole=lambda I, H: count("lstm", I, H) + 3 * H * H), ["A peephole is a vector"]),
    (miscounted(coupled=lambda I, H: count("lstm", I, H)), ["three maps are left"]),
    (miscounted(gru=lambda I, H: count("coupled", I, H)), ["two bias vectors for each of its maps"]),
    (miscounted(gru=lambda I, H: count("lstm", I, H)), ["The GRU has three maps"]),
    (miscounted(bidirectional=lambda I, H: count("lstm", I, H)), ["Each direction has weights of its own"]),
    (miscounted(two_d=lambda I, H: 5 * H * (I + H + 1)), ["reads two hidden states"]),
    (miscounted(two_d=lambda I, H: 4 * H * (I + 2 * H + 1)), ["two forget gates"]),
    (miscounted(two_d=lambda I, H: 10 * H * (I + H + 1)), ["Only the hidden state comes twice"]),
    (lambda kind, I, H: float(count(kind, I, H)), ["an int", "180.0 (float)"]),
    (lambda kind, I, H: None, ["an int", "None (NoneType)"]),
    (lambda kind, I, H: 7, ["Got 7", "Count one map"]),
]


def attending(score=lambda s, D: s / D**0.5, hide=lambda s, m: s.masked_fill(~m, -torch.inf), dim=-1, after=None):
    def answer(Q, K, V, mask):
        A = hide(score(Q @ K.transpose(1, 2), Q.shape[-1]), mask).softmax(dim).nan_to_num()
        A = A if after is None else after(A, mask)
        return A @ V, A

    return answer


def mask_in_place(Q, K, V, mask):
    result = attention(Q, K, V, mask.clone())
    mask.logical_not_()
    return result


WRONG_ATTENTION = [
    (attending(hide=lambda s, m: s), ["0 where the mask is False", "weights without the mask"]),
    (attending(score=lambda s, D: s), ["without the division by the root of D"]),
    (attending(score=lambda s, D: s / D), ["divided by D, not by its root"]),
    (attending(score=lambda s, D: s * D**0.5), ["multiplied by the root of D"]),
    (attending(hide=lambda s, m: s * m), ["e^0 is 1"]),
    (attending(hide=lambda s, m: s, after=lambda A, m: A * m), ["after the softmax", "less than 1"]),
    (attending(dim=1), ["a softmax over the questions"]),
    (attending(hide=lambda s, m: s.masked_fill(m, -torch.inf)), ["the other way round"]),
    (lambda *a: attention(*a)[0], ["2 values: result, A", "Got Tensor"]),
    (lambda *a: attention(*a)[::-1], ["A must have the shape (batch, questions, steps) = (2, 4, 5)"]),
    (lambda Q, K, V, m: (attention(Q, K, V, m | True)[0], attention(Q, K, V, m)[1]), ["the result without the mask"]),
    (lambda *a: (2 * attention(*a)[0], attention(*a)[1]), ["The result must be A @ V", "Expected result["]),
    (lambda Q, K, V, m: (attention(Q, K, V, m)[0].detach(), attention(Q, K, V, m)[1]), ["Gradients must flow"]),
    (lambda *a: [v.double() for v in attention(*a)], ["must keep the dtype torch.float32"]),
    (mask_in_place, ["attention must leave its arguments as they are"]),
]

WRONG = dict(zip(QUESTIONS, (WRONG_PEEPHOLES, WRONG_COUPLED, WRONG_COUNTS, WRONG_ATTENTION), strict=True))


@pytest.mark.parametrize(
    ("name", "answer", "words"),
    [
        pytest.param(name, answer, words, id=f"{name}-{k}")
        for name, cases in WRONG.items()
        for k, (answer, words) in enumerate(cases)
    ],
)
def test_wrong_answers_are_named(name, answer, words):
    with pytest.raises(CheckFailed) as failure:
        getattr(check, name)(answer)
    for word in words:
        assert word in str(failure.value)
