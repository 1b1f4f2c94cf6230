import os

import pytest

from lstm_course.files import safe_names, write_whole

HOSTILE = ["../../etc/passwd", "..", ".", "", "a/b", "a\\b", "/abs", "CON", "nul.txt", "x" * 500, "y" * 499 + "é"]
HOSTILE += [
    "李" * 500,
    "[red]x[/red]",
    "<script>",
    "=1+1",
    "\u202egnp.exe",
    "\ud800",
    "a\0b",
    "a\nb",
    ".hidden",
    "end. ",
    " ",
]


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a.ipynb"
    write_whole(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "new \ud800")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_ordinary_names_stay_as_they_are():
    names = ["Jane Doe", "jürgen.groß@example.org", "李雷", "s123456", "O_Neil-Smith", "नमस्ते"]
    assert safe_names(names) == {name: name for name in names}


def test_hostile_names_become_files_of_one_folder(tmp_path):
    given = safe_names(HOSTILE)
    for file in given.values():
        assert os.sep not in file
        assert "\\" not in file
        assert len(f"{file}.html".encode()) < 255
        write_whole(tmp_path / f"{file}.html", file)
    assert len(list(tmp_path.iterdir())) == len(HOSTILE)
    assert not any(path.name.startswith(".") for path in tmp_path.iterdir())


@pytest.mark.parametrize("names", [["Anna", "anna"], ["AB", "aB"], ["a/b", "a:b", "a_b"], ["é", "e\u0301"]])
def test_names_that_look_alike_to_a_file_system_are_kept_apart(names):
    files = safe_names(names)
    assert len({file.casefold() for file in files.values()}) == len(names)


def test_a_name_chosen_to_equal_another_files_name_does_not_take_it():
    wanted = safe_names(["../x"])["../x"]
    files = safe_names(["../x", wanted])
    assert len(set(files.values())) == 2


def test_a_name_keeps_its_file_whoever_else_is_there():
    assert safe_names(["../x"])["../x"] == safe_names(["../x", "b", "c"])["../x"]
