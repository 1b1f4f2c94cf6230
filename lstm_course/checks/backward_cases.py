"""What the checks of lesson 3 compare with: random cases, the right gradients, and what known mistakes give."""

from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor

from lstm_course import cells
from lstm_course.checks.base import generator

Gradients = tuple[Tensor, ...]  # dx, dh_0, dc_0, dW_x, dW_h, db
# (T, B, I, H, dtype): all different, so that a swapped axis shows; then a batch of one, in float32.
SIZES = ((6, 3, 2, 4, torch.float64), (4, 1, 5, 2, torch.float32))


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


def wrong_belts(dh_t: Tensor, dc_t: Tensor, c_prev: Tensor, c_t: Tensor, gates: Tensor) -> dict[str, Tensor]:
    """Return what known mistakes give for dc_prev."""
    i, f, _, o = gates.chunk(4, dim=1)
    slope = 1 - c_t.tanh() ** 2
    dc = dc_t + dh_t * o * slope
    belts = {
        "a belt that hears nothing of dh_t: h_t reads c_t too": dc_t,
        "dc_t overwritten by what comes from h_t: c_t is used twice, so add": dh_t * o * slope,
        "1 - c_t**2 as the slope of tanh: it is 1 - tanh(c_t)**2": dc_t + dh_t * o * (1 - c_t**2),
        "what comes without the slope of tanh": dc_t + dh_t * o,
        "what comes without the output gate": dc_t + dh_t * slope,
    }
    return {name: belt * f for name, belt in belts.items()} | {
        "dc_t itself: on its way to c_prev it passes the forget gate": dc,
        "dc_t * i_t: the old memory was multiplied by f_t": dc * i,
        "dc_t * c_prev, which is df_t": dc * c_prev,
    }


def wrong_maps(dh_t: Tensor, dc_t: Tensor, c_prev: Tensor, c_t: Tensor, gates: Tensor) -> dict[str, Tensor]:
    """Return what known mistakes give for dz."""
    i, f, g, o = gates.chunk(4, dim=1)
    tanh_c = c_t.tanh()
    dc, do = dc_t + dh_t * o * (1 - tanh_c**2), dh_t * tanh_c
    before = [dc * g, dc * c_prev, dc * i, do]
    z_i, z_f, z_g, z_o = _through_squashings(*before, gates).chunk(4, dim=1)
    like_tanh = [v * (1 - gate**2) for v, gate in zip(before, (i, f, g, o), strict=True)]
    factors = {
        "c_t where c_prev belongs: the forget gate multiplied the old memory": [dc * g, dc * c_t, dc * i, do],
        "the wrong factors: it is di_t = dc_t * g_t and dg_t = dc_t * i_t": [dc * i, dc * c_prev, dc * g, do],
        "c_t where tanh(c_t) belongs: that is what the output gate multiplied": [*before[:3], dh_t * c_t],
    }
    return {name: _through_squashings(*wrong, gates) for name, wrong in factors.items()} | {
        "the gradient before the squashing: multiply by the slope too": torch.cat(before, 1),
        "sigma's slope g(1 - g) at the candidate: tanh has 1 - g**2": torch.cat(
            [z_i, z_f, dc * i * g * (1 - g), z_o], 1
        ),
        "tanh's slope 1 - s**2 at a sigma: it has s(1 - s)": torch.cat(like_tanh, 1),
        "the blocks in the order f, i, g, o": torch.cat([z_f, z_i, z_g, z_o], 1),
        "the blocks in the order i, f, o, g": torch.cat([z_i, z_f, z_o, z_g], 1),
    }


def gradients_of(case: Case) -> Gradients:
    """Return the right dx, dh_0, dc_0, dW_x, dW_h, db of a sequence."""
    return _collect(case, *_walk(case))


def _walk(
    case: Case, *, add_dh: bool = True, carry_dc: bool = True, backward: bool = True
) -> tuple[Tensor, Tensor, Tensor]:
    """Return dz (T, B, 4H) and what leaves the last step walked, dh and dc."""
    dz = torch.empty_like(case.gates)
    dh_next, dc = torch.zeros_like(case.dc_T), case.dc_T
    steps = range(len(case.x))
    for t in reversed(steps) if backward else steps:
        dh_t = case.dh[t] + dh_next * add_dh
        dz[t], dc_prev = back_to_maps(dh_t, dc, case.c[t], case.c[t + 1], case.gates[t])
        dh_next, dc = dz[t] @ case.W_h, dc_prev * (carry_dc or t == 0)
    return dz, dh_next, dc


def _collect(case: Case, dz: Tensor, dh_0: Tensor, dc_0: Tensor, *, late: bool = False, steps: int = -1) -> Gradients:
    """Compute what needs no loop; weights from the first `steps` steps only, or with the states after each step."""
    count = len(case.x) if steps < 0 else steps
    rows = dz[:count].flatten(0, 1)
    h = (case.h[1:] if late else case.h[:-1])[:count]
    return dz @ case.W_x, dh_0, dc_0, rows.T @ case.x[:count].flatten(0, 1), rows.T @ h.flatten(0, 1), rows.sum(0)


def wrong_sequences(case: Case) -> dict[str, Gradients]:
    """Return what known mistakes give for all six gradients of a sequence."""
    walked, right = _walk(case), gradients_of(case)
    last_loss = torch.cat([torch.zeros_like(case.dh[:-1]), case.dh[-1:]])
    T, B = case.x.shape[:2]
    return {
        "what comes without dh of the next step: h_t is used twice, so dh[t] + dh_next": _collect(
            case, *_walk(case, add_dh=False)
        ),
        "what comes with a belt that is cut: pass dc on from step to step": _collect(
            case, *_walk(case, carry_dc=False)
        ),
        "what comes for dc_T = 0: the last step's belt starts with dc_T": gradients_of(
            case._replace(dc_T=torch.zeros_like(case.dc_T))
        ),
        "what comes for a loss at the last step only: add dh[t] at every step": gradients_of(
            case._replace(dh=last_loss)
        ),
        "a walk forward: the last step comes first": _collect(case, *_walk(case, backward=False)),
        "the steps in reverse order": (right[0].flip(0), *right[1:]),
        "what comes with h[t + 1], the state after step t": _collect(case, *walked, late=True),
        "the first step's share alone: add up over the steps": _collect(case, *walked, steps=1),
        "the mean over the batch: add up": (*right[:3], *(part / B for part in right[3:])),
        "the mean over steps and batch: add up": (*right[:3], *(part / (T * B) for part in right[3:])),
    }


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


def wrong_coupled(dh_t: Tensor, dc_t: Tensor, c_prev: Tensor, c_t: Tensor, gates: Tensor) -> dict[str, Tensor]:
    """Return what known mistakes give for dz of the coupled cell."""
    f, g, _ = gates.chunk(3, dim=1)
    dz, dc_prev = coupled_back_to_maps(dh_t, dc_t, c_prev, c_t, gates)
    dc, slope = dc_prev / f, f * (1 - f)
    _, z_g, z_o = dz.chunk(3, dim=1)
    return {
        "dc_t * c_prev for df_t: f_t is used a second time, in (1 - f_t)": torch.cat(
            [dc * c_prev * slope, z_g, z_o], 1
        ),
        "a plus where (1 - f_t) brings a minus": torch.cat([dc * (c_prev + g) * slope, z_g, z_o], 1),
        "minus the right value: which of c_prev and g_t has the minus?": torch.cat(
            [dc * (g - c_prev) * slope, z_g, z_o], 1
        ),
        "f_t where 1 - f_t belongs": torch.cat([dz[:, : f.shape[1]], dc * f * (1 - g**2), z_o], 1),
        "the gradient before the squashing: multiply by the slope too": dz
        / torch.cat([slope, 1 - g**2, gates.chunk(3, dim=1)[2] * (1 - gates.chunk(3, dim=1)[2])], 1),
        "the blocks in the order g, f, o": torch.cat([z_g, dz[:, : f.shape[1]], z_o], 1),
    }
