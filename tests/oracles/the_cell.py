"""Random calls for the questions of exercise 2."""

import torch
from torch import nn

from tests.oracles.oracle import calls


def weights(draw, I, H):
    return [draw(4 * H, I), draw(4 * H, H), draw(4 * H)]


def gates(draw):
    B, I, H = draw.size(), draw.size(), draw.size()
    return [draw(B, I), draw(B, H), *weights(draw, I, H)]


def step(draw):
    B, I, H = draw.size(), draw.size(), draw.size()
    return [draw(B, I), draw(B, H), draw(B, H), *weights(draw, I, H)]


def sequence(draw):
    B, T, I, H = draw.size(), draw.size(1, 5), draw.size(), draw.size()
    return [draw(B, T, I), draw(B, H), draw(B, H), *weights(draw, I, H)]


def separate(draw):
    I, H = draw.size(), draw.size()
    return [{k: draw(H, H + I) for k in "gofi"}, {k: draw(H) for k in "gofi"}]


def packed(answer, draw):
    """Two answers are as good if the biases add up to the same."""
    weight_ih, weight_hh, bias_ih, bias_hh = answer(*separate(draw))
    return weight_ih, weight_hh, bias_ih + bias_hh, bias_ih.shape, bias_hh.shape


def biased(answer, draw):
    """Watch the parameters, and the forget biases by their sums."""
    options = {"num_layers": draw.size(1, 3), "bidirectional": draw.one_of(True, False)}
    lstm = nn.LSTM(draw.size(), draw.size(2, 4), **options)
    answer(lstm, draw.one_of(1.0, -2.0, 3))
    H, seen = lstm.hidden_size, []
    for name, p in lstm.named_parameters():
        forget = torch.zeros(len(p), dtype=torch.bool)
        forget[H : 2 * H] = name.startswith("bias")
        partner = lstm.get_parameter(name.replace("_ih_", "_hh_")) if "bias" in name else p
        seen += [p[~forget], (p + partner)[forget], p.requires_grad]
    return seen


ORACLES = {
    "four_gates": calls(gates),
    "lstm_step": calls(step),
    "lstm_sequence": calls(sequence),
    "pack_weights": packed,
    "set_forget_bias": biased,
}
JUDGED = {}
