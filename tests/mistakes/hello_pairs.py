"""Exercise 6, question 2: shifted pairs."""

import numpy as np
import torch
from torch.nn import functional as F
from torch.nn.functional import pad
from torch.nn.utils.rnn import pad_sequence

from lstm_course import letters
from lstm_course.checks import hello as check
from tests.mistakes.catalogue import Mistake


def pairs(words, alphabet, *, begin=".", end=".", fill_inputs=None, fill_targets=-100):
    fill = alphabet.index(".") if fill_inputs is None else fill_inputs
    length = max(len(begin + word + end) for word in words) - 1
    inputs, targets = torch.full((len(words), length), fill), torch.full((len(words), length), fill_targets)
    for row, word in enumerate(words):
        places = torch.tensor([alphabet.index(letter) for letter in begin + word + end])
        inputs[row, : len(places) - 1], targets[row, : len(places) - 1] = places[:-1], places[1:]
    return inputs, targets


def pairs_by_padding(words, alphabet):
    spelt = [letters.encode(f".{word}.", alphabet) for word in words]
    inputs = pad_sequence([row[:-1] for row in spelt], batch_first=True, padding_value=alphabet.index("."))
    return [inputs, pad_sequence([row[1:] for row in spelt], batch_first=True, padding_value=-100)]


def pairs_by_strings(words, alphabet):
    longest = max(words, key=len)
    inputs = torch.stack([letters.encode(f".{word}".ljust(len(longest) + 1, "."), alphabet) for word in words])
    ends = [(word + ".", len(longest) - len(word)) for word in words]
    return inputs, torch.tensor([[alphabet.index(x) for x in text] + [-100] * left for text, left in ends])


def pairs_from_one(words, alphabet):
    """One table, shifted; mask by lengths."""
    T = 1 + max(map(len, words))
    table = torch.tensor([[alphabet.index(x) for x in f".{w}.".ljust(T + 1, ".")] for w in words])
    lengths = torch.tensor([len(w) for w in words])
    targets = table[:, 1:].clone()
    targets[torch.arange(T) > lengths[:, None]] = -100
    return table[:, :-1], targets


def pairs_numpy(words, alphabet):
    place = {x: k for k, x in enumerate(alphabet)}
    T = max(len(w) for w in words) + 1
    X = np.full((len(words), T), place["."], dtype=np.int64)
    Y = np.full_like(X, -100)
    for b, w in enumerate(words):
        for t, x in enumerate(w):
            X[b, t + 1] = Y[b, t] = place[x]
        Y[b, len(w)] = place["."]
    return torch.from_numpy(X), torch.from_numpy(Y)


def pairs_pad(words, alphabet):
    T = max(map(len, words)) + 1
    rows = [letters.encode("." + w + ".", alphabet) for w in words]
    return (
        torch.stack([F.pad(r[:-1], (0, T - len(r) + 1), value=alphabet.index(".")) for r in rows]),
        torch.stack([F.pad(r[1:], (0, T - len(r) + 1), value=-100) for r in rows]),
    )


def sorts(words, alphabet):
    words.sort(key=len, reverse=True)
    return pairs(words, alphabet)


def marks(words, alphabet):
    for k, w in enumerate(words):
        words[k] = "." + w + "."
    rows = [letters.encode(w, alphabet) for w in words]
    return (
        pad_sequence([r[:-1] for r in rows], batch_first=True, padding_value=alphabet.index(".")),
        pad_sequence([r[1:] for r in rows], batch_first=True, padding_value=-100),
    )


def left(words, alphabet):
    X, Y = pairs(words, alphabet)
    for b, w in enumerate(words):
        k = X.shape[1] - len(w) - 1
        X[b], Y[b] = X[b].roll(k), Y[b].roll(k)
    return X, Y


def no_end(words, alphabet):
    """The last mark is not to be said: -100 there."""
    X, Y = pairs(words, alphabet)
    for b, w in enumerate(words):
        Y[b, len(w)] = -100
    return X, Y


def no_end_padded_only(words, alphabet):
    """Cut of the last step: mark of longest word is lost."""
    X, Y = pairs(words, alphabet)
    Y[:, -1] = -100
    return X, Y


def one_mark(words, alphabet):
    """Marks one behind the end then -100 (two marks)."""
    X, Y = pairs(words, alphabet)
    for b, w in enumerate(words):
        if len(w) + 1 < Y.shape[1]:
            Y[b, len(w) + 1] = alphabet.index(".")
    return X, Y


def no_begin(words, alphabet):
    X, Y = pairs(words, alphabet)
    Z = X.clone()
    for b, w in enumerate(words):
        Z[b, : len(w)] = Y[b, : len(w)]
        Z[b, len(w) :] = alphabet.index(".")
    return Z, Y


def shift_two(words, alphabet):
    X, Y = pairs(words, alphabet)
    return X, pad(Y[:, 1:], (0, 1), value=-100)


def ignore_all_marks(words, alphabet):
    X, Y = pairs(words, alphabet)
    return X, torch.where(alphabet.index(".") == Y, -100, Y)


def ignore_place0(words, alphabet):
    X, Y = pairs(words, alphabet)
    return X, torch.where(Y == 0, -100, Y)


def truncated(words, alphabet):
    T = 1 + min(map(len, words))
    return tuple(p[:, :T] for p in pairs(words, alphabet))


def tset(words, alphabet, f):
    return tuple(f(p) for p in pairs(words, alphabet))


RIGHT = {
    check.shifted_pairs: {
        "full": pairs,
        "pad sequence": pairs_by_padding,
        "strings": pairs_by_strings,
        "one table": pairs_from_one,
        "numpy": pairs_numpy,
        "pad": pairs_pad,
    },
}
MISTAKES = {
    check.shifted_pairs: {
        "none": Mistake(lambda w, a: None, "Got NoneType"),
        "no end": Mistake(lambda w, a: pairs(w, a, end=""), "mark, T = place('.'), max(map(len, words))"),
        "no begin": Mistake(lambda w, a: pairs(w, a, begin=""), "mark, T = place('.'), max(map(len, words))"),
        "neither": Mistake(
            lambda w, a: pairs(w, a, begin="", end=""), "mark, T = place('.'), max(map(len, words)) - 1"
        ),
        "flat": Mistake(
            lambda w, a: tuple(x.flatten() for x in pairs(w, a)),
            "inputs, targets = inputs.flatten(), targets.flatten()",
        ),
        "sorts the list": Mistake(
            lambda w, a: pairs(w.sort() or w, a), "Methods such as .sort() or .append() change their list"
        ),
        "exchanged": Mistake(lambda w, a: pairs(w, a)[::-1], "inputs, targets = targets, inputs"),
        "not shifted": Mistake(lambda w, a: (pairs(w, a)[0],) * 2, "targets = inputs"),
        "both targets": Mistake(lambda w, a: (pairs(w, a)[1],) * 2, "inputs = targets"),
        "targets filled": Mistake(
            lambda w, a: pairs(w, a, fill_targets=a.index(".")),
            "targets = torch.tensor([(row + [mark] * T)[:T] for row in say])",
        ),
        "targets 0": Mistake(
            lambda w, a: pairs(w, a, fill_targets=0), "targets = torch.tensor([(row + [0] * T)[:T] for row in say])"
        ),
        "targets -1": Mistake(
            lambda w, a: pairs(w, a, fill_targets=-1), "targets = torch.tensor([(row + [-1] * T)[:T] for row in say])"
        ),
        "targets 100": Mistake(
            lambda w, a: pairs(w, a, fill_targets=100), "targets = torch.tensor([(row + [100] * T)[:T] for row in say])"
        ),
        "inputs 0": Mistake(lambda w, a: pairs(w, a, fill_inputs=0), "mark, T = 0, max(map(len, words)) + 1"),
        "inputs -100": Mistake(
            lambda w, a: pairs(w, a, fill_inputs=-100),
            "inputs = torch.tensor([(row + [-100] * T)[:T] for row in read])",
        ),
        "inputs -1": Mistake(
            lambda w, a: pairs(w, a, fill_inputs=-1), "inputs = torch.tensor([(row + [-1] * T)[:T] for row in read])"
        ),
        "inputs last": Mistake(
            lambda w, a: pairs(w, a, fill_inputs=len(a) - 1), "mark, T = len(alphabet) - 1, max(map(len, words)) + 1"
        ),
        "float": Mistake(lambda w, a: tset(w, a, torch.Tensor.float), "Got torch.float32"),
        "int32": Mistake(lambda w, a: tset(w, a, lambda p: p.int()), "Got torch.int32"),
        "time": Mistake(lambda w, a: tset(w, a, lambda p: p.T), "inputs, targets = inputs.T, targets.T"),
        "sorted words": Mistake(
            lambda w, a: pairs(sorted(w), a),
            "read = [[place(letter) for letter in '.' + word] for word in sorted(words)]",
        ),
        "inputs only": Mistake(lambda w, a: pairs(w, a)[0], "Got Tensor"),
        "lists": Mistake(lambda w, a: tset(w, a, torch.Tensor.tolist), "Got list"),
        "stacked": Mistake(lambda w, a: torch.stack(pairs(w, a)), "Got Tensor"),
        "sorted alphabet": Mistake(lambda w, a: pairs(w, "".join(sorted(a))), "place = sorted(alphabet).index"),
        "course alphabet": Mistake(lambda w, a: pairs(w, letters.ALPHABET), "place = letters.ALPHABET.index"),
        "mark is 0": Mistake(
            lambda w, a: pairs(w, "." + a.replace(".", "")), "place = ('.' + alphabet.replace('.', '')).index"
        ),
        "sorts": Mistake(sorts, "Got an argument that was changed in place: words"),
        "marks": Mistake(marks, "Got an argument that was changed in place: words"),
        "left": Mistake(left, "inputs = torch.tensor([([mark] * T + row)[-T:] for row in read])"),
        "no end target": Mistake(no_end, "say = [[place(letter) for letter in word] for word in words]"),
        "last step": Mistake(no_end_padded_only, "targets[:, -1] = -100"),
        "one mark": Mistake(one_mark, "say = [[place(letter) for letter in word + '..'] for word in words]"),
        "no begin kept length": Mistake(no_begin, "read = [[place(letter) for letter in word] for word in words]"),
        "shift two": Mistake(shift_two, "say = [[place(letter) for letter in word[1:] + '.'] for word in words]"),
        "ignore marks": Mistake(ignore_all_marks, "say = [[place(letter) for letter in word] for word in words]"),
        "ignore 0": Mistake(ignore_place0, "targets[targets == 0] = -100"),
        "truncated": Mistake(truncated, "mark, T = place('.'), min(map(len, words)) + 1"),
        "one-hot": Mistake(
            lambda w, a: (torch.eye(len(a))[pairs(w, a)[0]], pairs(w, a)[1]),
            "inputs = torch.eye(len(alphabet))[inputs]",
        ),
        "looked up": Mistake(
            lambda w, a: letters.shifted_pairs(w, a), "shifted_pairs must shift itself, without letters.shifted_pai"
        ),
        "reversed words": Mistake(
            lambda w, a: pairs([x[::-1] for x in w], a),
            "read = [[place(letter) for letter in '.' + word[::-1]] for word in words]",
        ),
        "list of rows": Mistake(
            lambda w, a: ([letters.encode("." + x, a) for x in w], [letters.encode(x + ".", a) for x in w]), "Got list"
        ),
        "shift": Mistake(
            lambda w, a: (pairs(w, a)[0], pairs(w, a)[0].roll(-1, 1)),
            "targets = torch.tensor([(row + [mark] * T)[:T] for row in say])",
        ),
    },
}
