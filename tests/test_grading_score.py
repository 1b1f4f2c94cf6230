from dataclasses import replace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from lstm_course.cli import COURSE
from lstm_course.errors import CourseError
from lstm_course.grading import feedback
from lstm_course.grading.model import CellRun, Run, Submission
from lstm_course.grading.probes import Probe
from lstm_course.grading.score import UNANSWERED, WITHHELD, Question, questions, score, unread
from tests.graded import graded
from tests.graded import question as graded_question

SUBMISSION = Submission("Jane", "02_the_cell", "Jane/02_the_cell.ipynb", b"", "d1", submitted="2026-11-30T10:00:00Z")
GATES = Question("gates", "The gates", 3, ("a nudge", "the approach", "almost there"), ("four_gates",))
STEP = Question("step", "One step", 1, ("a nudge",), ("step",))
SECRET = "inputs = trial.normal((3, 5), (3, 7)); values = four_gates(*inputs); seed = 271828182845"
PROBES = {
    "gates": [Probe(f"gates-probe{n}", "gates", SECRET, f"Rule {n or 1}.") for n in ("", "-2", "-3")],
    "step": [Probe("step-probe", "step", "return step(1)", "A step is a step.")],
}
ANSWER = "def four_gates(x):\n    return trial.normal((3, 5), (3, 7))"
NOTEBOOK = new_notebook(
    cells=[
        new_code_cell(ANSWER, id="gates"),
        *(new_code_cell(probe.code, id=probe.id) for of_question in PROBES.values() for probe in of_question),
    ]
)
RIGHT = CellRun(passed=True)


def wrong(problem="Rule 1. Expected i[0] = 1, got 2.", *outputs):
    return CellRun(list(outputs), False, problem)


def raised(kind, words):
    return wrong(None, new_output("error", ename=kind, evalue=words, traceback=[f"\x1b[31m{kind}\x1b[0m: {words}"]))


def printed(*texts):
    return CellRun([new_output("stream", name="stdout", text=text) for text in texts])


def run_of(*gates, answer=None, step=RIGHT, problem=None):
    cells = {probe.id: cell for probe, cell in zip(PROBES["gates"], gates, strict=False)}
    return Run({"gates": answer or CellRun(), **cells, "step-probe": step}, problem)


def scored(run, **more):
    return score(SUBMISSION, [GATES, STEP], PROBES, NOTEBOOK, run, **more)


def gates(run, **more):
    return scored(run, **more).questions[0]


@pytest.mark.parametrize(
    ("cells", "points"),
    [
        ([RIGHT] * 3, 3.0),
        ([RIGHT, wrong(), RIGHT], 2.0),
        ([wrong()] * 3, 0.0),
        ([RIGHT, CellRun(passed=None), CellRun(passed=1)], 1.0),  # only the comparison's own True counts
        ([], 0.0),
    ],
)
def test_a_question_earns_the_share_of_probes_that_pass(cells, points):
    assert gates(run_of(*cells)).points == points


def test_a_guard_that_fails_costs_the_whole_question():
    guard = Probe("gates-guard", "gates", "", "Do without the solution.")
    probes = {**PROBES, "gates": [*PROBES["gates"], guard]}
    run = run_of(RIGHT, RIGHT, RIGHT)
    run.cells["gates-guard"] = wrong("Do without the solution. Got torch.nn.LSTM.")
    result = score(SUBMISSION, [GATES], probes, NOTEBOOK, run).questions[0]
    assert (result.points, result.reasons) == (0, ["Do without the solution. Got torch.nn.LSTM."])


def test_points_are_rounded():
    third = score(SUBMISSION, [Question("gates", "g", 1)], PROBES, NOTEBOOK, run_of(RIGHT, wrong(), wrong()))
    assert third.questions[0].points == 0.33


def test_the_result_keeps_whose_work_it_is():
    result = scored(run_of(RIGHT, RIGHT, RIGHT), seconds=2.5)
    assert (result.student, result.exercise, result.digest) == ("Jane", "02_the_cell", "d1")
    assert (result.status, result.reason, result.seconds) == ("graded", "", 2.5)
    assert (result.points, result.max_points, result.submitted) == (4, 4, "2026-11-30T10:00:00Z")
    assert result.questions[0].checked == ["Rule 1.", "Rule -2.", "Rule -3."]
    assert result.questions[0].reasons == []
    assert result.questions[0].hint == ""


def test_each_lost_point_has_its_reason_once():
    same = wrong("Rule 1. Expected i[0] = 1, got 2.")
    assert gates(run_of(same, same, wrong("Another."))).reasons == [same.problem, "Another."]
    assert gates(run_of(RIGHT, RIGHT, wrong(None))).reasons == ["Rule -3."]


def test_the_next_hint_depends_on_what_was_tried():
    stub = raised("NotImplementedError", "")
    open_question = gates(run_of(stub, stub, stub))
    assert (open_question.reasons, open_question.hint) == ([UNANSWERED], "a nudge")
    assert gates(run_of(wrong(), wrong(), wrong())).hint == "the approach"
    assert scored(run_of(RIGHT, step=wrong())).questions[1].hint == "a nudge"  # it has no other


def test_an_answer_that_was_never_touched_is_not_called_wrong():
    result = gates(run_of(wrong("Got ellipsis.")), unanswered={"gates"})
    assert (result.reasons, result.hint) == ([UNANSWERED], "a nudge")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            raised("RuntimeError", "mat1 and mat2 (3x4 and 5x2)\nmore"),
            "Called with new inputs, the answer stopped with RuntimeError: mat1 and mat2 (3x4 and 5x2) more",
        ),
        (
            raised("NameError", "name 'four_gates' is not defined"),
            "`four_gates` is not defined: keep the name that the question gives.",
        ),
        (
            raised("NameError", "name 'sqrt' is not defined"),
            "Called with new inputs, the answer stopped with NameError: name 'sqrt' is not defined",
        ),
        (raised("KeyError", ""), "Called with new inputs, the answer stopped with KeyError"),
    ],
)
def test_an_error_under_a_probe_is_named(error, reason):
    assert gates(run_of(error, error, error)).reasons == [reason]


def test_an_answer_cell_that_stops_is_the_one_reason():
    stopped = CellRun(raised("SyntaxError", "invalid syntax").outputs)
    lost = raised("NameError", "name 'four_gates' is not defined")
    result = gates(run_of(lost, lost, lost, answer=stopped))
    assert result.reasons == ["The answer's own cell stopped with SyntaxError: invalid syntax"]
    assert result.output == "SyntaxError: invalid syntax\n"


def test_limits_and_dead_kernels_are_the_reason():
    long = "The cell ran for more than 60 seconds."
    interrupted = wrong(long, *raised("KeyboardInterrupt", "").outputs)
    assert gates(run_of(interrupted, interrupted, interrupted)).reasons == [long]
    assert gates(run_of(wrong(), answer=CellRun(problem=long))).reasons == [long]
    result = scored(Run({"gates": CellRun()}, "A cell ended the kernel."), notes=["It has no metadata."])
    assert result.status == "partly"
    assert result.reason == "A cell ended the kernel. It has no metadata."
    assert result.questions[0].reasons == ["A cell ended the kernel."]


def test_a_shortcut_earns_nothing_and_says_why():
    used = "Build the gates yourself, without torch.nn.LSTM."
    result = gates(run_of(wrong(), RIGHT, RIGHT), shortcuts={"gates": used}, again=run_of(RIGHT, RIGHT, RIGHT))
    assert (result.points, result.reasons, result.hint, result.carried) == (0, [used], "a nudge", False)


def test_a_mistake_before_is_not_punished_twice():
    first, second = run_of(wrong(), wrong(), wrong(), step=wrong()), run_of(RIGHT, RIGHT, RIGHT)
    second.cells["step"] = printed("the solution")
    one, two = scored(first, again=second, replaced={"gates"}).questions
    assert (one.points, one.carried) == (0, False)
    assert (two.points, two.carried, two.reasons, two.hint, two.output) == (1, True, [], "", "")
    assert not any(question.carried for question in scored(first, again=first).questions)


def test_a_second_run_takes_nothing_away_and_its_words_are_not_shown():
    leak = wrong("The solution is z.chunk(4)")
    better = gates(run_of(RIGHT, wrong(), wrong()), again=run_of(RIGHT, RIGHT, leak))
    assert (better.points, better.carried, better.reasons) == (2, True, [wrong().problem])
    worse = gates(run_of(RIGHT, RIGHT, wrong()), again=run_of(RIGHT, leak, leak))
    assert (worse.points, worse.carried) == (2, False)


def test_the_students_own_output_is_shown_as_plain_text():
    shown = CellRun(
        [
            *printed("10%\r100%\n", "\x1b[31mred\x1b[0m \u202e\x07\n").outputs,
            new_output("execute_result", data={"text/plain": "42", "text/html": "<script>"}, execution_count=1),
            new_output("display_data", data={"image/png": "AAAA"}),
        ]
    )
    assert gates(run_of(RIGHT, RIGHT, RIGHT, answer=shown)).output == "100%\nred \ufffd\ufffd\n42\n\n"
    assert "characters left out" in gates(run_of(answer=printed("x" * 10_000_000))).output


@pytest.mark.parametrize(
    "fields",
    [
        {"output_type": "stream", "text": {"deep": []}},
        {"output_type": "stream"},
        {"output_type": "error", "ename": 1, "evalue": None, "traceback": "text"},
        {"output_type": "error", "traceback": [1, ["x"]]},
        {"output_type": "display_data", "data": [1]},
        {"output_type": "display_data", "data": {"text/plain": 5}},
    ],
)
def test_outputs_of_any_form_are_read(fields):
    strange = CellRun([nbformat.NotebookNode(fields)])
    result = gates(run_of(wrong(None, *strange.outputs), answer=strange))
    assert result.points == 0
    assert isinstance(result.output, str)


LEAKS = [SECRET, repr([SECRET]), SECRET[10:50], f"see {SECRET[30:60]}", "the number 271828182845"]


@pytest.mark.parametrize("leak", LEAKS)
def test_what_the_grader_ran_is_shown_to_nobody(leak):
    shown = gates(run_of(raised("ValueError", leak), wrong(f"Got {leak}"), RIGHT, answer=printed(leak)))
    assert shown.output == WITHHELD
    assert shown.reasons == [f"Called with new inputs, the answer stopped with {WITHHELD}", "Rule -2."]
    page = feedback.page(scored(run_of(raised("ValueError", leak), answer=printed(leak))))
    assert "trial.normal" not in page
    assert "271828" not in page


def test_what_the_student_wrote_himself_is_no_secret():
    assert gates(run_of(answer=printed(ANSWER))).output == ANSWER
    assert gates(run_of(answer=printed("step 12345"))).output == "step 12345"


def test_a_question_without_probe_is_refused():
    with pytest.raises(CourseError, match="'lost' has none: add the cell lost-probe"):
        score(SUBMISSION, [Question("lost", "Lost", 1)], PROBES, NOTEBOOK, run_of())


def test_what_could_not_be_read_has_every_question_with_no_points():
    result = unread(replace(SUBMISSION, data=None, problem="The file is no\nJSON."), [GATES, STEP])
    assert (result.status, result.reason) == ("unreadable", "The file is no JSON.")
    assert (result.points, result.max_points) == (0, 4)
    assert unread(SUBMISSION, [], "No such exercise.").reason == "No such exercise."


@pytest.mark.parametrize("path", sorted((COURSE / "solutions").glob("*.ipynb")), ids=lambda path: path.stem)
def test_the_courses_questions_have_titles_points_names_and_hints_that_can_be_shown(path):
    notebook = nbformat.read(path, as_version=4)
    found = questions(notebook)
    assert sum(question.points for question in found) == notebook.metadata.lstm_course.points
    for question in found:
        assert question.title[0].isupper()
        assert len(question.hints) == 3
        assert question.names
        for hint in question.hints:
            shown = feedback.page(graded(questions=[replace(graded_question(), hint=hint)]))
            assert "$" not in shown.split("A hint</summary>")[1]
