"""conda cannot be run in the tests, so environment.yml and constraints.txt are held against pyproject.toml."""

import re
import tomllib
from itertools import chain
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
CONDA_NAMES = {"torch": "pytorch-cpu", "matplotlib": "matplotlib-base"}  # PyPI name: conda-forge name
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))


def bounds(requirements):
    return {canonicalize_name(r.name): r.specifier for r in map(Requirement, requirements)}


def test_environment_has_the_packages_and_bounds_of_pyproject():
    entries = [entry for entry in ENVIRONMENT["dependencies"] if isinstance(entry, str)]
    conda = bounds(entry for entry in entries if entry != "pip" and not entry.startswith("python="))
    assert conda == {CONDA_NAMES.get(name, name): bound for name, bound in bounds(PROJECT["dependencies"]).items()}


def test_environment_pins_a_python_that_the_project_admits():
    (pin,) = (entry for entry in ENVIRONMENT["dependencies"] if str(entry).startswith("python="))
    assert re.fullmatch(r"python=3\.\d+", pin)
    assert pin.removeprefix("python=") in SpecifierSet(PROJECT["requires-python"])


def test_environment_installs_the_package_itself():
    assert ENVIRONMENT["dependencies"][-1] == {"pip": ["-e ."]}
    assert "pip" in ENVIRONMENT["dependencies"]
    assert ENVIRONMENT["channels"] == ["conda-forge", "nodefaults"]


def test_every_requirement_is_pinned_within_its_bounds():
    lines = [line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if not line.startswith("#")]
    pinned = dict(line.split("==") for line in lines)
    pinned = {canonicalize_name(name): version for name, version in pinned.items()}
    wanted = bounds(chain(PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()))
    wanted.pop("lstm-course")
    assert {name: pinned[name] for name in wanted if pinned[name] not in wanted[name]} == {}
