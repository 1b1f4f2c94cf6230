"""The LSTM's variants: what changes in the ten lines, and trained side by side; the 2-D LSTM over a whole grid."""

import ast
import inspect
import re
from collections.abc import Callable
from difflib import SequenceMatcher
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.func import vmap

from lstm_course import cells, tasks
from lstm_course.training import Progress

Weights = dict[str, Tensor]
SOLVED, OVER = 0.01, 20  # the adding problem is solved where the mean loss of so many batches is below this
CHECKS = re.compile(r"(require_shapes\(|weights (\||)= |states (\||)= )")  # lines about shapes, not about the cell


def lines(step: Callable[..., Any]) -> list[str]:
    """Return the lines of a step of `cells` that compute: without docstring, shape checks and comments."""
    source = inspect.getsource(step).splitlines()
    function = ast.parse("\n".join(source)).body[0]
    assert isinstance(function, ast.FunctionDef)
    first = function.body[1] if ast.get_docstring(function) else function.body[0]
    code = (re.sub(r"\s+#.*", "", line).strip() for line in source[first.lineno - 1 :])
    return [line for line in code if line and not CHECKS.match(line)]


def difference(old: Callable[..., Any], new: Callable[..., Any]) -> str:
    """Say which lines change from one step of `cells` to another.

    Parameters
    ----------
    old, new : function
        Two steps, such as `cells.lstm_step`.

    Returns
    -------
    str
        Lines that go, marked with "-", and lines that come, marked with "+", in the order of the code; then how many
        stay.
    """
    before, after = lines(old), lines(new)
    shown, kept = [], 0
    for change, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if change == "equal":
            kept += j - i
        else:
            shown += [f"- {line}" for line in before[i:j]] + [f"+ {line}" for line in after[k:m]]
    return "\n".join([*shown, f"({kept} lines stay)"])


class Variant(NamedTuple):
    """A cell to be trained: its step, how many states it carries, and its weights.

    `weights` gives for each weight how many maps are stacked in it and what a row of it meets: the input ("I"), the
    state ("H"), or nothing (""), where it is a vector.
    """

    step: Callable[..., Any]
    states: int
    weights: dict[str, tuple[int, str]]

    def shapes(self, I: int, H: int) -> dict[str, tuple[int, ...]]:
        """Return the shape of every weight for `I` inputs and `H` units."""
        columns = {"I": (I,), "H": (H,), "": ()}
        return {name: (maps * H, *columns[meets]) for name, (maps, meets) in self.weights.items()}

    def count(self, I: int, H: int) -> int:
        """Return the number of parameters for `I` inputs and `H` units."""
        return sum(torch.Size(shape).numel() for shape in self.shapes(I, H).values())


def _maps(number: int, **more: tuple[int, str]) -> dict[str, tuple[int, str]]:
    return {"W_x": (number, "I"), "W_h": (number, "H"), "b": (number, ""), **more}


VARIANTS = {
    "LSTM": Variant(cells.lstm_step, 2, _maps(4)),
    "peephole": Variant(cells.peephole_lstm_step, 2, _maps(4, p=(3, ""))),
    "coupled": Variant(cells.coupled_lstm_step, 2, _maps(3)),
    "layer norm": Variant(
        cells.layer_norm_lstm_step, 2, _maps(4, gain_x=(4, ""), gain_h=(4, ""), gain_c=(1, ""), b_c=(1, ""))
    ),
    "GRU": Variant(cells.gru_step, 1, {"W_x": (3, "I"), "W_h": (3, "H"), "b_x": (3, ""), "b_h": (3, "")}),
}


def start(variant: Variant, I: int, H: int, seed: int) -> Weights:
    r"""Draw weights as PyTorch does, uniform between $\pm 1/\sqrt H$ (gains 1, the normalised cell's bias 0).

    Parameters
    ----------
    variant : Variant
    I, H : int
        Inputs and units.
    seed : int

    Returns
    -------
    dict of Tensor
        The weights that `variant.step` takes, by name, and of a linear layer on $h_T$: `W_y` (1, H) and `b_y` (1,).
    """
    draw = torch.Generator().manual_seed(seed)
    shapes = variant.shapes(I, H) | {"W_y": (1, H), "b_y": (1,)}
    weights = {name: (2 * torch.rand(shape, generator=draw) - 1) / H**0.5 for name, shape in shapes.items()}
    ones = {name: torch.ones_like(weight) for name, weight in weights.items() if name.startswith("gain")}
    zeros = {name: torch.zeros_like(weight) for name, weight in weights.items() if name == "b_c"}
    return weights | ones | zeros


def answer(variant: Variant, weights: Weights, x: Tensor) -> Tensor:
    """Run a cell over x (B, T, I) from zero states and read the last hidden state linearly: (B, 1)."""
    weights = dict(weights)
    W_y, b_y = weights.pop("W_y"), weights.pop("b_y")
    states = [x.new_zeros(x.shape[0], W_y.shape[1])] * variant.states
    for x_t in x.unbind(1):
        *states, _ = variant.step(x_t, *states, **weights)
    return states[0] @ W_y.T + b_y


def race(
    variant: Variant,
    seeds: int,
    *,
    T: int = 20,
    H: int = 16,
    batch: int = 32,
    lr: float = 0.02,
    most: int = 800,
    change: Callable[[Weights], None] | None = None,
    label: str = "training",
) -> list[int]:
    """Train one net for each seed on the adding problem, all of them side by side, until all have solved it.

    The nets share nothing: each has its own start, its own batches and its own gradient, clipped to norm 1. Side by
    side (`torch.func.vmap`) they take little more time than one alone.

    Parameters
    ----------
    variant : Variant
    seeds, most : int
        How many nets (they start from the seeds 0, 1, ...), and the most updates made.
    T, H, batch, lr : int, int, int, float
        Steps in a sequence, units, sequences in a batch, Adam's step size.
    change : callable, optional
        Called with the weights of each net before training, to change them in place.
    label : str

    Returns
    -------
    list of int
        After how many updates the mean loss of a net's last 20 batches was below 0.01; `most` where it never was.

    Raises
    ------
    ValueError
        If `seeds` or `most` is below 1.
    """
    if seeds < 1 or most < 1:
        raise ValueError(f"A race needs seeds >= 1 and most >= 1, got seeds={seeds}, most={most}.")
    nets = _side_by_side([start(variant, 2, H, seed) for seed in range(seeds)], change)
    draws = [torch.Generator().manual_seed(1000 + seed) for seed in range(seeds)]
    optimiser = torch.optim.Adam(nets.values(), lr=lr)
    all_answers = vmap(lambda weights, x: answer(variant, weights, x))
    recent, solved = torch.full((OVER, seeds), torch.inf), torch.full((seeds,), most)
    progress = Progress(most, label)
    try:
        for step in range(1, most + 1):
            x, y = map(torch.stack, zip(*(tasks.adding(batch, T, draw) for draw in draws), strict=True))
            losses = (all_answers(nets, x) - y).square().mean(dim=(1, 2))  # (seeds,)
            _update(nets, losses, optimiser)
            recent[step % OVER] = losses.detach()
            solved = torch.where((recent.mean(dim=0) < SOLVED) & (solved == most), step, solved)
            if (solved < most).all():
                break
            if step % 20 == 0:
                progress.step(step, losses.mean().item())
    finally:
        progress.close()
    return solved.tolist()


def _side_by_side(starts: list[Weights], change: Callable[[Weights], None] | None) -> Weights:
    """Stack the weights of several nets along a new axis 0, each net changed first."""
    if change is not None:
        for weights in starts:
            change(weights)
    return {name: torch.stack([weights[name] for weights in starts]).requires_grad_() for name in starts[0]}


def _update(nets: Weights, losses: Tensor, optimiser: torch.optim.Optimizer) -> None:
    """Make one step of Adam, with the gradient of each net (axis 0 of every weight) clipped on its own."""
    optimiser.zero_grad()
    losses.sum().backward()
    gradients = [weight.grad for weight in nets.values() if weight.grad is not None]
    norms = torch.stack([g.flatten(1).square().sum(dim=1) for g in gradients]).sum(dim=0).sqrt()  # (nets,)
    factor = (1 / norms).clamp(max=1.0)
    for gradient in gradients:
        gradient *= factor.reshape(-1, *[1] * (gradient.ndim - 1))
    optimiser.step()


def grid_xor(batch: int, side: int, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
    """Draw black and white pictures and, for every pixel inside, the pixel above XOR the pixel to the left.

    The first row and the first column, where one of the two is missing, have no target.

    Parameters
    ----------
    batch, side : int
        Pictures of side x side pixels.
    generator : torch.Generator, optional

    Returns
    -------
    pictures : Tensor (batch, side, side), float32
        Pixels 0 or 1.
    targets : Tensor (batch, side - 1, side - 1), float32
        1 where the pixel above and the pixel to the left differ.

    Raises
    ------
    ValueError
        If `side` is below 2.
    """
    if side < 2:
        raise ValueError(f"A grid needs side >= 2, got side={side}: a pixel inside has one above and one to the left.")
    pictures = torch.randint(0, 2, (batch, side, side), generator=generator).float()
    return pictures, (pictures[:, :-1, 1:] != pictures[:, 1:, :-1]).float()


class GridLSTM(nn.Module):
    """A two-dimensional LSTM over whole pictures, with one number said at every pixel inside.

    All places on an antidiagonal are computed at once: each of them needs only the diagonal before.

    Parameters
    ----------
    H : int
        Units.
    """

    def __init__(self, H: int) -> None:
        super().__init__()
        shapes = {"W_x": (5 * H, 1), "W_up": (5 * H, H), "W_left": (5 * H, H), "b": (5 * H,)}
        drawn = {name: (2 * torch.rand(shape) - 1) / H**0.5 for name, shape in shapes.items()}
        self.weights = nn.ParameterDict(drawn)
        self.read = nn.Linear(H, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        """Map pictures (B, R, S) to one number for each pixel but those of the first row and column (B, R-1, S-1)."""
        return self.read(self.states(pictures)[:, 1:, 1:]).squeeze(-1)

    def states(self, pictures: Tensor) -> Tensor:
        """Return the hidden states (B, R, S, H) of pictures (B, R, S)."""
        B, R, S = pictures.shape
        rows, columns = torch.arange(R)[:, None], torch.arange(S)
        where = (slice(None), rows, rows + columns)  # row r is shifted by r, so that a diagonal becomes a column
        shifted = pictures.new_zeros(B, R, R + S - 1).index_put((torch.arange(B)[:, None, None], *where[1:]), pictures)
        inside = torch.zeros(1, R, R + S - 1)
        inside[where] = 1.0
        edge = pictures.new_zeros(B, 1, self.read.in_features)
        h = c = edge.expand(B, R + 1, -1)  # the diagonal before; row 0 lies above the picture
        diagonals = []
        for d in range(R + S - 1):
            flat = [a.flatten(0, 1) for a in (shifted[:, :, d, None], h[:, :-1], c[:, :-1], h[:, 1:], c[:, 1:])]
            state = cells.lstm_2d_step(*flat, **self.weights)[:2]
            new_h, new_c = (a.unflatten(0, (B, R)) * inside[:, :, d, None] for a in state)
            diagonals.append(new_h)
            h, c = torch.cat([edge, new_h], dim=1), torch.cat([edge, new_c], dim=1)
        return torch.stack(diagonals, dim=2)[where]
