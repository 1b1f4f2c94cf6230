"""A real JupyterLab on a copy of the course, and Debian's Chromium to read it with."""

import pytest

from tests.browser.lab import CHROMIUM, Reader, running_chromium, running_lab


def pytest_collection_modifyitems(items):
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"))


@pytest.fixture(scope="session")
def lab_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="session")
def lab(lab_folder):
    """Address of the JupyterLab that serves `lab_folder`/course."""
    with running_lab(lab_folder) as address:
        yield address


@pytest.fixture(scope="session")
def browser():
    pytest.importorskip("playwright.sync_api")
    with running_chromium() as chromium:
        yield chromium


@pytest.fixture
def reader(browser, lab):
    reader = Reader(browser, lab)
    yield reader
    reader.close()
