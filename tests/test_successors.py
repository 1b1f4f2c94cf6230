"""The tasks that tell attention from a state, and the small Transformer."""

import math

import pytest
import torch

from lstm_course import successors


def test_associative_recall_asks_for_the_value_of_a_key():
    inputs, targets = successors.associative_recall(50, 4, keys=6, values=3, generator=torch.Generator().manual_seed(0))
    assert inputs.shape == (50, 5, 9)
    assert inputs.dtype == torch.float32
    keys, values = inputs[:, :, :6], inputs[:, :, 6:]
    assert (keys.sum(2) == 1).all()
    assert (values[:, :-1].sum(2) == 1).all()
    assert (values[:, -1] == 0).all()
    assert (keys[:, :-1].sum(1) <= 1).all()  # all different
    for key, value, target in zip(keys, values, targets, strict=True):
        (place,) = (key[:-1] @ key[-1]).nonzero()
        assert value[place.item()].argmax() == target
    assert set(targets.tolist()) == {0, 1, 2}


@pytest.mark.parametrize("pairs", [0, 7])
def test_associative_recall_needs_enough_keys(pairs):
    with pytest.raises(ValueError, match=rf"needs 1 <= pairs <= keys, got pairs={pairs}, keys=6"):
        successors.associative_recall(2, pairs, keys=6)


def test_parity_counts_the_ones_so_far():
    inputs, targets = successors.parity(3, 20, torch.Generator().manual_seed(0))
    assert inputs.shape == (3, 20, 1)
    for row, odd in zip(inputs.squeeze(2).int().tolist(), targets.tolist(), strict=True):
        assert odd == [sum(row[: t + 1]) % 2 for t in range(20)]


def test_positions_are_all_different_and_follow_the_formula():
    code = successors.positions(300, 8)
    assert code.shape == (300, 8)
    assert code[5, 1].item() == pytest.approx(math.sin(5 / 10_000 ** (2 / 8)), abs=1e-5)
    assert code[5, 5].item() == pytest.approx(math.cos(5 / 10_000 ** (2 / 8)), abs=1e-5)
    assert torch.cdist(code, code).fill_diagonal_(1).min() > 1e-2


def test_the_transformer_sees_the_past_only_and_the_order_of_it():
    torch.manual_seed(0)
    net = successors.SmallTransformer(1, 8, 2)
    x = torch.randn(3, 6, 1)
    before = net(x)
    assert before.shape == (3, 6, 2)
    changed = x.clone()
    changed[:, 3] += 1
    moved = (net(changed) - before).abs().amax(dim=(0, 2)) > 1e-6
    assert moved.tolist() == [False] * 3 + [True] * 3
    swapped = x[:, [1, 0, 2, 3, 4, 5]]
    assert not torch.allclose(net(swapped)[:, -1], before[:, -1], atol=1e-4)
