"""Check of exercise 6: a trained net that spells words, by memory and not by looking ahead."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from lstm_course import letters
from lstm_course.checks.answers import Answer, call
from lstm_course.checks.base import CheckFailed, question, require, require_tensor
from lstm_course.checks.learner import short

WORDS = (("hello", (0, 1)), ("letter", (2,)), ("balloon", (3,)))
Model = Callable[[Tensor], Any]


@question(seconds=60)
def train_speller(answer: Answer) -> None:
    """Check question 3: several words and seeds, the same seed twice."""
    for word, seeds in WORDS:
        for seed in seeds:
            _require_spelling(word, seed, call("train_speller", answer, word, seed, again=False))
    word, seeds = WORDS[0]
    x, _ = _reading(word)
    runs = [_logits(answer(word, seed), x) for seed in (seeds[0], seeds[0], seeds[1])]
    require(
        torch.allclose(runs[0], runs[1], atol=1e-3),
        "The same seed must give the same net.",
        "two nets that differ",
        "Call torch.manual_seed(seed) in train_speller, before the net is made there.",
    )
    require(
        not torch.allclose(runs[0], runs[2], atol=1e-6),
        "Another seed must give another net.",
        "the same net for two seeds",
        "Pass the seed that is given to torch.manual_seed, and make a new net at each call.",
    )


def _alphabet(word: str) -> str:
    return "".join(sorted(set(word)))


def _reading(word: str, alphabet: str = "") -> tuple[Tensor, Tensor]:
    """Return what is read, one-hot (1, T, V), and the places of what is to be said (T,)."""
    alphabet = alphabet or _alphabet(word)
    return letters.one_hot(word[:-1], alphabet)[None], letters.encode(word[1:], alphabet)


def _logits(model: Model, x: Tensor) -> Tensor:
    with torch.no_grad():
        return call("The net", model, x, again=False)


def _require_spelling(word: str, seed: int, model: Any) -> None:
    is_net = callable(model) and not isinstance(model, type)
    rule, hint = "train_speller must return the trained net.", "End with: return model."
    require(is_net, rule, f"{type(model).__name__} {short(model)}", hint)
    x, y = _reading(word)
    name = f"The net for {word!r}, called with x of shape {tuple(x.shape)},"
    got = _logits(model, x)
    hint = "nn.LSTM returns a pair: outputs, (h_n, c_n)." if isinstance(got, tuple) else ""
    require(isinstance(got, Tensor), f"{name} must return a tensor.", type(got).__name__, hint)
    hint = "Does it keep the last step only, as h[:, -1] does, or only the likeliest letter?"
    is_short = got.dim() == 2 and len(got) == 1
    require(not is_short, f"{name} must give a row of logits for each step.", f"shape {tuple(got.shape)}", hint)
    require(got.is_floating_point(), f"{name} must give real numbers.", got.dtype)
    logits = require_tensor(name, got, tuple(x.shape), "(batch, time, alphabet)")
    turned = x.shape[1] == x.shape[2] and torch.equal(logits[0].argmax(0), y)
    rule = "The last axis of the logits must be the alphabet, (batch, time, alphabet)."
    require(
        not turned, rule, "(batch, alphabet, time)", "cross_entropy wants them so: turn them there, not in forward."
    )
    _require_sober(model, x, logits)
    said = logits[0].argmax(-1)
    right = int((said == y).sum())
    alphabet = _alphabet(word)
    found = f"{right} of {len(y)}: {''.join(alphabet[place] for place in said)!r} for {word[1:]!r} (seed {seed})"
    if right < len(y):
        raise CheckFailed(f"The net must say every next letter of {word!r}. Got {found}.\n{_advice(word, model)}")
    changed = _logits(model, x.roll(1, dims=-1))
    require(
        not torch.allclose(changed, logits, atol=1e-6),
        "What the net says must depend on the letters that it reads.",
        "the same logits after all letters were exchanged",
        "Does forward use its x, or only count steps?",
    )
    _require_several(model, x, logits)


def _require_sober(model: Model, x: Tensor, logits: Tensor) -> None:
    """Require logits, the same at each call, none that looks ahead."""
    require(
        bool(torch.isfinite(logits).all()), "The logits must be finite numbers.", "NaN or infinity", "Try a smaller lr."
    )
    adds_up = bool(((logits.sum(-1) - 1).abs() < 1e-3).all()) and bool((logits >= 0).all())
    require(
        not adds_up,
        "The net must return logits.",
        "numbers from 0 to 1 that add up to 1 at each step: probabilities",
        "Leave softmax out: cross_entropy makes it itself, and twice is wrong.",
    )
    require(
        torch.allclose(_logits(model, x), logits, atol=1e-5),
        "The same letters must give the same logits.",
        "others at the second call",
        "Does the net keep its state from call to call, or is dropout on (model.eval())?",
    )
    changed = x.clone()
    changed[0, -1] = x[0, -1].roll(1)
    require(
        torch.allclose(_logits(model, changed)[:, :-1], logits[:, :-1], atol=1e-5),
        "What the net says at a step must not depend on letters that come later.",
        "other logits at early steps after the last letter was exchanged",
        "A bidirectional net reads the answer.",
    )


def _require_several(model: Model, x: Tensor, logits: Tensor) -> None:
    """Require the same logits in a batch of two."""
    together = _logits(model, torch.cat([x.roll(1, dims=-1), x]))
    fits = together.shape == (2, *logits.shape[1:])
    require(
        fits and torch.allclose(together[1:], logits, atol=1e-4),
        "The net must spell several words at once, x of shape (2, T, V), each as it does alone.",
        "other logits for the second of two" if fits else f"shape {tuple(together.shape)}",
        "Does forward take x[0], or is batch_first=True forgotten?",
    )


def _advice(word: str, model: Model) -> str:
    """Say what is wrong with a net, by comparing what it says with what some mistakes would make it say."""
    alphabet = _alphabet(word)
    x, _ = _reading(word)
    logits = _logits(model, x)[0]  # (T, V)
    said = "".join(alphabet[place] for place in logits.argmax(-1))
    if said == word[:-1]:
        return "It repeats what it reads: what is to be said is word[1:], one letter later."
    if said[:-1] == word[2:]:
        return "It says the letter after next: read word[:-1], say word[1:]."
    for other in ("".join(dict.fromkeys(word)), alphabet[::-1], "".join(dict.fromkeys(reversed(word)))):
        x_other, y_other = _reading(word, other)
        if other != alphabet and torch.equal(_logits(model, x_other)[0].argmax(-1), y_other):
            return f"With the places of the alphabet {other!r} it would be right: sort it, {alphabet!r}."
    x_hello, y_hello = _reading("hello")
    if word != "hello" and len(alphabet) == 4 and torch.equal(_logits(model, x_hello)[0].argmax(-1), y_hello):
        return "It spells 'hello', whatever the word is: train it on the word that is given."
    if len(set(said)) == 1:
        return "It says one letter only: is an optimiser.step() missing, or are there too few steps, or too small ones?"
    changed = x.clone()
    changed[0, :-1] = x[0, :-1].roll(1, dims=-1)
    if torch.allclose(_logits(model, changed)[0, -1], logits[-1], atol=1e-6):
        words = "It has no memory: its last answer is the same whatever came before. Use a recurrent net"
        return f"{words}; if it is one, it takes the steps for a batch: batch_first=True."
    return "Train longer, with a larger lr or more units, on the places in the sorted alphabet."
