"""The checks of lesson 6 accept right answers in any style and name what is wrong with wrong ones."""

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from lstm_course import letters
from lstm_course.checks import hello as check
from lstm_course.checks.base import CheckFailed

QUESTIONS = ("one_hot", "shifted_pairs", "train_speller", "sample")


def test_the_unanswered_questions_raise_not_implemented():
    def unanswered(*arguments):
        raise NotImplementedError

    for name in QUESTIONS:
        with pytest.raises(NotImplementedError):
            getattr(check, name)(unanswered)


def rejects(question, answer, *parts):
    with pytest.raises(CheckFailed) as error:
        question(answer)
    for part in parts:
        assert part in str(error.value), str(error.value)


# ---- one_hot


def eye_rows(text, alphabet, places=lambda text, alphabet: [alphabet.index(letter) for letter in text]):
    return torch.eye(len(alphabet))[places(text, alphabet)]


def compared(text, alphabet):
    return torch.tensor(
        [[float(letter == place) for place in alphabet] for letter in text if alphabet.index(letter) + 1]
    )


def by_dict(text, alphabet):
    place = {letter: k for k, letter in enumerate(alphabet)}
    rows = torch.zeros(len(text), len(alphabet))
    for t, letter in enumerate(text):
        rows[t, place[letter]] = 1
    return rows


def by_function(text, alphabet):
    return nn.functional.one_hot(letters.encode(text, alphabet), len(alphabet)).float()


@pytest.mark.parametrize("answer", [eye_rows, compared, by_dict, by_function, letters.one_hot])
def test_one_hot_accepts(answer, capsys):
    check.one_hot(answer)
    assert capsys.readouterr().out == "✓ one_hot is right.\n"


@pytest.mark.parametrize(
    ("answer", "parts"),
    [
        (lambda t, a: eye_rows(t, a).T, ["(5, 4)", "Got (4, 5): transpose it"]),
        (lambda t, a: eye_rows(t, a).T if len(t) == len(a) else eye_rows(t, a), ["Rows of", "the transpose"]),
        (lambda t, a: eye_rows(t, "".join(sorted(a))), ["Got the places of the sorted alphabet"]),
        (lambda t, a: eye_rows(t, "".join(sorted(set(t)))), ["(letters, alphabet)"]),
        (lambda t, a: eye_rows(t, a).long(), ["must be float32", "torch.int64"]),
        (lambda t, a: eye_rows(t, a).double(), ["must be float32", "torch.float64"]),
        (lambda t, a: letters.encode(t, a), ["(letters, alphabet) = (5, 4)", "Got shape (5,)"]),
        (lambda t, a: eye_rows(t, a).tolist(), ["must be a tensor", "list"]),
        (lambda t, a: eye_rows(t, a, lambda t, a: [a.find(x) for x in t]), ["must raise an error", "str.find"]),
        (lambda t, a: eye_rows(t, a, lambda t, a: [a.index(x) - 1 for x in t]), ["too far to the left"]),
        (lambda t, a: eye_rows(t, a) * 2, ["Expected row[0, 1] = 1, got 2"]),
    ],
)
def test_one_hot_rejects(answer, parts):
    rejects(check.one_hot, answer, *parts)


# ---- shifted_pairs


def pairs(words, alphabet, *, begin=".", end=".", fill_inputs=None, fill_targets=-100):
    fill = alphabet.index(".") if fill_inputs is None else fill_inputs
    length = max(len(begin + word + end) for word in words) - 1
    inputs, targets = torch.full((len(words), length), fill), torch.full((len(words), length), fill_targets)
    for row, word in enumerate(words):
        places = torch.tensor([alphabet.index(letter) for letter in begin + word + end])
        inputs[row, : len(places) - 1], targets[row, : len(places) - 1] = places[:-1], places[1:]
    return inputs, targets


def pairs_by_padding(words, alphabet):
    from torch.nn.utils.rnn import pad_sequence

    spelt = [letters.encode(f".{word}.", alphabet) for word in words]
    inputs = pad_sequence([row[:-1] for row in spelt], batch_first=True, padding_value=alphabet.index("."))
    return [inputs, pad_sequence([row[1:] for row in spelt], batch_first=True, padding_value=-100)]


def pairs_by_strings(words, alphabet):
    longest = max(words, key=len)
    inputs = torch.stack([letters.encode(f".{word}".ljust(len(longest) + 1, "."), alphabet) for word in words])
    ends = [(word + ".", len(longest) - len(word)) for word in words]
    return inputs, torch.tensor([[alphabet.index(x) for x in text] + [-100] * left for text, left in ends])


@pytest.mark.parametrize("answer", [pairs, pairs_by_padding, pairs_by_strings])
def test_shifted_pairs_accepts(answer):
    check.shifted_pairs(answer)


@pytest.mark.parametrize(
    ("answer", "parts"),
    [
        (lambda w, a: pairs(w, a, end=""), ["inputs must have 6 steps", "Got 5"]),
        (lambda w, a: pairs(w, a, begin=""), ["inputs must have 6 steps", "Got 5"]),
        (lambda w, a: pairs(w, a)[::-1], ["inputs must", "exchanged"]),
        (lambda w, a: (pairs(w, a)[0],) * 2, ["targets must", "not shifted"]),
        (lambda w, a: pairs(w, a, fill_targets=a.index(".")), ["targets must", "marks behind the end"]),
        (lambda w, a: pairs(w, a, fill_targets=0), ["targets must", "Got"]),
        (lambda w, a: pairs(w, a, fill_inputs=0), ["inputs must", "alphabet.index('.')"]),
        (lambda w, a: pairs(w, a, fill_inputs=-100), ["-100 in the inputs"]),
        (lambda w, a: tuple(part.float() for part in pairs(w, a)), ["torch.int64", "torch.float32"]),
        (lambda w, a: tuple(part.T for part in pairs(w, a)), ["(words, steps)"]),
        (lambda w, a: pairs(sorted(w), a), ["For 'hi'", "expected", "got"]),
        (lambda w, a: pairs(w, a)[0], ["must give 2 values: inputs, targets"]),
        (lambda w, a: pairs(w, a)[0].tolist(), ["must give 2 values"]),
    ],
)
def test_shifted_pairs_rejects(answer, parts):
    rejects(check.shifted_pairs, answer, *parts)


def test_shifted_pairs_rejects_a_changed_list():
    def sorts(words, alphabet):
        right = pairs(words, alphabet)
        words.sort(key=len, reverse=True)
        return right

    rejects(check.shifted_pairs, sorts, "must leave its arguments as they are")


# ---- train_speller


class Net(nn.Module):
    def __init__(self, V, kind="LSTM", **options):
        super().__init__()
        self.rnn = getattr(nn, kind)(V, 8, **{"batch_first": True} | options)
        self.out = nn.Linear(8 * (1 + self.rnn.bidirectional), V)

    def forward(self, x):
        return self.out(self.rnn(x)[0])


def trainer(make, *, steps=60, see=lambda seed: seed, give=lambda model: model):
    def train(word, seed):
        if see(seed) is not None:
            torch.manual_seed(see(seed))
        alphabet = "".join(sorted(set(word)))
        x, y = letters.one_hot(word[:-1], alphabet)[None], letters.encode(word[1:], alphabet)
        model = make(len(alphabet))
        optimiser = torch.optim.Adam(model.parameters(), lr=0.1)
        for _ in range(steps):
            optimiser.zero_grad()
            cross_entropy(model(x)[0], y).backward()
            optimiser.step()
        return give(model)

    return train


def mlp(V):
    return nn.Sequential(nn.Linear(V, 16), nn.Tanh(), nn.Linear(16, V))


@pytest.mark.parametrize(
    "answer",
    [
        trainer(Net),
        trainer(lambda V: Net(V, "RNN")),
        trainer(lambda V: Net(V, "GRU", num_layers=2)),
        trainer(Net, give=lambda model: lambda x: model(x)),
    ],
)
def test_train_speller_accepts(answer):
    check.train_speller(answer)


@pytest.mark.parametrize(
    ("answer", "parts"),
    [
        (trainer(mlp), ["every next letter of 'hello'", "Got 3 of 4", "no memory"]),
        (trainer(lambda V: Net(V, batch_first=False)), ["Got 3 of 4", "batch_first=True"]),
        (trainer(lambda V: Net(V, bidirectional=True)), ["letters that come later", "bidirectional"]),
        (trainer(Net, steps=1), ["every next letter of 'hello'", "of 4", "Train longer"]),
        (trainer(Net, give=lambda model: None), ["must return the trained net", "NoneType"]),
        (trainer(Net, give=lambda model: [0.1]), ["must return the trained net", "list"]),
        (trainer(Net, give=lambda model: lambda x: model(x)[0]), ["(batch, time, alphabet) = (1, 4, 4)", "(4, 4)"]),
        (trainer(Net, give=lambda model: lambda x: model.rnn(x)), ["must be a tensor", "tuple"]),
        (trainer(Net, see=lambda seed: None), ["same seed must give the same net", "torch.manual_seed"]),
        (trainer(Net, see=lambda seed: 3), ["Another seed must give another net"]),
    ],
)
def test_train_speller_rejects(answer, parts):
    rejects(check.train_speller, answer, *parts)


# ---- sample


def softmax_sample(logits, temperature, generator):
    if temperature == 0:
        return logits.argmax(1)
    return torch.multinomial((logits / temperature).softmax(1), 1, generator=generator)[:, 0]


def gumbel_sample(logits, temperature, generator):
    noise = -torch.empty_like(logits).exponential_(generator=generator).log()
    return (logits + temperature * noise).argmax(dim=-1)


def cumulative_sample(logits, temperature, generator):
    p = (logits / max(temperature, 1e-9)).log_softmax(1).exp()
    draw = torch.rand(len(logits), 1, generator=generator, dtype=logits.dtype)
    return (p.cumsum(1) < draw).sum(1).clamp(max=logits.shape[1] - 1)


@pytest.mark.parametrize("answer", [softmax_sample, gumbel_sample, cumulative_sample])
def test_sample_accepts(answer):
    check.sample(answer)


def drawing(probabilities):
    """Answers that draw from something else than they should, but know temperature 0."""

    def answer(logits, temperature, generator):
        if temperature == 0:
            return logits.argmax(1)
        return torch.multinomial(probabilities(logits, temperature), 1, generator=generator)[:, 0]

    return answer


def bare_exp(z, temperature):
    p = (z / temperature).exp()
    return p / p.sum(1, keepdim=True)


def reseeded(logits, temperature, generator):
    return softmax_sample(logits, temperature, generator.manual_seed(0))


def in_place(logits, temperature, generator):
    if temperature:
        logits /= temperature
    return softmax_sample(logits, 1 if temperature else 0, generator)


@pytest.mark.parametrize(
    ("answer", "parts"),
    [
        (drawing(lambda z, t: (z * t).softmax(1)), ["temperature 0.5", "multiplied by the temperature"]),
        (drawing(lambda z, t: z.softmax(1) / t), ["temperature 0.5", "those of temperature 1"]),
        (drawing(lambda z, t: z.softmax(1)), ["temperature 0.5", "those of temperature 1"]),
        (drawing(lambda z, t: torch.ones_like(z)), ["temperature 1.0", "all letters alike"]),
        (drawing(lambda z, t: (z / t).softmax(0)), ["temperature 1.0", "Expected shares"]),
        (drawing(lambda z, t: (z / t).roll(1, 0).softmax(1)), ["those of another row"]),
        (drawing(bare_exp), ["temperature 0.01", "overflow"]),
        (lambda z, t, g: z.argmax(1), ["always the likeliest letter"]),
        (lambda z, t, g: softmax_sample(z, t, g)[:, None], ["Got shape (5, 1): take column 0"]),
        (
            lambda z, t, g: torch.multinomial((z / t).softmax(1), 1, generator=g)[:, 0],
            ["temperature 0", "apart (argmax)"],
        ),
        (lambda z, t, g: softmax_sample(z, t, None), ["same seed must give the same letters"]),
        (reseeded, ["different seeds must give different letters"]),
        (in_place, ["must leave its arguments as they are"]),
        (lambda z, t, g: softmax_sample(z, t, g).float(), ["torch.int64", "torch.float32"]),
        (lambda z, t, g: softmax_sample(z[:1], t, g), ["(batch,) = (5,)", "Got shape (1,)"]),
    ],
)
def test_sample_rejects(answer, parts):
    rejects(check.sample, answer, *parts)
