"""Random calls for the questions of exercise 3."""

from tests.oracles.oracle import calls


def step(draw):
    B, I, H = draw.size(), draw.size(), draw.size()
    states = [draw(B, H), draw(B, H), draw(B, I), draw(B, H), draw(B, H), draw(B, H)]
    return [*states, draw(B, 4 * H), draw(4 * H, I), draw(4 * H, H)]


def sequence(draw):
    T, B, I, H = draw.size(1, 4), draw.size(), draw.size(), draw.size()
    states = [draw(T, B, H), draw(B, H), draw(T, B, I), draw(T + 1, B, H), draw(T + 1, B, H)]
    return [*states, draw(T, B, 4 * H), draw(4 * H, I), draw(4 * H, H)]


def coupled(draw):
    B, H = draw.size(), draw.size()
    return [draw(B, H), draw(B, H), draw(B, H), draw(B, H), draw(B, 3 * H)]


def run(draw):
    T, B, I, H = draw.size(), draw.size(), draw.size(), draw.size()
    return [draw(T, B, I), draw(B, H), draw(B, H), draw(4 * H, I), draw(4 * H, H), draw(4 * H), draw.size(1, 4)]


ORACLES = {
    "step_backward": calls(step, gradients=False),
    "sequence_backward": calls(sequence, gradients=False),
    "coupled_backward": calls(coupled, gradients=False),
    "truncated_run": calls(run),
    "find_the_bugs": lambda answer, draw: sorted(set(answer)),
}
JUDGED = {}
