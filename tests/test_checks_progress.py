"""What is solved is kept in one small file; nothing that happens to it is an error."""

import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

import lstm_course
from lstm_course.checks import progress
from lstm_course.checks.base import CheckFailed, question, require
from lstm_course.checks.standing import Standing, standing


@question
def double(answer):
    require(answer(3) == 6, "double(x) is 2 x.", answer(3))


NAME = "test_checks_progress.double"
HINT = "That was try {}: open hint {} ({}) below this check."


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder of its own, where progress is kept as for a learner."""
    monkeypatch.delenv(progress.VARIABLE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def message():
    with pytest.raises(CheckFailed) as failure:
        double(lambda x: 0)
    return str(failure.value)


def test_hints_are_offered_one_at_a_time(folder):
    said = [message().split("\n")[1:] for _ in range(10)]
    assert said[:2] == [[], []]
    assert said[2] == [HINT.format(3, 1, "a nudge")]
    assert said[4] == [HINT.format(5, 1, "a nudge")]
    assert said[5] == [HINT.format(6, 2, "the approach")]
    assert said[8] == [HINT.format(9, 3, "almost there")]
    assert said[9] == [HINT.format(10, 3, "almost there")]
    double(lambda x: 2 * x)
    assert message() == "double(x) is 2 x. Got 0."


def test_an_unanswered_question_is_no_try(folder):
    def stub(x):
        raise NotImplementedError

    for _ in range(5):
        with pytest.raises(NotImplementedError):
            double(stub)
    assert not list(folder.iterdir())


def test_the_record_is_one_small_file(folder):
    message()
    double(lambda x: 2 * x)
    (file,) = folder.iterdir()
    assert file.name == progress.FILE
    assert [json.loads(line) for line in file.read_text("utf-8").splitlines()] == [
        {"question": NAME, "right": False},
        {"question": NAME, "right": True},
    ]
    assert progress.solved() == {NAME}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no json\n",
        b"\xff\xfe\x00\n",
        b"[]\n3\nnull\n",
        b'{"question": 3, "right": true}\n{"question": "x", "right": "yes"}\n',
        b"[" * 100_000 + b"\n",
    ],
)
def test_a_damaged_file_is_no_error(folder, content):
    (folder / progress.FILE).write_bytes(content)
    assert progress.solved() == set()
    double(lambda x: 2 * x)
    assert progress.solved() == {NAME}


def test_a_line_cut_off_costs_only_itself(folder):
    double(lambda x: 2 * x)
    with (folder / progress.FILE).open("a") as file:
        file.write('{"question": "oth')
    message()
    double(lambda x: 2 * x)
    assert progress.solved() == {NAME}


def test_a_file_that_cannot_be_written_is_no_error(folder):
    (folder / progress.FILE).mkdir()
    assert [message() for _ in range(4)] == ["double(x) is 2 x. Got 0."] * 4
    double(lambda x: 2 * x)
    assert progress.solved() == set()


def test_no_record_where_none_is_wanted(folder, monkeypatch):
    monkeypatch.setenv(progress.VARIABLE, "")
    double(lambda x: 2 * x)
    assert not list(folder.iterdir())


def test_two_notebooks_lose_nothing_of_each_other(folder):
    code = (
        "from lstm_course.checks import progress\n"
        "def f(): ...\n"
        "for k in range(200):\n"
        "    f.__name__ = f'{NAME}{k}'\n"
        "    progress.record(f, is_right=True)\n"
    )
    runs = [[sys.executable, "-c", f"NAME = {name!r}\n{code}"] for name in "ab"]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda run: subprocess.run(run, check=True, cwd=folder), runs))
    assert len(progress.solved()) == 400


# ---- the table


def record(folder, *questions):
    lines = [json.dumps({"question": f"base.{name}", "right": True}) for name in questions]
    (folder / progress.FILE).write_text("\n".join(lines) + "\n", "utf-8")


def test_table_of_the_sample(built, monkeypatch):
    monkeypatch.delenv(progress.VARIABLE)
    folder = built / "exercises"
    record(folder, "double", "unknown")
    (folder / "broken.ipynb").write_text("{")
    monkeypatch.chdir(folder)
    shown = lstm_course.progress()
    assert repr(shown).splitlines() == [
        "exercise       solved  points  minutes left",
        "A sample       1 of 2  2 of 3  2",
        "all exercises  1 of 2  2 of 3  2",
        'Next: "Shape" in 01_sample.ipynb, about 2 minutes.',
    ]
    html = shown._repr_html_()
    plain = html.replace(' style="text-align: left"', "")
    assert '<tr><th scope="row">A sample</th><td>1 of 2</td><td>2 of 3</td><td>2</td></tr>' in plain
    assert "<p>Next: &quot;Shape&quot; in 01_sample.ipynb" in html
    record(folder, "double", "shape")
    assert standing(folder).next_step == "All questions are solved."


def test_no_exercises_are_said():
    assert Standing([], set()).next_step == "There are no exercise notebooks here."


def test_the_course_has_all_its_questions(tmp_path):
    shown = standing(tmp_path)
    assert len(shown.exercises) == 8
    for exercise in shown.exercises:
        assert re.match(r"\d\d_", exercise.path.name)
        assert exercise.path.stem[3:] == exercise.module
        assert all(question.check and question.minutes for question in exercise.questions)


def test_progress_does_not_import_torch():
    code = "import sys, lstm_course; repr(lstm_course.progress()); assert 'torch' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
