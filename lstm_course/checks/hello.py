"""Checks of the exercises of lesson 6: one-hot letters, shifted pairs, a trained speller, sampling with temperature."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from lstm_course import letters
from lstm_course.checks.answers import Answer, call, require_parts, require_right
from lstm_course.checks.base import CheckFailed, generator, question, require, require_tensor

# (text, alphabet): as many letters as places and not, sorted and not, a letter twice, one letter alone.
TEXTS = (("hello", "ehlo"), ("lol", "oleh"), ("h", "abcdefgh"), ("heel", "lhoe"))
# (words, alphabet): words of several lengths, the mark at either end; one word alone.
LISTS = ((["hi", "hello", "oh"], ".ehilo"), (["hole"], "olhe."), (["lilo", "hi", "hello"], "loe.ih"))
WORDS = (("hello", (0, 1)), ("letter", (2,)), ("balloon", (3,)))
DRAWS = 20_000  # a share of them is off by 0.004 at most in about two of three cases, by 0.02 never
TOLERANCE = 0.02


@question
def one_hot(answer: Answer) -> None:
    """Check question 1: one row per letter, with a single 1."""
    for text, alphabet in TEXTS:
        got = call("one_hot", answer, text, alphabet)
        shape = (len(text), len(alphabet))
        if shape[0] != shape[1] and isinstance(got, Tensor) and tuple(got.shape) == shape[::-1]:
            raise CheckFailed(f"One row per letter, one column per place: {shape}. Got {shape[::-1]}: transpose it.")
        require_tensor(f"one_hot({text!r}, {alphabet!r})", got, shape, "(letters, alphabet)")
        hint = "Indices are integers, but a network multiplies one-hot rows by its weights."
        require(got.dtype == torch.float32, "One-hot rows must be float32.", got.dtype, hint)
        places = [alphabet.index(letter) for letter in text]
        mistakes = {
            "the places of the sorted alphabet": [sorted(alphabet).index(letter) for letter in text],
            "each 1 a place too far to the right": [(place + 1) % len(alphabet) for place in places],
            "each 1 a place too far to the left": [(place - 1) % len(alphabet) for place in places],
            "the places counted in the text": [text.index(letter) % len(alphabet) for letter in text],
        }
        rows = {mistake: torch.eye(len(alphabet))[wrong] for mistake, wrong in mistakes.items()}
        rows["the transpose"] = torch.eye(len(alphabet))[places].T
        rule = f"Rows of one_hot({text!r}, {alphabet!r}) must be 1 at the letter's place in the alphabet, 0 elsewhere."
        same_shape = {mistake: wrong for mistake, wrong in rows.items() if wrong.shape == got.shape}
        require_right("row", got, torch.eye(len(alphabet))[places], rule, same_shape)
    _require_refusal(answer)


def _require_refusal(answer: Answer) -> None:
    """Require any exception for a letter that the alphabet lacks."""
    try:
        got = answer("hex", "ehlo")
    except NotImplementedError:
        raise
    except Exception:
        return
    rule = "A letter that is not in the alphabet must raise an error, such as ValueError."
    raise CheckFailed(f"{rule} Got {got!r} for 'hex' in 'ehlo'. str.find, for one, says -1, which is the last place.")


@question
def shifted_pairs(answer: Answer) -> None:
    """Check question 2: what is read and what is to be said, padded."""
    for words, alphabet in LISTS:
        got = require_parts("shifted_pairs", call("shifted_pairs", answer, words, alphabet), "inputs", "targets")
        expected = _padded(words, alphabet)
        length = 1 + max(map(len, words))
        for name, tensor in zip(("inputs", "targets"), got, strict=True):
            shape = tuple(tensor.shape) if isinstance(tensor, Tensor) else ()
            if shape in {(len(words), length - 1), (len(words), length + 1)}:
                hint = "Read .word, say word. : one mark belongs to each, so T is the longest word plus 1."
                raise CheckFailed(f"{name} must have {length} steps for {words}. Got {shape[1]}. {hint}")
            require_tensor(name, tensor, (len(words), length), "(words, steps)", torch.int64)
        for name, tensor, right in zip(("inputs", "targets"), got, expected, strict=True):
            _require_letters(name, tensor, right, words, alphabet)


def _padded(words: list[str], alphabet: str) -> tuple[Tensor, Tensor]:
    inputs, targets = letters.shifted_pairs(words, alphabet)
    return inputs.argmax(-1), targets


def _require_letters(name: str, got: Tensor, expected: Tensor, words: list[str], alphabet: str) -> None:
    """Require one of the two tensors row by row, in letters."""
    if torch.equal(got, expected):
        return
    inputs, targets = _padded(words, alphabet)
    mark = alphabet.index(letters.MARK)
    filled = torch.where(targets < 0, mark, targets)
    mistakes = {
        "what is read, not shifted": inputs,
        "what is to be said: inputs and targets are exchanged": targets,
        "marks behind the end, which would teach the net to say them": filled,
        "0 behind the end, which is a letter's place": torch.where(targets < 0, 0, targets),
        "-100 in the inputs, which have no such place: fill them with the mark": torch.where(targets < 0, -100, inputs),
        "0 behind the word, but the mark's place is alphabet.index('.')": torch.where(targets < 0, 0, inputs),
    }
    rule = {
        "inputs": "inputs must hold the places of .word, filled up with the mark.",
        "targets": "targets must hold the places of word. (the next letters, then the mark), filled up with -100.",
    }[name]
    for mistake, wrong in mistakes.items():
        if torch.equal(got, wrong):
            raise CheckFailed(f"{rule} Got {mistake}.")
    row = next(k for k in range(len(words)) if not torch.equal(got[k], expected[k]))
    raise CheckFailed(
        f"{rule} For {words[row]!r} in {alphabet!r} expected {expected[row].tolist()}, got {got[row].tolist()}."
    )


@question
def train_speller(answer: Answer) -> None:
    """Check question 3: a trained net that spells words, by memory and not by looking ahead."""
    for word, seeds in WORDS:
        for seed in seeds:
            _require_spelling(word, seed, answer(word, seed))
    word, seeds = WORDS[0]
    x, _ = _reading(word)
    runs = [_logits(answer(word, seed), x) for seed in (seeds[0], seeds[0], seeds[1])]
    require(
        torch.allclose(runs[0], runs[1], atol=1e-3),
        "The same seed must give the same net.",
        "two nets that differ",
        "Call torch.manual_seed(seed) before the net is made.",
    )
    require(
        not torch.allclose(runs[0], runs[2], atol=1e-6),
        "Another seed must give another net.",
        "the same net for two seeds",
        "Pass the seed that is given to torch.manual_seed.",
    )


def _reading(word: str) -> tuple[Tensor, Tensor]:
    """Return what is read, one-hot (1, T, V), and the places of what is to be said (T,)."""
    alphabet = "".join(sorted(set(word)))
    return letters.one_hot(word[:-1], alphabet)[None], letters.encode(word[1:], alphabet)


def _logits(model: Callable[[Tensor], Any], x: Tensor) -> Tensor:
    with torch.no_grad():
        return model(x.clone())


def _require_spelling(word: str, seed: int, model: Any) -> None:
    hint = "End with: return model."
    require(callable(model), "train_speller must return the trained net.", type(model).__name__, hint)
    x, y = _reading(word)
    name = f"The net for {word!r}, called with x of shape {tuple(x.shape)},"
    logits = require_tensor(name, _logits(model, x), tuple(x.shape), "(batch, time, alphabet)")
    _require_no_look_ahead(model, x, logits)
    said = logits[0].argmax(-1)
    right = int((said == y).sum())
    alphabet = sorted(set(word))
    got = f"{right} of {len(y)}: {''.join(alphabet[place] for place in said)!r} for {word[1:]!r} (seed {seed})"
    require(right == len(y), f"The net must say every next letter of {word!r}.", got, _advice(model, x, logits))


def _require_no_look_ahead(model: Callable[[Tensor], Any], x: Tensor, logits: Tensor) -> None:
    changed = x.clone()
    changed[0, -1] = x[0, -1].roll(1)
    require(
        torch.allclose(_logits(model, changed)[:, :-1], logits[:, :-1], atol=1e-5),
        "What the net says at a step must not depend on letters that come later.",
        "other logits at early steps after the last letter was exchanged",
        "A bidirectional net reads the answer.",
    )


def _advice(model: Callable[[Tensor], Any], x: Tensor, logits: Tensor) -> str:
    """Say whether the net lacks memory or training."""
    changed = x.clone()
    changed[0, :-1] = x[0, :-1].roll(1, dims=-1)
    if torch.allclose(_logits(model, changed)[0, -1], logits[0, -1], atol=1e-6):
        return (
            "It has no memory: its last answer is the same whatever came before. Use a recurrent net; if it is, "
            "it takes the steps for a batch: batch_first=True."
        )
    return "Train longer, with a larger lr or more units, and use the places in the sorted alphabet as targets."


@question
def sample(answer: Answer) -> None:
    """Check question 4: letters drawn with a temperature."""
    draw = generator(6)
    logits = torch.randn(5, 7, generator=draw, dtype=torch.float64)
    got = _drawn(answer, logits, 1.0, seed=0)
    if isinstance(got, Tensor) and tuple(got.shape) == (5, 1):
        raise CheckFailed("sample must give one place per row, (batch,) = (5,). Got shape (5, 1): take column 0.")
    require_tensor("sample", got, (5,), "(batch,)", torch.int64)
    _require_shares(answer)
    _require_cold(answer, logits)
    _require_use_of_generator(answer)


def _drawn(answer: Answer, logits: Tensor, temperature: float, seed: int) -> Any:
    return call("sample", lambda z, tau: answer(z, tau, generator(seed)), logits, temperature)


def _require_shares(answer: Answer) -> None:
    """Require the share of each letter; two kinds of rows take turns."""
    kinds = torch.tensor([[2.0, 1.0, 0.0, -1.0], [0.0, -2.0, 1.5, 1.0]])
    logits = kinds.repeat(DRAWS, 1)
    for seed, temperature in enumerate((1.0, 0.5, 2.0)):
        got = require_tensor("sample", _drawn(answer, logits, temperature, seed), (2 * DRAWS,), "(batch,)")
        rule = (
            f"At temperature {temperature} letters must be drawn with the probabilities softmax(logits / temperature)."
        )
        for k, z in enumerate(kinds):
            shares = torch.bincount(got[k::2], minlength=4) / DRAWS
            mistakes = {
                "those of the logits multiplied by the temperature": (z * temperature).softmax(0),
                "those of temperature 1: divide the logits, before softmax": z.softmax(0),
                "always the likeliest letter": torch.eye(4)[z.argmax()],
                "all letters alike": torch.full((4,), 0.25),
                "those of another row: softmax and the draw belong to the last axis": (
                    kinds[1 - k] / temperature
                ).softmax(0),
            }
            expected = (z / temperature).softmax(0)
            if _near(shares, expected):
                continue
            for mistake, wrong in mistakes.items():
                if _near(shares, wrong):
                    raise CheckFailed(f"{rule} Got {mistake}.")
            raise CheckFailed(
                f"{rule} Expected shares {_numbers(expected)} for logits {z.tolist()}, got {_numbers(shares)}."
            )


def _near(shares: Tensor, expected: Tensor) -> bool:
    return bool((shares - expected).abs().max() < TOLERANCE)


def _numbers(values: Tensor) -> str:
    return ", ".join(f"{value:.2f}" for value in values)


def _require_cold(answer: Answer, logits: Tensor) -> None:
    """Require the likeliest letter at temperature 0, and no overflow close to it."""
    for temperature, z in ((0.0, logits), (0.01, 1000 * logits)):
        rule = f"At temperature {temperature:g} the likeliest letter of each row must be drawn."
        try:
            got = _drawn(answer, z, temperature, seed=0)
        except (RuntimeError, ZeroDivisionError) as error:
            hint = "Treat temperature 0 apart (argmax); else use softmax, which does not overflow as exp does."
            raise CheckFailed(
                f"{rule} Got {type(error).__name__} for logits up to {z.abs().max():.0f}. {hint}"
            ) from error
        require_tensor(f"sample at temperature {temperature:g}", got, (len(z),), "(batch,)", torch.int64)
        require(torch.equal(got, z.argmax(1)), rule, f"{got.tolist()}, not {z.argmax(1).tolist()}")


def _require_use_of_generator(answer: Answer) -> None:
    logits = torch.zeros(200, 5)
    first, again, other = (_drawn(answer, logits, 1.0, seed) for seed in (1, 1, 2))
    require(
        torch.equal(first, again),
        "Generators of the same seed must give the same letters.",
        "different ones",
        "Pass generator=generator to torch.multinomial.",
    )
    require(
        not torch.equal(first, other),
        "Generators of different seeds must give different letters.",
        "the same ones",
        "Use the generator as it is, without seeding it.",
    )
