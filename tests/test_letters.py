import pytest
import torch
from torch.nn.functional import cross_entropy

from lstm_course import letters


def test_words_are_a_sorted_list_of_distinct_words_in_the_alphabet():
    assert list(letters.WORDS) == sorted(set(letters.WORDS))
    assert all(letters.MARK not in word and set(word) <= set(letters.ALPHABET) for word in letters.WORDS)
    assert {word for pair in letters.SYNONYMS for word in pair} <= set(letters.WORDS)


def test_words_hold_what_the_lesson_compares():
    """Synonyms that share no ending, words that share long endings, and words as long as hello."""
    assert sum(letters.shared_ending(*pair) == 0 for pair in letters.SYNONYMS) >= 20
    longer = [letters.shared_ending(a, b) for a in letters.WORDS for b in letters.WORDS if a < b]
    assert all(longer.count(n) >= 20 for n in (1, 2, 3))
    assert "cello" in letters.WORDS
    assert sum(len(word) == 5 for word in letters.WORDS) >= 15


def test_encode_gives_places():
    assert letters.encode("hello", "ehlo").tolist() == [1, 0, 2, 2, 3]
    assert letters.encode(".az").tolist() == [0, 1, 26]
    assert letters.encode("").shape == (0,)
    assert letters.encode("").dtype == torch.int64


def test_one_hot_has_a_single_one_in_every_row():
    rows = letters.one_hot("hello", "ehlo")
    assert rows.dtype == torch.float32
    assert rows.tolist() == [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0], [0, 0, 0, 1]]


@pytest.mark.parametrize("make", [letters.encode, letters.one_hot])
def test_unknown_letter_is_named(make):
    with pytest.raises(ValueError, match=r"letters 'ehlo', got \['a', 'y'\] in 'holay': add or drop"):
        make("holay", "ehlo")


def test_shifted_pairs_say_the_next_letter():
    inputs, targets = letters.shifted_pairs(["hi", "hello"])
    assert inputs.shape == (2, 6, 27)
    assert torch.equal(inputs[1], letters.one_hot(".hello"))
    assert torch.equal(targets[1], letters.encode("hello."))
    assert torch.equal(inputs[0], letters.one_hot(".hi..."))
    assert targets[0].tolist() == [*letters.encode("hi.").tolist(), -100, -100, -100]


def test_padding_costs_nothing():
    """The loss of a batch is the mean over the real letters alone."""
    _, targets = letters.shifted_pairs(["hi", "hello"])
    logits = torch.rand(2, 6, 27, generator=torch.Generator().manual_seed(0))
    real = torch.cat([logits[0, :3], logits[1]])
    expected = cross_entropy(real, torch.cat([targets[0, :3], targets[1]]))
    torch.testing.assert_close(cross_entropy(logits.flatten(0, 1), targets.flatten()), expected)


def test_shifted_pairs_need_words_of_the_alphabet():
    with pytest.raises(ValueError, match="at least one word, got none"):
        letters.shifted_pairs([])
    with pytest.raises(ValueError, match=r"got \['.'\] in"):
        letters.shifted_pairs(["hello"], "ehlo")


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [
        ("hello", "cello", 4),
        ("hello", "hi", 0),
        ("ball", "all", 3),
        ("hello", "hello", 5),
        ("", "a", 0),
        ("ab", "cb", 1),
    ],
)
def test_shared_ending(one, other, count):
    assert letters.shared_ending(one, other) == letters.shared_ending(other, one) == count
