"""What the catalogue does not say about the checks of lesson 4."""

import pytest
import torch
from torch import nn

from lstm_course.checks import nn_lstm as check
from lstm_course.checks.nn_lstm_programs import COUNT, SHAPES
from tests.mistakes.nn_lstm import Many, One


@pytest.mark.parametrize(("question", "whole"), [(check.many_to_one, One), (check.many_to_many, Many)])
def test_a_model_without_forward_raises_not_implemented(question, whole):
    def stub(self, *arguments):
        raise NotImplementedError

    with pytest.raises(NotImplementedError):
        question(type("Half", (whole,), {"forward": stub}))


def test_dropout_does_not_disturb_the_check(capsys):
    class Dropped(One):
        def __init__(self, inputs, hidden, outputs):
            super().__init__(inputs, hidden, outputs)
            self.dropout = nn.Dropout(0.5)

        def forward(self, x, lengths):
            return super().forward(self.dropout(x), lengths)

    check.many_to_one(Dropped)
    assert capsys.readouterr().out == "✓ many_to_one is right.\n"


def test_building_a_layer_works_again_after_a_check():
    check.count_parameters(lambda I, H, layers=1, both=False: COUNT.run(
        {"I": I, "H": H, "num_layers": layers, "bidirectional": both})["total"])  # fmt: skip
    assert nn.LSTM(2, 3)(torch.zeros(1, 1, 2))[0].shape == (1, 1, 3)


@pytest.mark.parametrize("plan", [{}, {"num_layers": 2, "bidirectional": True}, {"batch_first": True, "proj_size": 3}])
def test_the_program_of_the_shapes_is_what_torch_returns(plan):
    given = {"T": 5, "B": 2, "H": 4, **check.DEFAULTS, **plan}
    assert SHAPES.run(given) == check._shapes(**given)
