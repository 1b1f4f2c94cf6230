"""Exercise 2, questions 4 and 5: weights in PyTorch's layout, the forget bias."""

import torch
from torch import nn

from lstm_course.checks import the_cell as check
from tests.mistakes.catalogue import Mistake

# ---- pack weights


def pack(W, b, order="ifgo"):
    W, b = torch.cat([W[k] for k in order]), torch.cat([b[k] for k in order])
    H = len(b) // 4
    return W[:, H:], W[:, :H], b, torch.zeros_like(b)


def pack_halves(W, b):
    w_ih, w_hh, bias, _ = pack(W, b)
    return [w_ih.contiguous(), w_hh.clone(), bias / 2, bias / 2]


def pack_filled(W, b):
    H, width = W["i"].shape
    w_ih, w_hh = torch.empty(4 * H, width - H, dtype=W["i"].dtype), torch.empty(4 * H, H, dtype=W["i"].dtype)
    bias = torch.empty(4 * H, dtype=W["i"].dtype)
    for k, gate in enumerate(("i", "f", "g", "o")):
        for row in range(H):
            w_hh[k * H + row] = W[gate][row, :H]
            w_ih[k * H + row] = W[gate][row, H:]
            bias[k * H + row] = b[gate][row]
    return w_ih, w_hh, torch.zeros(4 * H, dtype=bias.dtype), bias


def pack_split(W, b):
    H = b["i"].numel()
    parts = [W[k].split([H, W[k].shape[1] - H], dim=1) for k in "ifgo"]
    bias = torch.stack([b["i"], b["f"], b["g"], b["o"]]).flatten()
    return torch.vstack([p[1] for p in parts]), torch.vstack([p[0] for p in parts]), bias, bias * 0


def pack_in_a_cell(W, b):
    H, width = W["i"].shape
    cell = nn.LSTMCell(width - H, H, dtype=W["i"].dtype)
    with torch.no_grad():
        for k, gate in enumerate("ifgo"):
            rows = slice(k * H, (k + 1) * H)
            cell.weight_hh[rows], cell.weight_ih[rows] = W[gate].hsplit([H])
            cell.bias_ih[rows], cell.bias_hh[rows] = b[gate] + 1, -1
    return tuple(p.detach() for p in (cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh))


def packed(edit):
    return lambda W, b: edit(*pack(W, b))


def x_first(W, b):
    w_ih, w_hh, *biases = pack(W, b)
    stacked, I = torch.cat([w_hh, w_ih], 1), w_ih.shape[1]
    return stacked[:, :I], stacked[:, I:], *biases


def interleaved(W, b):
    W, b = torch.stack([W[k] for k in "ifgo"], 1).flatten(0, 1), torch.stack([b[k] for k in "ifgo"], 1).flatten()
    H = len(b) // 4
    return W[:, H:], W[:, :H], b, torch.zeros_like(b)


def cleared(W, b):
    result = pack(W, b)
    W.clear()
    return result


def joined_sideways(W, b):
    return pack({k: W[k].T for k in W}, b)


# ---- the forget bias


def set_bias(lstm, value, ih=1.0, hh=0.0, block=1, names=("",)):
    H = lstm.hidden_size
    rows = slice(block * H, (block + 1) * H)
    with torch.no_grad():
        for name, p in lstm.named_parameters():
            if name.startswith("bias") and any(part in name for part in names):
                p[rows] = value * (ih if "ih" in name else hh)


def through_data(lstm, value):
    H = lstm.hidden_size
    for name in lstm.state_dict():
        if "bias" in name:
            getattr(lstm, name).data[H : 2 * H].fill_(value / 2)
    return lstm


@torch.no_grad()
def by_chunks(lstm, value):
    for name, parameter in lstm.named_parameters():
        if "bias" in name:
            parameter.chunk(4)[1].fill_(value if "hh" in name else 0)


def by_layers(lstm, value, *, start=0):
    H = lstm.hidden_size
    for layer in range(lstm.num_layers):
        for end in ("", "_reverse") if lstm.bidirectional else ("",):
            nn.init.constant_(getattr(lstm, f"bias_ih_l{layer}{end}")[H : 2 * H], value - start)
            nn.init.constant_(getattr(lstm, f"bias_hh_l{layer}{end}")[H : 2 * H], start)


def by_state(lstm, value):
    state = {name: tensor.clone() for name, tensor in lstm.state_dict().items()}
    H = lstm.hidden_size
    for name, tensor in state.items():
        for k in range(H, 2 * H) if "bias" in name else ():
            tensor[k] = value if "_ih_" in name else 0.0
    lstm.load_state_dict(state)


def difference(lstm, value):
    """Leave one vector as it is and let the other make up for it."""
    with torch.no_grad():
        for name, p in lstm.named_parameters():
            if "bias_hh" in name:
                H = lstm.hidden_size
                p[H : 2 * H] = value - lstm.get_parameter(name.replace("hh", "ih"))[H : 2 * H]


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


def zeroed(lstm, value):
    with torch.no_grad():
        for name, p in lstm.named_parameters():
            if "bias" in name:
                p.zero_()
    set_bias(lstm, value)


def weights_too(lstm, value):
    set_bias(lstm, value)
    with torch.no_grad():
        lstm.weight_hh_l0.mul_(2)


def added(lstm, value):
    H = lstm.hidden_size
    for name, p in lstm.named_parameters():
        if "bias_ih" in name:
            p.data[H : 2 * H] += value


def no_reverse(lstm, value):
    H = lstm.hidden_size
    with torch.no_grad():
        for k in range(lstm.num_layers):
            getattr(lstm, f"bias_ih_l{k}")[H : 2 * H] = value
            getattr(lstm, f"bias_hh_l{k}")[H : 2 * H] = 0


def without_no_grad(lstm, value):
    H = lstm.hidden_size
    lstm.bias_ih_l0[H : 2 * H] = value


def on_a_copy(lstm, value):
    set_bias(nn.LSTM(lstm.input_size, lstm.hidden_size), value)


RIGHT = {
    check.pack_weights: {
        "as the formula": pack,
        "half each": pack_halves,
        "row by row": pack_filled,
        "split": pack_split,
        "through a cell": pack_in_a_cell,
    },
    check.set_forget_bias: {
        "as the formula": set_bias,
        "through data": through_data,
        "by chunks": by_chunks,
        "by layers": by_layers,
        "by state": by_state,
        "the difference": difference,
    },
}

MISTAKES = {
    check.pack_weights: {
        "f, i, g, o": Mistake(
            lambda W, b: pack(W, b, "figo"), "weight_ih must stack", "for k in 'figo'", "which order"
        ),
        "i, f, o, g": Mistake(lambda W, b: pack(W, b, "ifog"), "for k in 'ifog'"),
        "as they come": Mistake(lambda W, b: pack(W, b, list(W)), "for k in 'ogfi'"),
        "by the alphabet": Mistake(lambda W, b: pack(W, b, sorted(W)), "for k in 'fgio'"),
        "interleaved": Mistake(interleaved, "torch.stack([W[k] for k in 'ifgo'], dim=1)", "all rows of one before"),
        "x first": Mistake(x_first, "stacked[:, :I]", "which columns meet h_prev"),
        "bias twice": Mistake(packed(lambda ih, hh, b, zero: (ih, hh, b, b)), "= bias + bias", "PyTorch adds both"),
        "no bias": Mistake(
            packed(lambda ih, hh, b, zero: (ih, hh, zero, zero)), "= 0 * bias", "what must their sum be"
        ),
        "bias as it comes": Mistake(
            lambda W, b: (*pack(W, b)[:2], *pack(W, b, list(b))[2:]),
            "[b[k] for k in 'ogfi']",
            "in the order i, f, g, o",
        ),
        "exchanged": Mistake(
            packed(lambda ih, hh, b, zero: (hh, ih, b, zero)), "weight_ih must have the shape (4 hidden, input)"
        ),
        "transposed": Mistake(
            packed(lambda ih, hh, b, zero: (ih.T, hh, b, zero)), "Got shape (2, 16)", "is a transpose missing"
        ),
        "joined sideways": Mistake(joined_sideways, "weight_ih must have the shape", named=False),
        "three": Mistake(
            packed(lambda ih, hh, b, zero: (ih, hh, b)), "4 values: weight_ih, weight_hh, bias_ih, bias_hh"
        ),
        "no return": Mistake(lambda W, b: None, "Is a return missing?"),
        "one bias of length H": Mistake(
            packed(lambda ih, hh, b, zero: (ih, hh, b[: len(b) // 4], zero)), "bias_ih must have"
        ),
        "a number for zeros": Mistake(
            packed(lambda ih, hh, b, zero: (ih, hh, b, 0)), "bias_hh must be a tensor", "(int)"
        ),
        "columns reversed": Mistake(
            packed(lambda ih, hh, b, zero: (ih, hh.flip(1), b, zero)),
            "weight_hh must stack",
            "reverse order along axis 1",
        ),
        "bias reversed": Mistake(
            packed(lambda ih, hh, b, zero: (ih, hh, b.flip(0), zero)), "reverse order along axis 0"
        ),
        "zeros in float32": Mistake(
            packed(lambda ih, hh, b, zero: (ih, hh, b, zero.float())), "bias_hh must keep the dtype torch.float64"
        ),
        "cleared": Mistake(cleared, "must leave its arguments as they are", "W"),
        "order and bias": Mistake(
            lambda W, b: (lambda ih, hh, b, zero: (ih, hh, b, b))(*pack(W, b, "figo")), "for k in 'figo'"
        ),
        "a letter's own name": Mistake(lambda W, b: pack(W, b, "ifco"), "pack_weights raised KeyError: 'c'", "in line"),
    },
    check.set_forget_bias: {
        "in both": Mistake(
            lambda lstm, v: set_bias(lstm, v, 1, 1), "In l0", "add up to 1.5", "3: both bias vectors hold it"
        ),
        "one left": Mistake(lambda lstm, v: set_bias(lstm, v, names=("ih",)), "what the other bias vector still holds"),
        "the first left": Mistake(
            lambda lstm, v: set_bias(lstm, v, hh=1.0, names=("hh",)), "what the first bias vector still holds"
        ),
        "one layer": Mistake(
            lambda lstm, v: set_bias(lstm, v, names=("l0",)), "In l1", "this layer or direction was left out"
        ),
        "no reverse": Mistake(no_reverse, "In l0_reverse", "left out"),
        "the input gate's": Mistake(lambda lstm, v: set_bias(lstm, v, block=0), "input gate's rows instead", "H:2H"),
        "the candidate's": Mistake(lambda lstm, v: set_bias(lstm, v, block=2), "candidate's rows instead"),
        "the output gate's": Mistake(lambda lstm, v: set_bias(lstm, v, block=3), "output gate's rows instead"),
        "added": Mistake(added, "the start values plus 1.5: set them"),
        "half in one": Mistake(lambda lstm, v: set_bias(lstm, v, ih=0.5), "0.75: one vector holds half"),
        "zero": Mistake(lambda lstm, v: set_bias(lstm, v, ih=0.0), "0: one vector must hold the value"),
        "sigmoid": Mistake(
            lambda lstm, v: set_bias(lstm, torch.tensor(float(v)).sigmoid()), "the bias stands inside the sigmoid"
        ),
        "all blocks": Mistake(whole_bias, "Only the forget blocks", "a change in row 0 of bias_ih_l0 (H = 4)"),
        "others zeroed": Mistake(zeroed, "Only the forget blocks", "a change in row 0 of bias_ih_l0"),
        "weights too": Mistake(weights_too, "Only the forget blocks", "of weight_hh_l0"),
        "replaced": Mistake(replaced, "keep its own parameters", "another parameter in place of bias_ih_l0"),
        "frozen": Mistake(frozen, "keep its own parameters", "bias_ih_l0 without requires_grad"),
        "nothing": Mistake(lambda lstm, v: None, "the start values: nothing in the LSTM itself has changed"),
        "on a copy": Mistake(on_a_copy, "the start values: nothing in the LSTM itself has changed"),
        "three times": Mistake(lambda lstm, v: set_bias(lstm, v, ih=3.0), "3 times the right values"),
        "without no_grad": Mistake(without_no_grad, "set_forget_bias raised RuntimeError", "in-place", "in line"),
        "too few arguments": Mistake(
            lambda lstm: None, "must take 2 arguments", "1 positional argument but 2 were given"
        ),
    },
}
