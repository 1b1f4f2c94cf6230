r"""Forecasts fed back into themselves: rolling out, the loop as a map, how strongly it contracts, scores by horizon.

A one-step forecast that is fed back is a map F from one state of the loop to the next. Near a fixed point
$s^* = F(s^*)$ a difference changes per step by the Jacobian $J = \partial F / \partial s$: if the spectral radius
of J is below 1, every rollout that comes near slides into $s^*$, and the forecast is flat. For a linear autoregression
J is the companion matrix, the same everywhere. Windows hold the oldest value first, as in `weather.windows`.
"""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from lstm_course.baselines import rmse
from lstm_course.weather import Floats

Map = Callable[[Tensor], Tensor]


class Forecaster(nn.Module):
    r"""An LSTM and a linear layer that forecast a series at every step from all steps so far.

    Column 0 of the input is the series itself, other columns are known ahead (hour, season).

    Parameters
    ----------
    inputs, hidden : int
        Columns I of the input, units H of the LSTM.
    horizon : int
        How many steps are forecast at once.
    change : float, optional
        If given, the linear layer forecasts the change from the last value, in units of `change`.
    """

    def __init__(self, inputs: int = 1, hidden: int = 16, horizon: int = 1, change: float | None = None) -> None:
        super().__init__()
        self.lstm = nn.LSTM(inputs, hidden, batch_first=True)
        self.linear = nn.Linear(hidden, horizon)
        self.change = change

    def read(self, x: Tensor, state: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Read x, (B, T, I), from `state` on (zeros if None); return forecasts (B, T, horizon) and the new state."""
        h, state = self.lstm(x, state)  # (B, T, H)
        forecast = self.linear(h)  # (B, T, horizon)
        return (forecast if self.change is None else x[..., :1] + self.change * forecast), state

    def forward(self, x: Tensor) -> Tensor:
        """Read x, (B, T, I), from a zero state; return forecasts (B, T, horizon): row t knows x up to t."""
        return self.read(x)[0]


def rollout(one_step: Map, window: Tensor, horizon: int, shocks: Tensor | None = None) -> Tensor:
    """Feed a one-step forecast back: append it to the window, drop the oldest value, forecast again.

    Parameters
    ----------
    one_step : callable
        Takes windows (M, L) and returns the next values, (M,).
    window : Tensor, shape (M, L)
        The last known values, oldest first.
    horizon : int
        How many steps to go.
    shocks : Tensor, optional, shape (M, horizon)
        Added to every forecast before it is fed back, to sample a path instead of following the mean.

    Returns
    -------
    Tensor, shape (M, horizon)

    Raises
    ------
    ValueError
        If the window is no (M, L), or the horizon is below 1.
    """
    if window.dim() != 2 or not window.shape[1] or horizon < 1:
        raise ValueError(
            f"A rollout needs windows (M, L) and a horizon >= 1, got shape {tuple(window.shape)} and {horizon}:"
            " put one window into each row."
        )
    values = []
    for step in range(horizon):
        value = one_step(window)  # (M,)
        values.append(value if shocks is None else value + shocks[:, step])
        window = torch.cat([window[:, 1:], values[-1][:, None]], dim=1)
    return torch.stack(values, dim=1)


def carry_on(
    model: Forecaster, past: Tensor, horizon: int, known: Tensor | None = None, shocks: Tensor | None = None
) -> Tensor:
    """Let a model read the past once, then feed its own forecasts back, keeping its state.

    Parameters
    ----------
    model : Forecaster
        With horizon 1.
    past : Tensor, shape (M, L, I)
        Column 0 is the series.
    horizon : int
        How many steps to go.
    known : Tensor, optional, shape (M, horizon - 1 or more, I - 1)
        The other columns of the steps to come; needed if I > 1.
    shocks : Tensor, optional, shape (M, horizon)
        As for `rollout`.

    Returns
    -------
    Tensor, shape (M, horizon)

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """
    columns = past.shape[-1] - 1
    if past.dim() != 3 or horizon < 1 or (columns and (known is None or known.shape[1] < horizon - 1)):
        got = None if known is None else tuple(known.shape)
        raise ValueError(
            f"Carrying on needs a past (M, L, I), a horizon >= 1 and {columns} known columns for the {horizon - 1}"
            f" steps to feed back, got {tuple(past.shape)}, {horizon} and {got}."
        )
    forecast, state = model.read(past)
    values: list[Tensor] = []  # (M, 1) each
    for step in range(horizon):
        if values:
            row = values[-1] if known is None else torch.cat([values[-1], known[:, step - 1]], dim=1)
            forecast, state = model.read(row[:, None], state)
        value = forecast[:, -1]
        values.append(value if shocks is None else value + shocks[:, step, None])
    return torch.cat(values, dim=1)


def companion_matrix(coefficients: Tensor) -> Tensor:
    r"""Return the matrix that moves the window of a linear autoregression by one step.

    For $\hat y_{t+1} = a_L y_{t-L+1} + \dots + a_1 y_t$ the window $(y_{t-L+1}, \dots, y_t)$ is shifted by one place,
    and the last row holds the coefficients. (Texts that write the newest value first put them into the first row; the
    eigenvalues are the same.)

    Parameters
    ----------
    coefficients : Tensor, shape (L,)
        $(a_L, \dots, a_1)$: the oldest value's first.

    Returns
    -------
    Tensor, shape (L, L), of the same dtype
    """
    if coefficients.dim() != 1 or not len(coefficients):
        raise ValueError(f"A companion matrix needs coefficients (L,), got shape {tuple(coefficients.shape)}.")
    shift = torch.eye(len(coefficients), dtype=coefficients.dtype, device=coefficients.device)[1:]
    return torch.cat([shift, coefficients[None]])


def window_loop(one_step: Map) -> Map:
    """Make the map of one window, (L,), to the next from a one-step forecast of windows (M, L)."""
    return lambda window: torch.cat([window[1:], one_step(window[None])])


def state_loop(model: Forecaster) -> Map:
    """Make the closed loop of a model that keeps its state: (y, h, c) as one vector, (1 + 2 H,), to the next."""
    size = model.lstm.hidden_size

    def step(vector: Tensor) -> Tensor:
        y, h, c = (part.view(1, 1, -1) for part in vector.split([1, size, size]))
        forecast, (h, c) = model.read(y, (h, c))
        return torch.cat([part.reshape(-1) for part in (forecast, h, c)])

    return step


def jacobian(step: Map, at: Tensor) -> Tensor:
    """Return the Jacobian, (n, n), of a map of vectors (n,) at the vector `at`."""
    return torch.func.jacrev(step)(at)


def fixed_point(step: Map, start: Tensor, most: int = 100) -> Tensor:
    r"""Find $s^* = F(s^*)$ by Newton's method, whether the loop runs towards it or away from it.

    Parameters
    ----------
    step : callable
        The map F of vectors (n,).
    start : Tensor, shape (n,)
        Where to begin; use float64.
    most : int
        The most steps of Newton's method.

    Raises
    ------
    ValueError
        If it does not settle.
    """
    at, one = start.clone(), torch.eye(len(start), dtype=start.dtype)
    for _ in range(most):
        off = step(at) - at
        if off.abs().max() < 1e-10:
            return at
        at = (at + torch.linalg.lstsq(one - jacobian(step, at), off).solution).detach()
    raise ValueError(
        f"Newton's method must settle in {most} steps, but F(s) is still {off.abs().max():.2g} away from s:"
        " try another start."
    )


def wave_size(paths: Tensor, period: int) -> Tensor:
    """Measure how large the wave of a given period is from each step on: 1 for a full sine of amplitude 1.

    Parameters
    ----------
    paths : Tensor, shape (M, T)
        Forecasts.
    period : int
        Steps per wave.

    Returns
    -------
    Tensor, shape (T - period + 1,)
        For each stretch of one period the amplitude of that wave (its Fourier coefficient), as the root mean square
        over the M rows.
    """
    if paths.dim() != 2 or not 2 <= period <= paths.shape[1]:
        raise ValueError(
            f"Waves need paths (M, T) with T >= period >= 2, got {tuple(paths.shape)} and period {period}."
        )
    angle = 2 * math.pi * torch.arange(period, dtype=torch.float64) / period
    stretches = paths.double().unfold(1, period, 1)  # (M, T - period + 1, period)
    parts = stretches @ torch.stack([angle.cos(), angle.sin()], dim=1) * (2 / period)  # (M, ..., 2)
    return parts.square().sum(-1).mean(0).sqrt()


def rmse_by_step(forecast: Floats, truth: Floats, step: int = 1) -> Floats:
    """Return the RMSE of steps 1 to `step`, `step` + 1 to 2 `step`, ... of forecasts (M, T): shape (T // step,)."""
    ends = range(step, truth.shape[1] + 1, step)
    return np.array([rmse(forecast[:, end - step : end], truth[:, end - step : end]) for end in ends])


def skill_by_step(forecast: Floats, reference: Floats, truth: Floats, step: int = 1) -> Floats:
    """Return the skill 1 - MSE / MSE of the reference (Murphy 1988) for each stretch of `step` steps."""
    return 1 - (rmse_by_step(forecast, truth, step) / rmse_by_step(reference, truth, step)) ** 2


def coverage(samples: Tensor, truth: Tensor, share: float = 0.9) -> Tensor:
    """Say how often the truth lies inside the middle `share` of the samples.

    The bounds are the k-th smallest and the k-th largest sample, k = (S + 1) (1 - share) / 2 rounded: between them a
    value drawn in the same way as the samples lies with probability 1 - 2 k / (S + 1), which is `share` for S = 19, 39,
    ... and 0.9. (Quantiles that interpolate between few samples are too narrow.)

    Parameters
    ----------
    samples : Tensor, shape (S, M, T)
        S sampled paths for each of M forecasts.
    truth : Tensor, shape (M, T)
    share : float
        The share that an honest interval of this kind would cover.

    Returns
    -------
    Tensor, shape (T,)
    """
    size = samples.shape[0]
    rank = round((size + 1) * (1 - share) / 2)
    if samples.shape[1:] != truth.shape or not 0 < share < 1 or rank < 1:
        raise ValueError(
            f"Coverage needs samples (S, M, T) for a truth (M, T), 0 < share < 1 and S large enough for it, got"
            f" {tuple(samples.shape)}, {tuple(truth.shape)} and {share}."
        )
    ordered = samples.sort(dim=0).values
    low, high = ordered[rank - 1], ordered[size - rank]  # (M, T) each
    return ((low <= truth) & (truth <= high)).double().mean(0)
