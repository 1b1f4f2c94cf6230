"""Random calls for the questions of exercise 8."""

import torch

from tests.oracles.oracle import calls


def step(draw, maps):
    B, I, H = draw.size(), draw.size(), draw.size()
    weights = [draw(maps * H, I), draw(maps * H, H), draw(maps * H)]
    return [draw(B, I), draw(B, H), draw(B, H), *weights], H


def peephole(draw):
    arguments, H = step(draw, 4)
    return [*arguments, draw(H), draw(H), draw(H)]


def looked_up(draw):
    B, N, T, D, E = (draw.size() for _ in range(5))
    mask = draw(N, T) > 0
    mask[torch.arange(N), torch.arange(N) % T] = True
    return [draw(B, N, D), draw(B, T, D), draw(B, T, E), mask]


def counted(draw):
    kind = draw.one_of("lstm", "peephole", "coupled", "gru", "bidirectional", "2d")
    return [kind, draw.size(), draw.size()]


ORACLES = {
    "peephole_step": calls(peephole),
    "coupled_step": calls(lambda draw: step(draw, 3)[0]),
    "count_parameters": calls(counted),
    "attention": calls(looked_up),
}
JUDGED = {}
