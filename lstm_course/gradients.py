r"""How much gradient is left after k steps: measured through autograd, and predicted from the recurrent matrix.

For a recurrent net with states $h_0, \dots, h_T$ the question is how large the Jacobian
$\partial h_T / \partial h_{T-k}$ still is. Its norm bounds what a weight can learn from something that
happened k steps before the end (Hochreiter 1991; Bengio, Simard and Frasconi 1994; Pascanu, Mikolov and Bengio 2013).
"""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor


def norms_by_lag(hidden_states: Sequence[Tensor]) -> Tensor:
    r"""Measure $\|\partial h_T / \partial h_{T-k}\|_2$ for every lag k by autograd.

    Parameters
    ----------
    hidden_states : sequence of Tensor
        $[h_0, \dots, h_T]$ of one sequence, each (H,) or (1, H), as computed: still joined by their autograd
        graph. $h_0$ must have `requires_grad`.

    Returns
    -------
    Tensor, shape (T + 1,), float64
        The spectral norm (largest singular value) of each Jacobian; entry k belongs to lag k, so entry 0 is 1.
        It is 0 where no path leads from $h_{T-k}$ to $h_T$, as behind a `detach`.

    Raises
    ------
    ValueError
        If there is no state, one is not a single row, or one is not part of an autograd graph.
    """
    return torch.linalg.matrix_norm(jacobians_by_lag(hidden_states), ord=2)


def jacobians_by_lag(hidden_states: Sequence[Tensor]) -> Tensor:
    r"""Compute the Jacobians $\partial h_T / \partial h_{T-k}$ for every lag k by autograd.

    Takes and raises the same as `norms_by_lag`; returns (T + 1, H, H) in float64, where row i of a Jacobian says how
    unit i of $h_T$ reacts.
    """
    states = list(hidden_states)
    if not states:
        raise ValueError("Gradient norms need at least one hidden state, got an empty list: pass [h_0, ..., h_T].")
    size = states[-1].shape[-1] if states[-1].dim() else 0
    for t, state in enumerate(states):
        _require_state(t, state, size)
    # One backward pass per unit of h_T, all of them at once.
    rows = torch.eye(size, dtype=states[-1].dtype).reshape(size, *states[-1].shape)
    jacobians = torch.autograd.grad(
        states[-1], states[::-1], rows, retain_graph=True, is_grads_batched=True, allow_unused=True
    )
    cut_off = torch.zeros_like(rows)
    return torch.stack([(cut_off if J is None else J).reshape(size, size) for J in jacobians]).double()


def _require_state(t: int, state: Tensor, size: int) -> None:
    if tuple(state.shape) not in {(size,), (1, size)}:
        raise ValueError(
            f"Hidden states must be those of one sequence, each (H,) or (1, H), got h_{t} of shape "
            f"{tuple(state.shape)} beside a last state of {size} units: pick one row of the batch."
        )
    if not state.requires_grad:
        raise ValueError(
            f"Hidden states must be joined by an autograd graph, got h_{t} without one: "
            "start from an h_0 with requires_grad_() and detach nothing."
        )


def decay_rate(norms: Tensor, first: int = 0) -> float:
    r"""Fit $\|\partial h_T / \partial h_{T-k}\| \approx C r^k$ and return the rate r per step.

    Least squares of the logarithm against the lag, so every lag counts alike, however small its norm.

    Parameters
    ----------
    norms : Tensor, shape (T + 1,)
        As returned by `norms_by_lag`.
    first : int
        The first lag of the fit: a larger one leaves out the transient.

    Raises
    ------
    ValueError
        If fewer than two lags are left or a norm in the fit is not positive and finite.
    """
    fitted = norms.detach().double()[first:] if first >= 0 else norms[:0]
    if norms.dim() != 1 or len(fitted) < 2:
        raise ValueError(
            f"A decay rate needs a vector of norms and two lags at least, got shape {tuple(norms.shape)} "
            f"and first={first}: measure a longer sequence or start earlier."
        )
    if not bool((torch.isfinite(fitted) & (fitted > 0)).all()):
        raise ValueError(
            f"A decay rate needs norms that are positive and finite, got {fitted.min():g} to {fitted.max():g}: "
            "cut the list where they run out of the number range, or compute in float64."
        )
    lags = torch.arange(len(fitted), dtype=torch.float64)
    lags = lags - lags.mean()
    slope = (lags @ fitted.log()) / (lags @ lags)
    return slope.exp().item()


def spectral_radius(matrix: Tensor) -> float:
    r"""Return the largest modulus of an eigenvalue, $\rho(W)$: the growth per step of $\|W^k\|$ in the long run."""
    return torch.linalg.eigvals(_square(matrix)).abs().max().item()


def largest_singular_value(matrix: Tensor) -> float:
    r"""Return $\sigma_{\max}(W) = \|W\|_2$: the most by which one step can stretch a vector."""
    return torch.linalg.matrix_norm(_square(matrix), ord=2).item()


def random_matrix(
    size: int,
    radius: float,
    kind: Literal["gaussian", "orthogonal"] = "gaussian",
    generator: torch.Generator | None = None,
) -> Tensor:
    """Draw a recurrent matrix and scale it to a given spectral radius.

    Parameters
    ----------
    size : int
        H, its number of rows and columns.
    radius : float
        The spectral radius it gets.
    kind : {"gaussian", "orthogonal"}
        Independent normal entries, or a random rotation (uniform over the orthogonal matrices) times `radius`,
        which stretches every direction alike.
    generator : torch.Generator, optional
        Makes the draw repeatable.

    Returns
    -------
    Tensor, shape (size, size), float64

    Raises
    ------
    ValueError
        If the size is below 1, the radius is not positive, or the kind is unknown.
    """
    if size < 1 or not 0 < radius < float("inf"):
        raise ValueError(f"A random matrix needs size >= 1 and a finite radius > 0, got size={size}, radius={radius}.")
    entries = torch.randn(size, size, generator=generator, dtype=torch.float64)
    if kind == "gaussian":
        return entries * (radius / spectral_radius(entries))
    if kind == "orthogonal":
        q, r = torch.linalg.qr(entries)
        return q * r.diagonal().sign() * radius
    raise ValueError(f"A random matrix is 'gaussian' or 'orthogonal', got {kind!r}: choose one of the two.")


def _square(matrix: Tensor) -> Tensor:
    if matrix.dim() != 2 or matrix.shape[0] != matrix.shape[1] or not len(matrix):
        raise ValueError(f"A recurrent matrix must be square, (H, H), got shape {tuple(matrix.shape)}: pass W_h.")
    return matrix.detach().double()
