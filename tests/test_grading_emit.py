"""Probes keep to themselves, and what a student leaves behind in Python and torch changes nothing that they report."""

import builtins
import cProfile
import json
import sys
import threading

import numpy as np
import pytest
import torch

from lstm_course.grading import emit
from lstm_course.grading.matching import given
from tests.grading_answers import EXERCISES, SEED, TRAINED, probes, references, reports, solution

PYTHONS = {name: None for name in dir(builtins) if not name.startswith("__")}
QUESTIONS = [(exercise, question) for exercise in EXERCISES for question in probes(exercise) if question not in TRAINED]


@pytest.fixture
def shown(monkeypatch):
    """Run a probe's code as a cell of a notebook with these names, and read what it reports."""
    displayed = []
    monkeypatch.setattr(emit, "display", lambda data, raw: displayed.append(data[emit.MIME]))

    def run(code, names, forbidden=()):
        exec(f"_emit.run({code!r}, 1, {list(forbidden)!r})", {"_emit": emit, **names})
        return json.loads(displayed.pop())

    return run


@pytest.mark.parametrize(("exercise", "question"), QUESTIONS)
def test_a_probe_does_without_python_names_that_a_student_took(exercise, question):
    expected = references(exercise, question)
    found = reports([one.probe for one in expected], solution(exercise) | PYTHONS)
    assert [one.compare(text) for one, text in zip(expected, found, strict=True)] == [None] * len(expected)


@pytest.mark.parametrize(("exercise", "question"), QUESTIONS)
def test_a_probe_takes_no_name_from_a_student(exercise, question):
    assert not any(given(probe.source_for(SEED)) for probe in probes(exercise)[question])


CHANGES = """
def _probe(trial):
    trial.call(answer, trial.normal((2, 2))[0])
    return trial.untouched
"""


def yes(*given, **options):
    return True


def test_functions_that_a_student_replaced_are_not_asked(shown, monkeypatch):
    def answer(x):
        return torch.lstm_cell(x.zero_(), (x, x), *torch.nn.LSTMCell(2, 2).double().parameters())

    for module, name in ((torch, "equal"), (builtins, "all"), (json, "dumps")):
        monkeypatch.setattr(module, name, yes)
    monkeypatch.setattr(builtins, "sorted", lambda *given: [])
    for module in (sys, threading):
        monkeypatch.setattr(module, "setprofile", yes)
    monkeypatch.setattr(sys, "getprofile", yes)
    assert shown(CHANGES, {"answer": answer}, ["torch.lstm_cell"]) == {"values": False, "used": ["torch.lstm_cell"]}


GRADIENT = """
def _probe(trial):
    x = trial.normal((2, 2), dtype="float32")[0]
    return [trial.gradients(answer, x)[0].shape[0], str(answer(x).dtype)]
"""


@pytest.mark.parametrize("mode", [torch.inference_mode, torch.no_grad, lambda: torch.autocast("cpu", torch.bfloat16)])
def test_a_mode_of_torch_that_a_student_left_on_is_off(shown, mode):
    with mode():
        assert shown(GRADIENT, {"answer": lambda x: x @ x})["values"] == {"list": [2, "torch.float32"]}
        assert torch.is_inference_mode_enabled() == (mode is torch.inference_mode)


def test_a_profiler_that_a_student_left_on_does_no_harm(shown):
    profiler = cProfile.Profile()
    profiler.enable()
    try:
        report = shown(CHANGES, {"answer": torch.sigmoid}, ["torch.sigmoid"])
    finally:
        profiler.disable()
    assert report == {"values": True, "used": ["torch.sigmoid"]}


def test_whole_numbers_of_numpy_count_as_such():
    assert emit.encode([np.int64(3), np.sum(np.arange(3))]) == {"list": [3, 3]}
