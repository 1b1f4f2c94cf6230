"""One small training loop, so that lessons can show what is learnt rather than how a loop is written."""

import math
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

import torch
from IPython import get_ipython
from IPython.display import display
from torch import Tensor, nn

Batch = tuple[Tensor, Tensor]
Loss = Callable[[Tensor, Tensor], Tensor]


class Progress:
    """A progress bar that leaves nothing behind, so that a notebook's saved output stays the same.

    It starts and ends as an empty display; only what lies between is shown.
    """

    def __init__(self, total: int, label: str | None) -> None:
        self.total, self.label = total, label
        wanted = label is not None and get_ipython() is not None
        self.handle = display(self._words(""), raw=True, display_id=True) if wanted else None

    def step(self, done: int, loss: float) -> None:
        """Show that `done` steps are made and the last loss."""
        words = f"{self.label}: step {done} of {self.total}, loss {loss:.4g}"
        self._update(f'<progress max="{self.total}" value="{done}" aria-label="{words}"></progress> {words}')

    def close(self) -> None:
        """Take the bar away."""
        self._update("")

    def _update(self, html: str) -> None:
        if self.handle is not None:
            self.handle.update(self._words(html), raw=True)

    @staticmethod
    def _words(html: str) -> dict[str, Any]:
        return {"text/html": html, "text/plain": ""}


def train(
    model: nn.Module,
    batches: Iterable[Batch],
    loss_function: Loss,
    *,
    steps: int,
    lr: float = 0.01,
    clip: float | None = 1.0,
    until: Callable[[list[float]], bool] | None = None,
    label: str | None = "training",
) -> list[float]:
    """Train `model` with Adam and return the loss of every step.

    Parameters
    ----------
    model : nn.Module
        Called as `model(inputs)`; its parameters are changed in place.
    batches : iterable of (inputs, targets)
        May be endless; at most `steps` of them are used.
    loss_function : callable
        `loss_function(predictions, targets)` -> scalar tensor.
    steps : int
        The most updates made.
    lr : float
        Adam's step size.
    clip : float or None
        Largest norm of the gradient over all parameters together (None: not clipped).
    until : callable, optional
        Given the losses so far after every step; training ends as soon as it returns True.
    label : str or None
        Name on the progress bar; None shows no bar (JupyterLab hides what a cell shows after its fiftieth output).

    Returns
    -------
    list of float
        The loss before each update, one per step.

    Raises
    ------
    ValueError
        If `steps` or `lr` is not positive, or the loss becomes NaN or infinite.
    """
    if steps < 1 or lr <= 0:
        raise ValueError(f"Training needs steps >= 1 and lr > 0, got steps={steps}, lr={lr}.")
    optimiser = torch.optim.Adam(model.parameters(), lr=lr)
    losses: list[float] = []
    progress = Progress(steps, label)
    try:
        for inputs, targets in islice(batches, steps):
            losses.append(_update(model, inputs, targets, loss_function, optimiser, clip))
            if not math.isfinite(losses[-1]):
                raise ValueError(
                    f"The loss must stay finite, got {losses[-1]} at step {len(losses)}: try a smaller lr."
                )
            if len(losses) % max(1, steps // 50) == 0:
                progress.step(len(losses), losses[-1])
            if until is not None and until(losses):
                break
    finally:
        progress.close()
    return losses


def _update(
    model: nn.Module,
    inputs: Tensor,
    targets: Tensor,
    loss_function: Loss,
    optimiser: torch.optim.Optimizer,
    clip: float | None,
) -> float:
    optimiser.zero_grad()
    loss = loss_function(model(inputs), targets)
    loss.backward()
    if clip is not None:
        nn.utils.clip_grad_norm_(model.parameters(), clip)
    optimiser.step()
    return loss.item()
