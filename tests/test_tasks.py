"""The toy problems: shapes, targets that follow from the inputs, repeatable draws, refusals."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lstm_course import tasks


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@given(st.integers(0, 30))
def test_recall_shows_the_letter_first_and_then_fillers(k):
    inputs, targets = tasks.recall(k)
    assert inputs.shape == (2, k + 1, 3)
    assert (inputs.dtype, targets.dtype) == (torch.float32, torch.int64)
    symbols = inputs.argmax(dim=2)
    assert torch.equal(inputs.sum(dim=2), torch.ones(2, k + 1))
    assert symbols[:, 0].tolist() == targets.tolist() == [0, 1]
    assert bool((symbols[:, 1:] == 2).all())


@given(st.integers(1, 20), st.integers(2, 31), st.integers(0, 1000))
def test_adding_marks_one_number_in_each_half_and_sums_them(batch, steps, seed):
    inputs, targets = tasks.adding(batch, steps, seeded(seed))
    assert inputs.shape == (batch, steps, 2)
    assert targets.shape == (batch, 1)
    numbers, marks = inputs.unbind(dim=2)
    assert bool(((numbers >= 0) & (numbers < 1)).all())
    half = steps // 2
    assert torch.equal(marks[:, :half].sum(dim=1), torch.ones(batch))
    assert torch.equal(marks[:, half:].sum(dim=1), torch.ones(batch))
    for row, mark, target in zip(numbers, marks, targets, strict=True):
        assert row[mark == 1].sum().item() == pytest.approx(target.item())


def test_always_saying_one_costs_a_sixth_in_adding():
    _, targets = tasks.adding(20_000, 10, seeded())
    assert targets.mean().item() == pytest.approx(1, abs=0.01)
    assert targets.var().item() == pytest.approx(1 / 6, abs=0.005)


def test_every_place_of_a_half_can_be_marked():
    marks = tasks.adding(500, 7, seeded())[0][..., 1]
    assert bool((marks.sum(dim=0) > 0).all())


@given(st.integers(1, 20), st.integers(1, 30), st.integers(0, 1000))
def test_without_noise_the_latch_shows_the_sign_once(batch, steps, seed):
    inputs, bits = tasks.latch(batch, steps, noise=0.0, generator=seeded(seed))
    assert inputs.shape == (batch, steps, 1)
    assert bits.dtype == torch.int64
    assert inputs[:, 0, 0].tolist() == [1.0 if bit else -1.0 for bit in bits]
    assert not inputs[:, 1:].any()


def test_the_latch_has_noise_of_the_size_asked_for_and_both_signs():
    inputs, bits = tasks.latch(500, 40, noise=0.3, generator=seeded())
    assert inputs[:, 1:].std().item() == pytest.approx(0.3, rel=0.05)
    assert inputs[:, 0, 0][bits == 1].mean().item() == pytest.approx(1, abs=0.1)
    assert bits.unique().tolist() == [0, 1]


@pytest.mark.parametrize("draw", [lambda g: tasks.adding(3, 5, g), lambda g: tasks.latch(3, 5, 0.1, g)])
def test_draws_repeat_with_the_seed_and_only_then(draw):
    first, again, other = draw(seeded(1)), draw(seeded(1)), draw(seeded(2))
    assert all(map(torch.equal, first, again))
    assert not torch.equal(first[0], other[0])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: tasks.recall(-1), "fillers >= 0, got -1"),
        (lambda: tasks.adding(0, 5), "batch >= 1 and steps >= 2, got batch=0, steps=5"),
        (lambda: tasks.adding(2, 1), "got batch=2, steps=1"),
        (lambda: tasks.latch(0, 5), "got batch=0"),
        (lambda: tasks.latch(1, 0), "steps=0"),
        (lambda: tasks.latch(1, 5, noise=-0.1), "noise >= 0, got batch=1, steps=5, noise=-0.1"),
    ],
)
def test_sizes_that_cannot_be_are_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
