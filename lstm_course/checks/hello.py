"""Checks of exercise 6: letters as numbers here, the trained speller and the sampling in the modules imported."""

from typing import Any

import torch
from torch import Tensor

from lstm_course import letters
from lstm_course.checks.answers import Answer, call, require_parts
from lstm_course.checks.base import CheckFailed, each_case, question, require
from lstm_course.checks.hello_sample import sample
from lstm_course.checks.hello_speller import train_speller
from lstm_course.checks.learner import short
from lstm_course.checks.programs import Hole, Program
from lstm_course.checks.refusal import refused
from lstm_course.checks.results import require_result, tensor_of

__all__ = ["one_hot", "sample", "shifted_pairs", "train_speller"]

# (text, alphabet): more letters than places and fewer, as many, a letter twice, one letter alone; the smallest last.
TEXTS = (("hello", "loehab"), ("lol", "oleh"), ("h", "abcdefgh"), ("heel", "lhoe"), ("no", "on"))
ONE_HOT = Program(
    """
places = [{place} for letter in {read}]
rows = {eye}[places]{form}
""",
    ("rows",),
    place=Hole(
        "alphabet.index(letter)",
        "The place of a letter is its place in the alphabet as it is given, counted from 0: what is counted here?",
        "sorted(alphabet).index(letter)",
        "alphabet.index(letter) - 1",
        "(alphabet.index(letter) + 1) % len(alphabet)",
        "alphabet[::-1].index(letter)",
        "sorted(set(text)).index(letter)",
        "list(dict.fromkeys(text)).index(letter)",
        "text.index(letter) % len(alphabet)",
        "text.index(letter)",
        "(ord(letter) - ord('a')) % len(alphabet)",
        "ord(letter) - ord('a')",
        "'ehlo'.index(letter)",
        "'helo'.index(letter)",
        "0",
    ),
    read=Hole(
        "text",
        "One row for each letter of the text, in the order of the text, repeated letters too?",
        "text[::-1]",
        "sorted(text)",
        "dict.fromkeys(text)",
        "sorted(set(text))",
        "text[:1]",
        "text[:-1]",
        "text[1:]",
        "alphabet",
    ),
    eye=Hole(
        "torch.eye(len(alphabet))",
        "One column for each letter of the alphabet; each row is 0 except for a single 1.",
        "torch.eye(len(set(text)))",
        "torch.eye(max(places) + 1)",
        "torch.eye(len(text))",
        "torch.eye(len(alphabet) + 1)",
        "torch.eye(26)",
        "torch.eye(27)",
        "(1 - torch.eye(len(alphabet)))",
        "(2 * torch.eye(len(alphabet)) - 1)",
        "torch.arange(len(alphabet)).diag()",
        "torch.arange(1, len(alphabet) + 1).diag()",
        "torch.ones(len(alphabet), len(alphabet))",
        "torch.zeros(len(alphabet), len(alphabet))",
        "torch.ones(len(alphabet), len(alphabet)).tril()",
        "torch.arange(len(alphabet))",
        "torch.arange(len(alphabet))[:, None]",
    ),
    form=Hole(
        "",
        "One row per letter of the text, one column per letter of the alphabet; each row knows its own letter only.",
        ".T",
        "[None]",
        "[:, None]",
        ".sum(0)",
        ".sum(0, keepdim=True).expand(len(text), -1)",
        ".cumsum(0)",
        ".cumsum(0).clamp(max=1)",
        ".flatten()",
        ".softmax(1)",
        " / len(text)",
    ),
)


@question
def one_hot(answer: Answer) -> None:
    """Check question 1: one row per letter, with a single 1."""
    each_case(TEXTS, lambda case: _check_one_hot(answer, *case))
    _require_refusal(answer)


def _check_one_hot(answer: Answer, text: str, alphabet: str) -> None:
    with refused("one_hot must make the rows itself, without letters.one_hot.", (letters, "one_hot")):
        got = tensor_of("one_hot", call("one_hot", answer, text, alphabet))
    rule = f"Rows of one_hot({text!r}, {alphabet!r}) must be 1 at the letter's place in the alphabet, 0 elsewhere."
    names = {"torch": torch, "text": text, "alphabet": alphabet}
    require_result(ONE_HOT, names, {"rows": got}, {"rows": rule}, {"rows": "(letters, alphabet)"})
    hint = "Indices are integers, but a network multiplies one-hot rows by its weights, which are float32."
    require(got.dtype == torch.float32, "One-hot rows must be float32.", got.dtype, hint)


def _require_refusal(answer: Answer) -> None:
    """Require any exception for a letter that the alphabet lacks."""
    for text in ("hex", "xh"):
        try:
            got = call("one_hot", answer, text, "ehlo")
        except CheckFailed:
            raise
        except Exception:
            continue
        rule = f"A letter that is not in the alphabet must raise an error, such as ValueError, here in {text!r}."
        raise CheckFailed(f"{rule} Got {_refused(got, text)}.")


def _refused(got: Any, text: str) -> str:
    """Say what was made of the x in `text`, which "ehlo" lacks."""
    if not isinstance(got, Tensor) or got.dim() != 2:
        return short(got)
    if len(got) < len(text):
        return f"{len(got)} rows for {len(text)} letters: the x was left out"
    row = got[text.index("x")]
    if not row.any():
        return "a row of zeros for the x"
    hint = ": str.find, for one, says -1 where it finds nothing, which is the last place" if row[-1] else ""
    return f"the row of {'ehlo'[int(row.argmax())]!r} for the x{hint}"


# (words, alphabet): words of several lengths, the mark at either end and within; the smallest last.
LISTS = (
    (["hi", "hello", "oh"], "loe.ih"),
    (["lilo", "hi", "hello"], ".ehilo"),
    (["hole"], "olhe."),
    (["a", "ab"], "ab."),
)
PAIRS = Program(
    """
place = {place}.index
mark, T = {mark}, {length}
read = [[place(letter) for letter in {read}] for word in {words}]
say = [[place(letter) for letter in {say}] for word in {words}]
inputs = torch.tensor([{fill_inputs} for row in read])
targets = torch.tensor([{fill_targets} for row in say])
{then}
""",
    ("inputs", "targets"),
    place=Hole(
        "alphabet",
        "In which alphabet are the places counted? Its order is the one that is given, wherever the mark stands.",
        "sorted(alphabet)",
        "('.' + alphabet.replace('.', ''))",
        "(alphabet.replace('.', '') + '.')",
        "letters.ALPHABET",
        "sorted(set(''.join(words) + '.'))",
    ),
    mark=Hole("place('.')", "Where in this alphabet does the mark stand? Not always first.", "0", "len(alphabet) - 1"),
    length=Hole(
        "max(map(len, words)) + 1",
        "Read .word, say word. : one mark belongs to each, so T is the longest word's length plus 1.",
        "max(map(len, words))",
        "max(map(len, words)) + 2",
        "max(map(len, words)) - 1",
        "min(map(len, words)) + 1",
        "len(words[0]) + 1",
        "len(words) + 1",
    ),
    read=Hole(
        "'.' + word",
        "What is read: the first mark and all letters of the word?",
        "word",
        "word + '.'",
        "word[:-1]",
        "'.' + word[:-1]",
        "'.' + word + '.'",
        "'.' + word[::-1]",
    ),
    say=Hole(
        "word + '.'",
        "What is said: the same letters one step later, then the mark, nothing twice?",
        "'.' + word",
        "word",
        "word[1:] + '.'",
        "word[1:]",
        "word + '..'",
        "'.' + word + '.'",
        "word[::-1] + '.'",
    ),
    words=Hole(
        "words",
        "One row for each word, in the order of the list?",
        "sorted(words)",
        "sorted(words, key=len)",
        "sorted(words, key=len, reverse=True)",
        "words[::-1]",
        "words[:1]",
        "[''.join(words)]",
    ),
    fill_inputs=Hole(
        "(row + [mark] * T)[:T]",
        "With what are the inputs filled, and on which side? A place that exists: the mark's.",
        "(row + [0] * T)[:T]",
        "(row + [-100] * T)[:T]",
        "(row + [-1] * T)[:T]",
        "(row + [len(alphabet)] * T)[:T]",
        "(row + row[-1:] * T)[:T]",
        "([mark] * T + row)[-T:]",
        "([0] * T + row)[-T:]",
    ),
    fill_targets=Hole(
        "(row + [-100] * T)[:T]",
        "Which steps should teach nothing? Those behind the word's own mark, which cross_entropy leaves out at -100.",
        "(row + [mark] * T)[:T]",
        "(row + [0] * T)[:T]",
        "(row + [-1] * T)[:T]",
        "(row + [100] * T)[:T]",
        "(row[:-1] + [-100] * T)[:T]",
        "(row + [mark] + [-100] * T)[:T]",
        "([-100] * T + row)[-T:]",
        "(row + [len(alphabet)] * T)[:T]",
    ),
    then=Hole(
        "",
        "Two tensors of places, (words, steps): first what is read, then what is said one step later.",
        "inputs, targets = targets, inputs",
        "targets = inputs",
        "inputs = targets",
        "inputs, targets = inputs.T, targets.T",
        "inputs, targets = inputs.flatten(), targets.flatten()",
        "inputs = torch.eye(len(alphabet))[inputs]",
        "inputs, targets = (torch.eye(len(alphabet))[places] for places in (inputs, targets))",
        "targets = inputs.roll(-1, 1)",
        "targets[:, -1] = -100",
        "targets[targets == mark] = -100",
        "targets[targets == 0] = -100",
        "inputs[inputs == mark] = -100",
    ),
)


@question
def shifted_pairs(answer: Answer) -> None:
    """Check question 2: what is read and what is to be said, padded."""
    each_case(LISTS, lambda case: _check_pairs(answer, *case))


def _check_pairs(answer: Answer, words: list[str], alphabet: str) -> None:
    with refused("shifted_pairs must shift itself, without letters.shifted_pairs.", (letters, "shifted_pairs")):
        result = call("shifted_pairs", answer, words, alphabet)
    parts = require_parts("shifted_pairs", result, "inputs", "targets")
    got = {
        name: tensor_of(f"shifted_pairs, {name},", part)
        for name, part in zip(("inputs", "targets"), parts, strict=True)
    }
    given = f"For {words} in {alphabet!r}"
    rules = {
        "inputs": f"{given}, inputs must hold the places of .word, filled up with the mark's.",
        "targets": f"{given}, targets must hold the places of word. (the next letters, the mark), filled up with -100.",
    }
    names = {"torch": torch, "letters": letters, "words": words, "alphabet": alphabet}
    require_result(PAIRS, names, got, rules, dict.fromkeys(rules, "(words, steps)"))
    for name, tensor in got.items():
        hint = "cross_entropy and indexing want whole numbers of 64 bits, which torch.tensor makes of Python's ints."
        require(tensor.dtype == torch.int64, f"{name} must be int64.", tensor.dtype, hint)
