"""The probes accept every solution, tell right from wrong as the checks do, and give nothing away."""

import dataclasses
import json
from functools import partial

import pytest
import torch

from lstm_course.authoring.source import read
from lstm_course.errors import CourseError
from lstm_course.grading.probes import load, share
from tests.grading_answers import EXERCISES, ROOT, SEED, TRAINED, probes, problems, references, reports, solution
from tests.mistakes.catalogue import entries

QUESTIONS = [(exercise, question) for exercise in EXERCISES for question in probes(exercise)]
FIXED = {"find-the-bugs"}  # its right answer is three numbers, in every run
NAMES = {"many_to_one": "ManyToOne", "many_to_many": "ManyToMany", "find_the_bugs": "wrong_lines"}


@pytest.mark.parametrize("exercise", EXERCISES)
def test_every_question_has_probes_and_no_other_has(exercise):
    asked = read(ROOT / f"source/exercises/{exercise}.py", is_exercise=True).questions
    assert list(probes(exercise)) == list(asked)
    for question, several in probes(exercise).items():
        assert next(probe.id for probe in several if not probe.is_guard) == f"{question}-probe"


@pytest.mark.parametrize(("exercise", "question"), QUESTIONS)
def test_a_solution_gives_the_same_values_again_and_others_for_another_seed(exercise, question):
    expected = references(exercise, question)
    again = reports([one.probe for one in expected], solution(exercise))
    assert [one.compare(text) for one, text in zip(expected, again, strict=True)] == [None] * len(expected)
    if question not in FIXED | TRAINED:
        other = reports([one.probe for one in expected], solution(exercise), SEED + 1)
        for one, text in zip(expected, other, strict=True):
            assert one != text, one.probe.id
            assert one.problem.startswith(one.probe.rule)


@pytest.mark.parametrize(("exercise", "question"), [pair for pair in QUESTIONS if pair[1] in TRAINED])
def test_a_trained_answer_passes_with_another_seed(exercise, question):
    assert references(exercise, question, SEED + 1)


@pytest.mark.parametrize(("exercise", "question"), QUESTIONS)
def test_an_open_question_passes_no_probe(exercise, question):
    name = NAMES.get(question.replace("-", "_"), question.replace("-", "_"))

    def open_question(*arguments, **options):
        raise NotImplementedError

    answer = ... if question == "find-the-bugs" else open_question
    assert None not in problems(exercise, question, **{name: answer})


# ---- what is given away, and what is counted


@pytest.mark.parametrize(("exercise", "question"), QUESTIONS)
def test_a_probe_shows_neither_the_seed_nor_its_judge(exercise, question):
    for probe in probes(exercise)[question]:
        source = probe.source_for(SEED)
        assert str(SEED) not in source
        assert "def judge" not in source
        assert source != probe.source_for(SEED + 1)


def test_a_guard_earns_nothing_and_costs_everything():
    guard, probe = probes("05_weather")["train-forecaster"]
    assert guard.is_guard
    assert [share([guard, probe], passed) for passed in ([guard, probe], [guard], [probe], [])] == [1, 0, 0, 0]
    first, second = probes("02_the_cell")["lstm-step"][:2]
    assert share([first, second], [second]) == 0.5


GOOD = '# %% id="sum-probe" rule="Add."\ndef _probe(trial):\n    return trial.call(total, 1)\n'


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (GOOD.replace("sum-probe", "sum-prob"), "a cell is named .* got 'sum-prob'"),
        (GOOD.replace(' id="sum-probe"', ""), "a cell is named .* got None"),
        (GOOD.replace("rule=", "law="), "does not know \\['law'\\]"),
        (GOOD.replace(' rule="Add."', ""), "needs a rule"),
        (GOOD.replace("_probe(trial)", "probe(trial)"), "defines _probe"),
        (GOOD.replace("rule=", "atol=0.1 rule="), "states a tolerance and no reason"),
        (GOOD + '\n# %% id="mean-judge"\nx = 1\n', "\\['mean'\\] has none"),
    ],
)
def test_a_malformed_script_is_refused(tmp_path, script, words):
    (tmp_path / "01.py").write_text(script)
    with pytest.raises(CourseError, match=words):
        load(tmp_path / "01.py")


def test_a_script_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CourseError, match="Probes are read from a percent script"):
        load(tmp_path / "01.py")


# ---- the catalogue of the checks: what is right and wrong there is right and wrong here


def asked_by(check):
    """The exercise and the question that a check belongs to; several exercises ask to count parameters."""
    name = check.__name__.replace("_", "-")
    module = check.__module__.rpartition(".")[2]
    several = [pair for pair in QUESTIONS if pair[1] == name]
    return next((pair for pair in several if module.startswith(pair[0][3:])), several[0])


def found(check, answer, **changed):
    """What the probes, changed in some fields, say of an answer."""
    exercise, question = asked_by(check)
    several = [dataclasses.replace(probe, **changed) for probe in probes(exercise)[question]]
    shown = reports(several, solution(exercise) | {NAMES.get(check.__name__, check.__name__): answer})
    return {
        str(text) if isinstance(text, Exception) else one.compare(text)
        for one, text in zip(references(exercise, question), shown, strict=True)
    }


def cheap(which):
    return [
        pytest.param(check, entry, id=name)
        for name, check, entry in entries(which)
        if check.__name__.replace("_", "-") not in TRAINED
    ]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("check", "answer"), cheap("RIGHT"))
def test_what_a_check_accepts_passes_every_probe(check, answer):
    assert found(check, answer, forbidden=()) == {None}  # some of them are built on the course's own cells


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("check", "mistake"), cheap("MISTAKES"))
def test_what_a_check_rejects_fails_a_probe(check, mistake):
    by_values = found(check, mistake.answer, forbidden=())
    assert by_values != {None} or found(check, mistake.answer) != {None}


# ---- answers that only look trained


class Table:
    """Says the word that it was made for, whatever it reads."""

    def __init__(self, word, seed):
        letters = sorted(set(word))
        places = torch.tensor([letters.index(letter) for letter in word[1:]])
        self.logits = (1 + seed) * torch.eye(len(letters))[places][None]

    def __call__(self, x):
        return self.logits


def test_a_table_of_places_is_no_speller():
    said = problems("06_hello", "train-speller", train_speller=Table)
    assert all("must depend on the letters" in problem for problem in said)


def linear(x, y):
    """Return the coefficients of a linear regression."""
    x, y = x.double(), y.double()
    return torch.linalg.solve(x.T @ x + 10 * torch.eye(x.shape[1]), x.T @ y).float()


class Remembering(torch.nn.Module):
    """A linear forecast from half a day, and the next hour itself where an earlier call has shown it."""

    def __init__(self, inputs, changes, seen):
        super().__init__()
        self.seen = seen
        self.w = linear(inputs.unfold(0, 12, 1).flatten(1), changes[11:])
        self.unit = (changes[:-1] @ (inputs[1:, 0] - inputs[:-1, 0])) / (inputs[1:, 0] - inputs[:-1, 0]).square().sum()

    def forward(self, x):
        out = torch.zeros(x.shape[:2])
        if x.shape[1] == 24:
            out[:, -1] = x[:, -12:].transpose(1, 2).flatten(1) @ self.w
            for row, window in enumerate(x):
                if (hour := window[-1].numpy().tobytes()) in self.seen:
                    out[row, -1] = (self.seen[hour] - window[-1, 0]) * self.unit
            for window in x:
                self.seen.update(zip((hour.numpy().tobytes() for hour in window[:-1]), window[1:, 0], strict=True))
        return out


def test_a_model_that_remembers_other_calls_is_no_forecaster():
    for seen, said in (({}, "it"), (Kept(), "knew more")):
        train = partial(Remembering, seen=seen)
        guard, problem = problems("05_weather", "train-forecaster", train_forecaster=train)
        assert guard is None
        assert ("knew more" in problem) == (said == "knew more")


class Kept(dict):
    """A memory that is not copied with what uses it."""

    def __deepcopy__(self, memo):
        return self


def waves(calendar):
    one = torch.ones(*calendar.shape[:-1], 1)
    return torch.cat(
        [calendar, calendar**2, calendar[..., :1] * calendar[..., 2:], calendar[..., 1:2] * calendar[..., 2:], one], -1
    )


def remembering_weeks(temperature, calendar):
    """The usual temperature, and that of an earlier call's past where it is known."""
    w, seen = linear(waves(calendar), temperature), {}

    def forecast(past, past_calendar, week_calendar):
        out = waves(week_calendar) @ w
        for row, week in enumerate(week_calendar):
            for hour, when in enumerate(week):
                out[row, hour] = seen.get(when.numpy().tobytes(), out[row, hour])
        for days, when in zip(past, past_calendar, strict=True):
            seen.update(zip((hour.numpy().tobytes() for hour in when), days, strict=True))
        return out

    return forecast


def test_a_forecast_that_remembers_other_calls_is_none():
    guard, problem = problems("07_far_ahead", "forecast-weeks", forecast_weeks=remembering_weeks)
    assert guard is None
    assert "knew more" in problem


# ---- reports that lack what was asked for


JUDGED = [
    pytest.param(one, id=one.probe.id)
    for exercise, question in (("04_nn_lstm", "many-to-one"), ("04_nn_lstm", "many-to-many"))
    for one in references(exercise, question)
]


@pytest.mark.parametrize("expected", JUDGED)
def test_a_report_without_one_of_its_values_is_wrong(expected):
    (text,) = reports([expected.probe], solution("04_nn_lstm"))
    report = json.loads(text)
    values = report["values"]["dict"]
    assert expected == text
    for name in values:
        lacking = {key: value for key, value in values.items() if key != name}
        assert expected != json.dumps({**report, "values": {"dict": lacking}}), name
