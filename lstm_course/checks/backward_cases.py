"""What the checks of lesson 3 compare with: random cases and the right gradients."""

from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor

from lstm_course import cells
from lstm_course.checks.base import generator

Gradients = tuple[Tensor, ...]  # dx, dh_0, dc_0, dW_x, dW_h, db
# (T, B, I, H, dtype): all different, so that a swapped axis shows; a batch of one, in float32; the smallest.
SIZES = ((6, 3, 2, 5, torch.float64), (4, 1, 5, 2, torch.float32), (2, 1, 1, 1, torch.float64))


class Case(NamedTuple):
    """What a backward pass through a sequence is given."""

    dh: Tensor  # (T, B, H)
    dc_T: Tensor  # (B, H)
    x: Tensor  # (T, B, I)
    h: Tensor  # (T + 1, B, H)
    c: Tensor  # (T + 1, B, H)
    gates: Tensor  # (T, B, 4H)
    W_x: Tensor  # (4H, I)
    W_h: Tensor  # (4H, H)

    @property
    def step(self) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """dh_t, dc_t, c_prev, c_t and the gates of the last step."""
        return self.dh[-1], self.dc_T, self.c[-2], self.c[-1], self.gates[-1]


def draw(seed: int, dtype: torch.dtype, *shapes: tuple[int, ...]) -> list[Tensor]:
    """Draw normal tensors of the given shapes."""
    source = generator(seed)
    return [torch.randn(shape, generator=source, dtype=torch.float64).to(dtype) for shape in shapes]


def make_case(seed: int, T: int, B: int, I: int, H: int, dtype: torch.dtype) -> Case:
    """Run a random LSTM over a random sequence, and draw the gradients that come in."""
    dh, dc_T, *arguments = draw(seed, dtype, (T, B, H), (B, H), *layer_shapes(T, B, I, H))
    return Case(dh, dc_T, arguments[0], *_states(*arguments), *arguments[3:5])


def layer_shapes(T: int, B: int, I: int, H: int) -> tuple[tuple[int, ...], ...]:
    """Shapes of x, h_0, c_0, W_x, W_h, b."""
    return (T, B, I), (B, H), (B, H), (4 * H, I), (4 * H, H), (4 * H,)


def _states(x: Tensor, h_0: Tensor, c_0: Tensor, W_x: Tensor, W_h: Tensor, b: Tensor) -> Iterable[Tensor]:
    h, c, gates = [h_0], [c_0], []
    for x_t in x:
        h_t, c_t, gates_t = cells.lstm_step(x_t, h[-1], c[-1], W_x, W_h, b)
        h.append(h_t)
        c.append(c_t)
        gates.append(torch.cat(gates_t, dim=1))
    return torch.stack(h), torch.stack(c), torch.stack(gates)


def back_to_maps(dh_t: Tensor, dc_t: Tensor, c_prev: Tensor, c_t: Tensor, gates: Tensor) -> tuple[Tensor, Tensor]:
    """Go back through one LSTM step, to what the four maps received and to the old memory.

    Parameters
    ----------
    dh_t, dc_t : Tensor (B, H)
        The gradients of the loss with respect to h_t and, from the next step, c_t.
    c_prev, c_t : Tensor (B, H)
    gates : Tensor (B, 4H)
        i_t, f_t, g_t, o_t side by side.

    Returns
    -------
    dz : Tensor (B, 4H)
        Gradient of the pre-activations, in the order i, f, g, o.
    dc_prev : Tensor (B, H)
    """
    i, f, g, o = gates.chunk(4, dim=1)
    tanh_c = c_t.tanh()
    dc = dc_t + dh_t * o * (1 - tanh_c**2)
    return _through_squashings(dc * g, dc * c_prev, dc * i, dh_t * tanh_c, gates), dc * f


def _through_squashings(di: Tensor, df: Tensor, dg: Tensor, do: Tensor, gates: Tensor) -> Tensor:
    i, f, g, o = gates.chunk(4, dim=1)
    return torch.cat([di * i * (1 - i), df * f * (1 - f), dg * (1 - g**2), do * o * (1 - o)], dim=1)


def gradients_of(case: Case) -> Gradients:
    """Return the right dx, dh_0, dc_0, dW_x, dW_h, db of a sequence."""
    dz = torch.empty_like(case.gates)
    dh_next, dc = torch.zeros_like(case.dc_T), case.dc_T
    for t in reversed(range(len(case.x))):
        dz[t], dc = back_to_maps(case.dh[t] + dh_next, dc, case.c[t], case.c[t + 1], case.gates[t])
        dh_next = dz[t] @ case.W_h
    rows, x, h = (tensor.flatten(0, 1) for tensor in (dz, case.x, case.h[:-1]))
    return dz @ case.W_x, dh_next, dc, rows.T @ x, rows.T @ h, rows.sum(0)


def coupled_back_to_maps(
    dh_t: Tensor, dc_t: Tensor, c_prev: Tensor, c_t: Tensor, gates: Tensor
) -> tuple[Tensor, Tensor]:
    """Go back through one step of a cell with i_t = 1 - f_t; gates: (B, 3H), f_t, g_t, o_t side by side."""
    f, g, o = gates.chunk(3, dim=1)
    tanh_c = c_t.tanh()
    dc = dc_t + dh_t * o * (1 - tanh_c**2)
    dz = _through_squashings(
        torch.zeros_like(f), dc * (c_prev - g), dc * (1 - f), dh_t * tanh_c, torch.cat([f, gates], 1)
    )
    return dz[:, f.shape[1] :], dc * f
