import json

import nbformat
import pytest

from lstm_course.authoring import build as building
from lstm_course.authoring.build import build
from lstm_course.errors import CourseError

MADE = {
    "notebooks/01_sample.ipynb",
    "notebooks/zh/01_sample.ipynb",
    "exercises/01_sample.ipynb",
    "exercises/zh/01_sample.ipynb",
    "solutions/01_sample.ipynb",
    "solutions/zh/01_sample.ipynb",
}


def cells(course, path):
    return {cell.id: cell for cell in nbformat.read(course / path, as_version=4).cells}


def contents(course):
    return {path.relative_to(course).as_posix(): path.read_bytes() for path in course.rglob("*.ipynb")}


def test_build_makes_every_notebook_and_the_same_bytes_again(built):
    first = contents(built)
    written = {path.relative_to(built).as_posix() for path in build(built, [])}
    assert written == set(first) == MADE
    assert contents(built) == first


def test_only_the_named_source_is_built(sample_course):
    (sample_course / "source/lessons/01_sample.py").rename(sample_course / "source/lessons/02_other.py")
    list(build(sample_course, ["02_other"]))
    assert set(contents(sample_course)) == {"notebooks/02_other.ipynb", "notebooks/zh/02_other.ipynb"}


def test_lesson_has_outputs_in_order_and_nothing_of_this_machine(built):
    lesson = cells(built, "notebooks/01_sample.ipynb")
    assert lesson["numbers"].execution_count == 1
    html = lesson["numbers"].outputs[0].data["text/html"]
    assert 'alt="The line rises from 0 to 2."' in html
    error = lesson["fails-on-purpose"].outputs[0]
    assert error.traceback == ["ValueError: shown to the reader"]
    assert str(built) not in (built / "notebooks/01_sample.ipynb").read_text("utf-8")


def test_translation_takes_the_text_and_shares_the_code_and_its_outputs(built):
    english, chinese = cells(built, "notebooks/01_sample.ipynb"), cells(built, "notebooks/zh/01_sample.ipynb")
    assert list(english) == list(chinese)
    assert chinese["opening"].source.startswith("# 样例")
    assert chinese["closing"].source == english["closing"].source
    assert chinese["numbers"] == english["numbers"]


def test_student_version_is_cut_and_has_no_output(built):
    student = cells(built, "exercises/01_sample.ipynb")
    assert student["double"].source.endswith("    # YOUR CODE HERE\n    raise NotImplementedError()")
    assert student["shape"].source == "# YOUR ANSWER HERE: replace the dots\nout_shape = ..."
    assert "SOLUTION" not in (built / "exercises/01_sample.ipynb").read_text("utf-8")
    code = [cell for cell in student.values() if cell.cell_type == "code"]
    assert [(cell.outputs, cell.execution_count) for cell in code] == [([], None)] * len(code)


def test_solution_keeps_nbgraders_marks_and_metadata(built):
    solution = cells(built, "solutions/01_sample.ipynb")
    assert "### BEGIN SOLUTION" in solution["double"].source
    answer, check = (solution[id].metadata["nbgrader"] for id in ("double", "double-check"))
    assert answer == {
        "grade": False,
        "grade_id": "double",
        "locked": False,
        "schema_version": 3,
        "solution": True,
        "task": False,
    }
    assert check == {
        **answer,
        "grade": True,
        "grade_id": "double-check",
        "locked": True,
        "solution": False,
        "points": 2,
    }
    assert solution["double-check"].outputs[0].text == "✓ double is right.\n"
    assert solution["double-task"].source.split("\n")[2] == "*4 minutes · difficulty 1 of 3 · 2 points*"
    assert cells(built, "solutions/zh/01_sample.ipynb")["double-task"].source.split("\n")[2].startswith("*4 分钟")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import sys; print('careless', file=sys.stderr)", "'numbers': writes to the error stream: careless"),
        ("print(object())", "shows a memory address"),
        ("import os; print(os.getcwd())", "which differs from run to run"),
    ],
)
def test_a_cell_that_fails_or_varies_leaves_the_old_notebooks(built, code, message):
    before = contents(built)
    source = built / "source/lessons/01_sample.py"
    text = source.read_text("utf-8")
    source.write_text(text.replace("figure, axis", f"{code}\nfigure, axis", 1), "utf-8")
    with pytest.raises(CourseError, match=r"notebooks/01_sample\.ipynb: ") as error:
        list(build(built, []))
    assert message in str(error.value)
    assert contents(built) == before


def test_what_nbval_does_not_compare_is_not_stored(built):
    source = built / "source/lessons/01_sample.py"
    random = '# %% id="times" tags=["nbval-ignore-output"] reason="times differ"\nimport time\ntime.time()\n\n'
    source.write_text(source.read_text("utf-8") + "\n" + random, "utf-8")
    list(build(built, []))
    first = contents(built)
    (output,) = cells(built, "notebooks/01_sample.ipynb")["times"].outputs
    assert output.text == "Not stored: times differ. Run the cell to see it.\n"
    list(build(built, []))
    assert contents(built) == first


def test_a_notebook_too_large_is_refused(built, monkeypatch):
    before = contents(built)
    monkeypatch.setattr(building, "MOST_BYTES", 1000)
    with pytest.raises(CourseError, match="at most 1000 bytes"):
        list(build(built, []))
    assert contents(built) == before


def test_unknown_name_and_empty_course_are_refused(sample_course, tmp_path):
    with pytest.raises(CourseError, match=r"got \['nope'\]; there are \['01_sample'\]"):
        list(build(sample_course, ["nope"]))
    with pytest.raises(CourseError, match=r"has none"):
        list(build(tmp_path / "elsewhere", []))


def test_sample_notebooks_are_valid_json_with_a_final_newline(built):
    for text in contents(built).values():
        assert text.endswith(b"}\n")
        assert json.loads(text)["nbformat_minor"] == 5
