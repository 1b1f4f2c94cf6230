"""The start page's look at the environment: a word where all is sound, and what to do where it is not."""

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
import torch

from lstm_course import environment, weather
from lstm_course.widgets import spectral_radius


@pytest.fixture
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def problems():
    return {finding.part: finding.problem for finding in environment.check() if finding.problem}


def test_this_environment_is_sound(one_thread, monkeypatch):
    monkeypatch.chdir(Path(environment.__file__).parents[1] / "notebooks")
    assert problems() == {}


def test_report_of_a_sound_environment_holds_nothing_of_the_machine(one_thread, capsys):
    environment.report()
    said = capsys.readouterr().out
    assert said.endswith("\n\nEverything is sound.\n")
    assert not any(character.isdigit() or character in "/\\" for character in said)


def test_import_is_cheap():
    code = "import sys, lstm_course.environment; print([n for n in ('torch', 'numpy', 'IPython') if n in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_too_old_package_is_named_with_bounds_and_remedy(monkeypatch):
    monkeypatch.setattr(metadata, "version", lambda name: "1.13.1")
    problem = environment.package("torch")
    assert ">=2.6" in problem
    assert "1.13.1" in problem
    assert "make lab" in problem


@pytest.mark.parametrize(
    ("version", "is_sound"), [("2.6", True), ("2.13.0+cpu", True), ("3.0", False), ("2.5.1", False)]
)
def test_bounds_are_those_of_pyproject(monkeypatch, version, is_sound):
    monkeypatch.setattr(metadata, "version", lambda name: version)
    assert (environment.package("torch") == "") is is_sound


def test_missing_package_is_a_finding(monkeypatch):
    def version(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", version)
    assert problems()["anywidget"].startswith("it is not installed;")


def test_course_that_is_not_installed_is_a_finding(monkeypatch):
    def distribution(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", distribution)
    assert "the package lstm-course is not installed in this kernel" in problems()["Python"]


def test_too_old_python(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 7, "final", 0))
    assert environment.python().startswith("the course needs Python >=3.11, this kernel has 3.9.7")


def test_kernel_of_another_copy_of_the_course(tmp_path, monkeypatch):
    (tmp_path / "lstm_course").mkdir()
    (tmp_path / "notebooks").mkdir()
    for name in ("pyproject.toml", "lstm_course/environment.py"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path / "notebooks")
    problem = environment.kernel()
    assert str(tmp_path) in problem
    assert "choose the kernel" in problem


def test_notebook_outside_any_course_is_no_problem(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert environment.kernel() == ""


def test_several_threads(monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)
    problem = environment.threads()
    assert "8 threads" in problem
    assert "torch.set_num_threads(1)" in problem


def test_damaged_weather_is_a_finding(tmp_path, monkeypatch):
    monkeypatch.setattr(weather.load, "__defaults__", (tmp_path / "none.csv.gz",))
    problem = problems()["weather data"]
    assert "there is none" in problem
    assert "make lab" in problem


def test_weather_of_another_length(monkeypatch):
    monkeypatch.setattr(weather, "load", lambda: range(10))
    assert "43,824 hours are expected, 10 were read" in environment.weather_data()


def test_jupyterlab_without_its_half_of_the_widgets(tmp_path, monkeypatch):
    monkeypatch.setattr("jupyter_core.paths.jupyter_path", lambda *parts: [str(tmp_path)])
    assert "@jupyter-widgets/jupyterlab-manager" in environment.widgets()


def test_widget_that_cannot_be_made_is_a_finding(monkeypatch):
    def broken():
        raise OSError("no comm.")

    monkeypatch.setattr(spectral_radius, "SpectralRadiusExplorer", broken)
    assert problems()["widgets"].startswith("looking at it raised OSError: no comm. To install it anew")


def test_report_counts_what_is_to_mend(one_thread, monkeypatch, capsys):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    environment.report()
    said = capsys.readouterr().out
    assert "PROBLEM: threads: torch computes with 2 threads" in said
    assert said.endswith("\n1 to mend, see above.\n")
