"""For tests: an exercise's probes run on an answer in this process, as the sandbox would run them."""

from functools import cache
from pathlib import Path
from unittest.mock import patch

from lstm_course.authoring.source import read
from lstm_course.grading import emit
from lstm_course.grading.compare import Expected
from lstm_course.grading.probes import load

ROOT = Path(__file__).parent.parent
EXERCISES = sorted(path.stem for path in (ROOT / "source/exercises").glob("*.py"))
SEED = 20240229
TRAINED = {"train-forecaster", "train-speller", "forecast-weeks"}  # questions that take seconds for each answer


@cache
def probes(exercise):
    return load(ROOT / f"source/probes/{exercise}.py")


@cache
def solution(exercise):
    """The names that the solution's code cells define."""
    source = read(ROOT / f"source/exercises/{exercise}.py", is_exercise=True)
    cells = [cell for cell in source.cells if cell.kind == "code" and not cell.id.endswith("-check")]
    names = {}
    for cell in cells:
        exec(compile(cell.text, cell.id, "exec"), names)
    return names


def reports(probes, names, seed=SEED):
    """What the cells of a question's probes show, one after the other, where these names are defined."""
    shown = []
    show = patch.object(emit, "display", lambda data, raw: shown.append(data[emit.MIME]))
    with show, patch.dict(emit._made, clear=True):
        for number, probe in enumerate(probes, start=1):
            try:
                exec(compile(probe.source_for(seed), probe.id, "exec"), dict(names))
            except Exception as error:
                shown.append(error)
            assert len(shown) == number
    return shown


@cache
def references(exercise, question, seed=SEED):
    several = probes(exercise)[question]
    shown = reports(several, solution(exercise), seed)
    return [Expected(probe, text, seed) for probe, text in zip(several, shown, strict=True)]


def problems(exercise, question, **answers):
    """What each probe of a question says of answers, by name; None where it passes."""
    expected = references(exercise, question)
    found = reports([one.probe for one in expected], solution(exercise) | answers)
    return [
        f"{type(text).__name__}: {text}" if isinstance(text, Exception) else one.compare(text)
        for one, text in zip(expected, found, strict=True)
    ]
