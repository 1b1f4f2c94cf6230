"""The checks of lesson 2 accept right answers in any style and name what is wrong with wrong ones."""

import pytest
import torch
from torch import nn, sigmoid, tanh

from lstm_course import cells
from lstm_course.checks import the_cell as check
from lstm_course.checks.base import CheckFailed

QUESTIONS = ("four_gates", "lstm_step", "lstm_sequence", "pack_weights", "set_forget_bias")


def blocks(x, h, W_x, W_h, b, dim=1):
    return (x @ W_x.T + h @ W_h.T + b).chunk(4, dim=dim)


def gates(x, h, W_x, W_h, b):
    i, f, g, o = blocks(x, h, W_x, W_h, b)
    return sigmoid(i), sigmoid(f), tanh(g), sigmoid(o)


def step(x, h, c, W_x, W_h, b):
    return cells.lstm_step(x, h, c, W_x, W_h, b)[:2]


def sequence(x, h, c, *weights):
    out = []
    for x_t in x.unbind(1):
        h, c = step(x_t, h, c, *weights)
        out.append(h)
    return torch.stack(out, 1), (h, c)


def pack(W, b, order="ifgo"):
    W, b = torch.cat([W[k] for k in order]), torch.cat([b[k] for k in order])
    H = len(b) // 4
    return W[:, H:], W[:, :H], b, torch.zeros_like(b)


def set_bias(lstm, value, ih=1.0, hh=0.0, block=1, names=("",)):
    H = lstm.hidden_size
    rows = slice(block * H, (block + 1) * H)
    with torch.no_grad():
        for name, p in lstm.named_parameters():
            if name.startswith("bias") and any(part in name for part in names):
                p[rows] = value * (ih if "ih" in name else hh)


def test_the_unanswered_questions_raise_not_implemented():
    def unanswered(*arguments):
        raise NotImplementedError

    for name in QUESTIONS:
        with pytest.raises(NotImplementedError):
            getattr(check, name)(unanswered)


# ---- right answers, written differently


def gates_by_block(x, h, W_x, W_h, b):
    H = h.shape[1]
    z = torch.cat([x, h], 1) @ torch.cat([W_x, W_h], 1).T + b
    s = 1 / (1 + torch.exp(-z))
    return [s[:, :H], s[:, H : 2 * H], 2 * (1 / (1 + torch.exp(-2 * z[:, 2 * H : 3 * H]))) - 1, s[:, 3 * H :]]


def step_by_hand(x, h, c, W_x, W_h, b):
    i, f, g, o = gates_by_block(x, h, W_x, W_h, b)
    new = torch.addcmul(i * g, f, c)
    return [torch.mul(o, new.tanh()), new]


def sequence_filled(x, h_0, c_0, W_x, W_h, b):
    h, c = h_0, c_0
    out = []
    for t in range(x.size(1)):
        h, c = step(x[:, t, :], h, c, W_x, W_h, b)
        out += [h.unsqueeze(1)]
    return [torch.cat(out, dim=1), [h, c]]


def pack_halves(W, b):
    w_ih, w_hh, bias, _ = pack(W, b)
    return [w_ih.contiguous(), w_hh.clone(), bias / 2, bias / 2]


def set_bias_through_data(lstm, value):
    H = lstm.hidden_size
    for name in lstm.state_dict():
        if "bias" in name:
            getattr(lstm, name).data[H : 2 * H].fill_(value / 2)
    return lstm


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("four_gates", gates),
        ("four_gates", gates_by_block),
        ("lstm_step", step),
        ("lstm_step", step_by_hand),
        ("lstm_sequence", sequence),
        ("lstm_sequence", sequence_filled),
        ("pack_weights", pack),
        ("pack_weights", pack_halves),
        ("set_forget_bias", set_bias),
        ("set_forget_bias", set_bias_through_data),
    ],
)
def test_right_answers_pass(name, answer, capsys):
    getattr(check, name)(answer)
    assert capsys.readouterr().out == f"✓ {name} is right.\n"


# ---- wrong answers, and words that the message must contain


def changed(parts, **new):
    """Gates with some of them replaced by functions of the blocks."""

    def answer(*arguments):
        z = dict(zip("ifgo", blocks(*arguments), strict=True))
        return [new.get(k, tanh if k == "g" else sigmoid)(z[k]) for k in parts]

    return answer


def in_place(x, h, W_x, W_h, b):
    result = gates(x, h, W_x, W_h, b)
    h.mul_(0)
    return result


WRONG_GATES = [
    (changed("figo"), ["i_t (input gate)", "first block", "Got the values of f_t"]),
    (changed("ifog"), ["g_t (candidate)", "Got the values of o_t"]),
    (changed("ifgo", g=sigmoid), ["g_t (candidate) must be tanh", "Got sigmoid of that block"]),
    (changed("ifgo", o=tanh), ["o_t (output gate) must be sigmoid", "Got tanh of that block"]),
    (changed("ifgo", f=lambda z: z), ["Got that block before sigmoid"]),
    (lambda x, h, W_x, W_h, b: gates(x, h, W_x, W_h, 0 * b), ["without the bias"]),
    (lambda x, h, W_x, W_h, b: gates(x, 0 * h, W_x, W_h, b), ["without h_prev"]),
    (lambda x, h, W_x, W_h, b: gates(x, h, W_x, W_h, 2 * b), ["Expected i_t[0, 0] = "]),
    (lambda *a: gates(*a)[:3], ["must give 4 values: i_t, f_t, g_t, o_t", "Got 3 values"]),
    (lambda *a: torch.cat(gates(*a), 1), ["4 values", "Got Tensor"]),
    (lambda *a: None, ["4 values", "Got NoneType"]),
    (lambda *a: [v[0] for v in gates(*a)], ["shape (batch, hidden) = (3, 4)", "Got shape (4,)"]),
    (lambda *a: [v.squeeze(0) for v in gates(*a)], ["shape (batch, hidden) = (1, 2)", "Got shape (2,)"]),
    (lambda *a: [v.T for v in gates(*a)], ["shape (batch, hidden) = (3, 4)", "Got shape (4, 3)"]),
    (lambda *a: [v.double() for v in gates(*a)], ["must keep the dtype torch.float32", "Got torch.float64"]),
    (lambda *a: [v.detach() for v in gates(*a)], ["Gradients must flow through four_gates", "without a gradient"]),
    (lambda x, *a: gates(x.detach(), *a), ["a wrong gradient for argument 1"]),
    (lambda *a: [v.detach().numpy() for v in gates(*a)], ["i_t must be a tensor", "ndarray"]),
    (in_place, ["four_gates must leave its arguments as they are"]),
]


def built_step(c_new, h_new):
    def answer(x, h, c, W_x, W_h, b):
        i, f, g, o = gates(x, h, W_x, W_h, b)
        c_t = c_new(i, f, g, c)
        return h_new(o, c_t, c), c_t

    return answer


def update(i, f, g, c):
    return f * c + i * g


def read(o, c_t, c):
    return o * tanh(c_t)


def step_in_place(x, h, c, *weights):
    i, f, g, o = gates(x, h, *weights)
    c *= f
    c += i * g
    return o * tanh(c), c


def reordered(order):
    def answer(x, h, c, W_x, W_h, b):
        z = dict(zip(order, blocks(x, h, W_x, W_h, b), strict=True))
        c_t = sigmoid(z["f"]) * c + sigmoid(z["i"]) * tanh(z["g"])
        return sigmoid(z["o"]) * tanh(c_t), c_t

    return answer


WRONG_STEPS = [
    (lambda *a: step(*a)[::-1], ["c_t = f_t * c_prev + i_t * g_t", "return h_t first"]),
    (built_step(lambda i, f, g, c: i * c + f * g, read), ["i_t and f_t exchanged"]),
    (reordered("figo"), ["i_t and f_t exchanged"]),
    (reordered("ifog"), ["order i, f, o, g"]),
    (built_step(lambda i, f, g, c: c + i * g, read), ["without the forget gate"]),
    (built_step(lambda i, f, g, c: f * c + g, read), ["without the input gate"]),
    (built_step(lambda *a: tanh(update(*a)), read), ["the belt itself is not squashed"]),
    (built_step(lambda i, f, g, c: update(i, f, sigmoid(torch.atanh(g)), c), read), ["candidate with sigmoid"]),
    (built_step(update, lambda o, c_t, c: o * c_t), ["h_t = o_t * tanh(c_t)", "without tanh"]),
    (built_step(update, lambda o, c_t, c: tanh(c_t)), ["without the output gate"]),
    (built_step(update, lambda o, c_t, c: tanh(o * c_t)), ["tanh acts on c_t alone"]),
    (built_step(update, lambda o, c_t, c: o * tanh(c)), ["h_t shows the new c_t"]),
    (built_step(update, lambda o, c_t, c: read(o, c_t.detach(), c)), ["a wrong gradient"]),
    (cells.lstm_step, ["2 values: h_t, c_t", "Got 3 values"]),
    (lambda *a: torch.stack(step(*a)), ["2 values", "Got Tensor"]),
    (step_in_place, ["lstm_step must leave its arguments as they are"]),
    (lambda *a: [v.float() for v in step(*a)], ["must keep the dtype torch.float64"]),
]


def walked(carry, *, flip=False):
    """A loop that hands on to the next step what `carry` makes of (old h, old c, new h, new c)."""

    def answer(x, h, c, *weights):
        out, state = [], (h, c)
        for x_t in x.flip(1).unbind(1) if flip else x.unbind(1):
            new = step(x_t, *state, *weights)
            out.append(new[0])
            state = carry(*state, *new)
        return torch.stack(out, 1), new

    return answer


def with_h_0(x, h, c, *weights):
    out, last = sequence(x, h, c, *weights)
    return torch.cat([h[:, None], out], 1), last


def edited(edit):
    return lambda *a: edit(*sequence(*a))


WRONG_SEQUENCES = [
    (edited(lambda out, last: (out.transpose(0, 1), last)), ["(batch, time, hidden) = (3, 6, 4)", "dim=1"]),
    (with_h_0, ["h_0 is not an output"]),
    (edited(lambda out, last: (out[:, -1], last)), ["one step", "hidden states of all steps"]),
    (lambda x, h, c, *w: sequence(x, 0 * h, 0 * c, *w), ["start from h_0 and c_0"]),
    (walked(lambda h, c, new_h, new_c: (h, c)), ["pass on the states"]),
    (walked(lambda h, c, new_h, new_c: (new_h, c)), ["h[:, t] must be the hidden state after step t", "Expected h["]),
    (walked(lambda h, c, new_h, new_c: (new_c, new_h)), ["Expected h["]),
    (walked(lambda h, c, new_h, new_c: (new_h, new_c), flip=True), ["walked from its end"]),
    (edited(lambda out, last: (out.flip(1), last)), ["reverse order"]),
    (edited(lambda out, last: (out, last[::-1])), ["h_T must be the state after the last step", "h_T comes first"]),
    (edited(lambda out, last: (out, *last)), ["2 values: h, (h_T, c_T)", "Got 3 values"]),
    (edited(lambda out, last: (out, last[0])), ["second value", "Got Tensor"]),
    (edited(lambda out, last: out), ["2 values", "Got Tensor"]),
    (edited(lambda out, last: (out, (out[:, 0], last[1]))), ["Expected h_T["]),
    (edited(lambda out, last: (list(out.unbind(1)), last)), ["h must be a tensor"]),
    (walked(lambda h, c, new_h, new_c: (new_h.detach(), new_c.detach())), ["a wrong gradient"]),
]


def packed(edit):
    return lambda W, b: edit(*pack(W, b))


def x_first(W, b):
    w_ih, w_hh, *biases = pack(W, b)
    stacked, I = torch.cat([w_hh, w_ih], 1), w_ih.shape[1]
    return stacked[:, :I], stacked[:, I:], *biases


def pack_and_clear(W, b):
    result = pack(W, b)
    W.clear()
    return result


WRONG_PACKS = [
    (lambda W, b: pack(W, b, "figo"), ["weight_ih must stack the blocks i, f, g, o", "order f, i, g, o"]),
    (lambda W, b: pack(W, b, "ifog"), ["order i, f, o, g"]),
    (lambda W, b: pack(W, b, list(W)), ["order o, g, f, i"]),
    (x_first, ["from the left end, but h stands first"]),
    (packed(lambda ih, hh, b, zero: (ih, hh, b, b)), ["both vectors hold the bias"]),
    (packed(lambda ih, hh, b, zero: (ih, hh, zero, zero)), ["no bias at all"]),
    (packed(lambda ih, hh, b, zero: (hh, ih, b, zero)), ["weight_ih must have the shape", "Got shape (16, 4)"]),
    (packed(lambda ih, hh, b, zero: (ih.T, hh, b, zero)), ["weight_ih must have the shape", "Got shape (2, 16)"]),
    (packed(lambda ih, hh, b, zero: (ih, hh, b)), ["4 values: weight_ih, weight_hh, bias_ih, bias_hh"]),
    (packed(lambda ih, hh, b, zero: (ih, hh.flip(1), b, zero)), ["weight_hh must stack", "Expected weight_hh["]),
    (packed(lambda ih, hh, b, zero: (ih, hh, b.flip(0), zero)), ["must be the given biases"]),
    (pack_and_clear, ["must leave its arguments as they are"]),
]


def replaced(lstm, value):
    set_bias(lstm, value)
    lstm.bias_ih_l0 = nn.Parameter(lstm.bias_ih_l0.detach().clone())


def frozen(lstm, value):
    set_bias(lstm, value)
    lstm.bias_ih_l0.requires_grad_(False)


def whole_bias(lstm, value):
    with torch.no_grad():
        for name, p in lstm.named_parameters():
            if "bias" in name:
                p.fill_(value / 2)


def weights_too(lstm, value):
    set_bias(lstm, value)
    with torch.no_grad():
        lstm.weight_hh_l0.mul_(2)


def added(lstm, value):
    H = lstm.hidden_size
    for name, p in lstm.named_parameters():
        if "bias_ih" in name:
            p.data[H : 2 * H] += value


WRONG_BIASES = [
    (lambda lstm, value: set_bias(lstm, value, 1, 1), ["In l0", "must add up to 1", "both bias vectors hold it"]),
    (lambda lstm, value: set_bias(lstm, value, names=("ih",)), ["what the other bias vector still holds"]),
    (lambda lstm, value: set_bias(lstm, value, hh=1.0, names=("hh",)), ["what the first bias vector still holds"]),
    (lambda lstm, value: set_bias(lstm, value, names=("l0",)), ["In l1", "this layer or direction was left out"]),
    (lambda lstm, value: set_bias(lstm, value, block=0), ["start values: this layer"]),
    (lambda lstm, value: set_bias(lstm, value, block=2), ["start values: this layer"]),
    (added, ["the start values plus 1"]),
    (whole_bias, ["Only the forget blocks", "a change in block 1 of bias_ih_l0"]),
    (weights_too, ["Only the forget blocks", "of weight_hh_l0"]),
    (replaced, ["keep its own parameters", "another parameter in place of bias_ih_l0"]),
    (frozen, ["keep its own parameters", "bias_ih_l0 without requires_grad"]),
    (lambda lstm, value: None, ["start values"]),
    (lambda lstm, value: set_bias(lstm, value, ih=3.0), ["Expected the forget bias[0] = 1, got 3"]),
]


def no_reverse(lstm, value):
    H = lstm.hidden_size
    with torch.no_grad():
        for k in range(lstm.num_layers):
            getattr(lstm, f"bias_ih_l{k}")[H : 2 * H] = value
            getattr(lstm, f"bias_hh_l{k}")[H : 2 * H] = 0


WRONG = {
    "four_gates": WRONG_GATES,
    "lstm_step": WRONG_STEPS,
    "lstm_sequence": WRONG_SEQUENCES,
    "pack_weights": WRONG_PACKS,
    "set_forget_bias": [*WRONG_BIASES, (no_reverse, ["In l0_reverse", "left out"])],
}


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
