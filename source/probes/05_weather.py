# ---
# jupyter:
#   lstm_course:
#     hide: [weather-2013]
#     forbidden:
#       windows: &ready [lstm_course.weather, lstm_course.baselines, lstm_course.forecasting]
#       split-windows: *ready
#       scale: *ready
#       climatology: *ready
#       skill: *ready
# ---

# %% id="windows-common"
def _cut(trial, N, look_back, horizon):
    """Ask for all pairs; both parts as float64 arrays, since any kind of array is right."""
    from lstm_course.grading import emit

    (series,) = trial.normal((N,))
    past, future = trial.call(windows, series.numpy(), look_back, horizon)
    return [emit.array(past), emit.array(future)]


# %% id="windows-probe" parts=["past", "future"] rule="There are N - look_back - horizon + 1 pairs, and each future begins one hour after its past ends."
def _probe(trial):
    look_back, horizon = trial.sizes(2, low=2, high=5)
    return _cut(trial, trial.random.randint(12, 15), look_back, horizon)


# %% id="windows-probe-2" parts=["past", "future"] rule="It must work for a horizon of one, for a single pair, and leave the series as it is."
def _probe(trial):
    one_hour = _cut(trial, 9, trial.random.randint(2, 5), 1)
    (look_back,) = trial.sizes(1)
    return {
        "pairs": one_hour,
        "a single pair": _cut(trial, look_back + 5, look_back, 5),
        "series untouched": trial.untouched,
    }


# %% id="split-windows-common"
def _split(trial):
    """Ask for a split of random values."""
    from lstm_course.grading import emit

    look_back, horizon = trial.sizes(2, low=1, high=5)
    N = trial.random.randint(24, 30)
    boundary = trial.random.randint(12, N - 7)
    (series,) = trial.normal((N,))
    train, test = trial.call(split_windows, series.numpy(), look_back, horizon, boundary)
    return [[emit.array(part) for part in pair] for pair in (train, test)]


# %% id="split-windows-probe" rule="Training windows are all those without an hour at or after the boundary, past and future."
def _probe(trial):
    return [_split(trial)[0] for _ in range(3)]


# %% id="split-windows-probe-2" rule="Test windows are all those whose future lies at or after the boundary; their past may reach back before it, and the series stays as it is."
def _probe(trial):
    return {"test": [_split(trial)[1] for _ in range(3)], "series untouched": trial.untouched}


# %% id="scale-common"
def _scaled(trial, N, M, F):
    """Ask for a scaled table whose columns have sizes of their own."""
    import numpy as np

    from lstm_course.grading import emit

    train, other, size = (part.numpy() for part in trial.normal((N, F), (M, F), (F,)))
    train, other = 5 + 3 * train * np.arange(1, F + 1) + size, 11 + 2 * other
    return [emit.array(part) for part in trial.call(scale, train, other)]


# %% id="scale-probe" parts=["scaled train", "scaled other"] rule="Both parts must be scaled, column by column, by the mean and standard deviation of train."
def _probe(trial):
    return _scaled(trial, *trial.sizes(3, low=3, high=12))


# %% id="scale-probe-2" parts=["scaled train", "scaled other"] rule="It must work for one column and a single other hour, and leave both tables as they are."
def _probe(trial):
    return {"scaled": _scaled(trial, 20, 1, 1), "arguments untouched": trial.untouched}


# %% id="climatology-common"
def _usual(trial, years, half_width, missing):
    """Ask for the climatology of some years without some of their hours; every tenth day of it is compared."""
    import numpy as np
    import torch

    from lstm_course.grading import emit

    day, hour = (np.tile(part.ravel(), years) for part in np.indices((365, 24)))
    kept = torch.randperm(len(day), generator=trial.generator).numpy()[missing:]
    day, hour = day[kept], hour[kept]
    values = 10 + 3 * hour + trial.normal((len(day),))[0].numpy()
    usual = emit.array(trial.call(climatology, values, day, hour, half_width))
    days = [0, 1, 2, *range(9, 355, 10), 362, 363, 364]
    return usual[days] if usual.shape == (365, 24) else usual


# %% id="climatology-probe" rule="Entry [d, h] must be the mean of all values at hour h on the days within half_width of d, the year being a circle."
def _probe(trial):
    return _usual(trial, 3, trial.random.randint(2, 4), 500)


# %% id="climatology-probe-2" rule="It must work without neighbours and for a single year, and leave the values as they are."
def _probe(trial):
    usual = [_usual(trial, 2, 0, 0), _usual(trial, 1, trial.random.randint(4, 6), 0)]
    return {"the climatology": usual, "arguments untouched": trial.untouched}


# %% id="skill-common"
def _skill(trial, *shape, error=0.5):
    from lstm_course.grading import emit

    truth, wrong, other = (part.numpy() for part in trial.normal(shape, shape, shape))
    return emit.array(trial.call(skill, truth + error * wrong, truth + 1.5 * other, truth))


# %% id="skill-probe" rule="Skill is 1 - MSE / MSE of the reference, below 0 where the reference is better."
def _probe(trial):
    return {"the skill": _skill(trial, 9), "the skill of a poor forecast": _skill(trial, 40, error=3)}


# %% id="skill-probe-2" rule="It must work for arrays of any shape and leave them as they are."
def _probe(trial):
    return {"the skill": _skill(trial, *trial.sizes(2)), "arguments untouched": trial.untouched}


# %% id="train-forecaster-common"
STEP = 25  # 24 hours that are read and the one that is asked for: no window of a call holds what another is asked


def _packed(table):
    """Write a float32 table as text."""
    import base64
    import zlib

    columns = table.T.astype("<f4")
    return {"shape": list(columns.shape), "data": base64.b64encode(zlib.compress(columns.tobytes())).decode()}


def _unpacked(packed):
    import base64
    import zlib

    import numpy as np
    import torch

    numbers = np.frombuffer(zlib.decompress(base64.b64decode(packed["data"])), "<f4")
    return torch.tensor(numbers.reshape(packed["shape"]).T.copy())  # (hours, 12)


def _forecaster(trial):
    """Train on 2010 to 2012, once."""
    import numpy as np
    import torch

    from lstm_course import weather

    def trained():
        beijing = weather.load()
        train = weather.years(beijing.time, 2010, 2012)
        table, _ = weather.features(beijing)
        scaled = weather.Scaling.of(table[train]).apply(table[train])[:-1]
        steps = np.diff(beijing.temperature[train])
        arrays = (scaled, steps / steps.std())
        return train_forecaster(*(torch.tensor(array, dtype=torch.float32) for array in arrays))

    return trial.once("train-forecaster", trained)


def _fresh(model):
    """Copy a model, so that no call finds what another left in it; one that cannot be copied stays itself."""
    import copy

    try:
        return copy.deepcopy(model)
    except Exception:
        return model


def _last(model, windows):
    """Return the forecast at the last hour of each window (M, 24, 12)."""
    import torch

    with torch.no_grad():
        return _fresh(model)(windows.clone()).reshape(len(windows), windows.shape[1])[:, -1]


# %% id="train-forecaster-judge"
from functools import cache

import numpy as np

from lstm_course import baselines, weather

# Of the linear model's error. The exercise asks for 0.97 with the whole year behind each forecast, here it is a day,
# which costs up to 0.005. The guard's 350 hours move the ratio by 0.026 (one standard deviation).
BOUND, GUARD = 0.975, 1.08
# Windows of one call hold the hours that another asks for. Who remembers them, and is a linear model at best, has 0.02;
# solutions trained with several seeds have 0.92 to 0.94, a linear model fitted to the very hours that are asked for
# 0.98.
TOO_GOOD = 0.7


@cache
def _year():
    """Return 2014: scaled columns, temperature, and the error of a linear AR(24) with calendar for every hour."""
    beijing = weather.load()
    y, time = beijing.temperature, beijing.time
    train, test = weather.years(time, 2010, 2012), weather.years(time, 2014, 2014)
    waves = weather.calendar(time, daily=3, yearly=2)
    past, future = weather.windows(y, 24, targets_in=train)
    linear = baselines.Linear.of(np.column_stack([past, waves[24 : train.stop]]), future)
    past, truth = weather.windows(y, 24, targets_in=test)
    table, _ = weather.features(beijing)
    scaled = weather.Scaling.of(table[train]).apply(table)[test]
    errors = linear.forecast(np.column_stack([past, waves[test]])) - truth
    return scaled, y[test], errors[:, 0], np.diff(y[train]).std()


def _firsts(hours, offset):
    """First hours of the windows of one call."""
    return np.arange(offset, hours - STEP + 1, STEP)


def _offsets(seed, id):
    import random

    order = random.Random(seed).sample(range(STEP), STEP)
    return order[:1] if id.endswith("-guard") else order[1:]


def given(seed, id):
    scaled, *_ = _year()
    if id.endswith("-guard"):
        hours = _firsts(len(scaled), *_offsets(seed, id))[:, None] + np.arange(STEP - 1)
        return {"windows": _packed(scaled[hours.ravel()])}
    calls = [_firsts(len(scaled), offset).tolist() for offset in _offsets(seed, id)]
    return {"hours": _packed(scaled), "calls": calls}


def judge(values, seed, id):
    scaled, y, linear, spread = _year()
    errors, known = [], []
    for offset, changes in zip(_offsets(seed, id), values["changes"], strict=True):
        asked = _firsts(len(y), offset) + STEP - 1
        errors.append(y[asked - 1] + changes.values * spread - y[asked])
        known.append(np.stack([linear[asked], y[asked - 1] - y[asked]]))
    error = np.sqrt(np.mean(np.concatenate(errors) ** 2))
    of_linear, of_standing = np.sqrt(np.mean(np.concatenate(known, axis=1) ** 2, axis=1))
    ratio, standing = error / of_linear, of_standing / of_linear
    if id.endswith("-guard"):
        return None if ratio < GUARD else f"Got {ratio:.2f} of it on hours that it could not see."
    if ratio < TOO_GOOD:
        return f"Got {ratio:.2f} of it, which no forecast from a day's hours reaches: the model knew more than these."
    if not ratio < BOUND:
        return f"Got {ratio:.3f} of it ('nothing changes' has {standing:.2f})."
    first, other = (part.values for part in values["the same and other later hours"])
    if not np.allclose(first, other, rtol=0, atol=1e-4):
        return "The forecast made at an hour depends on later ones: is it bidirectional, or dropout still on?"
    return None


# %% id="train-forecaster-guard" rule="The RMSE one hour ahead in an unseen year must be below that of the linear model."
def _probe(trial):
    windows = _unpacked(trial.given["windows"]).reshape(-1, STEP - 1, 12)
    return {"changes": [_last(_forecaster(trial), windows)]}


# %% id="train-forecaster-probe" rule="The RMSE one hour ahead in an unseen year must be below 0.97 of the linear model's."
def _probe(trial):
    import torch

    model, hours = _forecaster(trial), _unpacked(trial.given["hours"])
    changes = [
        _last(model, hours[torch.tensor(firsts)[:, None] + torch.arange(STEP - 1)]) for firsts in trial.given["calls"]
    ]
    half = 100
    first = trial.random.randrange(len(hours) - 2 * half)
    some = hours[first : first + 2 * half]
    with torch.no_grad():
        both = [_fresh(model)(x[None]).reshape(2 * half)[:half] for x in (some, torch.cat([some[:half], -some[half:]]))]
    return {"changes": changes, "the same and other later hours": both}
