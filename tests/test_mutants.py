"""Each solution is changed by small slips; what changes its results must be rejected by its check."""

import importlib

import pytest

from lstm_course.checks.base import CheckFailed
from lstm_course.checks.programs import Program
from tests.mutation import mutants
from tests.oracles.oracle import differs
from tests.solutions import solutions

SOLUTIONS = solutions()


def is_rejected(check, answer):
    try:
        check(answer)
    except (CheckFailed, NotImplementedError):
        return True
    return False


def verdict(solution, right, code, oracle):
    """Tell what became of a mutant: rejected, survived (though it changes the result), same, or strict (vice versa)."""
    try:
        answer = solution.run(code)
    except Exception:
        return "rejected"  # the learner's own cell raises
    rejected, changed = is_rejected(solution.check, answer), oracle is None or differs(oracle, right, answer)
    return {(True, True): "rejected", (False, True): "survived", (False, False): "same", (True, False): "strict"}[
        rejected, changed
    ]


@pytest.mark.parametrize("name", SOLUTIONS)
def test_mutants_that_change_the_result_are_rejected(name, record_property, capsys, monkeypatch):
    monkeypatch.setattr(Program, "explain", lambda *_: "")  # why an answer is wrong takes longer than whether it is
    solution = SOLUTIONS[name]
    question = solution.question
    oracles = importlib.import_module(f"tests.oracles.{solution.module}")
    training = getattr(oracles, "TRAINING", {}).get(question)
    oracle = None if training is not None else oracles.ORACLES[question]
    right = solution.run(solution.code)
    found = {"rejected": [], "survived": [], "same": [], "strict": []}
    made = {mutant.name: mutant.code for mutant in mutants(solution.code, solution.lines)}
    assert training is None or set(training) <= made.keys()
    for mutant, code in made.items():
        if training is None or mutant in training:
            found[verdict(solution, right, code, oracle)].append(mutant)
    capsys.readouterr()
    judged = getattr(oracles, "JUDGED", {}).get(question, {})
    record_property("mutants", {which: [f"{name} {mutant}" for mutant in found[which]] for which in found})
    print(*(f"{which}: {mutant}" for which in ("same", "strict", "survived") for mutant in found[which]), sep="\n")
    assert set(found["survived"]) == set(judged), "survivors are those that were judged by hand"
