"""Every catalogued mistake is rejected and named, every right answer accepted, whatever the style."""

from collections import Counter

import pytest

from lstm_course.checks.base import MOST_LINES, CheckFailed
from tests.mistakes.catalogue import entries, modules

RIGHT = [pytest.param(check, answer, id=name) for name, check, answer in entries("RIGHT")]
MISTAKES = [pytest.param(check, mistake, id=name) for name, check, mistake in entries("MISTAKES")]
CHECKS = list(dict.fromkeys(check for _, check, _ in entries("RIGHT")))
VALUES = {"find_the_bugs"}  # questions whose answer is no code
CLASSES = {"many_to_one", "many_to_many"}  # questions whose answer is a class
NAMED = 0.95


@pytest.mark.parametrize(("check", "answer"), RIGHT)
def test_right_answers_are_accepted(check, answer, capsys, record_property):
    record_property("catalogue", {"right answers": 1})
    check(answer)
    assert capsys.readouterr().out == f"✓ {check.__name__} is right.\n"
    record_property("catalogue", {"right answers accepted": 1})


@pytest.mark.parametrize(("check", "mistake"), MISTAKES)
def test_mistakes_are_rejected_and_named(check, mistake, record_property):
    record_property("catalogue", {"mistakes": 1})
    with pytest.raises(CheckFailed) as failure:
        check(mistake.answer)
    record_property("catalogue", {"mistakes rejected": 1})
    message = str(failure.value)
    assert "the check cannot read" not in message
    assert len(message.split("\n")) <= MOST_LINES
    for word in mistake.words:
        assert word in message
    record_property("catalogue", {"mistakes named": int(mistake.named)})


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_unanswered_questions_say_so(check):
    def unanswered(*arguments, **named):
        raise NotImplementedError

    as_class = type("Unanswered", (), {"__init__": unanswered})
    with pytest.raises(NotImplementedError, match="is not answered yet"):
        check(... if check.__name__ in VALUES else as_class if check.__name__ in CLASSES else unanswered)


def test_nearly_all_mistakes_are_named():
    """`named` is asserted above for each, so counting the entries is enough, whatever else runs."""
    named = [mistake.named for _, _, mistake in entries("MISTAKES")]
    assert sum(named) >= NAMED * len(named)
    assert all(mistake.words for _, _, mistake in entries("MISTAKES") if mistake.named)


def test_every_coding_question_has_five_right_answers_and_mistakes():
    right, wrong = Counter(), Counter()
    for module in modules():
        right.update({check: len(found) for check, found in module.RIGHT.items()})
        wrong.update({check: len(found) for check, found in module.MISTAKES.items()})
    assert right.keys() == wrong.keys()
    assert {check.__name__ for check, count in right.items() if count < 5} <= VALUES
