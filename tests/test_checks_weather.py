import numpy as np
import pytest
import torch
from torch import nn

from lstm_course.checks import weather as check
from lstm_course.checks.base import CheckFailed

torch.set_num_threads(1)  # two threads on a busy machine can be ten times slower


def passes(question, answer, capsys):
    question(answer)
    assert capsys.readouterr().out == f"✓ {question.__name__} is right.\n"


def fails(question, answer, words):
    with pytest.raises(CheckFailed) as raised:
        question(answer)
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


def cut(series, look_back, horizon, shift=0, pairs=None):
    pairs = len(series) - look_back - horizon + 1 if pairs is None else pairs
    past = np.stack([series[m : m + look_back] for m in range(pairs)])
    return past, np.stack([series[m + look_back + shift : m + look_back + horizon + shift] for m in range(pairs)])


def with_views(series, look_back, horizon):
    both = np.lib.stride_tricks.sliding_window_view(series, look_back + horizon)
    return both[:, :look_back], both[:, look_back:]


def with_torch(series, look_back, horizon):
    both = torch.tensor(series).unfold(0, look_back + horizon, 1)
    return both[:, :look_back], both[:, look_back:]


def with_lists(series, look_back, horizon):
    past, future = cut(series, look_back, horizon)
    return past.tolist(), future.tolist()


def writing_windows(series, look_back, horizon):
    got = cut(series, look_back, horizon)
    series -= series.mean()
    return got


def one_too_few(series, look_back, horizon):
    return cut(series, look_back, horizon, pairs=len(series) - look_back - horizon)


@pytest.mark.parametrize("answer", [cut, with_views, with_torch, with_lists])
def test_windows_right(answer, capsys):
    passes(check.windows, answer, capsys)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda y, a, b: None, "windows must return past, future. Got NoneType"),
        (lambda y, a, b: cut(y, a, b)[0], "windows must return past, future. Got ndarray"),
        (lambda y, a, b: cut(y, a, b)[::-1], "past must have the shape (pairs, look_back)"),
        (one_too_few, "past must have the shape (pairs, look_back) = (6, 4)"),
        (lambda y, a, b: cut(y, a, b, shift=-1), "begins with the last hour of the past: the answer leaks"),
        (
            lambda y, a, b: (cut(y, a, b)[0][:, ::-1], cut(y, a, b)[1]),
            "Row m of past must hold hours m to m + look_back - 1",
        ),
        (lambda y, a, b: (cut(y, a, b)[0], cut(y, a, b)[1][:, ::-1]), "Row m of future must begin one hour after"),
        (lambda y, a, b: (cut(y, a, b)[0], cut(y, a, b)[1][:, 0]), "future must have the shape (pairs, horizon)"),
        (writing_windows, "The series must stay as it was"),
        (lambda y, a, b: ("past", "future"), "must be an array of shape (pairs, look_back)"),
    ],
)
def test_windows_wrong(answer, words):
    fails(check.windows, answer, words)


def split(series, a, b, boundary):
    return cut(series[:boundary], a, b), cut(series[boundary - a :], a, b)


def split_by_mask(series, a, b, boundary):
    past, future = cut(np.arange(len(series)), a, b)
    train, test = (future < boundary).all(axis=1), (future >= boundary).all(axis=1)
    return [[series[past[train]], series[future[train]]], [series[past[test]], series[future[test]]]]


def split_the_windows(series, a, b, boundary):
    past, future = cut(series, a, b)
    at = boundary - a
    return (past[:at], future[:at]), (past[at:], future[at:])


def shuffled(series, a, b, boundary):
    past, future = cut(series, a, b)
    order = np.random.default_rng(0).permutation(len(past))
    past, future = past[order], future[order]
    return (past[: boundary - a], future[: boundary - a]), (past[boundary - a :], future[boundary - a :])


def straddling_test(series, a, b, boundary):
    return cut(series[:boundary], a, b), cut(series[boundary - a - 1 :], a, b)


def cold_test(series, a, b, boundary):
    return cut(series[:boundary], a, b), cut(series[boundary:], a, b)


def one_lost(series, a, b, boundary):
    return cut(series[: boundary - 1], a, b), cut(series[boundary - a :], a, b)


def backwards(series, a, b, boundary):
    train, test = split(series, a, b, boundary)
    return tuple(part[::-1] for part in train), test


@pytest.mark.parametrize("answer", [split, split_by_mask])
def test_split_windows_right(answer, capsys):
    passes(check.split_windows, answer, capsys)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (split_the_windows, "No training window may hold an hour at or after the boundary 19. Got hour 20 in training"),
        (shuffled, "No training window may hold an hour at or after the boundary"),
        (straddling_test, "Every hour of a test target must be at or after the boundary 19. Got hour 18"),
        (cold_test, "The test part must keep every window that is allowed (the past of a test window may reach back"),
        (one_lost, "The train part must keep every window that is allowed, 13 here. Got 12 pasts"),
        (backwards, "Windows must stay in the order of time"),
        (lambda *a: split(*a)[::-1], "No training window may hold an hour at or after"),
        (lambda *a: split(*a)[0], "The train part must return past, future"),
    ],
)
def test_split_windows_wrong(answer, words):
    fails(check.split_windows, answer, words)


def scaled(train, other):
    return (train - train.mean(axis=0)) / train.std(axis=0), (other - train.mean(axis=0)) / train.std(axis=0)


def scaled_with_loops(train, other):
    columns = [(np.sum(c) / len(c), np.sqrt(np.mean((c - np.mean(c)) ** 2))) for c in train.T]
    return [np.stack([(c - m) / s for c, (m, s) in zip(part.T, columns, strict=True)], 1) for part in (train, other)]


def scaled_with_torch(train, other):
    train, other = torch.tensor(train), torch.tensor(other)
    mean, spread = train.mean(0), train.std(0, correction=0)
    return (train - mean) / spread, (other - mean) / spread


def in_place(train, other):
    mean, spread = train.mean(axis=0), train.std(axis=0)
    train -= mean
    train /= spread
    return train, (other - mean) / spread


def by_all(train, other):
    both = np.concatenate([train, other])
    return (train - both.mean(axis=0)) / both.std(axis=0), (other - both.mean(axis=0)) / both.std(axis=0)


def by_own(train, other):
    return scaled(train, train)[0], scaled(other, other)[0]


@pytest.mark.parametrize("answer", [scaled, scaled_with_loops, scaled_with_torch])
def test_scale_right(answer, capsys):
    passes(check.scale, answer, capsys)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (by_all, "statistics of both parts together: that leaks the later part into training"),
        (by_own, "scaled by its own statistics"),
        (lambda a, b: ((a - a.mean()) / a.std(), (b - a.mean()) / a.std()), "one mean and spread for all columns"),
        (lambda a, b: (a - a.mean(axis=0), b - a.mean(axis=0)), "only the mean removed"),
        (lambda a, b: tuple((v - a.mean(axis=0)) / a.var(axis=0) for v in (a, b)), "division by the variance"),
        (lambda a, b: tuple((v - a.mean(axis=0)) / a.std(axis=0, ddof=1) for v in (a, b)), "with n - 1"),
        (lambda a, b: tuple(v / a.std(axis=0) for v in (a, b)), "by the mean and standard deviation of train"),
        (in_place, "train must stay as it was"),
        (lambda a, b: scaled(a, b)[0], "scale must return scaled train, scaled other"),
        (lambda a, b: scaled(a, b)[::-1], "The scaled train must have the shape (hours, columns) = (13, 3)"),
    ],
)
def test_scale_wrong(answer, words):
    fails(check.scale, answer, words)


def usual(values, day, hour, half_width, near=None):
    total, count = np.zeros((365, 24)), np.zeros((365, 24))
    np.add.at(total, (day, hour), values)
    np.add.at(count, (day, hour), 1)
    near = range(-half_width, half_width + 1) if near is None else near
    return sum(np.roll(total, k, axis=0) for k in near) / sum(np.roll(count, k, axis=0) for k in near)


def usual_by_counting(values, day, hour, half_width):
    place = 24 * day + hour
    sums, counts = (np.bincount(place, w, minlength=8760).reshape(365, 24) for w in (values, None))
    around = (np.arange(365)[:, None] + np.arange(-half_width, half_width + 1)) % 365
    return sums[around].sum(axis=1) / counts[around].sum(axis=1)


def overwriting(values, day, hour, half_width):
    total, count = np.zeros((365, 24)), np.zeros((365, 24))
    total[day, hour] += values
    np.add.at(count, (day, hour), 1)
    near = range(-half_width, half_width + 1)
    return sum(np.roll(total, k, axis=0) for k in near) / sum(np.roll(count, k, axis=0) for k in near)


def open_year(values, day, hour, half_width):
    place = 24 * day + hour
    sums, counts = (np.bincount(place, w, minlength=8760).reshape(365, 24) for w in (values, None))
    rows = [slice(max(0, d - half_width), d + half_width + 1) for d in range(365)]
    return np.stack([sums[row].sum(axis=0) / counts[row].sum(axis=0) for row in rows])


def mean_of_means(values, day, hour, half_width):
    dates = usual(values, day, hour, 0)
    return sum(np.roll(dates, k, axis=0) for k in range(-half_width, half_width + 1)) / (2 * half_width + 1)


def writing_climatology(values, day, hour, half_width):
    got = usual(values, day, hour, half_width)
    values[:] = 0
    return got


@pytest.mark.parametrize("answer", [usual, usual_by_counting])
def test_climatology_right(answer, capsys):
    passes(check.climatology, answer, capsys)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (overwriting, "keeps only the last, np.add.at adds up all"),
        (open_year, "a year with two ends"),
        (lambda v, d, h, w: usual(v, d, h, w, range(w + 1)), "neighbours on one side only"),
        (lambda v, d, h, w: usual(v, d, h, 0), "equal dates only"),
        (mean_of_means, "mean of the dates' means"),
        (lambda v, d, h, w: usual(v, d, h, w).T, "must have the shape (days, hours) = (365, 24)"),
        (lambda v, d, h, w: usual(v, d, h, w + 1), "Entry [d, h] must be the mean of all values"),
        (lambda v, d, h, w: np.full((365, 24), v.mean()), "Entry [d, h] must be the mean of all values"),
        (writing_climatology, "values must stay as it was"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value encountered in divide")
def test_climatology_wrong(answer, words):
    fails(check.climatology, answer, words)


def mse(a, b):
    return np.mean((a - b) ** 2)


@pytest.mark.parametrize(
    "answer",
    [
        lambda f, r, y: 1 - mse(f, y) / mse(r, y),
        lambda f, r, y: (mse(r, y) - mse(f, y)) / mse(r, y),
        lambda f, r, y: torch.tensor(1 - ((f - y) ** 2).sum() / ((r - y) ** 2).sum()),
    ],
)
def test_skill_right(answer, capsys):
    passes(check.skill, answer, capsys)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda f, r, y: 1 - np.sqrt(mse(f, y) / mse(r, y)), "ratio of the root mean squared errors"),
        (lambda f, r, y: mse(f, y) / mse(r, y), "the ratio itself"),
        (lambda f, r, y: 1 - mse(r, y) / mse(f, y), "exchanged places"),
        (lambda f, r, y: 1 - mse(f, y) / np.var(y), "divide by the reference's MSE"),
        (lambda f, r, y: 1 - ((f - y) ** 2).mean(axis=0) / ((r - y) ** 2).mean(axis=0), "shape a single number = ()"),
        (
            lambda f, r, y: 1 - np.mean(np.abs(f - y)) / np.mean(np.abs(r - y)),
            "Skill is 1 - MSE / MSE of the reference",
        ),
        (lambda f, r, y: None, "Got None. Is a return missing?"),
    ],
)
def test_skill_wrong(answer, words):
    fails(check.skill, answer, words)


class Net(nn.Module):
    def __init__(self, **options):
        super().__init__()
        self.gru = nn.LSTM(12, 24, batch_first=True, **options)
        self.linear = nn.Linear(48 if options else 24, 1)

    def forward(self, x):
        return self.linear(self.gru(x)[0])


def fitted(net, inputs, changes, steps=200):
    optimiser = torch.optim.Adam(net.parameters(), lr=0.02)
    generator = torch.Generator().manual_seed(1)
    for _ in range(steps):
        hours = torch.randint(len(inputs) - 71, (64, 1), generator=generator) + torch.arange(72)
        loss = ((net(inputs[hours])[..., 0] - changes[hours])[:, 24:] ** 2).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return net


def test_training_data():
    inputs, changes = check.training_data()
    assert inputs.shape == (26303, 12)
    assert changes.shape == (26303,)
    assert inputs.dtype == changes.dtype == torch.float32
    assert changes.std().item() == pytest.approx(1, abs=1e-3)
    temperature = inputs[:, 0].double()
    step = temperature.diff()  # proportional to the changes, one hour later
    assert torch.corrcoef(torch.stack([step, changes[:-1].double()]))[0, 1] > 0.999999


def test_training_data_is_handed_out_afresh():
    check.training_data()[0].zero_()
    assert check.training_data()[0].abs().max() > 0


def test_forecaster_right(capsys):
    torch.manual_seed(3)
    passes(check.train_forecaster, lambda inputs, changes: fitted(Net(), inputs, changes), capsys)


def test_forecaster_of_another_kind_is_right(capsys):
    """Least squares on six hours of everything, and products with the clock: no network at all."""

    def design(x):
        padded = nn.functional.pad(x, (0, 0, 5, 0))
        past = torch.cat([padded[:, 5 - k : padded.shape[1] - k] for k in range(6)], dim=-1)
        past = torch.cat([past, x.new_ones(*x.shape[:2], 1)], dim=-1)
        clock = torch.cat(
            [x[..., 8:9] ** 0, x[..., 8:12], x[..., 8:10] * x[..., 10:11], x[..., 8:10] * x[..., 11:12]], -1
        )
        fast = torch.stack([x[..., 8] * x[..., 9], x[..., 8] ** 2 - x[..., 9] ** 2], -1)
        clock = torch.cat([clock, fast, fast * x[..., 8:9], fast * x[..., 9:10]], -1)
        return (past[..., :, None] * clock[..., None, :]).flatten(2)

    def answer(inputs, changes):
        rows = design(inputs[None])[0].double()
        gram = rows.T @ rows + 1e-3 * torch.eye(rows.shape[1], dtype=torch.float64)
        weights = torch.linalg.solve(gram, rows.T @ changes.double()).float()
        return lambda x: design(x) @ weights

    passes(check.train_forecaster, answer, capsys)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x, y: None, "must return the trained model"),
        (lambda x, y: [0.5, 0.4], "must return the trained model"),
        (lambda x, y: Net(), "must be below 1.143 deg C, 0.97 of the linear model's. Got"),
        (lambda x, y: lambda x: torch.zeros(x.shape[:2]), "Got 1.542 ('nothing changes' has 1.542)"),
        (lambda x, y: nn.LSTM(12, 8, batch_first=True), "The model must return a tensor. Got tuple"),
        (lambda x, y: nn.Linear(12, 2), "must return a change for every hour, (B, T)"),
        (lambda x, y: lambda x: Net()(x)[:, -1], "must return a change for every hour, (B, T)"),
        (lambda x, y: lambda x: x[..., 0] * torch.nan, "Every forecast must be a finite number"),
        (lambda x, y: lambda x: x[..., 0].roll(-1, 1) - x[..., 0], "must depend on hours up to t only"),
        (lambda x, y: lambda x: x[..., 0] - x[..., 0].mean(1, keepdim=True), "must depend on hours up to t only"),
        (lambda x, y: nn.Sequential(Net(), nn.Dropout(0.5)), "must depend on hours up to t only"),
        (lambda x, y: Net(bidirectional=True), "must depend on hours up to t only"),
    ],
)
def test_forecaster_wrong(answer, words):
    fails(check.train_forecaster, answer, words)


@pytest.mark.parametrize(
    "question",
    [check.windows, check.split_windows, check.scale, check.climatology, check.skill, check.train_forecaster],
)
def test_unanswered_is_only_not_implemented(question):
    def unanswered(*_):
        raise NotImplementedError

    with pytest.raises(NotImplementedError):
        question(unanswered)
