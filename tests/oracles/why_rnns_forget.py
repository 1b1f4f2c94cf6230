"""Random calls for the questions of exercise 1."""

import torch

from tests.oracles.oracle import calls


def step(draw):
    B, I, H = draw.size(), draw.size(), draw.size()
    return [draw(B, I), draw(B, H), draw(H, I), draw(H, H), draw(H)]


def states(draw):
    """Run a small RNN and keep its graph."""
    H = draw.size()
    W_h, found = draw(H, H), [torch.zeros(H, dtype=torch.float64, requires_grad=True)]
    for _ in range(draw.size(1, 5)):
        found.append(torch.tanh(W_h @ found[-1] + draw(H)))
    return [found]


def matrix(draw):
    H = draw.size(1, 6)
    return [draw(H, H)]


def gradients(draw):
    shapes = [[draw.size() for _ in range(draw.size(0, 3))] for _ in range(draw.size())]
    return [[draw.one_of(0.0, 0.1, 1.0, 30.0) * draw(*shape) for shape in shapes], draw.one_of(0.5, 1.0, 2)]


ORACLES = {
    "rnn_step": calls(step),
    "norms_by_lag": calls(states, gradients=False),
    "decay_rate": calls(matrix, gradients=False),
    "clip_by_norm": calls(gradients, gradients=False),
}
JUDGED = {}
