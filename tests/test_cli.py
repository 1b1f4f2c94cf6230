import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from typer.testing import CliRunner

from lstm_course import cli


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-c", "from lstm_course.cli import main; main()", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def refused(result, *words):
    """One sentence on the error stream, exit code 2, no traceback."""
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert result.stderr.startswith("lstm-course: ")
    for word in words:
        assert word in result.stderr


def test_help_and_the_bare_package_do_not_import_torch():
    code = "import sys; from lstm_course.cli import app; import typer.testing as t; "
    code += "r = t.CliRunner().invoke(app, ['--help']); assert r.exit_code == 0; "
    code += (
        "heavy = {'torch', 'numpy', 'matplotlib', 'IPython', 'nbclient'} & set(sys.modules); assert not heavy, heavy"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_build_refuses_a_malformed_source(sample_course):
    source = sample_course / "source/lessons/01_sample.py"
    source.write_text(source.read_text("utf-8").replace('id="closing"', 'id="numbers"'), "utf-8")
    refused(run("build", "--root", sample_course), "01_sample.py: cell 'numbers': stands twice")
    assert not (sample_course / "notebooks").exists()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("notes.txt", b"no notebook", "is none: "),
        ("empty.ipynb", b"", "is none: "),
        ("binary.ipynb", b"\xff\xfe\x00", "is none: "),
        ("list.ipynb", b"[]", "is none: "),
        ("other.ipynb", b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "holds none"),
    ],
)
def test_check_refuses_what_is_no_exercise(tmp_path, name, content, words):
    path = tmp_path / name
    path.write_bytes(content)
    refused(run("check", path), name, words)


def test_check_refuses_what_is_not_there(tmp_path):
    refused(run("check", tmp_path / "nothing.ipynb"), "nothing.ipynb does not exist")
    refused(run("check", tmp_path), "holds none")


def test_check_says_what_is_open_wrong_and_right(built):
    path = built / "exercises/01_sample.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.id == "double":
            cell.source = "def double_it(x):\n    return x * x"
    nbformat.write(notebook, path)
    before = path.read_bytes()
    result = CliRunner().invoke(cli.app, ["check", str(path)])
    assert result.exit_code == 1
    words = " ".join(result.output.replace("│", " ").split())
    assert "0 of 3 points" in words
    assert "double(x) is 2 x. Got 9." in words
    assert "not answered yet" in words
    assert "A sample 0 of 2 0 of 3 6" in words
    assert 'Next: "Double" in 01_sample.ipynb, about 4 minutes.' in words
    assert path.read_bytes() == before

    result = CliRunner().invoke(cli.app, ["check", str(built / "solutions")])
    assert result.exit_code == 0
    assert "3 of 3 points" in result.output
    assert "All questions are solved." in result.output


def test_check_survives_an_answer_that_ends_the_kernel(built):
    path = built / "exercises/01_sample.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.id == "double":
            cell.source = "import os; os._exit(1)"
    nbformat.write(notebook, path)
    result = CliRunner().invoke(cli.app, ["check", str(path)])
    assert result.exit_code == 1
    assert "ended the kernel" in " ".join(result.output.replace("│", " ").split())


def test_lab_without_lessons_is_refused(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(cli, "COURSE", tmp_path)
    monkeypatch.setattr(sys, "argv", ["lstm-course", "lab"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2
    assert "clone it" in capsys.readouterr().err


def test_package_is_found_beside_its_lessons():
    assert (cli.COURSE / "pyproject.toml").is_file()
    assert Path(cli.START_PAGE).name in {path.name for path in (cli.COURSE / "notebooks").glob("*.ipynb")}
