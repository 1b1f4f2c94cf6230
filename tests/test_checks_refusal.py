"""Answers that call what they should build are refused, whatever way they come by it; nothing is replaced meanwhile."""

import sys
from contextlib import suppress

import pytest
import torch
from torch.autograd import grad
from torch.nn.utils import clip_grad_norm_

from lstm_course import cells
from lstm_course.cells import lstm_step
from lstm_course.checks.base import CheckFailed
from lstm_course.checks.refusal import refused

PLACES = (
    (cells, "lstm_step"),
    (torch, "lstm_cell"),
    (torch.autograd, "grad"),
    (torch.nn.utils, "clip_grad_norm_"),
    (torch.nn.LSTM, "forward"),
)
x, z = torch.ones(1, 1, requires_grad=True), torch.zeros(4)


def swallowed():
    with suppress(ValueError):
        lstm_step(x, x, x, z, z, z)


CALLS = {
    "imported by name": lambda: lstm_step(x, x, x, x.expand(4, 1), x.expand(4, 1), z),
    "with its error swallowed": swallowed,
    "imported from torch": lambda: grad(x.sum(), x),
    "wrapped": lambda: clip_grad_norm_([x], 1.0),
    "called by torch": lambda: torch.func.grad(lambda x: (x**2).sum())(x),
    "a method": lambda: torch.nn.LSTM(1, 1)(x),
    "built in": lambda: torch.lstm_cell(x, (x, x), x.expand(4, 1), x.expand(4, 1)),
    "built in, by another name": lambda: torch._VF.lstm_cell(x, (x, x), x.expand(4, 1), x.expand(4, 1)),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_what_was_called_is_refused(call):
    with pytest.raises(CheckFailed, match="Write it yourself"), refused("Write it yourself.", *PLACES):
        call()


def test_everything_else_may_be_called_and_is_found_as_it_was():
    before = sys.getprofile()
    with refused("no", *PLACES):
        assert cells.lstm_step is lstm_step
        assert torch.autograd.grad is grad
        torch.tanh(x).sum()
    assert sys.getprofile() == before
