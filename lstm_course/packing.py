"""Batches of sequences of different lengths, packed as PyTorch packs them: longest first, step by step."""

from itertools import groupby

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence


def segments_of(packed: PackedSequence) -> list[Tensor]:
    """Cut a packed batch into segments (steps, sequences, I) during which no sequence ends."""
    sizes = packed.batch_sizes.tolist()
    if not sizes or min(sizes) < 1 or sizes != sorted(sizes, reverse=True) or sum(sizes) != len(packed.data):
        raise ValueError(
            f"A packed batch must hold sequences of falling, positive lengths, got batch_sizes {sizes} for "
            f"{len(packed.data)} rows: make it with torch.nn.utils.rnn.pack_padded_sequence."
        )
    runs = [(batch, len(list(same))) for batch, same in groupby(sizes)]
    parts = packed.data.split([batch * steps for batch, steps in runs])
    return [part.unflatten(0, (steps, batch)) for part, (batch, steps) in zip(parts, runs, strict=True)]


def reverse(segments: list[Tensor]) -> list[Tensor]:
    """Turn every sequence around in time, each within its own length."""
    if len(segments) == 1:
        return [segments[0].flip(0)]
    sizes = torch.cat([torch.full((x.shape[0],), x.shape[1]) for x in segments])  # (T,), falling
    first = sizes.cumsum(0) - sizes  # (T,): the row at which each step begins
    lengths = (sizes[:, None] > torch.arange(sizes[0])).sum(0)  # (B,)
    rows = torch.cat([first[lengths[:size] - 1 - t] + torch.arange(size) for t, size in enumerate(sizes.tolist())])
    turned = torch.cat([x.flatten(0, 1) for x in segments])[rows.to(segments[0].device)]
    parts = turned.split([x.shape[0] * x.shape[1] for x in segments])
    return [part.view(x.shape[0], x.shape[1], -1) for part, x in zip(parts, segments, strict=True)]
