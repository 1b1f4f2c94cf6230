"""Letters as numbers, and a list of words to learn them from.

The words are our own choice of common English ones: some share an ending (`cello`, `hello`), some share a meaning
(`big`, `large`), so that the two can be told apart. A word is spelt with a mark before and after it, `.hello.`:
the first says "begin", the second "end".
"""

import string
from collections.abc import Sequence

import torch
from torch import Tensor

MARK = "."
ALPHABET = MARK + string.ascii_lowercase
IGNORED = -100  # the target that `torch.nn.functional.cross_entropy` leaves out

_PAIRS = (
    "angry/mad autumn/fall begin/start big/large boat/ship child/kid clever/smart close/shut correct/right couch/sofa "
    "cry/weep difficult/hard dinner/supper end/finish error/mistake fast/quick forest/woods gift/present glad/happy "
    "hello/hi hello/welcome home/house ill/sick job/work jump/leap little/small ocean/sea rabbit/bunny road/street "
    "rock/stone shop/store speak/talk"
)
_OTHERS = (
    "apple ball bell belly better bottle bright butter cable cello chicken evening fellow fight follow garden golden "
    "hammer honey jelly kitchen letter light mellow middle money monkey morning nation night pillow ringing running "
    "shell silver singing stable station summer table tell turkey wall water window winner winter wooden yellow"
)
SYNONYMS = tuple((one, other) for one, other in (pair.split("/") for pair in _PAIRS.split()))
WORDS = tuple(sorted({*_OTHERS.split(), *(word for pair in SYNONYMS for word in pair)}))


def encode(text: str, alphabet: str = ALPHABET) -> Tensor:
    """Return the place of every letter in the alphabet, int64, shape (T,).

    Raises
    ------
    ValueError
        If a letter is not in the alphabet.
    """
    if unknown := sorted(set(text) - set(alphabet)):
        raise ValueError(f"A text is written in the letters {alphabet!r}, got {unknown} in {text!r}: add or drop them.")
    return torch.tensor([alphabet.index(letter) for letter in text], dtype=torch.int64)


def one_hot(text: str, alphabet: str = ALPHABET) -> Tensor:
    """Return one row per letter, float32, shape (T, V): 1 at the letter's place in the alphabet, 0 elsewhere.

    Raises
    ------
    ValueError
        If a letter is not in the alphabet.
    """
    return torch.eye(len(alphabet))[encode(text, alphabet)]


def shifted_pairs(words: Sequence[str], alphabet: str = ALPHABET) -> tuple[Tensor, Tensor]:
    """Turn words into what a net reads and what it should say: the same letters, one step later.

    Parameters
    ----------
    words : sequence of str
        B words.
    alphabet : str
        V letters, the mark among them.

    Returns
    -------
    inputs : Tensor, shape (B, T, V), float32
        One-hot `.word`, where T is the length of the longest word plus 1. Shorter words are filled up with marks.
    targets : Tensor, shape (B, T), int64
        Places of the letters of `word.`, filled up with -100, which `cross_entropy` leaves out.

    Raises
    ------
    ValueError
        If there is no word, or a letter is not in the alphabet.
    """
    if not words:
        raise ValueError("Shifted pairs need at least one word, got none: pass a list of words.")
    length = 1 + max(map(len, words))
    inputs = torch.stack([one_hot((MARK + word).ljust(length, MARK), alphabet) for word in words])
    targets = torch.full((len(words), length), IGNORED)
    for row, word in zip(targets, words, strict=True):
        row[: len(word) + 1] = encode(word + MARK, alphabet)
    return inputs, targets


def shared_ending(one: str, other: str) -> int:
    """Count the letters at the end that two words have in common."""
    pairs = enumerate(zip(reversed(one), reversed(other), strict=False))
    return next((count for count, (a, b) in pairs if a != b), min(len(one), len(other)))
