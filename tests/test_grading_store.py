import errno
import json
import os

import pytest

from lstm_course.errors import CourseError
from lstm_course.files import write_whole
from lstm_course.grading import store
from lstm_course.grading.model import QuestionResult, Result
from lstm_course.grading.store import MARKER, Store


def result(student="anna", digest="1", points=1.0):
    return Result(student, "01_sample", digest, "graded", questions=[QuestionResult("double", "Double", points, 2.0)])


def test_a_result_is_found_again_while_its_digest_is_the_same(tmp_path):
    Store(tmp_path / "a/grades").put(result())
    opened = Store(tmp_path / "a/grades")
    assert opened.get("anna", "01_sample", "1") == result()
    assert opened.get("anna", "01_sample") == result()
    assert opened.get("anna", "01_sample", "2") is None
    assert opened.get("bob", "01_sample", "1") is None


def test_every_student_has_a_file_whatever_the_name(tmp_path):
    names = ["anna", "Anna", "../anna", "a/nna", "x" * 300, "con", "", "\n", "刘", "m\\udcfcller"]
    opened = Store(tmp_path / "grades")
    for name in names:
        opened.put(result(name))
    assert [opened.get(name, "01_sample", "1").student for name in names] == names
    assert {path.name for path in tmp_path.iterdir()} == {"grades"}
    assert len(list((tmp_path / "grades/results").iterdir())) == len(names)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"student": "anna"', '{"questions": 3}'])
def test_a_damaged_result_counts_as_none(tmp_path, content):
    opened = Store(tmp_path)
    opened.put(result())
    (path,) = (tmp_path / "results").iterdir()
    path.write_text(content, "utf-8")
    assert opened.get("anna", "01_sample", "1") is None


def test_what_we_did_not_write_stays_as_it_is(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work", "utf-8")
    with pytest.raises(
        CourseError, match=r"of their own; .* holds other files, which stay as they are: choose another"
    ):
        Store(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
    with pytest.raises(CourseError, match=r"thesis\.tex is a file: choose another"):
        Store(tmp_path / "thesis.tex")
    assert (tmp_path / "thesis.tex").read_text("utf-8") == "years of work"


def test_leftovers_of_a_killed_run_are_cleared_and_nothing_else(tmp_path):
    Store(tmp_path).put(result())
    (tmp_path / "results/half.tmp").write_text("{", "utf-8")
    (tmp_path / "notes.tmp").write_text("mine", "utf-8")
    assert Store(tmp_path).get("anna", "01_sample", "1") == result()
    assert sorted(path.name for path in tmp_path.rglob("*.tmp")) == ["notes.tmp"]


def test_a_full_disk_is_said_and_what_was_written_stays(tmp_path, monkeypatch):
    opened = Store(tmp_path)
    opened.put(result(points=1.0))

    def write_half(path, text):
        (path.parent / "half.tmp").write_text(text[:5], "utf-8")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(store, "write_whole", write_half)
    with pytest.raises(
        CourseError, match=r"which failed: No space left on device.* make room .* the same command again"
    ):
        opened.put(result(points=2.0))
    monkeypatch.setattr(store, "write_whole", write_whole)
    assert Store(tmp_path).get("anna", "01_sample", "1") == result(points=1.0)


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    with pytest.raises(CourseError, match=r"Grades are written to .*, which failed: Not a directory"):
        Store(write(tmp_path / "file") / "grades")


def write(path):
    path.write_text("", "utf-8")
    return path


def test_results_are_readable_by_other_programs(tmp_path):
    Store(tmp_path).put(result())
    (path,) = (tmp_path / "results").iterdir()
    assert json.loads(path.read_text("utf-8"))["questions"][0]["max_points"] == 2.0
    assert "lstm-course grade" in (tmp_path / MARKER).read_text("utf-8")
