from pathlib import Path
from shutil import copyfile, copytree

import pytest

from lstm_course import figures
from lstm_course.authoring.build import build

FILES = Path(__file__).parent / "files"


def lay_out(course):
    for kind in ("lesson", "exercise"):
        folder = course / "source" / f"{kind}s"
        folder.mkdir(parents=True)
        copyfile(FILES / f"sample_{kind}.py", folder / "01_sample.py")
    return course


@pytest.fixture
def sample_course(tmp_path):
    """The source of a course of one lesson and one exercise, both tiny, with a Chinese cell each."""
    return lay_out(tmp_path)


@pytest.fixture(scope="session")
def built_once(tmp_path_factory):
    course = lay_out(tmp_path_factory.mktemp("course"))
    list(build(course, []))
    return course


@pytest.fixture
def built(built_once, tmp_path):
    """The same course with its notebooks built, to be changed at will."""
    return copytree(built_once, tmp_path / "course")


@pytest.fixture
def shown(monkeypatch):
    """The description of the one figure that is shown, in a function to be called once it has been."""
    got = []
    monkeypatch.setattr(figures, "show", lambda figure, caption, description: got.append((figure, description)))

    def words():
        ((figure, description),) = got
        figures.png(figure)  # it can be drawn
        return " ".join(description.split())

    return words


@pytest.fixture(params=[True, False], ids=["sandbox", "open"])
def sandboxed(request):
    """Whether a graded notebook runs in the sandbox."""
    return request.param
