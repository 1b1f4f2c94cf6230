"""Right programs with holes, and what learners put into them: which program gives the wrong values that a learner got?

A mistake is kept as the code that makes it, so that what a message quotes and what was compared cannot differ.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from heapq import nsmallest
from itertools import chain, combinations, product
from types import CodeType
from typing import Any, NamedTuple

import torch
from torch import Tensor

from lstm_course.checks.answers import require_right
from lstm_course.checks.base import CheckFailed, first_difference, is_explaining, require_tensor

PAIRS = 600  # of wrong fillings are tried together, those first that stand in front in their holes
MOST_HOLES = 4  # that one message fills wrongly
Parts = dict[str, Any]
Code = dict[str, str]
Names = Mapping[str, Any]
STATEMENT = re.compile(r"^.*(?:\n[\s)\]}].*)*", re.MULTILINE)  # with the lines that are indented or close a bracket


class Hole:
    """A place in a program: what belongs there, the question that leads to it, and what learners write instead."""

    def __init__(self, right: str, asks: str, *wrong: str) -> None:
        self.right = right
        self.asks = asks
        self.wrong = wrong


class Filling(NamedTuple):
    """Holes filled wrongly (name to code), and the parts that come out of every case."""

    code: Code
    results: list[Parts]


class Program:
    """Lines of Python with holes such as {gate}, that assign the `parts` (earlier ones do not depend on later ones).

    Only so many pairs of wrong fillings are tried: give fewer where a run takes long, as learners wait for the message.
    """

    def __init__(self, text: str, parts: Sequence[str], pairs: int = PAIRS, /, **holes: Hole) -> None:
        self.lines = text.strip().splitlines()
        self.statements = [found[0] for found in STATEMENT.finditer(text.strip())]
        self.parts = parts
        self.pairs = pairs
        self.holes = holes
        self.right = {name: hole.right for name, hole in holes.items()}

    def run(self, names: Names, code: Mapping[str, str] | None = None) -> Parts:
        """Run it with these names, the holes filled rightly where `code` does not say otherwise; return the parts."""
        return self._run_all([names], code or {})[0]

    def _run_all(self, cases: Sequence[Names], code: Mapping[str, str]) -> list[Parts]:
        filled = self.right | dict(code)
        compiled = [_compiled(statement.format_map(filled)) for statement in self.statements]
        results = []
        for names in cases:
            space = dict(names)
            for statement in compiled:
                exec(statement, space)
            results.append({part: space[part] for part in self.parts})
        return results

    def explain(self, cases: Sequence[Names], got: Sequence[Parts]) -> str:
        """Say which wrong program gives what the learner got: its lines and a question ("" if none does).

        One wrong hole is tried before two. A program fits if all parts before the learner's first wrong one are right
        and that one is as the learner's; of several the one is said that fits the most parts. Further holes are filled
        as long as more parts fit. Of several cases half of what is wrong must fit: numbers agree by chance.
        """
        if not is_explaining.get():
            return ""
        right = self._run_all(cases, {})
        places = [(k, part) for k in range(len(cases)) for part in self.parts]
        wrong = [place for place, (k, part) in enumerate(places) if not alike(got[k].get(part), right[k][part])]
        if not wrong:
            return ""

        def fits_of(filling: Filling, since: int = 0, end: int | None = None) -> list[bool]:
            return [alike(got[k].get(part), filling.results[k][part]) for k, part in places[since:end]]

        first, kept, stuck = wrong[0], [], []
        for fillings in (self._single(cases, stuck), self._pairs(cases, kept, stuck)):
            fitting = []
            for filling in fillings:
                if all(fits := fits_of(filling, end=first + 1)):
                    fits += fits_of(filling, first + 1)
                    if all(fits):
                        return self._said(filling.code)
                    fitting.append((fits, filling.code))
                elif len(filling.code) == 1 and self._concerns(filling, right, places[: first + 1]):
                    kept.append(filling.code)
            if fitting:
                fits, code = self._extended(*max(fitting, key=lambda pair: sum(pair[0])), cases, fits_of)
                is_chance = len(cases) > 1 and 2 * sum(fits[place] for place in wrong) < len(wrong)
                if not is_chance:
                    return self._said(code, "" if all(fits) else places[first][1])
        return ""

    def _extended(
        self, fits: list[bool], code: Code, cases: Sequence[Names], fits_of: Callable[..., list[bool]]
    ) -> tuple[list[bool], Code]:
        """Fill further holes wrongly, as long as what is first unlike the learner's moves on."""
        while not all(fits) and len(code) < MOST_HOLES:
            end = fits.index(False) + 1
            filled = self._single(cases, [], code)
            more = [(fits_of(filling), filling.code) for filling in filled if all(fits_of(filling, end=end))]
            if not more:
                break
            fits, code = max(more, key=lambda pair: sum(pair[0]))
        return fits, code

    def _single(self, cases: Sequence[Names], stuck: list[Code], filled: Code | None = None) -> Iterator[Filling]:
        """Try one wrong hole more after the other; what does not run alone may run with another: kept in `stuck`."""
        filled = filled or {}
        for name, hole in self.holes.items():
            for wrong in () if name in filled else hole.wrong:
                tried = list(self._tried({**filled, name: wrong}, cases))
                yield from tried
                if not tried:
                    stuck.append({name: wrong})

    def _pairs(self, cases: Sequence[Names], singles: list[Code], stuck: list[Code]) -> Iterator[Filling]:
        both = chain(combinations(singles, 2), product(singles, stuck))
        pairs = (one | other for one, other in both if one.keys() != other.keys())
        for code in nsmallest(self.pairs, pairs, key=self._rarity):
            yield from self._tried(code, cases)

    def _rarity(self, code: Code) -> int:
        return sum(self.holes[name].wrong.index(wrong) for name, wrong in code.items())

    def _tried(self, code: Code, cases: Sequence[Names]) -> Iterator[Filling]:
        try:
            yield Filling(code, self._run_all(cases, code))
        except Exception:  # so wrong that it does not run
            return

    def _concerns(self, filling: Filling, right: list[Parts], places: list[tuple[int, str]]) -> bool:
        """Tell whether a filling changes the last of these places and none before."""
        changes = [not alike(filling.results[k][part], right[k][part]) for k, part in places]
        return changes[-1] and not any(changes[:-1])

    def _said(self, code: Code, part: str = "") -> str:
        """Say what the learner's values are those of, or only their value of this part."""
        changed = [line for line in self.lines if any(f"{{{name}}}" in line for name in code)]
        lines = "; ".join(line.format_map(self.right | code).strip() for line in changed)
        whose = f"Your {part} is that of" if part else "Your values are those of"
        return f"{whose}   {lines}\n" + " ".join(dict.fromkeys(self.holes[name].asks for name in code))


@lru_cache(maxsize=8192)
def _compiled(text: str) -> CodeType:
    return compile(text, "<program>", "exec")


def alike(got: Any, value: Any) -> bool:
    """Tell whether a value is that of a program, up to rounding."""
    if not isinstance(got, Tensor) or not isinstance(value, Tensor):
        return type(got) is type(value) and got == value
    if got.shape != value.shape:
        return False
    return torch.allclose(got, value.to(got.dtype), rtol=1e-4, atol=1e-6, equal_nan=True)


def require_program(
    program: Program,
    names: Names,
    got: Mapping[str, Any],
    rules: Mapping[str, str],
    meanings: Mapping[str, str],
) -> None:
    """Require the parts that the right program gives; name the wrong program that gives the learner's.

    Parameters
    ----------
    program : Program
    names : mapping
        What it starts from.
    got : mapping
        The learner's parts, all of the program's or the first ones.
    rules : mapping
        For each part the sentence that it breaks where it is wrong.
    meanings : mapping
        For each part what its axes are, such as "(batch, hidden)".
    """
    for part, expected in program.run(names).items():
        if part not in got:
            continue
        value, shape, meaning = got[part], tuple(expected.shape), meanings.get(part, "of what belongs there")
        if isinstance(value, Tensor):  # on another device, or sparse, it cannot be compared
            require_tensor(part, value, tuple(value.shape), meaning)
        has_shape = isinstance(value, Tensor) and tuple(value.shape) == shape
        if has_shape and torch.isclose(value, expected.to(value.dtype), rtol=1e-4, atol=1e-6).all():
            require_tensor(part, value, shape, meaning, expected.dtype)
            _require_digits(part, value, expected, rules[part])
            continue
        words = program.explain([names], [dict(got)])
        if words and has_shape:
            wrong = ~torch.isclose(value, expected.to(value.dtype), rtol=1e-4, atol=1e-6)
            raise CheckFailed(f"{rules[part]}\n{first_difference(part, value, expected, wrong)}\n{words}")
        if words:
            raise CheckFailed(f"{part} must have the shape {meaning} = {shape}. Got {tuple(value.shape)}.\n{words}")
        require_tensor(part, value, shape, meaning, expected.dtype)
        require_right(part, value, expected, rules[part], {})


def _require_digits(part: str, value: Tensor, expected: Tensor, rule: str) -> None:
    """Require float64 to be right to more than the digits of float32."""
    wrong = ~torch.isclose(value, expected, rtol=1e-8, atol=1e-9)
    if value.dtype == torch.float64 and wrong.any():
        at = (value - expected).abs().max().item()
        words = f"Got values wrong by up to {at:.1g}: is something turned into float32, or a small number added?"
        raise CheckFailed(f"{rule} {words}")


def require_all_cases(
    program: Program,
    cases: Sequence[Names],
    right: Sequence[Parts],
    ask: Callable[[Names], Parts],
    rule: Callable[[Names, str, Any], str],
) -> None:
    """Require the right parts (numbers, tuples) in every case; a wrong program must fit the answers of all of them.

    Parameters
    ----------
    program : Program
    cases : sequence
        What it starts from, the simplest first.
    right : sequence
        The right parts of every case.
    ask : callable
        Asks the learner's answer for the parts of a case.
    rule : callable
        Says for a case, a part and its right value what the rule is.
    """
    got: list[Parts] = []
    for case in cases:
        try:
            got.append(ask(case))
        except Exception:
            if got != list(right[: len(got)]):
                break  # the first mistake first
            raise
    for case, found, expected in zip(cases, got, right, strict=False):
        for part, value in expected.items():
            if found[part] != value:
                words = program.explain(cases[: len(got)], got)
                raise CheckFailed(f"{rule(case, part, value)} Got {found[part]}." + (f"\n{words}" if words else ""))
