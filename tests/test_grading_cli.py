import csv
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lstm_course import cli
from lstm_course.errors import CourseError
from lstm_course.grading import flow
from lstm_course.grading.model import Result
from tests.test_cli import refused

ROOT = Path(__file__).parents[1]

PROBES = """\
# %% id="double-probe" rule="It must return 2 x."
def _probe(trial):
    return double_it(trial.random.randrange(100))

# %% id="shape-probe" rule="The shape is (batch, hidden)."
def _probe(trial):
    return list(out_shape)
"""


@pytest.fixture
def course(built, monkeypatch):
    """A course of one exercise with probes, and three students: one right, one wrong, one whose file is broken."""
    (built / "source/probes").mkdir()
    (built / "source/probes/01_sample.py").write_text(PROBES, "utf-8")
    monkeypatch.setattr(cli, "COURSE", built)
    right = (built / "solutions/01_sample.ipynb").read_text("utf-8")
    for student, text in {"anna": right, "bob": right.replace("x + x", "3 * x"), "eve": "{"}.items():
        (built / "submissions" / student).mkdir(parents=True)
        (built / "submissions" / student / "01_sample.ipynb").write_text(text, "utf-8")
    return built


def grade(course, *options):
    words = ["grade", str(course / "submissions"), "--out", str(course / "grades"), "--workers", "1", "--no-sandbox"]
    return CliRunner().invoke(cli.app, [*words, *map(str, options)])


def rows(course):
    with (course / "grades/grades.csv").open(encoding="utf-8-sig") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def graded(monkeypatch):
    """Note what is handed to workers, and let it through."""
    seen = []
    made = flow._message

    def noted(submission):
        seen.append(submission.student)
        return made(submission)

    monkeypatch.setattr(flow, "_message", noted)
    return seen


def test_a_class_is_graded_and_only_what_changed_is_graded_again(course, monkeypatch):
    seen = graded(monkeypatch)
    result = grade(course, "--seed", 7)
    assert result.exit_code == 0, result.output
    assert "seed 7" in result.output
    assert {student: row["points"] for student, row in rows(course).items()} == {"anna": "3", "bob": "1", "eve": "0"}
    assert rows(course)["eve"]["status"] == "unreadable"
    assert "JSON text" in rows(course)["eve"]["reason"]
    assert {path.name for path in (course / "grades").iterdir()} == {
        ".lstm-course-grades",
        "feedback",
        "grades.csv",
        "grades.json",
        "junit.xml",
        "results",
    }
    feedback = (course / "grades/feedback/bob/01_sample.html").read_text("utf-8")
    assert "It must return 2 x." in feedback
    assert "randrange" not in feedback
    assert sorted(seen) == ["anna", "bob", "eve"]

    seen.clear()
    assert grade(course).exit_code == 0
    assert seen == []
    (course / "submissions/bob/01_sample.ipynb").write_bytes((course / "solutions/01_sample.ipynb").read_bytes())
    roster = course / "roster.csv"
    roster.write_text("student\nanna\nbob\nzoe\n", "utf-8")
    assert grade(course, "--roster", roster).exit_code == 0
    assert seen == ["bob"]
    assert rows(course)["bob"]["points"] == "3"
    assert rows(course)["zoe"]["status"] == "missing"
    assert "Not on the roster" in rows(course)["eve"]["reason"]


def refer(order):
    return "{}"


def slow(order, submission, data):
    """Grade by sleeping; the third submission takes long."""
    given = json.loads(submission)
    time.sleep(float(os.environ["SECONDS_OF_S3"]) if given["student"] == "s3" else 0)
    return json.dumps(Result(given["student"], given["exercise"], given["digest"], "graded").to_json())


SLOWLY = """
import sys
from pathlib import Path
from lstm_course import cli
from lstm_course.errors import CourseError
from lstm_course.grading import work
from tests import test_grading_cli
work.refer, work.grade = test_grading_cli.refer, test_grading_cli.slow
cli.COURSE = Path(sys.argv[1])
sys.argv[1:] = ["grade", sys.argv[2], "--out", sys.argv[3], "--workers", "1"]
cli.main()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_run_keeps_its_results_and_goes_on(course, number):
    submissions, grades = course / "many", course / "grades"
    for student in "s1", "s2", "s3", "s4":
        (submissions / student).mkdir(parents=True)
        (submissions / student / "01_sample.ipynb").write_bytes((course / "solutions/01_sample.ipynb").read_bytes())
    command = [sys.executable, "-c", SLOWLY, course, submissions, grades]
    with started(command, SECONDS_OF_S3="60") as process:
        wait_until(lambda: len(list(grades.glob("results/*.json"))) == 2)
        process.send_signal(number)
        words = process.communicate(timeout=20)[1]
    if number != signal.SIGKILL:
        assert process.returncode == 130
        assert f"interrupted: what has a result is in {grades}; the same command goes on from there" in words
        assert "Traceback" not in words
    stored = {path: path.read_bytes() for path in grades.glob("results/*.json")}
    assert {json.loads(text)["student"] for text in stored.values()} == {"s1", "s2"}

    with started(command, SECONDS_OF_S3="0") as again:
        words = again.communicate(timeout=60)[1]
    assert again.returncode == 0, words
    assert {path: path.read_bytes() for path in stored} == stored
    with (grades / "grades.csv").open(encoding="utf-8-sig") as file:
        assert [row["student"] for row in csv.DictReader(file)] == ["s1", "s2", "s3", "s4"]


@contextmanager
def started(command, **environment):
    """A process, which is killed if the test fails while it runs."""
    environment = {**os.environ, **environment}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_until(happened, seconds=30):
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_what_cannot_be_used_is_refused_in_a_sentence(course, tmp_path):
    def says(*words):
        (submissions, out, *options), expected = words[:-1], words[-1]
        result = grade(course, *options) if submissions is None else run(submissions, out, *options)
        assert isinstance(result.exception, CourseError), result.output
        assert expected in str(result.exception)

    def run(submissions, out, *options):
        words = ["grade", str(submissions), "--out", str(out), "--workers", "1", "--no-sandbox", *options]
        return CliRunner().invoke(cli.app, words)

    there, grades = course / "submissions", tmp_path / "grades"
    (tmp_path / "empty").mkdir()
    says(tmp_path / "nothing", grades, "nothing does not exist: is the path right?")
    says(tmp_path / "empty", grades, "empty holds none: is it the right one?")
    says(there, there, "are kept apart")
    says(there, there / "grades", "are kept apart")
    says(there, course / "source", "holds other files, which stay as they are")
    says(there, grades, "--exercise", "09_myths", "An exercise is one of 01_sample; got 09_myths.")
    says(there, grades, "--roster", str(tmp_path / "no.csv"), "no.csv cannot be read")
    says(there, grades, "--due", "soon", "A deadline is a date and time")
    assert not grades.exists()


def test_a_solution_that_fails_its_own_probes_is_named(course):
    path = course / "source/probes/01_sample.py"
    path.write_text(PROBES.replace("double_it(", "no_such_name("), "utf-8")
    result = grade(course)
    words = "01_sample, question double: a solution passes its own probes; double-probe fails: NameError: "
    assert str(result.exception).startswith(words)
    path.write_text(PROBES.partition('# %% id="shape')[0], "utf-8")
    assert "01_sample: every question is graded by probes; ['shape'] have none: add them." in str(
        grade(course).exception
    )


def test_without_a_clone_there_is_nothing_to_grade_by(course, monkeypatch, tmp_path):
    monkeypatch.setattr(cli, "COURSE", tmp_path)
    assert "has none: clone it." in str(grade(course).exception)


def test_an_error_ends_the_command_with_exit_code_2():
    result = subprocess.run(
        [sys.executable, "-c", "from lstm_course.cli import main; main()", "grade", "/nothing", "--out", "/nothing/g"],
        capture_output=True,
        text=True,
        check=False,
    )
    refused(result, "Submissions are a folder or a zip archive; /nothing does not exist")
