import random
from contextlib import suppress

import numpy as np
import pytest
import torch

from lstm_course.checks.base import CheckFailed, generator, question, require, require_close, require_tensor


@question
def double(answer):
    torch.rand(3), np.random.rand(3), random.random()
    require(answer(3) == 6, "double(x) is 2 x.", answer(3), "Add x to itself.")


def test_right_answer_prints_one_line(capsys):
    double(lambda x: 2 * x)
    assert capsys.readouterr().out == "✓ double is right.\n"


def test_wrong_answer_says_rule_got_and_what_to_do():
    with pytest.raises(CheckFailed) as error:
        double(lambda x: x * x)
    assert str(error.value) == "double(x) is 2 x. Got 9. Add x to itself."
    assert error.value._render_traceback_() == [f"✗ {error.value}"]


def test_unanswered_raises_not_implemented():
    with pytest.raises(NotImplementedError, match="replace the three dots"):
        double(...)

    def stub(x):
        raise NotImplementedError

    with pytest.raises(NotImplementedError):
        double(stub)


def test_random_state_is_kept_also_when_the_check_fails():
    for answer in (lambda x: 2 * x, lambda x: 0):
        torch.manual_seed(0), np.random.seed(0), random.seed(0)
        before = (torch.rand(1), np.random.rand(), random.random())
        torch.manual_seed(0), np.random.seed(0), random.seed(0)
        with suppress(CheckFailed):
            double(answer)
        assert (torch.rand(1), np.random.rand(), random.random()) == before


def test_tensor_shape_and_dtype_are_named():
    require_tensor("h", torch.zeros(2, 3), (2, 3), "(batch, hidden)")
    with pytest.raises(CheckFailed, match=r"h must have the shape \(batch, hidden\) = \(2, 3\)\. Got shape \(3, 2\)\."):
        require_tensor("h", torch.zeros(3, 2), (2, 3), "(batch, hidden)")
    with pytest.raises(CheckFailed, match=r"h must be a tensor .* Got None \(NoneType\)"):
        require_tensor("h", None, (2, 3), "(batch, hidden)")
    with pytest.raises(CheckFailed, match=r"keep the dtype torch.float32 .* Got torch.float64"):
        require_tensor("h", torch.zeros(2, dtype=torch.float64), (2,), "(hidden,)", torch.float32)


def test_first_differing_element_is_shown():
    with pytest.raises(CheckFailed, match=r"The rule\. Expected h\[1, 0\] = 2, got 5\."):
        require_close("h", torch.tensor([[1.0], [5.0]]), torch.tensor([[1.0], [2.0]]), "The rule.")
    with pytest.raises(CheckFailed, match=r"Expected s = 1, got nan\."):
        require_close("s", torch.tensor(float("nan")), torch.tensor(1.0), "The rule.")


def test_generators_of_one_seed_agree():
    assert torch.equal(torch.rand(5, generator=generator(3)), torch.rand(5, generator=generator(3)))
