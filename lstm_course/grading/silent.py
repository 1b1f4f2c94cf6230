"""Stands in the sandbox for every module of `lstm_course.checks`: each name exists and does nothing.

The right answers are then nowhere in reach of a submission, and a cell that runs a check still runs. A probe can put
a function here that its question hands out.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import Any


class Silent:
    """Can be called, and has every attribute."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Check nothing; do what a probe has put under this name, also since it was imported."""
        handed_out = globals().get(self._name)
        return handed_out(*args, **kwargs) if handed_out else None

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[()]:
        """Be left out where it is named as a base class."""
        return ()

    def __getattr__(self, name: str) -> "Silent":
        if name.startswith("__"):
            raise AttributeError(name)
        return self


def __getattr__(name: str) -> Any:
    full_name = f"{__name__}.{name}"
    is_module = "__path__" in globals() and find_spec(full_name)
    return import_module(full_name) if is_module else getattr(Silent(name), name)
