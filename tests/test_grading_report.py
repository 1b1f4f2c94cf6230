import csv
import io
import json
from xml.etree import ElementTree

import pytest
from rich.console import Console

from lstm_course.grading import report, summary
from lstm_course.grading.model import Result
from tests.graded import HOSTILE, graded, hostile_class, question, unreadable

MISSING = graded("Nobody", questions=[question(points=0.0)], status="missing", reason="Nothing was handed in.")


def rows(results):
    text = report.grades_csv(results)
    assert text.startswith("\ufeffstudent,")
    return list(csv.DictReader(io.StringIO(text[1:])))


def shown(*results):
    console = Console(width=160, file=io.StringIO(), color_system=None)
    summary.show(results, console)
    return console.file.getvalue()


def test_everything_is_written(tmp_path):
    report.write_all([graded(), unreadable(), MISSING], tmp_path)
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    feedback = {"feedback/Jane Doe/02_the_cell.html", "feedback/Max/02_the_cell.html"}
    assert written == {"grades.csv", "grades.json", "junit.xml", *feedback}


def test_table_has_a_row_for_each_result_and_a_column_for_each_question():
    first, second, third = rows(
        [graded(late="1 day late: 10 % less", penalty=0.25), graded("Max", "03_x"), unreadable()]
    )
    assert list(first) == ["student", "exercise", "status", "points", "max_points", "gates", "step", "late", "reason"]
    assert list(first.values()) == ["Jane Doe", "02_the_cell", "graded", "2.25", "3", "2", "0.5", first["late"], ""]
    assert first["late"] == "1 day late: 10 % less"
    assert (second["exercise"], second["points"]) == ("03_x", "2.5")
    assert (third["status"], third["points"], third["reason"]) == ("unreadable", "0", "The file is no JSON.")


def test_a_student_whom_the_roster_does_not_name_is_marked():
    assert rows([graded(on_roster=False)])[0]["reason"] == "Not on the roster."


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\x00=1", "＝1"])
def test_no_cell_is_a_formula(start):
    row = rows([graded(start, reason=start)])[0]
    for cell in (row["student"], row["reason"]):
        assert cell[0] in "'\ufffd"


def test_json_gives_the_results_back():
    results = [graded(), unreadable(), *hostile_class()]
    read = json.loads(report.grades_json(results))["results"]
    assert [entry.pop("points") for entry in read] == [result.points for result in results]
    assert {entry.pop("max_points") for entry in read} == {3.0, 2.0}
    assert [Result.from_json(entry) for entry in read] == results


def test_junit_has_a_suite_for_each_exercise_and_a_case_for_each_question():
    root = ElementTree.fromstring(report.junit([graded(), graded("Max", "03_x"), unreadable(), MISSING]))
    assert root.tag == "testsuites"
    suites = {suite.get("name"): suite for suite in root}
    assert list(suites) == ["02_the_cell", "03_x"]
    cell = suites["02_the_cell"]
    counts = {name: cell.get(name) for name in ("tests", "failures", "errors", "skipped", "time")}
    assert counts == {"tests": "5", "failures": "1", "errors": "2", "skipped": "1", "time": "4.500"}
    failure = cell.find("testcase[@name='step']/failure")
    assert failure.get("message") == "0.5 of 1 points"
    assert failure.text == "h_t is o tanh(c_t). Expected h_t[0, 1] = 0.25, got 0.33."
    assert cell.find("testcase[@classname='02_the_cell.Max']/error").get("message") == "The file is no JSON."
    assert root.attrib == {"name": "lstm-course grade", "tests": "7", "failures": "2", "errors": "2"}


def test_a_notebook_of_no_known_exercise_is_one_case():
    stray = Result("Eve", "holiday", "d", "unreadable", "There is no such exercise.")
    root = ElementTree.fromstring(report.junit([stray]))
    assert [case.get("name") for case in root.iter("testcase")] == ["whole-notebook"]
    assert root.find(".//error").get("message") == "There is no such exercise."


def test_hostile_names_leave_every_file_readable_and_in_its_place(tmp_path):
    folder = tmp_path / "grades"
    report.write_all(hostile_class(), folder)
    assert [path.name for path in tmp_path.iterdir()] == ["grades"]
    assert len(list(folder.glob("feedback/*/02_the_cell.html"))) == len(HOSTILE)
    assert len(rows(hostile_class())) == len(HOSTILE)
    cases = list(ElementTree.parse(folder / "junit.xml").iter("testcase"))
    assert len(cases) == len(HOSTILE)
    for path in folder.rglob("*"):
        assert folder in path.resolve().parents
        if path.is_file():
            assert not set("\0\x1b\u202e") & set(path.read_text("utf-8"))


def test_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch):
    report.write_all([graded()], tmp_path)
    before = (tmp_path / "grades.csv").read_bytes()

    def fail(path, text):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(report, "write_whole", fail)
    with pytest.raises(OSError, match="No space left"):
        report.write_all([unreadable()], tmp_path)
    assert (tmp_path / "grades.csv").read_bytes() == before


def test_summary_shows_points_questions_and_problems():
    text = shown(graded(), graded("Max", penalty=0.5, on_roster=False), unreadable("Eve"), MISSING)
    assert "Jane Doe │ 2.5 / 3" in text
    assert "Max      │ 2 / 3" in text
    assert "mean     │ 1.50" in text
    assert "- gates     │ 2      │ 0      │ 1   │ 1.33 / 2 │" in text
    assert "- step      │ 0      │ 2      │ 1   │ 0.33 / 1 │ 2 × h_t is o tanh(c_t)." in text
    assert "Eve     │ 02_the_cell │ unreadable │ The file is no JSON." in text
    assert "Max     │ 02_the_cell │ graded     │ Not on the roster." in text
    assert "Nobody   │ missing" in text


def test_the_commonest_reason_is_that_of_most_students_whatever_its_numbers():
    answers = [question(points=0.0, reasons=[f"Called with shape {n}x4 in mat1: wrong. Got {n}."]) for n in range(3)]
    assert summary.commonest_reason(answers) == "3 × Called with shape … in mat1: wrong."
    assert summary.commonest_reason([question()]) == ""


def test_the_commonest_reason_is_what_went_wrong_first_and_a_mistake_if_there_is_one():
    answers = [question(points=0.0, reasons=["The gates are wrong.", "A gradient is wrong."])] * 2
    answers += [question(points=0.0, reasons=["A gradient is wrong."])]
    missing = [question(points=0.0, reasons=["Not answered yet."])] * 3
    assert summary.commonest_reason(answers + missing) == "2 × The gates are wrong."
    assert summary.commonest_reason(missing) == "3 × Not answered yet."


def test_summary_takes_names_for_text_and_a_large_class_in_short():
    text = shown(*hostile_class(), *[graded(f"s{number}") for number in range(50)])
    assert "[red]Eve[/red]" in text
    assert "and 23 more in grades.csv" in text
    assert not set("\0\x1b\u202e") & set(text)
