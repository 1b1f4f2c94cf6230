"""Random calls for the questions of exercise 7, and the mutants of its training that are run."""

import torch

from tests.oracles.oracle import calls


def rollout(draw):
    length = draw.size()
    weights = draw(length)

    def one_step(window):
        if window.dim() != 2 or window.shape[1] != length:
            raise ValueError("windows are (M, L)")
        return torch.sin(window @ weights) + 0.3

    return [one_step, draw(draw.size(), length), draw.size(1, 5)]


def coefficients(draw):
    return [draw(draw.size(1, 6), dtype=draw.one_of(torch.float32, torch.float64))]


def wave(answer, draw):
    """Watch the numbers: a tensor of one number is as good as a Python float."""
    size = draw.size()
    C = draw.one_of(0.3, 0.6, 1.0) * draw(size, size)
    C = draw.one_of(torch.eye(2).double(), torch.tensor([[1.0, 2.0], [0.0, 0.5]]).double(), C, C, C, C)
    radius, steps = answer(C, draw.one_of(0.5, 0.1, 0.01))
    return float(f"{float(radius):.5g}"), float(f"{float(steps):.5g}"), C


def targets(draw):
    horizon = draw.size()
    return [draw(horizon + draw.size(1, 6)), horizon]


ORACLES = {
    "rollout": calls(rollout),
    "companion_matrix": calls(coefficients, gradients=False),
    "wave_left": wave,
    "direct_targets": calls(targets, gradients=False),
}
JUDGED = {}
TRAINING = {
    "forecast_weeks": [
        "line 29: return forecast -> pass",
        "line 23: train(model, batches, loss, steps=steps, lr=lr) -> pass",
        "line 27: (:, -1) -> (-1, :)",
        "line 17: forecast - target -> forecast + target",
        "line 17: forecast - target -> forecast",
        "line 9: temperature -> calendar",
        "line 22: 0.01 -> 0.0",
        "line 8: [temperature, calendar] -> [calendar, temperature]",
        "line 20: 168 -> 167",
        "line 9: 168 -> 167",
        "line 17: ((forecast - target)[:, 24:] ** 2).mean() -> (forecast - target)[:, 24:] ** 2",
    ]
}
