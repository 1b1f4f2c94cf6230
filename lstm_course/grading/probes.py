"""Read the probes of an exercise: what is asked of each answer, how it is compared, what must not be used.

A file of `source/probes` is a jupytext percent script that students never receive. Its header says for the
exercise what to `hide` in the sandbox (modules of the package that hold an answer; "weather-2013": the hours from
2013 on of the shipped weather file, whose rest stays readable) and, by question, which names are `forbidden`.
Its cells are

- `<question>-probe`, `<question>-probe-2`, ...: each defines `_probe(trial)`, which calls the answer and returns
  values. It sees the notebook's names and defines its own beside them. A question earns the share of its probes that
  pass. Options: `rule` (a sentence for whoever fails it), `parts` (what the values of a list are called), `rtol` and
  `atol` with a `reason` (see `compare.TOLERANCES` for the default).
- `<question>-guard`: a probe that runs before the others and earns nothing, but costs the whole question where it
  fails: for what no honest answer fails.
- `<question>-common`: what its probes and judge share, put in front of each; with `also` for further questions.
- `<question>-judge`: for the grader's process only, with `given(seed, id)` (what a probe gets as `trial.given`) and
  `judge(values, seed, id)` (the sentence that says what is wrong, or None), one or both.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lstm_course.errors import CourseError

OPTIONS = {"id", "rule", "parts", "rtol", "atol", "reason", "also", "lines_to_next_cell"}
CELL = re.compile(r"(?P<question>[a-z][a-z0-9-]*?)-(?P<kind>guard|probe(-[2-9])?|common|judge)")


@dataclass(frozen=True)
class Probe:
    """One probe of a question.

    Attributes
    ----------
    id, question : str
        The cell's id in the assembled notebook, and the question's.
    code : str
        Defines `_probe(trial)`.
    rule : str
        What the answer should do, as the student may read it.
    parts : tuple of str
        Names of the values, where a list is returned.
    rtol, atol : float or None
        The tolerance; None for the default of the expected dtype.
    forbidden, hide : tuple of str
        Names that the answer must not use; what the sandbox must not show for this exercise.
    judge_code : str
        Code of the grader's process, or nothing.
    """

    id: str
    question: str
    code: str
    rule: str
    parts: tuple[str, ...] = ()
    rtol: float | None = None
    atol: float | None = None
    forbidden: tuple[str, ...] = ()
    hide: tuple[str, ...] = ()
    judge_code: str = ""

    def source_for(self, seed: int) -> str:
        """Write the cell that runs this probe in a grading run."""
        given = self.judge["given"](self.shared_seed(seed), self.id) if "given" in self.judge else None
        arguments = f"{self.code!r}, {_mixed(seed, self.id)}, {list(self.forbidden)}, {given!r}"
        return f"from lstm_course.grading import emit as _emit\n\n_emit.run({arguments})"

    def shared_seed(self, seed: int) -> int:
        """Return what `given` and `judge` of this question draw from in a grading run."""
        return _mixed(seed, self.question)

    @property
    def is_guard(self) -> bool:
        """Tell whether it earns nothing and costs the whole question."""
        return self.id.endswith("-guard")

    @property
    def judge(self) -> dict[str, Callable[..., Any]]:
        """Functions that the grader's process calls, by name."""
        return _functions(self.judge_code, self.question)


@cache
def _functions(code: str, question: str) -> dict[str, Any]:
    """Run the instructor's own code; nothing of a submission is ever in it."""
    names: dict[str, Any] = {}
    exec(compile(code, f"<{question}-judge>", "exec"), names)
    return {name: names[name] for name in ("given", "judge") if name in names}


def share(probes: Sequence[Probe], passed: Collection[Probe]) -> float:
    """Return the share of a question's points that it earns where these of its probes passed."""
    if any(probe.is_guard and probe not in passed for probe in probes):
        return 0.0
    counted = [probe for probe in probes if not probe.is_guard]
    return sum(probe in passed for probe in counted) / len(counted)


def load(path: Path) -> dict[str, list[Probe]]:
    """Read the probes at `path`, by question, in order.

    Raises
    ------
    CourseError
        If the file cannot be read as such a script, naming the cell and the broken rule.
    """
    import jupytext  # a worker has no use for it

    try:
        notebook = jupytext.reads(path.read_text("utf-8"), fmt="py:percent")
    except (OSError, UnicodeDecodeError, ValueError, SyntaxError) as error:
        raise CourseError(f"Probes are read from a percent script; {path} is none: {error}.") from error
    header = notebook.metadata.get("lstm_course", {})
    cells = [(_place(path, cell.metadata), cell) for cell in notebook.cells if cell.cell_type == "code"]
    shared: dict[str, str] = {}
    judges: dict[str, str] = {}
    for (question, kind), cell in cells:
        if kind == "common":
            shared |= dict.fromkeys((question, *cell.metadata.get("also", ())), cell.source)
        elif kind == "judge":
            judges[question] = f"{shared.get(question, '')}\n\n{cell.source}"
    probes: dict[str, list[Probe]] = {}
    for (question, kind), cell in cells:
        if kind not in ("common", "judge"):
            about = {"judge_code": judges.get(question, ""), "hide": tuple(header.get("hide", ()))}
            about["forbidden"] = tuple(header.get("forbidden", {}).get(question, ()))
            code = f"{shared.get(question, '')}\n\n{cell.source}".strip()
            probes.setdefault(question, []).append(_probe(path, question, cell.metadata, code=code, **about))
    if lost := sorted({*shared, *judges, *header.get("forbidden", {})} - set(probes)):
        raise CourseError(f"{path}: a question has a probe; {lost} has none: is the name right?")
    return probes


def _place(path: Path, metadata: dict[str, Any]) -> tuple[str, str]:
    """Return the question that a cell belongs to, and what it is."""
    id = metadata.get("id")
    match = CELL.fullmatch(id) if isinstance(id, str) else None
    if not match:
        raise CourseError(
            f'{path}: a cell is named "<question>-probe", "-probe-2" ..., "-guard", "-common" or "-judge", got {id!r}.'
        )
    if unknown := set(metadata) - OPTIONS:
        raise CourseError(f"{path}: cell {id!r} does not know {sorted(unknown)}; known: {sorted(OPTIONS)}.")
    return match["question"], match["kind"]


def _probe(path: Path, question: str, metadata: dict[str, Any], *, code: str, **about: Any) -> Probe:
    id = metadata["id"]
    if "rule" not in metadata or "def _probe(trial)" not in code:
        raise CourseError(f"{path}: cell {id!r} needs a rule for who fails it, and defines _probe(trial).")
    if ({"rtol", "atol"} & set(metadata)) and not metadata.get("reason"):
        raise CourseError(f"{path}: cell {id!r} states a tolerance and no reason for it; add reason=...")
    tolerance = {name: metadata.get(name) for name in ("rtol", "atol")}
    return Probe(id, question, code, metadata["rule"], tuple(metadata.get("parts", ())), **tolerance, **about)


def _mixed(seed: int, name: str) -> int:
    """Mix a seed of its own for each probe, from which the grading run's cannot be told."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:6])
