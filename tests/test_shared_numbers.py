"""Numbers that several lessons print: wherever a reader meets one again, it must be the same."""

import re
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
MATRIX_POWER = r"k = +{k} +\|\|W\^k\|\| = ([\d.]+)"
# What the number says: {lesson: the pattern that finds it there}.
SHARED = {
    "largest singular value of the matrix that grows first": dict.fromkeys(
        ("01_why_rnns_forget", "09_myths"), r"largest singular value ([\d.]+), spectral radius"
    ),
    "its spectral radius": dict.fromkeys(
        ("01_why_rnns_forget", "09_myths"), r"largest singular value [\d.]+, spectral radius ([\d.]+)"
    ),
    **{
        f"the norm of its power {k}": dict.fromkeys(("01_why_rnns_forget", "09_myths"), MATRIX_POWER.format(k=k))
        for k in (2, 5, 10, 20)
    },
    "forget gate of the garden's rainy day": {
        "02_the_cell": r"f_t = ([\d.]+\d)",
        "03_backward_by_hand": r"f_t ([\d.]+) ",
    },
    "cell state after it": {
        "02_the_cell": r"memory goes from \S+ to (-[\d.]+\d)",
        "03_backward_by_hand": r"c_t (-[\d.]+)",
    },
    "persistence, one hour ahead": {
        "05_weather": r"persistence +RMSE (1\.\d+)",
        "09_myths": r"no change (1\.\d+), linear",
    },
    "linear AR + calendar, one hour ahead": {
        "05_weather": r"linear AR \+ calendar +RMSE (1\.\d+)",
        "09_myths": r"no change \S+ linear (1\.\d+),",
    },
    "periodic AR, one hour ahead": {
        "05_weather": r"periodic AR \+ calendar +RMSE (1\.\d+)",
        "09_myths": r"linear by hour (1\.\d+)",
    },
}


def printed(lesson):
    cells = nbformat.read(NOTEBOOKS / f"{lesson}.ipynb", as_version=4).cells
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return "\n".join(output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs)


@pytest.mark.parametrize("claim", SHARED)
def test_lessons_print_the_same_number(claim):
    found = {lesson: re.search(pattern, printed(lesson)) for lesson, pattern in SHARED[claim].items()}
    assert all(found.values()), f"no longer printed in {[lesson for lesson, match in found.items() if not match]}"
    assert len({match[1] for match in found.values()}) == 1, {lesson: match[1] for lesson, match in found.items()}
