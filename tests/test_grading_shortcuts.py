"""Shortcuts are found in an answer's text, whatever they are called, and when they are called, whatever the text."""

import pytest
import torch
from torch import nn

from lstm_course import cells
from lstm_course.grading.emit import Trial
from lstm_course.grading.shortcuts import shortcuts

FORBIDDEN = ["torch.nn.LSTM", "torch.lstm_cell", "torch.Tensor.backward", "lstm_course.cells"]
SETUP = "import torch\nfrom torch import nn\nfrom lstm_course import cells\nx = nn.LSTM(1, 2)"


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        ("def f(x): return nn.LSTM(1, 2)(x)", "torch.nn.LSTM"),
        ("class F(nn.LSTM): pass", "torch.nn.LSTM"),
        ("from torch.nn import *\ndef f(x): return LSTM(1, 2)(x)", "torch.nn.LSTM"),
        ("from torch.nn import LSTM as L\ndef f(x): return L(1, 2)(x)", "torch.nn.LSTM"),
        ("def f(x):\n    import torch.nn as q\n    return q.LSTM(1, 2)(x)", "torch.nn.LSTM"),
        ("n = nn\nL = n.LSTM\ndef f(x): return L(1, 2)(x)", "torch.nn.LSTM"),
        ("def f(x): return getattr(nn, 'LSTM')(1, 2)(x)", "torch.nn.LSTM"),
        ("def f(x): return getattr(torch, 'n' + 'n').LSTM(1, 2)(x)", "torch.nn.LSTM"),
        ("def f(x): return torch.nn.modules.rnn.LSTM(1, 2)(x)", "torch.nn.LSTM"),
        ("def f(x): return torch._VF.lstm_cell(x)", "torch.lstm_cell"),
        ("def f(x): return __import__('torch').nn.LSTM(1, 2)(x)", "torch.nn.LSTM"),
        ("def f(x): exec('import torch.nn as z; z.LSTM(1, 2)')", "torch.nn.LSTM"),
        ("def f(x): return eval('nn.LSTM')(1, 2)", "torch.nn.LSTM"),
        (
            "import importlib\ndef f(x): return importlib.import_module('lstm_course.cells').lstm_step",
            "lstm_course.cells",
        ),
        ("%time\n!ls\ndef f(x): return cells.lstm_step(x)", "lstm_course.cells"),
        ("from lstm_course.cells import lstm_step as step\ndef f(x): return step(x)", "lstm_course.cells"),
        ("def f(x): (x * x).sum().backward()", "torch.Tensor.backward"),
        ("def f(x): loss = x.sum(); loss.backward()", "torch.Tensor.backward"),
    ],
)
def test_a_shortcut_is_found_whatever_it_is_called(answer, name):
    assert shortcuts(answer, FORBIDDEN, [SETUP]) == [name]


OWN_METHOD = """
class Step:
    def backward(self, d): return 2 * d
def f(x):
    step = Step()
    return step.backward(x)"""
OWN_ATTRIBUTE = "def f(parts):\n    parts['i'].grad = 1\n    return parts['i'].grad"


@pytest.mark.parametrize("answer", [OWN_METHOD, OWN_ATTRIBUTE])
def test_a_students_own_method_or_attribute_is_no_shortcut(answer):
    forbidden = [*FORBIDDEN, "torch.autograd.grad"]
    assert shortcuts(answer, forbidden, [SETUP]) == []
    assert shortcuts(f"{answer} + torch.autograd.grad(parts)", forbidden, [SETUP]) == ["torch.autograd.grad"]


def test_helpers_count_as_far_as_the_answer_uses_them():
    others = [
        SETUP,
        "def helper(x): return other(x)",
        "other = nn.LSTM(1, 1)",
        "def unused(x): return cells.lstm_step(x)",
    ]
    assert shortcuts("def f(x): return helper(x)", FORBIDDEN, others) == ["torch.nn.LSTM"]
    assert shortcuts("def f(x): return x", FORBIDDEN, others) == []


@pytest.mark.parametrize(
    "answer",
    [
        "def f(x): return torch.sigmoid(x)",
        "def f(x):\n    cells = []\n    cells.append(x)",
        "def f(cells): return cells.x",
        "class A(nn.Module):\n    def forward(self): return self.lstm_cell(1)",
        "'nn.LSTM would do it'",
        "x = (((",
        "%%bash\nls",
        "",
    ],
)
def test_honest_answers_have_none(answer):
    assert shortcuts(answer, FORBIDDEN, [SETUP]) == []


CELL = nn.LSTM(1, 2)
STATE = torch.zeros(1, 2)


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (lambda x: getattr(nn, "LS" + "TM")(1, 2), "torch.nn.LSTM"),
        (CELL, "torch.nn.LSTM"),
        (lambda x: torch.ops.aten.lstm_cell(x, (STATE, STATE), *CELL.parameters()), "torch.lstm_cell"),
        (lambda x: vars(torch)["lstm" + "_cell"](x, (STATE, STATE), *CELL.parameters()), "torch.lstm_cell"),
        (lambda x: vars(cells)["lstm" + "_step"](x, STATE, STATE, *list(CELL.parameters())[:3]), "lstm_course.cells"),
        (lambda x: getattr(x.requires_grad_().sum(), "back" + "ward")(), "torch.Tensor.backward"),
    ],
)
def test_a_shortcut_is_noted_when_it_is_called(answer, name):
    trial = Trial(1, FORBIDDEN)
    trial.call(answer, torch.ones(1, 1))
    assert name in trial.used


def test_an_honest_call_is_not_noted_and_the_watch_ends_with_it():
    trial = Trial(1, FORBIDDEN)
    trial.call(lambda x: torch.sigmoid(nn.Linear(1, 1)(x)), torch.ones(1, 1))
    CELL(torch.ones(1, 1))
    assert not trial.used
