"""Seeded toy problems that need memory, each small enough to train on in seconds.

Every function returns one batch, `(inputs, targets)`, with the batch first: inputs are (B, T, features).
"""

import torch
from torch import Tensor

Batch = tuple[Tensor, Tensor]


def recall(fillers: int) -> Batch:
    """Make the recall task: which letter came first, a or b, after so many fillers?

    There are only two such sequences, so this batch is the whole task. After Hochreiter and Schmidhuber
    (1997, experiment 2), with a single filler symbol.

    Parameters
    ----------
    fillers : int
        How many filler symbols follow the letter.

    Returns
    -------
    inputs : Tensor, shape (2, fillers + 1, 3), float32
        One-hot symbols in the order a, b, filler.
    targets : Tensor, shape (2,), int64
        0 for a, 1 for b.

    Raises
    ------
    ValueError
        If `fillers` is negative.
    """
    if fillers < 0:
        raise ValueError(f"Recall needs fillers >= 0, got {fillers}: pass how many symbols follow the letter.")
    symbols = torch.full((2, fillers + 1), 2)
    symbols[:, 0] = torch.tensor([0, 1])
    return torch.eye(3)[symbols], symbols[:, 0].clone()


def adding(batch: int, steps: int, generator: torch.Generator | None = None) -> Batch:
    """Draw a batch of the adding problem: the sum of two marked numbers among many.

    Hochreiter and Schmidhuber (1997, experiment 4), in the form with a fixed length: numbers uniform on [0, 1),
    one mark in each half. The targets have mean 1 and variance 1/6.

    Parameters
    ----------
    batch, steps : int
        B sequences of T numbers.
    generator : torch.Generator, optional
        Makes the draw repeatable.

    Returns
    -------
    inputs : Tensor, shape (batch, steps, 2), float32
        The number and its mark (1 where marked, otherwise 0).
    targets : Tensor, shape (batch, 1), float32
        The sum of the two marked numbers.

    Raises
    ------
    ValueError
        If `batch` is below 1 or `steps` below 2.
    """
    if batch < 1 or steps < 2:
        raise ValueError(
            f"Adding needs batch >= 1 and steps >= 2, got batch={batch}, steps={steps}: a half holds a mark."
        )
    numbers = torch.rand(batch, steps, generator=generator)
    half = steps // 2
    first = torch.randint(0, half, (batch, 1), generator=generator)
    second = torch.randint(half, steps, (batch, 1), generator=generator)
    marks = torch.zeros(batch, steps).scatter(1, torch.cat([first, second], dim=1), 1.0)
    return torch.stack([numbers, marks], dim=2), (numbers * marks).sum(dim=1, keepdim=True)


def latch(batch: int, steps: int, noise: float = 0.1, generator: torch.Generator | None = None) -> Batch:
    """Draw a batch of the noisy one-bit latch: hold the sign of the first input against noise.

    After Bengio, Simard and Frasconi (1994): the first input is -1 or +1, all further ones 0, and Gaussian noise
    is added to every input.

    Parameters
    ----------
    batch, steps : int
        B sequences of T inputs.
    noise : float
        Standard deviation of the noise.
    generator : torch.Generator, optional
        Makes the draw repeatable.

    Returns
    -------
    inputs : Tensor, shape (batch, steps, 1), float32
    targets : Tensor, shape (batch,), int64
        0 for -1, 1 for +1.

    Raises
    ------
    ValueError
        If `batch` or `steps` is below 1, or `noise` is negative.
    """
    if batch < 1 or steps < 1 or noise < 0:
        raise ValueError(
            f"Latch needs batch >= 1, steps >= 1 and noise >= 0, got batch={batch}, steps={steps}, noise={noise}."
        )
    bits = torch.randint(0, 2, (batch,), generator=generator)
    inputs = noise * torch.randn(batch, steps, generator=generator)
    inputs[:, 0] += 2 * bits - 1
    return inputs.unsqueeze(2), bits


def noisy_sine(
    batch: int, steps: int, noise: float, period: int = 12, generator: torch.Generator | None = None
) -> Batch:
    """Draw sines of amplitude 1 with random phases, as they are and as they are measured.

    The noise is one of measurement: it is added to what is seen and does not change how the sine goes on.

    Parameters
    ----------
    batch, steps : int
        B series of T values.
    noise : float
        Standard deviation of the noise.
    period : int
        Steps per wave.
    generator : torch.Generator, optional
        Makes the draw repeatable.

    Returns
    -------
    measured, clean : Tensor, shape (batch, steps), float32

    Raises
    ------
    ValueError
        If `batch` or `steps` is below 1, `period` below 2, or `noise` is negative.
    """
    if batch < 1 or steps < 1 or period < 2 or noise < 0:
        raise ValueError(
            f"A noisy sine needs batch >= 1, steps >= 1, period >= 2 and noise >= 0, got batch={batch},"
            f" steps={steps}, period={period}, noise={noise}."
        )
    start = torch.rand(batch, 1, generator=generator)  # in periods
    clean = torch.sin(2 * torch.pi * (start + torch.arange(steps) / period))
    return clean + noise * torch.randn(batch, steps, generator=generator), clean
