import json
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from lstm_course.errors import CourseError
from lstm_course.grading import MIME, exercise, grade, sandbox, work
from lstm_course.grading.exercise import Order
from lstm_course.grading.matching import match, questions
from lstm_course.grading.model import CellRun, Limits, Result, Run, Submission
from lstm_course.grading.reading import read_cells

ROOT = Path(__file__).parents[1]
EXERCISE = exercise.load(ROOT, "02_the_cell")
ASKED = questions(EXERCISE.solved)
IDS = list(ASKED)
RIGHT = json.dumps({"values": 1, "used": []})
DIED = "The kernel died: something in the notebook ended its process."


def order(**changes):
    references = {probe.id: RIGHT for several in EXERCISE.probes.values() for probe in several}
    return Order(EXERCISE, 5, Limits(), True, {**references, **changes})


def submission(**answers):
    """The solution, with other answers to some questions (underscores for dashes)."""
    notebook = json.loads(EXERCISE.notebook)
    for cell in notebook["cells"]:
        cell["source"] = answers.get(cell["id"].replace("-", "_"), cell["source"])
    return Submission("anna", EXERCISE.name, "a.ipynb", json.dumps(notebook).encode(), "1")


class FakeKernel:
    """Runs a notebook whose answers are words: "right", "wrong", "needs <question>", "dies" or "slow".

    An answer that needs another is right if that one is, or if the solution has taken its place. Everything else
    is right.
    """

    def __init__(self):
        self.notebooks = []

    def __call__(self, notebook, references, limits, sandbox, hide):
        self.notebooks.append([cell.id for cell in notebook.cells])
        answers, cells, problem = {}, {}, None
        for cell in notebook.cells:
            question = cell.id.partition("-probe")[0].removesuffix("-solution")
            if problem:
                cells[cell.id] = CellRun(problem=f"Not run. {problem}")
            elif cell.id in references:
                is_right = self.is_right(question, answers)
                cells[cell.id] = CellRun(passed=is_right, problem=None if is_right else "It differs.")
            elif cell.source == "dies":
                problem = DIED
                cells[cell.id] = CellRun(problem=problem)
            else:
                cells[cell.id] = CellRun(
                    problem="The cell ran for more than 60 seconds." * (cell.source == "slow") or None
                )
                answers[question] = cell.source
        return Run(cells, problem)

    def is_right(self, question, answers):
        answer = answers.get(question, "wrong")
        if answer.startswith("needs "):
            return self.is_right(answer.removeprefix("needs "), answers)
        return answer not in ("wrong", "slow")


@pytest.fixture
def kernel(monkeypatch):
    fake = FakeKernel()
    monkeypatch.setattr(grade, "run", fake)
    return fake


def earned(**answers):
    """Points of each question, with a star where they were carried."""
    result = grade.grade_one(order(), submission(**answers))
    return [f"{question.points:g}{'*' * question.carried}" for question in result.questions]


def test_right_answers_need_one_run(kernel):
    assert earned() == ["2", "2", "2", "3", "2"]
    assert len(kernel.notebooks) == 1


def test_what_no_other_question_can_be_blamed_for_is_not_run_again(kernel):
    assert earned(lstm_step="wrong") == ["2", "0", "2", "3", "2"]
    stubs = {id.replace("-", "_"): question.stub for id, question in ASKED.items()}
    result = grade.grade_one(order(), submission(**stubs))
    assert {question.carried for question in result.questions} == {False}
    assert len(kernel.notebooks) == 2


def test_an_error_is_not_counted_twice(kernel):
    assert earned(four_gates="wrong", lstm_step="needs four-gates") == ["0", "2*", "2", "3", "2"]
    first, second = kernel.notebooks
    assert "four-gates-solution" not in first
    assert second.index("four-gates-solution") == second.index("four-gates") + 1  # its probes count as they were
    assert second.index("lstm-step-solution") == second.index("lstm-step-probe") + 3
    chain = {"four_gates": "wrong", "lstm_step": "needs four-gates", "lstm_sequence": "needs lstm-step"}
    assert earned(**chain) == ["0", "2*", "2*", "3", "2"]
    assert earned(**chain, pack_weights="wrong") == ["0", "2*", "2*", "0", "2"]
    solved = {probe.id for probe in EXERCISE.probes["set-forget-bias"]}
    assert solved <= set(kernel.notebooks[0])
    assert not solved & set(kernel.notebooks[-1])


def test_a_dead_kernel_costs_only_the_question_that_ended_it(kernel):
    assert earned(lstm_step="dies") == ["2", "0", "2*", "3*", "2*"]
    assert earned(four_gates="dies", lstm_sequence="dies") == ["0", "2*", "0", "3*", "2*"]
    # Where a run ends early, what is not solved by then is run alone: one question, then four.
    assert len(kernel.notebooks) == (2 + 1) + (2 + 4)


def test_a_question_run_alone_has_what_the_others_define():
    helper = "import math\n@print\ndef helper():\n    return 1\nimport os; os._exit(0)\nx = 1\n%magic"
    cells = read_cells(submission(four_gates=helper, lstm_step="dies").data)
    matched = match(EXERCISE.solved, cells).alone("lstm-step", dict.fromkeys(IDS, "solved"))
    defined = "import math\n\n@print\ndef helper():\n    return 1\nimport os"
    assert matched.answers["four-gates"] == {"four-gates-defined": defined, "four-gates": "solved"}
    assert matched.answers["lstm-step"] == {"lstm-step": "dies"}


def test_every_answer_may_end_the_kernel(kernel):
    assert earned(**{id.replace("-", "_"): "dies" for id in IDS}) == ["0"] * 5
    assert len(kernel.notebooks) == 2 + 5


def test_an_added_cell_that_ends_the_kernel_costs_nothing(kernel):
    notebook = json.loads(submission().data)
    killer = {"cell_type": "code", "source": "dies", "metadata": {}, "outputs": [], "execution_count": None}
    notebook["cells"].insert(0, killer)
    given = Submission("anna", EXERCISE.name, "a.ipynb", json.dumps(notebook).encode(), "1")
    result = grade.grade_one(order(), given)
    assert result.points == result.max_points
    assert (result.status, result.reason) == ("partly", DIED)


def test_a_kernel_that_died_in_a_probe_may_have_been_ended_by_another_question(kernel, monkeypatch):
    last = EXERCISE.probes[IDS[-1]][-1].id

    def dies_once(*given):
        shown = kernel(*given)
        is_first = len(kernel.notebooks) == 1
        return Run({**shown.cells, last: CellRun(passed=False, problem=DIED)}, DIED) if is_first else shown

    monkeypatch.setattr(grade, "run", dies_once)
    assert earned() == ["2", "2", "2", "3", "2*"]


def test_what_overran_its_time_is_not_run_again(kernel):
    assert earned(four_gates="slow", lstm_step="needs four-gates") == ["0", "2*", "2", "3", "2"]
    assert "four-gates" in kernel.notebooks[0]
    assert "four-gates" not in kernel.notebooks[1]


def test_a_shortcut_earns_nothing_wherever_it_stands(kernel):
    shortcut = "from torch import nn\ndef four_gates(*a):\n    return nn.LSTMCell(*a)"
    result = grade.grade_one(order(), submission(four_gates=shortcut))
    assert result.questions[0].points == 0
    assert result.questions[0].reasons == ["The answer must do without torch.nn.LSTMCell."]
    notebook = json.loads(submission().data)
    notebook["cells"].append({"cell_type": "code", "source": shortcut, "metadata": {}})
    given = Submission("anna", EXERCISE.name, "a.ipynb", json.dumps(notebook).encode(), "1")
    assert grade.grade_one(order(), given).questions[0].points == 0


@pytest.mark.parametrize(
    ("data", "problem", "reason"),
    [(None, "It is a link.", "It is a link."), (b"", None, "The file is empty: hand in the notebook.")],
)
def test_what_cannot_be_read_has_a_result(kernel, data, problem, reason):
    result = grade.grade_one(order(), Submission("anna", EXERCISE.name, "a.ipynb", data, "1", problem))
    assert (result.status, result.reason, result.points, result.max_points) == ("unreadable", reason, 0, 11)
    assert kernel.notebooks == []


def test_an_order_travels_as_text(kernel):
    given = submission()
    fields = json.dumps({"student": "anna", "exercise": EXERCISE.name, "path": "a", "digest": "1"})
    assert Order.from_json(order().to_json()) == order()
    result = Result.from_json(json.loads(work.grade(order().to_json(), fields, given.data)))
    assert result.points == 11


def test_a_digest_changes_with_everything_but_the_seed():
    one = submission()
    digest = order().digest(one, "")
    assert Order(EXERCISE, 6, Limits(), True, {}).digest(one, "") == digest
    others = {
        Order(EXERCISE, 5, Limits(processes=1), True, {}).digest(one, ""),
        Order(EXERCISE, 5, Limits(), False, {}).digest(one, ""),
        order().digest(one, "Handed in 2 times."),
        order().digest(Submission("anna", EXERCISE.name, "a", b"", "2"), ""),
    }
    assert len(others | {digest}) == 5


def shows(**outputs):
    """A run in which the probes report what is given."""

    def run(notebook, references, limits, sandbox, hide):
        reports = {id.replace("_", "-"): text for id, text in outputs.items()}
        return Run(
            {
                cell.id: CellRun([nbformat.v4.new_output("display_data", {MIME: reports.get(cell.id, RIGHT)})])
                for cell in notebook.cells
            }
        )

    return run


def test_references_are_what_the_solutions_probes_report(monkeypatch):
    monkeypatch.setattr(grade, "run", shows())
    found = grade.make_references(order())
    assert set(found.values()) == {RIGHT}
    assert set(found) == {probe.id for several in EXERCISE.probes.values() for probe in several}
    monkeypatch.setattr(grade, "run", shows(lstm_step_probe="{}"))
    words = "02_the_cell, question lstm-step: a solution passes its own probes; lstm-step-probe fails: "
    with pytest.raises(CourseError, match=words):
        grade.make_references(order())


@pytest.mark.skipif(bool(sandbox.unavailable()), reason=f"needs a sandbox: {sandbox.unavailable()}")
def test_a_real_submission_gets_what_it_deserves():
    bare = Order(EXERCISE, 11, Limits(), True, {})
    ready = replace(bare, references=grade.make_references(bare))
    gates = "def four_gates(x, h, W_x, W_h, b):\n    return (x @ W_x.T + h @ W_h.T + b).chunk(4, dim=1)"
    step = """\
%load_ext no_such_extension
def lstm_step(x, h, c, W_x, W_h, b):
    i, f, g, o = four_gates(x, h, W_x, W_h, b)
    c = f * c + i * g
    return o * torch.tanh(c), c
"""
    result = grade.grade_one(ready, submission(four_gates=gates, lstm_step=step, pack_weights="import os; os._exit(0)"))
    assert [question.points for question in result.questions] == [0, 2, 2, 0, 2]
    assert [question.carried for question in result.questions] == [False, True, False, False, True]
    assert result.status == "partly"
    full = grade.grade_one(ready, submission())
    assert (full.points, full.status) == (11, "graded")
