"""Refuse answers that look a result up rather than work it out."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from lstm_course.checks.base import CheckFailed


@contextmanager
def refused(sentence: str, *places: tuple[Any, str]) -> Iterator[None]:
    """Let functions (given as the object that holds them, and their name) raise `CheckFailed` in the body."""

    def refuse(*_: Any, **__: Any) -> None:
        raise CheckFailed(sentence)

    with ExitStack() as stack:
        for holder, name in places:
            stack.enter_context(patch.object(holder, name, refuse))
        yield
