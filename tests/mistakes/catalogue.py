"""The form of the catalogue. Each module beside this one holds `RIGHT` and `MISTAKES`: entries by name, by check."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import tests.mistakes


class Mistake:
    """A wrong answer, and all the words by which the check's message names it.

    `named=False`: the mistake need only be rejected, with these words if any; no message can know what was meant.
    """

    def __init__(self, answer: Any, *words: str, named: bool = True) -> None:
        self.answer, self.words, self.named = answer, words, named


def modules() -> Iterator[ModuleType]:
    """Import every module of the catalogue."""
    for found in pkgutil.iter_modules(tests.mistakes.__path__):
        if found.name != "catalogue":
            yield importlib.import_module(f"tests.mistakes.{found.name}")


def entries(which: str) -> Iterator[tuple[str, Callable[[Any], None], Any]]:
    """Return name, check and entry of everything in `RIGHT` or `MISTAKES`."""
    for module in modules():
        for check, found in getattr(module, which).items():
            for name, entry in found.items():
                yield f"{module.__name__.rpartition('.')[2]}-{check.__name__}-{name}", check, entry
