from datetime import datetime

import pytest

from lstm_course.errors import CourseError
from lstm_course.grading import roster
from tests.graded import graded, unreadable

DUE = roster.parse_due("2026-11-30T23:59+01:00")


def read(tmp_path, text):
    path = tmp_path / "class.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return roster.read(path)


@pytest.mark.parametrize(
    "text",
    [
        "student\njane\nmax\n",
        "\ufeffStudent;E-mail\r\njane;j@x.org\r\nmax;m@x.org\r\n",
        '"ID","name"\n"jane","Doe, Jane"\n\n"max","Max"\n , \n',
        "name\temail\tid\nJane\tj@x.org\tjane\nMax\tm@x.org\tmax",
    ],
)
def test_rosters_of_common_forms_are_read(tmp_path, text):
    assert [student.student for student in read(tmp_path, text)] == ["jane", "max"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"has a column student or id or email or name; .*class\.csv begins with \[\]"),
        ("pupil\njane\n", r"begins with \['pupil'\]: name one so"),
        ("student\njane\nJane\n", r"names every student once; .*names 'jane' twice"),
        ("student,name\n,Jane\n", r"names a student in every row; .*names none in row 2"),
        ("student\nJürgen".encode("latin-1"), r"is in UTF-8; .*save it as 'CSV UTF-8'"),
        ("student\n" + "x" * 200_000, r"is a CSV file; .* is none: field larger"),
    ],
)
def test_rosters_that_cannot_be_used_are_refused(tmp_path, text, message):
    with pytest.raises(CourseError, match=message):
        read(tmp_path, text)


def test_a_roster_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CourseError, match="cannot be read: No such file"):
        roster.read(tmp_path / "none.csv")


def test_what_is_missing_is_added_with_no_points(tmp_path):
    students = read(tmp_path, "student\njane doe\nMax\nNobody\n")
    results = roster.join([graded(), unreadable(), graded("Max", "03_x")], students)
    missing = {(result.student, result.exercise) for result in results if result.status == "missing"}
    assert missing == {("Nobody", "02_the_cell"), ("Nobody", "03_x"), ("jane doe", "03_x")}
    for result in results[3:]:
        assert (result.points, result.max_points) == (0, 3)
        assert result.reason == "Nothing was handed in."
        assert not any(question.reasons for question in result.questions)
    assert all(result.on_roster for result in results)


def test_an_exercise_that_is_none_is_not_due(tmp_path):
    stray = graded("Eve", "holiday").__class__("Eve", "holiday", "d", "unreadable", "no such exercise")
    results = roster.join([graded(), stray], read(tmp_path, "student\nJane Doe\n"))
    assert len(results) == 2


def test_unknown_students_are_kept_and_marked(tmp_path):
    results = roster.join([graded(), graded("Eve")], read(tmp_path, "student\nJane Doe\n"))
    assert [(result.student, result.on_roster) for result in results] == [("Jane Doe", True), ("Eve", False)]
    assert results[1].points == graded().points


@pytest.mark.parametrize(
    ("handed_in_as", "is_known"),
    [
        ("s1", True),
        ("JANE  DOE", True),
        ("j@x.org", True),
        ("Jane Doe_771", True),
        ("doejane_900", True),
        ("Max Roe", False),  # two students have this name
        ("Max Roe_s2", False),
        ("doejane_901x", False),
    ],
)
def test_a_student_is_known_by_any_of_his_names(tmp_path, handed_in_as, is_known):
    text = "student,id,name,email\ns1,900,Jane Doe,j@x.org\ns2,901,Max Roe,\ns3,902,Max Roe,\n"
    (result, *missing) = roster.join([graded(handed_in_as)], read(tmp_path, text))
    assert result.on_roster is is_known
    assert len(missing) == (2 if is_known else 3)


@pytest.mark.parametrize(
    ("submitted", "percent", "late", "points"),
    [
        ("2026-11-30T22:59:00+00:00", 10, "", 2.5),
        ("2026-11-30T23:59:01+01:00", 10, "1 day late: 10 % less", 2.25),
        ("2026-12-01T23:59:00+01:00", 10, "1 day late: 10 % less", 2.25),
        ("2026-12-02T23:58:00+01:00", 12.5, "2 days late: 25 % less", 1.88),
        ("2027-11-30T23:59:00+01:00", 10, "365 days late: 100 % less", 0.0),
        (None, 10, "", 2.5),
    ],
)
def test_each_day_begun_after_the_deadline_costs(submitted, percent, late, points):
    (result,) = roster.apply_late([graded(submitted=submitted)], roster.Late(DUE, percent))
    assert (result.late, result.points) == (late, points)
    assert roster.apply_late([result], roster.Late(DUE, percent)) == [result]


def test_a_deadline_without_a_zone_is_this_machines():
    assert roster.parse_due("2026-11-30 23:59") == datetime(2026, 11, 30, 23, 59).astimezone()


def test_deadlines_and_percentages_that_make_no_sense_are_refused():
    with pytest.raises(CourseError, match=r"such as 2026-11-30T23:59, got 'tomorrow'\."):
        roster.parse_due("tomorrow")
    for percent in (-1, 101, float("nan")):
        with pytest.raises(CourseError, match=r"costs 0 to 100 percent of the points, got"):
            roster.Late(DUE, percent)
