"""Four sliders, one for what each map of an LSTM cell receives, and bars for what the cell makes of them."""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
import torch
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from torch import Tensor

from lstm_course import cells, figures
from lstm_course.widgets.base import Explorer, Slider

GATE_ORDER = "figo"  # the order in which the lesson explains them
MOST_NUMBERS = 2  # bars in a group that still leave room for their numbers


class Step(NamedTuple):
    """What one step of one LSTM cell computed, each an array (H,)."""

    f: np.ndarray
    i: np.ndarray
    g: np.ndarray
    o: np.ndarray
    c_prev: np.ndarray
    c: np.ndarray
    h: np.ndarray

    @classmethod
    def of(cls, c_prev: Tensor, h: Tensor, c: Tensor, gates: cells.Gates) -> Self:
        """Take the old cell state and what `cells.lstm_step` returned, each (1, H)."""
        tensors = {**gates._asdict(), "c_prev": c_prev, "c": c, "h": h}
        return cls(**{name: tensor.detach()[0].double().numpy() for name, tensor in tensors.items()})

    def describe(self) -> str:
        """Say the numbers of this step in a sentence."""
        gates = ", ".join(f"{name} {_numbers(getattr(self, name))}" for name in GATE_ORDER)
        return (
            f"Gates: {gates}. The belt goes from c {_numbers(self.c_prev)} to {_numbers(self.c)}: "
            f"kept {_numbers(self.f * self.c_prev)}, added {_numbers(self.i * self.g)}. h is {_numbers(self.h)}."
        )


class Bars:
    """Groups of bars, one bar per hidden unit, each group with a symbol below and its number at every bar."""

    def __init__(self, axis: Axes, symbols: dict[str, str], colours: Sequence[str], units: int, limit: float) -> None:
        width = 0.76 / units
        offsets = width * (np.arange(units) - (units - 1) / 2)
        axis.set(xlim=(-0.6, len(symbols) - 0.4), ylim=(-1.18 * limit, 1.18 * limit))
        axis.set_xticks(range(len(symbols)), symbols.values(), fontsize=13)
        axis.tick_params(axis="x", length=0)
        axis.grid(axis="x", visible=False)
        axis.axhline(0, color="black", linewidth=0.8)
        self._bars, self._numbers, self._gap = {}, {}, 0.02 * limit
        for place, (name, colour) in enumerate(zip(symbols, colours, strict=True)):
            x = place + offsets
            self._bars[name] = axis.bar(x, np.zeros(units), 0.9 * width, color=colour, edgecolor="black", linewidth=0.6)
            texts = [axis.text(at, 0, "", ha="center", fontsize=9.5 if units == 1 else 7) for at in x]
            self._numbers[name] = texts if units <= MOST_NUMBERS else []

    @property
    def artists(self) -> list[Artist]:
        """The bars and numbers that `set` moves."""
        parts = (*self._bars.values(), *self._numbers.values())
        return [artist for group in parts for artist in group]

    def set(self, **heights: np.ndarray) -> None:
        """Set the heights of the named groups, each an array (units,)."""
        for name, values in heights.items():
            for bar, value in zip(self._bars[name], values, strict=True):
                bar.set_height(value)
            for text, value in zip(self._numbers[name], values[: len(self._numbers[name])], strict=True):
                text.set_text(signed(value))
                text.set(y=value + (self._gap if value >= 0 else -self._gap), va="bottom" if value >= 0 else "top")


class CellBars:
    """The two panels that the gate sliders and the cell player share: the four gates, and the way from c to h."""

    def __init__(self, gate_axis: Axes, state_axis: Axes, units: int, limit: float) -> None:
        gates = {name: f"${name}_t$" for name in GATE_ORDER}
        self._gates = Bars(gate_axis, gates, [figures.GATES[name] for name in GATE_ORDER], units, 1.0)
        states = {
            "c_prev": "$c_{t-1}$",
            "kept": r"$f_t\,c_{t-1}$",
            "added": r"$i_t\,g_t$",
            "c": "$c_t$",
            "h": "$h_t$",
        }
        colours = [figures.GATES[name] for name in ("c", "f", "g", "c", "h")]
        self._states = Bars(state_axis, states, colours, units, limit)
        state_axis.set_yticks([tick for tick in state_axis.get_yticks() if abs(tick) <= 1.18 * limit])
        state_axis.set_ylim(-1.45 * limit, 1.18 * limit)  # a row for the signs below the bars
        for x, sign in ((0.5, r"$\to$"), (1.5, "$+$"), (2.5, "$=$"), (3.5, r"$\to$")):
            state_axis.text(x, -1.37 * limit, sign, ha="center", fontsize=13, color="#555555")

    @property
    def artists(self) -> list[Artist]:
        """Everything that `set` moves."""
        return self._gates.artists + self._states.artists

    def set(self, step: Step) -> None:
        """Show `step`."""
        self._gates.set(**{name: getattr(step, name) for name in GATE_ORDER})
        self._states.set(c_prev=step.c_prev, kept=step.f * step.c_prev, added=step.i * step.g, c=step.c, h=step.h)


class GateSliders(Explorer):
    r"""One LSTM unit whose pre-activations \(z_f, z_i, z_g, z_o\) and \(c_{t-1}\) are set by sliders.

    Parameters
    ----------
    z_f, z_i, z_g, z_o : float
        Where the sliders of the pre-activations start, between -6 and 6.
    c_prev : float
        Where the slider of the old cell state starts, between -3 and 3.
    """

    def __init__(
        self, z_f: float = 2.0, z_i: float = 1.0, z_g: float = 0.5, z_o: float = 0.0, c_prev: float = -1.0
    ) -> None:
        figure, (gate_axis, state_axis) = figures.new(1, 2, width=7.6, height=2.7, width_ratios=[4, 5])
        self._bars = CellBars(gate_axis, state_axis, units=1, limit=4.0)
        starts = {"f": z_f, "i": z_i, "g": z_g, "o": z_o}
        words = {"f": "forget gate", "i": "input gate", "g": "candidate", "o": "output gate"}
        sliders = [
            Slider(f"z_{name}", f"z_{name} into the {words[name]}", -6, 6, 0.1, start) for name, start in starts.items()
        ]
        sliders.append(Slider("c_prev", "c before the step", -3, 3, 0.1, c_prev))
        caption = (
            "One LSTM unit: its four maps (left), and the way from the old cell state to the new one and to h (right)."
        )
        super().__init__(figure, self._bars.artists, sliders, caption)

    def update(self, *, z_f: float, z_i: float, z_g: float, z_o: float, c_prev: float) -> str:
        """Compute one step from the four pre-activations and show it."""
        # A cell that passes its four inputs straight on to its four maps.
        z = torch.tensor([[z_i, z_f, z_g, z_o]], dtype=torch.float64)
        c = torch.tensor([[c_prev]], dtype=torch.float64)
        weights = torch.eye(4, dtype=torch.float64), z.new_zeros(4, 1), z.new_zeros(4)
        step = Step.of(c, *cells.lstm_step(z, torch.zeros_like(c), c, *weights))
        self._bars.set(step)
        return step.describe()


def signed(value: float) -> str:
    """Two decimals with a true minus sign and without a negative zero."""
    return f"{round(float(value), 2) + 0.0:.2f}".replace("-", "−")


def _numbers(values: np.ndarray) -> str:
    return ", ".join(f"{round(float(value), 2) + 0.0:.2f}" for value in values)
