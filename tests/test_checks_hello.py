"""What is special in the checks of exercise 6; right answers and mistakes stand in tests/mistakes."""

import pytest
import torch

from lstm_course import letters
from lstm_course.checks import hello as check
from lstm_course.checks.base import CheckFailed
from lstm_course.checks.hello_sample import DRAWS, TOLERANCE
from tests.mistakes import hello_sample


@pytest.mark.parametrize("question", ["one_hot", "shifted_pairs", "train_speller", "sample"])
def test_unanswered_is_only_not_implemented(question):
    def unanswered(*_):
        raise NotImplementedError

    with pytest.raises(NotImplementedError):
        getattr(check, question)(unanswered)


def test_the_courses_own_functions_are_refused_only_where_they_are_asked_for(capsys):
    with pytest.raises(CheckFailed, match=r"one_hot must make the rows itself, without letters\.one_hot\."):
        check.one_hot(lambda text, alphabet: letters.one_hot(text, alphabet))
    assert letters.one_hot("a", "ab").tolist() == [[1, 0]]
    check.one_hot(lambda text, alphabet: torch.eye(len(alphabet))[letters.encode(text, alphabet)])
    assert capsys.readouterr().out == "✓ one_hot is right.\n"


def test_any_exception_refuses_a_letter(capsys):
    for error in (KeyError, ValueError, AssertionError, NotImplementedError):

        def answer(text, alphabet, error=error):
            if set(text) - set(alphabet):
                raise error("no such letter")
            return torch.eye(len(alphabet))[[alphabet.index(letter) for letter in text]]

        check.one_hot(answer)
    assert capsys.readouterr().out == 4 * "✓ one_hot is right.\n"


def test_right_draws_are_accepted_whatever_the_random_numbers():
    """The tolerance is more than five standard deviations of a share."""
    assert TOLERANCE > 5 * (0.5 * 0.5 / DRAWS) ** 0.5
    for shift in range(5):
        check.sample(
            lambda z, tau, g, shift=shift: (
                torch.rand(shift, generator=g),
                hello_sample.softmax_sample(z, tau, g),
            )[1]
        )
