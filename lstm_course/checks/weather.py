"""Checks of exercise 5: windows and splits here, statistics and the trained model in the modules that it imports."""

from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from lstm_course.checks.answers import Answer, call, require_parts
from lstm_course.checks.base import CheckFailed, each_case, generator, question
from lstm_course.checks.programs import Hole, Program
from lstm_course.checks.results import array, require_result, tensor
from lstm_course.checks.weather_climatology import climatology
from lstm_course.checks.weather_forecaster import train_forecaster, training_data
from lstm_course.checks.weather_statistics import scale, skill

__all__ = ["climatology", "scale", "skill", "split_windows", "train_forecaster", "training_data", "windows"]

WINDOWS = Program(
    """
look_back, horizon = {sizes}
series = {values}
last = {last}  # where the last pair starts
starts = range({first}, last + 1, {step})
past = [series[{past}]{turned} for m in starts]
future = [series[{future}]{turned_too} for m in starts]
{returned}
past, future = tensor(past){form}, tensor(future){form}
""",
    ("past", "future"),
    sizes=Hole("look_back, horizon", "Which sizes were asked for, in which order?", "horizon, look_back", "3, 2"),
    values=Hole(
        "series",
        "What are past and future made of? The values as they are, oldest first, and none behind the end.",
        "np.concatenate([series, series[: look_back + horizon - 1]])",
        "np.concatenate([series, np.zeros(horizon - 1)])",
        "np.concatenate([series, np.full(horizon - 1, np.nan)])",
        "np.arange(float(len(series)))",
        "(series - series.mean()) / series.std()",
        "series[::-1]",
    ),
    last=Hole(
        "len(series) - look_back - horizon",
        "Count by hand: where does the last pair start that still ends inside the series?",
        *[f"len(series) - look_back - horizon{more}" for more in (" - 1", " + 1", " - 2", " + 2")],
        "len(series) - look_back",
        "len(series) - look_back - 1",
        "len(series) - horizon",
        "len(series) - 1",
    ),
    first=Hole("0", "With which hour does the very first pair begin?", "1", "look_back", "horizon"),
    step=Hole(
        "1",
        "The next pair begins one hour later, not a window later: how many pairs does that make?",
        "look_back",
        "horizon",
        "look_back + horizon",
        "2",
    ),
    past=Hole(
        "m : m + look_back",
        "Which hours does pair m look back on? (A slice a : b holds b - a values, from a to b - 1.)",
        "m : m + look_back + 1",
        "m : m + look_back - 1",
        "m + 1 : m + look_back + 1",
        "m : m + horizon",
        "m : look_back",
        "m + 1 : m + look_back",
        "m : m + look_back + horizon",
        "m + look_back : m + 2 * look_back",
    ),
    future=Hole(
        "m + look_back : m + look_back + horizon",
        "Which hour follows the last one of past? A future that begins earlier gives the answer away.",
        *[
            f"m + look_back {move} : m + look_back + horizon {move}"
            for move in ("- 1", "+ 1", "- horizon", "+ horizon")
        ],
        *[f"m + look_back {start} : m + look_back + horizon" for start in ("- 1", "+ 1", "+ horizon - 1")],
        *[f"m + look_back : m + look_back + {end}" for end in ("1", "horizon - 1", "horizon + 1", "look_back")],
        "m + look_back - 1 : m + look_back",
        "m + look_back + horizon : m + look_back + horizon + 1",
        "m + horizon : m + 2 * horizon",
        "m : m + horizon",
        "m : m + look_back + horizon",
        "m + 1 : m + horizon + 1",
        "m + 1 : m + look_back + 1",
        "look_back : look_back + horizon",
    ),
    turned=Hole(
        "",
        "Each value of the past as it is, the oldest first?",
        "[::-1]",
        ".mean(keepdims=True)",
        "[-1:]",
        " - series[m : m + look_back].mean()",
    ),
    turned_too=Hole(
        "",
        "Each value of the future as it is, the oldest first?",
        "[::-1]",
        ".mean(keepdims=True)",
        " - series[m + look_back - 1]",
        "[:1].repeat(horizon)",
        "[-1:].repeat(horizon)",
        "[0]",
        "[-1]",
        " - series[m : m + look_back].mean()",
    ),
    returned=Hole(
        "",
        "Past is returned first, then future; pair 0 is the oldest.",
        "past, future = future, past",
        "past, future = past[::-1], future[::-1]",
        "past = future",
        "future = past",
    ),
    form=Hole(
        "",
        "One row for each pair, one column for each hour?",
        ".T",
        "[..., None]",
        "[None]",
        ".flatten()",
        ".squeeze()",
    ),
)


class Cut(NamedTuple):
    """A series and how it is cut; `boundary` is where the test begins."""

    series: np.ndarray
    look_back: int
    horizon: int
    boundary: int = 0

    def names(self) -> dict[str, Any]:
        """What a program starts from."""
        return self._asdict() | {"np": np, "tensor": _table}


def _table(rows: Any) -> Tensor:
    """Make a tensor of rows; of such as differ in length, as slices behind the end do, an empty one."""
    return tensor(rows) if len(set(map(np.size, rows))) < 2 else torch.empty(0)


def _random(count: int) -> np.ndarray:
    return torch.randn(count, generator=generator(count), dtype=torch.float64).numpy()


READABLE = np.array([3, 1, 4, 1.5, 9, 2.6, 5, 3.5, 8, 9.7, 9.3, 2.3, 8.4, 6, 2.5, 4.2])


@question
def windows(answer: Answer) -> None:
    """Check question 1: all pairs of past and future of a series."""
    telling = [Cut(READABLE[:11], 5, 3), Cut(_random(11), 4, 2), Cut(_random(9), 3, 1), Cut(_random(7), 2, 5)]
    each_case([*telling, Cut(READABLE[:5], 2, 2), Cut(READABLE[:3], 1, 1)], lambda case: _check_windows(answer, case))


def _check_windows(answer: Answer, case: Cut) -> None:
    series, look_back, horizon, _ = case
    got = require_parts("windows", call("windows", answer, series, look_back, horizon), "past", "future")
    given = f"For {len(series)} hours, look_back {look_back} and horizon {horizon}"
    rules = {
        "past": f"{given}, row m of past must hold hours m to m + look_back - 1, for every pair that fits.",
        "future": f"{given}, row m of future must begin one hour after row m of past ends.",
    }
    parts = {name: array(name, part) for name, part in zip(rules, got, strict=True)}
    _require_order("past", series, parts["past"])
    meanings = {"past": "(pairs, look_back)", "future": "(pairs, horizon)"}
    require_result(WINDOWS, case.names(), parts, rules, meanings)


SPLIT = Program(
    """
series = {values}
starts = np.arange(len(series) - look_back - horizon + 1)  # of all windows
both = np.lib.stride_tricks.sliding_window_view(series, look_back + horizon)
train = both[{train}]{order}
test = both[{test}]{order}
past, future = slice(0, look_back), slice({future})
{returned}
train_past, train_future = tensor(train[:, past]), tensor(train[:, future])
test_past, test_future = tensor(test[:, past]), tensor(test[:, future])
{exchanged}
""",
    ("train_past", "train_future", "test_past", "test_future"),
    values=Hole(
        "series",
        "What are the windows made of? The values as they are.",
        "np.arange(float(len(series)))",
        "(series - series[:boundary].mean()) / series[:boundary].std()",
        "(series - series.mean()) / series.std()",
    ),
    train=Hole(
        "starts + look_back + horizon <= boundary",
        "Windows overlap: which hour is the last one that a window reads or forecasts?",
        "starts + look_back <= boundary",
        "starts + look_back < boundary",
        "starts < boundary",
        "starts <= boundary",
        *[f"starts + look_back + horizon {sign} boundary{more}" for sign, more in (("<=", " + 1"), ("<", ""))],
        *[f"starts + look_back + horizon <= boundary - {less}" for less in ("horizon", "look_back", "2")],
        "(starts > 0) & (starts + look_back + horizon <= boundary)",
        "starts >= 0",
        "starts + look_back >= boundary",
        "starts % horizon == 0",
        "starts % look_back == 0",
        "(starts + look_back + horizon <= boundary) & (starts % horizon == 0)",
        "(starts + look_back + horizon <= boundary) & (starts % look_back == 0)",
        *[f"starts < int({share} * len(starts))" for share in (0.8, 0.75, 0.7, 0.9, 0.67, 0.5)],
        *[f"starts < {count}" for count in range(1, 12)],
    ),
    test=Hole(
        "starts + look_back >= boundary",
        "Which is the first window whose future begins at the boundary? Its past is known by then.",
        "starts >= boundary",
        "starts > boundary",
        "starts + look_back > boundary",
        "starts + look_back >= boundary - 1",
        "starts + look_back > boundary - horizon",
        "starts >= 0",
        "starts + look_back >= boundary - horizon",
        "starts + look_back >= boundary + horizon",
        "(starts + look_back >= boundary) & (starts < len(starts) - 1)",
        "(starts + look_back >= boundary) & ((starts + look_back - boundary) % horizon == 0)",
        "starts + look_back + horizon <= boundary",
        "starts + look_back - 1 >= boundary + horizon",
        *[f"starts >= int({share} * len(starts))" for share in (0.8, 0.75, 0.7, 0.9, 0.67, 0.5)],
        *[f"starts >= {count}" for count in range(1, 12)],
    ),
    order=Hole("", "Windows stay in the order of time.", "[::-1]"),
    future=Hole(
        "look_back, None",
        "Which hours follow the past?",
        "look_back - 1, -1",
        "look_back, look_back + 1",
        "-1, None",
        "0, horizon",
    ),
    returned=Hole("", "Which part is returned first?", "train, test = test, train"),
    exchanged=Hole(
        "",
        "What is returned is (past, future) of training, then (past, future) of the test.",
        "train_future, test_past = test_past, train_future",
        "train_past, train_future, test_past, test_future = train_future, train_past, test_future, test_past",
    ),
)


@question
def split_windows(answer: Answer) -> None:
    """Check question 2: windows are assigned to training or test by time, no hour of the test part in training."""
    telling = [Cut(_random(30), 4, 3, 14), Cut(READABLE, 2, 3, 8), Cut(_random(25), 2, 1, 12)]
    smallest = [Cut(_random(24), 5, 4, 16), Cut(READABLE[:8], 2, 1, 5)]
    each_case([*telling, *smallest], lambda case: _check_split(answer, case))


def _check_split(answer: Answer, case: Cut) -> None:
    result = require_parts("split_windows", call("split_windows", answer, *case), "train", "test")
    got = {}
    for name, part in zip(("train", "test"), result, strict=True):
        parts = zip(("past", "future"), require_parts(f"The {name} part", part, "past", "future"), strict=True)
        got |= {f"{name}_{which}": array(f"{name} {which}", values) for which, values in parts}
    rules = {}
    for name, rule in (
        ("train", f"must hold every window without an hour at or after the boundary {case.boundary}, and no other."),
        ("test", f"must hold every window whose future lies at or after the boundary {case.boundary}, and no other."),
    ):
        past, future = (got[f"{name}_{which}"] for which in ("past", "future"))
        _require_order(f"those for {name}", case.series, past)
        held = _hours(case.series, torch.cat([past.flatten(), future.flatten()]))
        words = f"The {name} part {rule}" + (f" Yours holds hours {min(held)} to {max(held)}." if held else "")
        rules |= {f"{name}_past": words, f"{name}_future": words}
    meanings = {part: f"(windows, {'look_back' if part.endswith('past') else 'horizon'})" for part in rules}
    require_result(SPLIT, case.names(), got, rules, meanings)


def _hours(series: np.ndarray, windows: Tensor) -> list[int]:
    """Return the hours of the series that the windows hold, as far as its values tell."""
    number = {value: hour for hour, value in enumerate(series.tolist())}
    return [number[value] for value in windows.flatten().tolist() if value in number]


def _require_order(name: str, series: np.ndarray, past: Tensor) -> None:
    """Require that windows begin later and later."""
    begin = _hours(series, past[:, 0]) if past.dim() == 2 and past.shape[1] else []
    if len(begin) == len(past) and sorted(begin) != begin and sorted(begin)[::-1] != begin:
        rule = f"Windows must stay in the order of time, {name} too: shuffled ones lose it."
        raise CheckFailed(f"{rule} Got windows that begin with the hours {', '.join(map(str, begin[:8]))} ...")
