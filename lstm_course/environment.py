"""Is everything that the course needs here, and in order? Each part is looked at alone; a problem says what to do.

Importing this module is cheap: torch, the weather and the widgets are loaded only while they are looked at.
"""

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

PACKAGE = "lstm-course"
LOOKED_AT = ("torch", "numpy", "jupyterlab", "ipywidgets", "anywidget")
HOURS = 43_824
EXTENSIONS = {"ipywidgets": "@jupyter-widgets/jupyterlab-manager", "anywidget": "anywidget"}
INSTALL = "in the course's folder run `make lab`, or `pip install -c constraints.txt -e .` with this kernel's Python"


@dataclass(frozen=True)
class Finding:
    """One part of the environment: sound, or the `problem` and what to do about it."""

    part: str
    problem: str = ""

    def __str__(self) -> str:
        return f"PROBLEM: {self.part}: {self.problem}" if self.problem else f"sound: {self.part}"


def check() -> list[Finding]:
    """Look at every part; a part that cannot even be looked at is a finding, never an exception."""
    parts: dict[str, Callable[[], str]] = {
        "Python": python,
        "kernel": kernel,
        **{name: lambda name=name: package(name) for name in LOOKED_AT},
        "threads": threads,
        "weather data": weather_data,
        "widgets": widgets,
    }
    return [Finding(part, _guarded(problem_of)) for part, problem_of in parts.items()]


def report() -> None:
    """Print a line for every part; where all is sound, the same lines on every machine."""
    findings = check()
    print(*findings, sep="\n")
    problems = sum(bool(finding.problem) for finding in findings)
    print(f"\n{problems} to mend, see above." if problems else "\nEverything is sound.")


def _guarded(problem_of: Callable[[], str]) -> str:
    try:
        return problem_of()
    except Exception as error:  # a broken installation can raise anything, from ImportError to OSError
        what = str(error).strip().rstrip(".")
        return f"looking at it raised {type(error).__name__}: {what}. To install it anew, {INSTALL}."


def python() -> str:
    """Return what is wrong with the Python of this kernel ("" if nothing)."""
    from packaging.specifiers import SpecifierSet

    wanted = _distribution().metadata["Requires-Python"] or ""
    version = ".".join(map(str, sys.version_info[:3]))
    if SpecifierSet(wanted).contains(version):
        return ""
    return f"the course needs Python {wanted}, this kernel has {version}: make the environment with a newer Python."


def kernel() -> str:
    """Return what is wrong if this kernel imports another copy of the course than the one whose notebook is open."""
    course = next((folder for folder in (Path.cwd(), *Path.cwd().parents) if _is_course(folder)), None)
    if course is None:  # the notebook was copied elsewhere; the package that is imported is the only one
        _distribution()
        return ""
    imported = Path(__file__).resolve().parents[1]
    if imported == course.resolve():
        return ""
    return (
        f"the open notebook belongs to the course in {course}, but this kernel imports the one in {imported}: "
        f"choose the kernel of the former, or {INSTALL}."
    )


def _is_course(folder: Path) -> bool:
    return (folder / "pyproject.toml").is_file() and (folder / "lstm_course" / "environment.py").is_file()


def package(name: str) -> str:
    """Return what is wrong with the installed version of a package, by the bounds that the course states."""
    from packaging.requirements import Requirement

    requirements = {r.name: r.specifier for r in map(Requirement, _distribution().requires or []) if not r.marker}
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return f"it is not installed; {INSTALL}."
    if requirements[name].contains(version, prereleases=True):
        return ""
    return f"the course needs {name}{requirements[name]}, this kernel has {version}; {INSTALL}."


def threads() -> str:
    """Return what is wrong with the number of threads that torch computes with in this kernel."""
    import torch

    count = torch.get_num_threads()
    if count == 1:
        return ""
    return (
        f"torch computes with {count} threads, and with more than one a small network on a busy machine can be "
        "ten times slower: run `torch.set_num_threads(1)`, as the first cell of every lesson does."
    )


def weather_data() -> str:
    """Return what is wrong with the weather that is shipped with the package."""
    from lstm_course import weather

    hours = len(weather.load())
    return "" if hours == HOURS else f"{HOURS:,} hours are expected, {hours:,} were read: {INSTALL}."


def widgets() -> str:
    """Return why a widget cannot be made here, or not be shown by the JupyterLab that belongs to this kernel."""
    from jupyter_core.paths import jupyter_path

    for name, extension in EXTENSIONS.items():
        if not any(Path(folder, extension, "package.json").is_file() for folder in jupyter_path("labextensions")):
            return f"JupyterLab's half of {name} ({extension}) is missing: {INSTALL}, and restart JupyterLab."
    importlib.import_module("lstm_course.widgets.spectral_radius").SpectralRadiusExplorer()
    return ""


def _distribution() -> metadata.Distribution:
    try:
        return metadata.distribution(PACKAGE)
    except metadata.PackageNotFoundError:
        raise RuntimeError(f"the package {PACKAGE} is not installed in this kernel") from None
