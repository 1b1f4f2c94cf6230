"""Checks of exercise 5: scaling and skill."""

import numpy as np
import torch

from lstm_course.checks.answers import Answer, call, require_parts
from lstm_course.checks.base import CheckFailed, each_case, generator, question, require
from lstm_course.checks.learner import short
from lstm_course.checks.programs import Hole, Program
from lstm_course.checks.results import array, require_result, tensor
from lstm_course.weather import Floats

HELPERS = {"np": np, "tensor": tensor}


def _random(seed: int, *shape: int) -> Floats:
    return torch.randn(*shape, generator=generator(seed), dtype=torch.float64).numpy()


OTHER = "The same temperature must get the same number in both parts: whose mean and spread does that take?"
SCALE = Program(
    """
both = np.concatenate([train, other])
mean = {sample}.{middle}
spread = {sample_too}.{spread}
scaled_train = {formula}
values, known_mean, known_spread = other, mean, spread
{other_mean}
{other_spread}
scaled_other = {formula_too}
scaled_train, scaled_other = tensor(scaled_train){form}, tensor(scaled_other){form}
{returned}
""",
    ("scaled_train", "scaled_other"),
    sample=Hole(
        "train", "Which hours are known in training? Statistics of later ones leak.", "both", "other", "train[:, :1]"
    ),
    sample_too=Hole(
        "train", "Which hours are known in training? Statistics of later ones leak.", "both", "other", "train[:, :1]"
    ),
    middle=Hole(
        "mean(axis=0)",
        "Which number is subtracted from a column? How many means has a table of F columns?",
        "mean()",
        "mean(axis=1, keepdims=True)",
        "min(axis=0)",
        "max(axis=0)",
        "sum(axis=0)",
        "mean(axis=0).round()",
        "take([0], axis=0)",
        "std(axis=0)",
    ),
    spread=Hole(
        "std(axis=0)",
        "Which spread is asked for? The plain standard deviation of each column, numpy's with its default.",
        "std()",
        "std(axis=0, ddof=1)",
        "var(axis=0)",
        "var(axis=0, ddof=1)",
        "std(axis=1, keepdims=True)",
        "max(axis=0) - train.min(axis=0)",
        "max(axis=0) - train.mean(axis=0)",
        "max(axis=0)",
        "mean(axis=0)",
        "std(axis=0) * len(train) ** 0.5",
        "std(axis=0) ** 0.5",
        "std(axis=0) + 1",
        "max()",
    ),
    formula=Hole(
        "(train - mean) / spread",
        "Subtract the mean first, then divide what is left by the spread: which of them goes wrong?",
        "train - mean / spread",
        "train - mean",
        "train / spread",
        "(train - mean) * spread",
        "(train + mean) / spread",
        "(mean - train) / spread",
        "train / spread - mean",
        "train",
        "(train - mean) / np.abs(train - mean).mean(axis=0)",
        "(train - mean) / np.sqrt((train**2).mean(axis=0))",
        "(train - np.median(train, axis=0)) / spread",
        "train / np.abs(train).max(axis=0)",
        "(train - train.mean(axis=1, keepdims=True)) / train.std(axis=1, keepdims=True)",
        "2 * (train - train.min(axis=0)) / (train.max(axis=0) - train.min(axis=0)) - 1",
        "train / np.linalg.norm(train, axis=0)",
    ),
    other_mean=Hole(
        "",
        OTHER,
        "mean = other.mean(axis=0)",
        "mean = scaled_train.mean(axis=0)",
        "mean = both.mean(axis=0)",
        "mean = 0",
    ),
    other_spread=Hole(
        "",
        OTHER,
        "spread = other.std(axis=0)",
        "spread = scaled_train.std(axis=0)",
        "spread = both.std(axis=0)",
        "spread = 1",
    ),
    formula_too=Hole(
        "(other - mean) / spread",
        OTHER,
        "other  # as it is, or scaled by what train has after scaling: mean 0, spread 1",
        "other - mean / spread",
        "(other - mean) * spread",
        "np.clip((other - mean) / spread, -3, 3)",
    ),
    form=Hole("", "One row for each hour, one column for each quantity?", ".T"),
    returned=Hole(
        "",
        "Which part is returned first?",
        "scaled_train, scaled_other = scaled_other, scaled_train",
        "scaled_other = scaled_train",
    ),
)


@question
def scale(answer: Answer) -> None:
    """Check question 3: scaling by the mean and standard deviation of the training hours."""
    readable = np.array([[1, 10], [3, 40], [8, 10.0]]), np.array([[5, 30], [2, 50.0]])
    smallest = np.array([[1], [3.0]]), np.array([[6.0]])
    cases = [_tables(0, 13, 7, 3), _tables(1, 40, 5, 1), _tables(2, 4, 4, 4), readable, smallest]
    each_case(cases, lambda tables: _check_scale(answer, *tables))


def _tables(seed: int, rows: int, others: int, columns: int) -> tuple[Floats, Floats]:
    train = 5 + 3 * _random(seed, rows, columns) * np.arange(1, columns + 1)
    return train, 11 + 2 * _random(seed + 10, others, columns)


def _check_scale(answer: Answer, train: Floats, other: Floats) -> None:
    rule = "must be scaled, column by column, by the mean and standard deviation of train."
    rules = {f"scaled_{name}": f"The {name} part {rule}" for name in ("train", "other")}
    parts = require_parts("scale", call("scale", answer, train, other), *rules)
    got = {name: array(name, part) for name, part in zip(rules, parts, strict=True)}
    require_result(
        SCALE, {"train": train, "other": other} | HELPERS, got, rules, dict.fromkeys(rules, "(hours, columns)")
    )


SKILL = Program(
    """
error = lambda forecast, truth: {error}
skill = {skill}
skill = tensor(skill)
""",
    ("skill",),
    error=Hole(
        "np.mean((forecast - truth) ** 2)",
        "Which error is compared? The mean of the squared distances to the truth: no root, no absolute value.",
        "np.sqrt(np.mean((forecast - truth) ** 2))",
        "np.mean(np.abs(forecast - truth))",
        "np.mean(forecast - truth)",
        "np.mean(forecast - truth) ** 2",
        "np.var(forecast - truth)",
        "np.std(forecast - truth)",
        "np.max(np.abs(forecast - truth))",
        "np.median((forecast - truth) ** 2)",
        "np.mean((forecast + truth) ** 2)",
        "np.mean(forecast**2 - truth**2)",
        "np.mean((forecast - truth) ** 2, axis=0)",
        "np.mean(forecast * truth)",
        "(forecast.flat[0] - truth.flat[0]) ** 2",
        "np.mean((forecast - truth) ** 4)",
    ),
    skill=Hole(
        "1 - error(forecast, truth) / error(reference, truth)",
        "What should come out for a perfect forecast, for one as good as the reference, and for one twice as bad?",
        "error(forecast, truth) / error(reference, truth)",
        "1 - error(reference, truth) / error(forecast, truth)",
        "error(forecast, truth) / error(reference, truth) - 1",
        "error(reference, truth) / error(forecast, truth)",
        "error(reference, truth) - error(forecast, truth)",
        "error(reference, truth) / error(forecast, truth) - 1",
        "(1 - error(forecast, truth)) / error(reference, truth)",
        "1 - error(forecast, truth)",
        "error(forecast, truth)",
        "100 * (1 - error(forecast, truth) / error(reference, truth))",
        "1 - error(forecast, reference) / error(truth, reference)",
        "abs(1 - error(forecast, truth) / error(reference, truth))",
        "1 + error(forecast, truth) / error(reference, truth)",
        "max(0.0, 1 - error(forecast, truth) / error(reference, truth))",
        "1 - error(forecast, truth) * error(reference, truth)",
        *[f"round(1 - error(forecast, truth) / error(reference, truth), {digits})" for digits in (2, 3, 4)],
        "1 - error(forecast, truth) / np.var(truth)",
        "1 - error(forecast, reference) / error(reference, truth)",
        "1 - error(forecast, reference) / error(forecast, truth)",
        "1 - error(forecast, truth) / np.var(reference)",
        "-1 + error(reference, truth)",
        "1 - np.mean((forecast - truth) ** 2 / (reference - truth) ** 2)",
        "1 - (forecast - truth) ** 2 / (reference - truth) ** 2",
        "np.mean(1 - ((forecast - truth) ** 2).mean(0) / ((reference - truth) ** 2).mean(0))",
        "np.mean(1 - ((forecast - truth) ** 2).mean(-1) / ((reference - truth) ** 2).mean(-1))",
        "np.corrcoef(forecast.flat, truth.flat)[0, 1]",
        "1 - np.sum((forecast - truth) ** 2) / error(reference, truth)",
        "np.corrcoef(forecast.flat, truth.flat)[0, 1] ** 2",
    ),
)


@question
def skill(answer: Answer) -> None:
    """Check question 5: the skill score of a forecast against a reference, better and worse than it."""
    drawn = []
    for seed, (shape, good, poor) in enumerate((((9,), 0.5, 1.5), ((6, 4), 1.5, 0.5), ((3, 3), 0.5, 0.7))):
        truth = _random(seed, *shape)
        drawn.append((truth + good * _random(seed + 30, *shape), truth + poor * _random(seed + 40, *shape), truth))
    readable = np.array([1, 4.0]), np.array([3, 6.0]), np.array([2, 2.0])
    smallest = np.array([4.0]), np.array([3.0]), np.array([1.0])
    each_case([*drawn, readable, smallest], lambda case: _check_skill(answer, *case))


def _check_skill(answer: Answer, forecast: Floats, reference: Floats, truth: Floats) -> None:
    got = call("skill", answer, forecast, reference, truth)
    hint = "Is a return missing?" if got is None else ""
    is_number = got is not None and not isinstance(got, (bool, np.bool_))
    require(is_number, "The skill must be a number.", short(got), hint)
    try:
        number = tensor(got)
        number = number.to(torch.complex128 if number.is_complex() else torch.float64)
    except (TypeError, ValueError, RuntimeError):
        raise CheckFailed(f"The skill must be a number. Got {type(got).__name__} {short(got)}.") from None
    require(not number.is_complex(), "The skill must be a real number.", short(got))
    names = {"forecast": forecast, "reference": reference, "truth": truth} | HELPERS
    rule = "Skill must be 1 - MSE(forecast) / MSE(reference), one number for all hours together."
    require_result(SKILL, names, {"skill": number}, {"skill": rule}, {"skill": "of a number"})
