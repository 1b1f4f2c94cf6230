"""A check changes nothing of the learner's: random state, settings, output; also outside the main thread."""

import random
import threading
import time
import warnings
from contextlib import suppress

import numpy as np
import pytest
import torch

from lstm_course.checks.base import CheckFailed, question, require
from lstm_course.checks.safety import SHOWN, TimeUp, guarded


@question
def drawn(answer):
    torch.rand(3), np.random.rand(3), random.random()
    require(answer() == 6, "It is 6.", "another")


def draws():
    return torch.rand(1), np.random.rand(), random.random()


def seed():
    torch.manual_seed(0), np.random.seed(0), random.seed(0)


def test_random_state_is_kept_also_when_the_check_fails():
    for answer in (lambda: 6, lambda: 0):
        seed()
        before = draws()
        seed()
        with suppress(CheckFailed):
            drawn(answer)
        assert draws() == before


def settings():
    return (
        torch.get_default_dtype(),
        torch.is_grad_enabled(),
        torch.get_num_threads(),
        torch.are_deterministic_algorithms_enabled(),
        np.geterr(),
        list(warnings.filters),
    )


def meddler():
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(False)
    torch.use_deterministic_algorithms(True)
    np.seterr(all="ignore")
    warnings.simplefilter("ignore")
    torch.set_num_threads(torch.get_num_threads() + 1)
    return 6


def test_settings_are_put_back():
    before = settings()
    drawn(meddler)
    assert settings() == before


def test_a_check_starts_from_the_usual_settings():
    """A notebook that has switched gradients off, or to float64, gets the same verdict."""
    with torch.no_grad():
        torch.set_default_dtype(torch.float64)
        try:
            drawn(lambda: 6 if torch.is_grad_enabled() and torch.zeros(1).dtype == torch.float32 else 0)
            assert torch.get_default_dtype() == torch.float64
        finally:
            torch.set_default_dtype(torch.float32)


def test_much_output_is_cut(capsys):
    def chatty():
        for _ in range(SHOWN):
            print("twelve chars")
        return 6

    drawn(chatty)
    out = capsys.readouterr().out
    assert out.startswith("twelve chars\n")
    assert f"... and {12 * SHOWN:,} more characters that your answer printed." in out
    assert out.endswith("✓ drawn is right.\n")
    drawn(lambda: print("short") or 6)
    assert capsys.readouterr().out == "short\n✓ drawn is right.\n"


def spin():
    while True:
        pass


def test_time_is_limited_in_other_threads_too():
    caught = []

    def run():
        try:
            with guarded(0.1):
                spin()
        except TimeUp:
            caught.append(True)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(5)
    assert caught == [True]


def test_a_sleeping_answer_is_woken_in_the_main_thread():
    started = time.monotonic()
    with pytest.raises(TimeUp), guarded(0.1):
        time.sleep(10)
    assert time.monotonic() - started < 5


def test_no_time_limit_outlives_its_check():
    with guarded(0.1):
        pass
    time.sleep(0.2)


def test_an_exception_that_cannot_say_what_it_is_ends_as_a_message():
    class Mute(Exception):
        def __str__(self):
            raise RuntimeError

    def answer():
        raise Mute

    with pytest.raises(CheckFailed, match="drawn raised Mute: no message"):
        drawn(answer)
