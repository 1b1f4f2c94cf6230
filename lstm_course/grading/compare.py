"""In the grader's process: compare what an answer reported with what the solution reported, and say what differs.

`Expected` makes nbval's own comparison of outputs mean "within the tolerance".
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstm_course.grading.diagnosis import diagnosis
from lstm_course.grading.probes import Probe
from lstm_course.grading.text import one_line
from lstm_course.grading.values import Numbers, Other, Unreadable, read

# rtol, atol by the dtype expected: an honest formula in another order of operations differs by rounding (1e-13 and
# 1e-6 of the value), a wrong one by more, also float64 that went through float32 on the way (3e-8). Everything else
# (integers, words, shapes) must be equal.
TOLERANCES = {"float64": (1e-9, 1e-10), "float32": (1e-4, 1e-6)}
ARTICLES = {"tensor": "a", "array": "an", "": "a"}
UNREADABLE = "The answer's values could not be read"


class Expected(str):
    """Stands in the reference's place: equal to every text that reports the right values.

    It is a string with a fixed text, so that nbval can print it and shows nothing of the reference; nbval asks it
    `!=` the text that came out of the sandbox. Afterwards `problem` is the sentence for the student, or None.

    Parameters
    ----------
    probe : Probe
    reference : str
        What the solution reported in the same grading run.
    seed : int
        The grading run's.

    Raises
    ------
    Unreadable
        If the reference itself cannot be used: it is no such report, uses what it forbids, or fails its own judge.
    """

    problem: str | None
    probe: Probe
    seed: int
    reference: Any

    def __new__(cls, probe: Probe, reference: str, seed: int) -> "Expected":
        """Read the reference and judge it like any other."""
        return cls._of(probe, _sound(probe, reference, seed), seed)

    @classmethod
    def _of(cls, probe: Probe, values: Any, seed: int) -> "Expected":
        expected = super().__new__(cls, "[the right values]")
        expected.probe, expected.reference, expected.seed, expected.problem = probe, values, seed, None
        return expected

    def compare(self, text: object) -> str | None:
        """Return the sentence that says what is wrong with a report, or None."""
        try:
            values, used = read(text)
        except Unreadable as error:
            return f"{UNREADABLE}: {error}."
        if used:
            return f"The answer must do without {', '.join(used)}."
        with np.errstate(all="ignore"):
            if "judge" in self.probe.judge:
                return self._judged(self.probe.judge["judge"], values)
            difference = self._difference(self.reference, values, "")
        return one_line(f"{self.probe.rule} {difference}", 600) if difference else None

    def _judged(self, judge: Callable[..., Any], values: Any) -> str | None:
        try:
            problem = judge(values, self.probe.shared_seed(self.seed), self.probe.id)
        except Exception:  # values of another form than the judge expects; on the reference it would show
            problem = f"Got {_short(values)}."
        return one_line(f"{self.probe.rule} {problem}", 600) if problem else None

    def __eq__(self, other: object) -> bool:
        """Tell whether `other` reports the right values, and keep the sentence if not."""
        self.problem = self.compare(other)
        return self.problem is None

    def __ne__(self, other: object) -> bool:
        """Say the opposite of equality; nbval asks this."""
        return not self == other

    __hash__ = str.__hash__

    def __deepcopy__(self, memo: object) -> "Expected":
        """Stay the one object whose `problem` is asked for afterwards."""
        return self

    def _difference(self, right: Any, got: Any, place: str, others: Mapping[str, Any] | None = None) -> str | None:
        """Return what differs first, as a sentence; `others` are right values that stand beside this one."""
        if isinstance(right, Numbers):
            return self._numbers(right, got, place or "the result", others or {})
        if isinstance(right, list) and isinstance(got, list) and len(right) == len(got):
            named = len(self.probe.parts) == len(right)
            names = self.probe.parts if named else [f"{place}[{number}]" for number in range(len(right))]
            beside = dict(zip(names, right, strict=True)) if named else {}
            found = (self._difference(*three, beside) for three in zip(right, got, names, strict=True))
            return next(filter(None, found), None)
        if isinstance(right, dict) and isinstance(got, dict) and right.keys() == got.keys():
            return next(filter(None, (self._difference(right[name], got[name], name) for name in right)), None)
        if isinstance(right, list) and self.probe.parts:
            count = f"{len(got)} values" if isinstance(got, list) else _short(got)
            return f"Expected {len(right)} values ({', '.join(self.probe.parts)}), got {count}."
        if type(right) is float and type(got) is float:
            return self._difference(*(Numbers("", "float64", np.array(number)) for number in (right, got)), place)
        is_plain = right is None or type(right) in (bool, int, str)
        is_same = is_plain and type(right) is type(got) and right == got
        return None if is_same else f"Expected {f'{place} = ' if place else ''}{_short(right)}, got {_short(got)}."

    def _numbers(self, right: Numbers, got: Any, name: str, others: Mapping[str, Any]) -> str | None:
        if not isinstance(got, Numbers) or got.kind != right.kind:
            return f"Expected {name} to be {ARTICLES[right.kind]} {right.kind or 'number'}, got {_short(got)}."
        if got.values.shape != right.values.shape:
            mistake = self._mistake(right, got, others)
            return f"Expected {name} of the shape {right.values.shape}, got {got.values.shape}. {mistake}".rstrip()
        if got.dtype != right.dtype:
            return f"Expected {name} to be {right.dtype}, got {got.dtype}."
        wrong = self._wrong(got.values, right.values, right.dtype)
        if not wrong.any():
            return None
        at = tuple(int(index[0]) for index in wrong.nonzero()) if wrong.ndim else ()
        place = f"{name}[{', '.join(map(str, at))}]" if at else name
        mistake = self._mistake(right, got, others)
        return f"Expected {place} = {right.values[at]:.6g}, got {got.values[at]:.6g}. {mistake}".rstrip()

    def _mistake(self, right: Numbers, got: Numbers, others: Mapping[str, Any]) -> str:
        beside = {other: value.values for other, value in others.items() if isinstance(value, Numbers)}
        return diagnosis(right.values, got.values, beside, lambda a, b: not self._wrong(a, b, right.dtype).any())

    def _wrong(self, got: NDArray[Any], right: NDArray[Any], dtype: str) -> NDArray[np.bool_]:
        """Tell for each element whether it is outside the tolerance of the expected dtype."""
        if dtype not in TOLERANCES:
            return np.asarray(got != right)
        rtol, atol = TOLERANCES[dtype]
        rtol = rtol if self.probe.rtol is None else self.probe.rtol
        atol = atol if self.probe.atol is None else self.probe.atol
        return np.asarray(~np.isclose(got, right, rtol=rtol, atol=atol))


@lru_cache(maxsize=1000)  # each submission asks again
def _sound(probe: Probe, reference: str, seed: int) -> Any:
    """Read a reference that is right by its own rule."""
    values, _ = read(reference)
    if problem := Expected._of(probe, values, seed).compare(reference):
        raise Unreadable(f"The reference of {probe.id} is wrong by its own rule: {problem}")
    return values


def _short(value: Any) -> str:
    """Say a value in a few words."""
    match value:
        case Numbers(kind, dtype, values):
            return f"{kind or 'number'} of {dtype} and shape {values.shape}" if values.ndim or kind else f"{values:.6g}"
        case Other(name):
            return f"something of the type {one_line(name, 100)}"
        case list():
            return f"[{', '.join(map(_short, value[:6]))}{', ...' * (len(value) > 6)}]"
        case dict():
            return f"values for {', '.join(one_line(name, 20) for name in list(value)[:6])}"
    return one_line(f"{value:.6g}" if isinstance(value, float) else repr(value), 60)
