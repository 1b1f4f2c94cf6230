"""Answers made from the solution of a question by edits, as a learner's hand might have made them."""

from functools import cache, partial
from typing import Any

from tests.solutions import Solution, solutions

all_solutions = cache(solutions)


def edited(name: str, *edits: str) -> Any:
    """Return the answer of a question ("01_why_rnns_forget-rnn-step") after edits, each "old => new"."""
    solution: Solution = all_solutions()[name]
    code = solution.code
    for edit in edits:
        old, new = edit.split(" => ")
        assert old in code, f"{old} is not in the solution of {name}"
        code = code.replace(old, new)
    return solution.run(code)


def of(name: str) -> partial:
    """Return `edited` for one question."""
    return partial(edited, name)
