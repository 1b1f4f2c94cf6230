"""A cell over a short sequence as a film: what every time step computes, and one frame for every path in it."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from torch import Tensor

from lstm_course import cells
from lstm_course.drawings import wiring
from lstm_course.drawings.bars import signed
from lstm_course.drawings.pens import Pen

MOST_STEPS, MOST_UNITS = 16, 6

Numbers = dict[str, np.ndarray]  # what a step computed, by symbol, each (H,)


class Path(NamedTuple):
    """One path of a cell: its name, what is said while it is lit, and the numbers that it computes."""

    name: str
    words: str
    makes: tuple[str, ...]


class Kind(NamedTuple):
    """What a film needs to know about a kind of cell."""

    name: str
    paths: dict[str, Path]  # in the order of the computation
    state: str  # what the step hands on as its memory
    carrier: str  # what carries it from step to step
    draw: Callable[[Pen, str], None]
    edges: tuple[float, float, float, float]

    def unknown(self, path: str) -> set[str]:
        """Return the names of the numbers that are not computed yet when `path` is lit."""
        paths = list(self.paths)
        return {name for later in paths[paths.index(path) + 1 :] for name in self.paths[later].makes}


LSTM = Kind(
    "LSTM",
    {
        "f": Path("forget gate", "f is {f}: this much of the old memory stays, 1 keeps and 0 forgets.", ("f",)),
        "i": Path("input gate", "i is {i}: this much of the new is let in.", ("i",)),
        "g": Path("candidate", "g is {g}: the new that could be written into the memory.", ("g",)),
        "c": Path(
            "cell update",
            "Of c {c_prev} it keeps f times c, {kept}, and adds i times g, {added}: the belt now holds {c}.",
            ("kept", "added", "c"),
        ),
        "o": Path("output gate", "o is {o}: this much of the memory is shown.", ("o",)),
        "h": Path("hidden state", "o times tanh of c {c}: h is {h}.", ("h",)),
    },
    "c",
    "belt",
    wiring.draw_lstm,
    wiring.LSTM_EDGES,
)
RNN = Kind(
    "RNN",
    {
        "x": Path("reading", "The input and the old state h {h_prev} go into one map.", ()),
        "h": Path(
            "hidden state",
            "tanh of the weighted sum of x and the old h replaces all of h: from {h_prev} to {h}.",
            ("h",),
        ),
    },
    "h",
    "hidden state",
    wiring.draw_rnn,
    wiring.RNN_EDGES,
)


class Film(NamedTuple):
    """A cell's run over a sequence. A frame is a step, counted from 0, and the path that is lit."""

    kind: Kind
    labels: Sequence[str]
    steps: Sequence[Numbers]

    @property
    def frames(self) -> list[tuple[int, str]]:
        """Every path of every step, in the order of the computation."""
        return [(step, path) for step in range(len(self.steps)) for path in self.kind.paths]

    def title(self, step: int, path: str) -> str:
        """Name a frame."""
        return f"Step {step + 1} of {len(self.steps)}, input {self.labels[step]}: {self.kind.paths[path].name}"

    def words(self, step: int, path: str) -> str:
        """Say what the lit path computes, with its numbers."""
        numbers = {name: in_words(values) for name, values in self.steps[step].items()}
        return self.kind.paths[path].words.format(**numbers)

    def memory(self) -> list[np.ndarray]:
        """Return the state on the belt: before the first step and after every step."""
        return [self.steps[0][f"{self.kind.state}_prev"], *(step[self.kind.state] for step in self.steps)]

    def summary(self) -> str:
        """Say how the memory went over the whole sequence."""
        start, *states = map(in_words, self.memory())
        went = " ".join(f"{label}: {state}." for label, state in zip(self.labels, states, strict=True))
        return f"An {self.kind.name} cell over {len(states)} steps. {self.kind.state} starts at {start}. {went}"


def film(x: Tensor, W_x: Tensor, W_h: Tensor, b: Tensor, labels: Sequence[str] | None = None) -> Film:
    """Run a cell over x (T, I) from a zero state; the rows of W_h tell an LSTM, 4H, from an RNN, H.

    Raises
    ------
    ValueError
        If the sequence or the cell is too large to be seen, or the shapes do not fit.
    """
    if x.ndim != 2 or not 1 <= len(x) <= MOST_STEPS:
        got = tuple(x.shape)
        raise ValueError(f"The player needs x of shape (T, I) with 1 to {MOST_STEPS} steps, got {got}: cut it.")
    if not 1 <= W_h.shape[-1] <= MOST_UNITS:
        raise ValueError(f"The player shows 1 to {MOST_UNITS} units, got {W_h.shape[-1]}: take a smaller cell.")
    labels = input_labels(x) if labels is None else list(labels)
    if len(labels) != len(x):
        raise ValueError(f"Every step needs one label, got {len(labels)} labels for {len(x)} steps.")
    kind, run = (RNN, _run_rnn) if len(W_h) == W_h.shape[-1] else (LSTM, _run_lstm)
    x, *weights = (tensor.detach().double() for tensor in (x, W_x, W_h, b))
    return Film(kind, labels, run(x, *weights))


def lstm_numbers(x_t: Tensor, h_prev: Tensor, c_prev: Tensor, *weights: Tensor) -> dict[str, Tensor]:
    """Take one step of an LSTM cell and name all of its numbers, each (B, H)."""
    h, c, gates = cells.lstm_step(x_t, h_prev, c_prev, *weights)
    return {**gates._asdict(), "c_prev": c_prev, "kept": gates.f * c_prev, "added": gates.i * gates.g, "c": c, "h": h}


def arrays(numbers: dict[str, Tensor]) -> Numbers:
    """Take the first of a batch, as arrays."""
    return {name: tensor[0].numpy() for name, tensor in numbers.items()}


def _run_lstm(x: Tensor, *weights: Tensor) -> list[Numbers]:
    h = c = x.new_zeros(1, weights[1].shape[-1])
    steps = []
    for x_t in x:
        numbers = lstm_numbers(x_t[None], h, c, *weights)
        h, c = numbers["h"], numbers["c"]
        steps.append(arrays(numbers))
    return steps


def _run_rnn(x: Tensor, *weights: Tensor) -> list[Numbers]:
    h = x.new_zeros(1, weights[1].shape[-1])
    steps = []
    for x_t in x:
        h_prev, h = h, cells.rnn_step(x_t[None], h, *weights)
        steps.append(arrays({"h_prev": h_prev, "h": h}))
    return steps


def input_labels(x: Tensor) -> list[str]:
    """Name the inputs of x (T, I): by their number where there is one, otherwise by their place."""
    if x.shape[1] == 1:
        return [f"{value:g}".replace("-", "−") for value in x[:, 0].tolist()]
    return [str(t) for t in range(1, len(x) + 1)]


def in_words(values: np.ndarray) -> str:
    """Write the numbers of all units, separated by commas."""
    return ", ".join(signed(value) for value in values)
