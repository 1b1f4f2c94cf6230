"""Check of exercise 6: letters drawn with a temperature."""

from typing import Any

import torch
from torch import Tensor

from lstm_course.checks.answers import Answer, call
from lstm_course.checks.base import CheckFailed, generator, question, require, require_tensor

DRAWS = 6_000  # the share of a letter is off by 0.0065 in about one of three cases, by 0.035 never
TOLERANCE = 0.035


@question
def sample(answer: Answer) -> None:
    """Check question 4: shape, shares at several temperatures, the limit 0, the generator."""
    logits = torch.randn(5, 7, generator=generator(6), dtype=torch.float64)
    for z in (logits, logits[:1]):
        rule = f"For logits of shape {tuple(z.shape)} sample must give one place per row, of shape ({len(z)},)."
        hint = {(len(z), 1): "Take column 0.", (): "squeeze() also drops an axis of a single row: take column 0."}
        got = _drawn(answer, z, 1.0, seed=0)
        shape = tuple(got.shape) if isinstance(got, Tensor) else None
        require(shape in (None, (len(z),)), rule, f"shape {shape}", hint.get(shape, ""))
        require_tensor("sample", got, (len(z),), "(batch,)")
        require(got.dtype == torch.int64, "sample must give places, int64.", got.dtype)
    _require_use_of_generator(answer)
    _require_shares(answer)
    _require_cold(answer, logits)


def _drawn(answer: Answer, logits: Tensor, temperature: float, seed: int) -> Any:
    return call("sample", answer, logits, temperature, generator(seed), again=False)


def _require_use_of_generator(answer: Answer) -> None:
    logits = torch.zeros(200, 5)
    first, again, *others = (_drawn(answer, logits, 1.0, seed) for seed in (1, 1, 2, 3, 4))
    require(
        torch.equal(first, again),
        "Generators of the same seed must give the same letters.",
        "different ones",
        "Pass generator=generator to torch.multinomial.",
    )
    is_one = len(set(first.tolist())) == 1
    always = "Is anything drawn? Of equally likely letters it always takes the same." if is_one else ""
    require(
        not all(torch.equal(first, other) for other in others),
        "Generators of different seeds must give different letters.",
        "the same ones",
        always or "Use the generator as it is, without seeding it or making one of your own.",
    )
    shared = generator(5)
    one, two = (call("sample", answer, logits.clone(), 1.0, shared, in_place=True) for _ in range(2))
    require(
        not torch.equal(one, two),
        "Two calls with one generator must give different letters, as each call draws on.",
        "the same ones",
        "Use the generator itself, not its seed.",
    )
    require(
        not is_one,
        "Each row must have a draw of its own.",
        f"one letter for all 200 rows of equally likely letters: {first[0].item()}, with another seed "
        + " or ".join(str(other[0].item()) for other in others),
        "Draw as many random numbers as there are rows.",
    )


def _require_shares(answer: Answer) -> None:
    """Require the share of each letter; two kinds of rows take turns."""
    kinds = torch.tensor([[2.0, 1.0, 0.0, -1.0], [0.0, -2.0, 1.5, 1.0]])
    for seed, temperature in enumerate((2, 0.5, 1.0)):
        got = require_tensor(
            "sample", _drawn(answer, kinds.repeat(DRAWS, 1), temperature, seed), (2 * DRAWS,), "(batch,)"
        )
        rule = (
            f"At temperature {temperature} letters must be drawn with the probabilities softmax(logits / temperature)."
        )
        require(bool(((got >= 0) & (got < 4)).all()), rule, f"places from {got.min()} to {got.max()}, of 4 letters")
        for k, z in enumerate(kinds):
            shares = torch.bincount(got[k::2], minlength=4) / DRAWS
            expected = (z / temperature).softmax(0)
            if _near(shares, expected):
                continue
            mistakes = _mistakes(kinds, k, temperature)
            nearest = min(mistakes, key=lambda words: (shares - mistakes[words]).abs().max().item())
            named = f" Got {nearest}." if _near(shares, mistakes[nearest]) else ""
            values = f"For logits {z.tolist()} expected shares {_numbers(expected)}, got {_numbers(shares)}."
            raise CheckFailed(f"{rule}{named}\n{values}")


def _mistakes(kinds: Tensor, k: int, temperature: float) -> dict[str, Tensor]:
    """Return the probabilities that some mistakes give to the letters of row `k` of `kinds`."""
    z = kinds[k]
    cold = z / temperature
    wrong = {
        "those of logits multiplied by the temperature: divide them": (z * temperature).softmax(0),
        "those of temperature 1: divide the logits, before softmax": z.softmax(0),
        "always the likeliest letter: draw instead of argmax": torch.eye(4)[z.argmax()],
        "all letters alike": torch.ones(4),
        "those of another row: each row is drawn by its own logits": (kinds[1 - k] / temperature).softmax(0),
        "those of a softmax over the batch: it belongs to the last axis": (kinds / temperature).softmax(0)[k],
        "those of softmax twice: multinomial takes probabilities": cold.softmax(0).softmax(0),
        "those of softmax(softmax(logits) / temperature): divide the logits, before softmax": (
            (z.softmax(0) / temperature).softmax(0)
        ),
        "those of softmax(-logits / temperature), the smaller logits more often": (-cold).softmax(0),
        "those of the squared temperature": (z / temperature**2).softmax(0),
        "those of the root of the temperature": (z / temperature**0.5).softmax(0),
        "those of sigmoid in place of softmax": cold.sigmoid(),
        "the logits themselves as probabilities: put softmax around them": cold.abs(),
        "the logits themselves as probabilities, negative ones as 0: put softmax around them": cold.relu(),
        "those of logits divided by temperature + 1": (z / (temperature + 1)).softmax(0),
        "those of the mean over the rows": (kinds / temperature).softmax(1).mean(0),
        "only the two likeliest letters: all may be drawn": _largest(cold, 2),
        "only the three likeliest letters: all may be drawn": _largest(cold, 3),
        "the likeliest letter after adding normal noise: use softmax and a draw": _noisy(cold, torch.Tensor.normal_),
        "the likeliest letter after adding uniform noise: use softmax and a draw": _noisy(cold, torch.Tensor.uniform_),
    }
    return {words: weights / weights.sum() for words, weights in wrong.items()}


def _largest(logits: Tensor, count: int) -> Tensor:
    return logits.softmax(0) * (logits >= logits.sort(descending=True).values[count - 1])


def _noisy(logits: Tensor, fill: Any) -> Tensor:
    noise = fill(torch.empty(DRAWS, len(logits)), generator=generator(9))
    return torch.bincount((logits + noise).argmax(1), minlength=len(logits)).float()


def _shape(got: Any) -> str:
    return f"shape {tuple(got.shape)}" if isinstance(got, Tensor) else type(got).__name__


def _near(shares: Tensor, expected: Tensor) -> bool:
    return bool((shares - expected).abs().max() < TOLERANCE)


def _numbers(values: Tensor) -> str:
    return ", ".join(f"{value:.2f}" for value in values)


def _require_cold(answer: Answer, logits: Tensor) -> None:
    """Require the likeliest letter at temperature 0, however close the second is, and no overflow near it."""
    close = torch.tensor([[0.0, 0.1, 0.099], [2.0, -1.0, 1.999]], dtype=torch.float64).repeat(500, 1)
    for temperature, z in ((0.0, logits), (0.0, close), (0, logits), (0.01, 1000 * logits)):
        rule = f"At temperature {temperature} the likeliest letter of each row must be drawn."
        hint = "Treat temperature 0 apart (argmax); else use softmax, which does not overflow as exp does."
        try:
            got = _drawn(answer, z, temperature, seed=0)
        except (RuntimeError, ZeroDivisionError, ValueError) as error:
            found = f"{type(error).__name__} for logits up to {z.abs().max():.0f}"
            raise CheckFailed(f"{rule} Got {found}. {hint}") from error
        name = f"sample at temperature {temperature}"
        is_along = isinstance(got, Tensor) and got.shape == (len(z),)
        require(is_along, f"{name} must give one place per row.", _shape(got), "argmax goes along the letters: dim=1.")
        require_tensor(name, got, (len(z),), "(batch,)")
        values = "max gives the largest logits, argmax their places."
        require(got.dtype == torch.int64, f"{name} must give places, int64.", got.dtype, values)
        wrong = (got != z.argmax(1)).nonzero().flatten().tolist()
        if wrong:
            row = wrong[0]
            found = f"letter {got[row]} for logits {', '.join(f'{value:.4g}' for value in z[row])}"
            raise CheckFailed(f"{rule} Got {found} ({len(wrong)} of {len(z)} rows). {hint}")
