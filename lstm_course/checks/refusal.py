"""Refuse answers that look a result up rather than work it out."""

import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from lstm_course.checks.base import CheckFailed


@contextmanager
def refused(sentence: str, *places: tuple[Any, str]) -> Iterator[None]:
    """Raise `CheckFailed` after the body if it called one of these functions, whatever name it has for it.

    Each is given as the object that holds it, and its name. They are watched and not replaced: an answer may have
    imported one by name, and torch, which looks at its own functions at times, must find them as they are.
    """
    functions = [inspect.unwrap(getattr(holder, name)) for holder, name in places]
    codes = {function.__code__ for function in functions if hasattr(function, "__code__")}
    built_in = [function for function in functions if not hasattr(function, "__code__")]
    is_called = False

    def note(frame: FrameType, event: str, function: Any) -> None:
        nonlocal is_called
        if event == "call":
            is_called = is_called or frame.f_code in codes
        elif event == "c_call" and built_in:
            is_called = is_called or function in built_in

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(before)
        if is_called:
            raise CheckFailed(sentence) from None
