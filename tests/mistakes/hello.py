"""Exercise 6, question 1: one-hot letters."""

import numpy as np
import torch
from torch.nn import functional as F
from torch.nn.functional import pad

from lstm_course import letters
from lstm_course.checks import hello as check
from tests.mistakes.catalogue import Mistake


def eye(text, alphabet, places=lambda text, alphabet: [alphabet.index(letter) for letter in text]):
    return torch.eye(len(alphabet))[places(text, alphabet)]


def compared(text, alphabet):
    return torch.tensor([[float(l == p) for p in alphabet] for l in text if alphabet.index(l) + 1])


def by_dict(text, alphabet):
    place = {letter: k for k, letter in enumerate(alphabet)}
    rows = torch.zeros(len(text), len(alphabet))
    for t, letter in enumerate(text):
        rows[t, place[letter]] = 1
    return rows


def by_function(text, alphabet):
    return F.one_hot(letters.encode(text, alphabet), len(alphabet)).float()


def scattered(text, alphabet):
    places = torch.tensor([alphabet.index(x) for x in text])[:, None]
    return torch.zeros(len(text), len(alphabet)).scatter_(1, places, 1.0)


def by_codes(text, alphabet):
    texts = ([ord(x) for x in text], [ord(x) for x in alphabet])
    rows = (torch.tensor(texts[0])[:, None] == torch.tensor(texts[1])).float()
    if not rows.any(1).all():
        raise KeyError("unknown letter")
    return rows


def numpyish(text, alphabet):
    assert set(text) <= set(alphabet)
    return torch.from_numpy((np.array(list(text))[:, None] == np.array(list(alphabet))[None]).astype(np.float32))


def skipping(text, alphabet):
    return eye([x for x in text if x in alphabet], alphabet)


def zero_rows(text, alphabet):
    return torch.tensor([[float(l == p) for p in alphabet] for l in text])


def bag(text, alphabet):
    return zero_rows(text, alphabet).sum(0, keepdim=True).expand(len(text), -1)


def cumul(text, alphabet):
    eye(text, alphabet)
    return zero_rows(text, alphabet).cumsum(0)


def placed(f):
    return lambda t, a: eye(t, a, f)


RIGHT = {
    check.one_hot: {
        "eye": eye,
        "comparisons": compared,
        "dictionary": by_dict,
        "one hot function": by_function,
        "scatter": scattered,
        "codes": by_codes,
        "numpy": numpyish,
    },
}
MISTAKES = {
    check.one_hot: {
        "looked up": Mistake(
            lambda t, a: letters.one_hot(t, a), "one_hot must make the rows itself, without letters.one_hot."
        ),
        "none": Mistake(lambda t, a: None, "Got NoneType"),
        "transpose": Mistake(lambda t, a: eye(t, a).T, "rows = torch.eye(len(alphabet))[places].T"),
        "transpose if square": Mistake(
            lambda t, a: eye(t, a).T if len(t) == len(a) else eye(t, a), "rows = torch.eye(len(alphabet))[places].T"
        ),
        "sorted": Mistake(
            lambda t, a: eye(t, "".join(sorted(a))), "places = [sorted(alphabet).index(letter) for letter in text]"
        ),
        "of text": Mistake(
            lambda t, a: eye(t, "".join(sorted(set(t)))),
            "places = [sorted(set(text)).index(letter) for letter in text]",
        ),
        "of text order": Mistake(
            lambda t, a: eye(t, "".join(dict.fromkeys(t))),
            "places = [list(dict.fromkeys(text)).index(letter) for letter in text]",
        ),
        "letters of English": Mistake(
            lambda t, a: torch.eye(26)[[ord(x) - ord("a") for x in t]],
            "places = [ord(letter) - ord('a') for letter in text]; rows = torch.eye(26)[places]",
        ),
        "row not emptied": Mistake(
            lambda t, a: eye(t, a).cumsum(0).clamp(max=1), "rows = torch.eye(len(alphabet))[places].cumsum(0).clamp(max"
        ),
        "int": Mistake(lambda t, a: eye(t, a).long(), "Got torch.int64"),
        "double": Mistake(lambda t, a: eye(t, a).double(), "Got torch.float64"),
        "bool": Mistake(lambda t, a: eye(t, a).bool(), "Got torch.bool"),
        "places": Mistake(lambda t, a: letters.encode(t, a), "rows = torch.arange(len(alphabet))[places]"),
        "places float": Mistake(
            lambda t, a: letters.encode(t, a).float()[:, None], "rows = torch.arange(len(alphabet))[:, None][places]"
        ),
        "list": Mistake(lambda t, a: eye(t, a).tolist(), "Got list"),
        "numpy": Mistake(lambda t, a: eye(t, a).numpy(), "Got ndarray"),
        "find": Mistake(
            placed(lambda t, a: [a.find(x) for x in t]),
            "Got the row of 'o' for the x: str.find, for one, says -1 where it finds nothing, which is",
        ),
        "left": Mistake(
            placed(lambda t, a: [a.index(x) - 1 for x in t]), "places = [alphabet.index(letter) - 1 for letter in text]"
        ),
        "right": Mistake(
            placed(lambda t, a: [(a.index(x) + 1) % len(a) for x in t]),
            "places = [(alphabet.index(letter) + 1) % len(alphabet) for letter in text]",
        ),
        "double value": Mistake(lambda t, a: eye(t, a) * 2, "Got 2 times the right values."),
        "ord": Mistake(
            placed(lambda t, a: [(ord(x) - ord("a")) % len(a) for x in t]),
            "places = [(ord(letter) - ord('a')) % len(alphabet) for letter in text]",
        ),
        "zero rows": Mistake(zero_rows, "Got a row of zeros for the x."),
        "skipping": Mistake(skipping, "Got 2 rows for 3 letters: the x was left out."),
        "bag": Mistake(bag, "rows = torch.eye(len(alphabet))[places].sum(0, keepdim=True).expand(len(text), -1)"),
        "cumul": Mistake(cumul, "rows = torch.eye(len(alphabet))[places].cumsum(0)"),
        "reverse": Mistake(lambda t, a: eye(t[::-1], a), "places = [alphabet.index(letter) for letter in text[::-1]]"),
        "reverse alphabet": Mistake(
            lambda t, a: eye(t, a[::-1]), "places = [alphabet[::-1].index(letter) for letter in text]"
        ),
        "place as value": Mistake(
            lambda t, a: eye(t, a) * torch.arange(len(a)), "rows = torch.arange(len(alphabet)).diag()[places]"
        ),
        "place1 as value": Mistake(
            lambda t, a: eye(t, a) * torch.arange(1, len(a) + 1),
            "rows = torch.arange(1, len(alphabet) + 1).diag()[places]",
        ),
        "complement": Mistake(lambda t, a: 1 - eye(t, a), "rows = (1 - torch.eye(len(alphabet)))[places]"),
        "minus": Mistake(lambda t, a: 2 * eye(t, a) - 1, "rows = (2 * torch.eye(len(alphabet)) - 1)[places]"),
        "extra column": Mistake(lambda t, a: pad(eye(t, a), (0, 1)), "rows = torch.eye(len(alphabet) + 1)[places]"),
        "batch axis": Mistake(lambda t, a: eye(t, a)[None], "rows = torch.eye(len(alphabet))[places][None]"),
        "in text": Mistake(
            placed(lambda t, a: [t.index(x) % len(a) for x in t]),
            "places = [text.index(letter) % len(alphabet) for letter in text]",
        ),
        "position": Mistake(placed(lambda t, a: [k % len(a) for k, x in enumerate(t)]), "Expected ", named=False),
        "first only": Mistake(lambda t, a: eye(t, a)[:1], "places = [alphabet.index(letter) for letter in text[:1]]"),
        "no classes": Mistake(
            lambda t, a: F.one_hot(letters.encode(t, a)).float(), "rows = torch.eye(len(set(text)))[places]"
        ),
        "normalised": Mistake(lambda t, a: eye(t, a) / len(t), "rows = torch.eye(len(alphabet))[places] / len(text)"),
        "softmax": Mistake(lambda t, a: eye(t, a).softmax(1), "rows = torch.eye(len(alphabet))[places].softmax(1)"),
        "same row twice": Mistake(
            lambda t, a: eye(sorted(t), a), "places = [alphabet.index(letter) for letter in sorted(text)]"
        ),
        "unique": Mistake(
            lambda t, a: eye("".join(dict.fromkeys(t)), a),
            "places = [alphabet.index(letter) for letter in dict.fromkeys(text)]",
        ),
        "last for unknown": Mistake(
            placed(lambda t, a: [a.index(x) if x in a else len(a) - 1 for x in t]),
            "Got the row of 'o' for the x: str.find, for one, says -1 where it finds nothing, which is",
        ),
        "none for unknown": Mistake(lambda t, a: eye(t, a) if set(t) <= set(a) else None, "Got None."),
        "last column unknown": Mistake(
            placed(lambda t, a: [a.index(x) if x in a else 0 for x in t]), "Got the row of 'e' for the x."
        ),
    },
}
