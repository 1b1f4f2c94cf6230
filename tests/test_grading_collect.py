import io
import json
import os
import struct
import zipfile
from datetime import datetime

import pytest

from lstm_course.errors import CourseError
from lstm_course.grading import places
from lstm_course.grading.collect import NO_NOTEBOOK, collect

EXERCISES = ["01_why_rnns_forget", "02_the_cell"]
NOTEBOOK = json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def lay(folder, *paths, content=NOTEBOOK):
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def packed(members, method=zipfile.ZIP_DEFLATED):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 11, 2, 10, 0, 0)), content, method)
    return data.getvalue()


def keys(place):
    return [(one.student, one.exercise) for one in collect(place, EXERCISES)]


def problem(place):
    """Say why the one submission in a place cannot be read."""
    (found,) = collect(place, EXERCISES)
    submission = found.submission()
    assert submission.data is None
    return submission.problem


@pytest.mark.parametrize(
    ("path", "student"),
    [
        ("anna/02_the_cell.ipynb", "anna"),
        ("anna/week 2/02_the_cell.ipynb", "anna"),
        ("anna__02_the_cell.ipynb", "anna"),
        ("anna maria_02_the_cell.IPYNB", "anna maria"),
        ("anna/02 the-cell (2).ipynb", "anna"),
        ("anna/Anna_02_THE_CELL_final.ipynb", "anna"),
        ("anna/bob__02_the_cell.ipynb", "anna"),
        ("anna.ipynb/02_the_cell.ipynb", "anna.ipynb"),
        ("Anna Schmidt_123456_assignsubmission_file_/02_the_cell.ipynb", "Anna Schmidt_123456"),
        ("Anna Schmidt_123456_assignsubmission_file_02_the_cell.ipynb", "Anna Schmidt_123456"),
        ("schmidtanna_LATE_123_456_02_the_cell-1.ipynb", "schmidtanna_123"),
        ("schmidtanna_123_456_02_the_cell.ipynb", "schmidtanna_123"),
        ("Zoe\u0308 刘/02_the_cell.ipynb", "Zoë 刘"),
    ],
)
def test_student_and_exercise_are_read_from_names(tmp_path, path, student):
    (found,) = collect(lay(tmp_path, path), EXERCISES)
    assert (found.student, found.exercise) == (student, "02_the_cell")
    submission = found.submission()
    assert submission.data == NOTEBOOK
    assert len(submission.digest) == 64
    assert datetime.fromisoformat(submission.submitted).tzinfo


def test_what_nobody_means_to_hand_in_is_passed_over(tmp_path):
    lay(tmp_path, "anna/02_the_cell.ipynb", "anna/.ipynb_checkpoints/02_the_cell-checkpoint.ipynb", "readme.txt")
    lay(tmp_path, "__MACOSX/anna/02_the_cell.ipynb", "anna/._02_the_cell.ipynb", ".DS_Store", "anna/helper.py")
    (found,) = collect(tmp_path, EXERCISES)
    assert found.path == "anna/02_the_cell.ipynb"
    assert found.note == ""


def test_the_newest_of_several_counts_and_it_is_said(tmp_path):
    lay(tmp_path, "anna/a/02_the_cell.ipynb", "anna/b/02_the_cell.ipynb", "bob/02_the_cell.ipynb")
    os.utime(tmp_path / "anna/b/02_the_cell.ipynb", (1, 1))
    anna, bob = collect(tmp_path, EXERCISES)
    assert anna.path == "anna/a/02_the_cell.ipynb"
    assert anna.note == ("Handed in 2 times: anna/a/02_the_cell.ipynb counts, not anna/b/02_the_cell.ipynb.")
    assert bob.note == ""


def test_of_equal_times_the_highest_attempt_counts(tmp_path):
    lay(tmp_path, *(f"anna/02_the_cell{end}.ipynb" for end in ("", "-2", "-10")))
    for path in (tmp_path / "anna").iterdir():
        os.utime(path, (1, 1))
    assert [one.path for one in collect(tmp_path, EXERCISES)] == ["anna/02_the_cell-10.ipynb"]


def test_of_a_whole_clone_the_exercise_counts(tmp_path):
    folders = ("notebooks", "exercises", "solutions")
    lay(tmp_path, *(f"anna/lstm-course/{folder}/02_the_cell.ipynb" for folder in folders))
    os.utime(tmp_path / "anna/lstm-course/exercises/02_the_cell.ipynb", (1, 1))
    lay(tmp_path, "bob/solutions/02_the_cell.ipynb")
    assert [one.path.split("/")[-2] for one in collect(tmp_path, EXERCISES)] == ["exercises", "solutions"]


def test_a_readable_older_one_counts_before_a_newer_link(tmp_path):
    lay(tmp_path, "anna/02_the_cell.ipynb")
    (tmp_path / "anna/02_the_cell-2.ipynb").symlink_to(tmp_path / "anna/02_the_cell.ipynb")
    (found,) = collect(tmp_path, EXERCISES)
    assert found.path == "anna/02_the_cell.ipynb"


def test_links_devices_and_folders_in_place_of_files_are_refused(tmp_path):
    secret = lay(tmp_path, "secret.ipynb") / "secret.ipynb"
    for kind, make in {
        "a link": lambda path: path.symlink_to(secret),
        "a device or pipe": os.mkfifo,
        "a folder": lambda path: path.mkdir(),
    }.items():
        path = tmp_path / kind / "anna" / "02_the_cell.ipynb"
        path.parent.mkdir(parents=True)
        make(path)
        assert problem(tmp_path / kind) == f"A file is needed; this is {kind}: hand in the file itself."


def test_a_linked_folder_is_not_entered(tmp_path):
    lay(tmp_path, "elsewhere/02_the_cell.ipynb", "class/anna/02_the_cell.ipynb")
    (tmp_path / "class/bob").symlink_to(tmp_path / "elsewhere")
    assert keys(tmp_path / "class") == [("anna", "02_the_cell"), ("bob", NO_NOTEBOOK)]


def test_what_cannot_be_graded_gets_an_entry_that_says_why(tmp_path, monkeypatch):
    assert "rename it" in problem(lay(tmp_path / "a", "anna/homework.ipynb"))
    assert "says no student" in problem(lay(tmp_path / "b", "02_the_cell.ipynb"))
    assert "got work.pdf" in problem(lay(tmp_path / "c", "anna/work.pdf"))
    (tmp_path / "d/anna").mkdir(parents=True)
    assert "got an empty folder" in problem(tmp_path / "d")
    monkeypatch.setattr(places, "MOST_BYTES", 1_000_000)
    assert "at most 1 MB" in problem(lay(tmp_path / "e", "anna/02_the_cell.ipynb", content=b" " * 1_000_001))


def test_names_that_are_no_utf8_can_be_stored(tmp_path):
    lay(tmp_path, os.fsdecode(b"m\xfcller/02_the_cell.ipynb"))
    (found,) = collect(tmp_path, EXERCISES)
    assert found.student == "m\\udcfcller"
    assert found.submission().data == NOTEBOOK


def test_folders_may_not_lie_endlessly_deep(tmp_path):
    assert "lies deeper" in problem(lay(tmp_path, "/".join("d" * 12) + "/02_the_cell.ipynb"))


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir(), lambda path: path.write_bytes(b"x")])
def test_a_place_without_submissions_is_refused(tmp_path, make):
    place = tmp_path / "nothing here"
    make(place)
    with pytest.raises(CourseError, match=r"Submissions are .*nothing here.*(not exist|holds none|damaged)"):
        collect(place, EXERCISES)


def test_archives_of_classes_and_of_students(tmp_path):
    own = packed({"02_the_cell.ipynb": NOTEBOOK, "bob/01_why_rnns_forget.ipynb": NOTEBOOK})
    export = {
        "Anna_1_assignsubmission_file_/02_the_cell.ipynb": NOTEBOOK,
        "__MACOSX/._02_the_cell.ipynb": b"",
        "bob__02_the_cell.ipynb": NOTEBOOK,
        "kim/work.zip": own,
    }
    expected = [("Anna_1", "02_the_cell"), ("bob", "02_the_cell")]
    expected += [("kim", "01_why_rnns_forget"), ("kim", "02_the_cell")]
    lay(tmp_path, "class/export.zip", content=packed(export))
    assert keys(tmp_path / "class") == expected
    assert keys(tmp_path / "class/export.zip") == expected
    wrapped = packed({f"week 2/{name}": content for name, content in export.items()})
    assert keys(lay(tmp_path / "wrapped", "export.zip", content=wrapped)) == expected
    lay(tmp_path, "flat/lea.zip", "flat/max__02_the_cell.zip", content=packed({"02_the_cell.ipynb": NOTEBOOK}))
    assert keys(tmp_path / "flat") == [("lea", "02_the_cell"), ("max", "02_the_cell")]
    for found in collect(tmp_path / "class", EXERCISES):
        assert found.submission().data == NOTEBOOK


@pytest.mark.parametrize("below", ["{}/01_why_rnns_forget.ipynb", "{}__01_why_rnns_forget.ipynb", "{}/all.zip"])
def test_folders_of_exercises_hold_the_folders_of_students(tmp_path, below):
    for student in ("anna", "bob"):
        lay(tmp_path, f"02_the_cell/{student}/02 the cell.ipynb")
        content = packed({"01_why_rnns_forget.ipynb": NOTEBOOK}) if below.endswith(".zip") else NOTEBOOK
        lay(tmp_path, f"01_why_rnns_forget/{below.format(student)}", content=content)
    assert keys(tmp_path) == [(student, exercise) for student in ("anna", "bob") for exercise in EXERCISES]


def test_a_platforms_archive_of_a_class_is_nobodys_work(tmp_path):
    names = ["Anna_1_assignsubmission_file_/02_the_cell.ipynb", "Bo_2_assignsubmission_file_/02_the_cell.ipynb"]
    lay(tmp_path / "class", "ML101-02_the_cell-4711.zip", content=packed(dict.fromkeys(names, NOTEBOOK)))
    assert problem(tmp_path / "class").startswith("The archive holds several students' work: unpack it")
    assert keys(tmp_path / "class/ML101-02_the_cell-4711.zip") == [("Anna_1", "02_the_cell"), ("Bo_2", "02_the_cell")]
    own = ["02_the_cell.ipynb", "loss_1_2.png", "plot_3_4.png", "runs_1_2/a.ipynb", "tries_1_2/b.ipynb"]
    lay(tmp_path / "own", "anna__02_the_cell.zip", content=packed(dict.fromkeys(own, NOTEBOOK)))
    assert ("anna", "02_the_cell") in keys(tmp_path / "own")


def test_nobody_hands_in_for_another(tmp_path):
    stolen = packed({"bob/02_the_cell.ipynb": b"forged", "../bob/01_why_rnns_forget.ipynb": b"forged"})
    lay(tmp_path, "anna/work.zip", "eve_1_2_work.zip", content=stolen)
    lay(tmp_path, "bob/02_the_cell.ipynb")
    found = {(one.student, one.exercise): one.submission() for one in collect(tmp_path, EXERCISES)}
    assert {student for student, _ in found} == {"anna", "bob", "eve_1"}
    assert found["bob", "02_the_cell"].data == NOTEBOOK
    assert "climbs out" in found["anna", "01_why_rnns_forget"].problem
    assert not list(tmp_path.parent.glob("bob*"))


def test_broken_archives_say_what_is_wrong(tmp_path):
    whole = packed({"02_the_cell.ipynb": NOTEBOOK * 50})
    encrypted = bytearray(whole)
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        encrypted[whole.index(signature) + at] |= 1
    link = zipfile.ZipInfo("02_the_cell.ipynb")
    link.external_attr = 0o120777 << 16
    linked = io.BytesIO()
    with zipfile.ZipFile(linked, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    for content, words in {
        b"PK not a zip": "damaged",
        whole[: len(whole) // 2]: "damaged",
        whole.replace(b"\x00\x00PK\x01", b"\x00\xffPK\x01")[:60] + whole[80:]: "damaged",
        bytes(encrypted): "encrypted",
        packed({"02_the_cell.ipynb": NOTEBOOK}, zipfile.ZIP_LZMA): "unusual way",
        linked.getvalue(): "this is a link",
        packed({"work.pdf": b"%PDF"}): "got work.zip, work.pdf",
    }.items():
        assert words in problem(lay(tmp_path, "anna/work.zip", content=content))


def test_zip_bombs_do_not_grow(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "MOST_BYTES", 1_000_000)
    bomb = packed({"02_the_cell.ipynb": bytes(10_000_000)})
    assert "at most 1 MB" in problem(lay(tmp_path / "large", "anna/work.zip", content=bomb))
    nested = packed({"anna/work.zip": bytes(10_000_000)})
    assert "at most 1 MB" in problem(lay(tmp_path / "nested", "export.zip", content=nested))


def test_an_archive_with_a_huge_table_of_contents_is_not_opened(tmp_path):
    whole = packed({"02_the_cell.ipynb": NOTEBOOK})
    end = whole.rindex(places.END_SIGNATURE)
    claimed = whole[: end + 12] + struct.pack("<L", places.MOST_DIRECTORY_BYTES + 1) + whole[end + 16 :]
    assert "too many files" in problem(lay(tmp_path / "a", "anna/work.zip", content=claimed))
    locator = places.END_64_SIGNATURE + bytes(16)
    assert "too many files" in problem(
        lay(tmp_path / "b", "anna/work.zip", content=whole[:end] + locator + whole[end:])
    )
