"""What the lesson on the LSTM's successors needs beside it: two tasks that tell them apart, and a small Transformer."""

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot, scaled_dot_product_attention


def associative_recall(
    batch: int, pairs: int, keys: int = 16, values: int = 8, generator: torch.Generator | None = None
) -> tuple[Tensor, Tensor]:
    """Draw lists of pairs (key, value), then one of the keys again: which value stood with it?

    Parameters
    ----------
    batch, pairs : int
        B lists of so many pairs, their keys all different.
    keys, values : int
        How many different keys and values there are.
    generator : torch.Generator, optional

    Returns
    -------
    inputs : Tensor (batch, pairs + 1, keys + values), float32
        A step is a pair: the key one-hot, then its value one-hot. The last step is the question: a key without value.
    targets : Tensor (batch,), int64
        The value asked for.

    Raises
    ------
    ValueError
        If there are not enough different keys.
    """
    if not 1 <= pairs <= keys:
        raise ValueError(f"Associative recall needs 1 <= pairs <= keys, got pairs={pairs}, keys={keys}.")
    key = torch.rand(batch, keys, generator=generator).argsort(dim=1)[:, :pairs]  # (B, pairs)
    value = torch.randint(0, values, (batch, pairs), generator=generator)
    asked = torch.randint(0, pairs, (batch, 1), generator=generator)
    inputs = torch.cat([one_hot(key, keys), one_hot(value, values)], dim=2)
    question = nn.functional.pad(one_hot(key.gather(1, asked), keys), (0, values))
    return torch.cat([inputs, question], dim=1).float(), value.gather(1, asked).squeeze(1)


def parity(batch: int, steps: int, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
    """Draw random bits and, at every step, whether the number of ones so far is odd.

    Parameters
    ----------
    batch, steps : int
    generator : torch.Generator, optional

    Returns
    -------
    inputs : Tensor (batch, steps, 1), float32
    targets : Tensor (batch, steps), int64
        1 where the number of ones so far is odd.
    """
    bits = torch.randint(0, 2, (batch, steps), generator=generator)
    return bits.unsqueeze(2).float(), bits.cumsum(dim=1) % 2


def positions(steps: int, size: int) -> Tensor:
    r"""Return a code for each position: sines and cosines of rising period (Vaswani et al. 2017, section 3.5).

    Parameters
    ----------
    steps, size : int
        `size` is even.

    Returns
    -------
    Tensor (steps, size), float32
        Sines in the first half, cosines in the second.
    """
    frequencies = 10_000 ** (-torch.arange(0, size, 2) / size)  # (size / 2,)
    angles = torch.arange(steps)[:, None] * frequencies
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class SmallTransformer(nn.Module):
    """One Transformer block with one head that looks at the past: self-attention, then a small net at every step.

    After Vaswani et al. (2017), without layer normalisation and dropout.

    Parameters
    ----------
    inputs, size, outputs : int
        Numbers in an input, in the code of a position (even), and said at every step.
    """

    def __init__(self, inputs: int, size: int, outputs: int) -> None:
        super().__init__()
        self.enter = nn.Linear(inputs, size)
        self.query_key_value = nn.Linear(size, 3 * size)
        self.think = nn.Sequential(nn.Linear(size, 2 * size), nn.ReLU(), nn.Linear(2 * size, size))
        self.leave = nn.Linear(size, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map x (B, T, inputs) to (B, T, outputs)."""
        x = self.enter(x) + positions(x.shape[1], self.enter.out_features)  # (B, T, size)
        query, key, value = self.query_key_value(x).chunk(3, dim=-1)
        x = x + scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + self.think(x)
        return self.leave(x)
