"""Random calls for the questions of exercise 5, and the mutants of its training that are run."""

import numpy as np
import torch

from tests.oracles.oracle import calls


def windows(answer, draw):
    """Watch the numbers: lists of rows are as good as arrays."""
    look_back, horizon = draw.size(), draw.size()
    series = draw.array(look_back + horizon + draw.size(0, 6))
    past, future = answer(series, look_back, horizon)
    return np.asarray(past), np.asarray(future), series


def split(draw):
    look_back, horizon = draw.size(), draw.size()
    boundary = look_back + horizon + draw.size(0, 4)
    return [draw.array(boundary + horizon + draw.size(0, 6)), look_back, horizon, boundary]


def scale(draw):
    columns = draw.size()
    return [5 + 3 * draw.array(draw.size(2, 9), columns), 11 + 2 * draw.array(draw.size(1, 9), columns)]


def climatology(answer, draw):
    """Watch some days only, so that most places have no value (NaN): near the ends of the year and within."""
    count, half_width = 60, draw.size(0, 2)
    days = torch.randint(draw.one_of(0, 180, 355), 367, (count,), generator=draw.generator)
    hours = torch.randint(0, 24, (count,), generator=draw.generator)
    with np.errstate(all="ignore"):
        return answer(draw.array(count), days.numpy() % 365, hours.numpy(), half_width)


def skill(draw):
    shape = draw.one_of((3,), (2, 4), (5, 1))
    truth = draw.array(*shape)
    return [truth + draw.size(1, 3) * draw.array(*shape), truth + draw.size(1, 3) * draw.array(*shape), truth]


ORACLES = {
    "windows": windows,
    "split_windows": calls(split),
    "scale": calls(scale),
    "climatology": climatology,
    "skill": calls(skill),
}
JUDGED = {}
TRAINING = {
    "train_forecaster": [
        "line 30: return model -> pass",
        "line 29: train(model, stretches(), loss, steps=250, lr=0.01) -> pass",
        "line 29: 0.01 -> 0.0",
        "line 16: self.linear(h)[..., 0] -> self.linear(h)",
        "line 25: forecast - target -> forecast + target",
        "line 11: True -> False",
        "line 22: changes[hours] -> changes",
        "line 15: (h, _) -> (_, h)",
        "line 11: 12 -> 13",
        "line 15: self.lstm(x) -> x",
        "line 29: model -> start",
        "line 21: start + torch.arange(72) -> torch.arange(72)",
    ]
}
