"""A class that hands in the exercise of lesson 2: right, wrong and empty answers, and the points they deserve."""

import random
from copy import deepcopy
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[1]
EXERCISE = "02_the_cell"
SLIPS = {  # by question; each fails all of its probes, and its check
    "four-gates": ("torch.tanh(z_g)", "torch.sigmoid(z_g)"),
    "lstm-step": ("torch.tanh(c_t)\n", "c_t\n"),
    "lstm-sequence": ("x[:, t], h_t, c_t", "x[:, t], h_0, c_0"),
    "pack-weights": ("stacked[:, H:], stacked[:, :H]", "stacked[:, :-H], stacked[:, -H:]"),
    "set-forget-bias": ("= 0.0", "= value"),
}
KINDS = ("right", "right", "right", "wrong", "empty")  # as often as they stand here


def write(folder: Path, size: int) -> dict[str, float]:
    """Write a class's submissions as `<student>/<exercise>.ipynb`, the same each time; return the students' points."""
    solution, handed_out = (nbformat.read(ROOT / kind / f"{EXERCISE}.ipynb", 4) for kind in ("solutions", "exercises"))
    solved = {cell.id: cell for cell in solution.cells}
    points = {}
    for number in range(size):
        student, draw = f"student{number:03}", random.Random(number)
        kinds = {question: draw.choice(KINDS) for question in SLIPS}
        notebook = deepcopy(handed_out)
        for cell in notebook.cells:
            if kinds.get(cell.id) in ("right", "wrong"):
                cell.source = _answer(solved[cell.id].source, cell.id, kinds[cell.id])
        points[student] = sum(solved[f"{id}-check"].metadata.nbgrader.points for id in kinds if kinds[id] == "right")
        (folder / student).mkdir(parents=True)
        nbformat.write(notebook, folder / student / f"{EXERCISE}.ipynb")
    return points


def _answer(right: str, question: str, kind: str) -> str:
    old, new = SLIPS[question]
    assert old in right, f"the solution of {question} has changed: choose another slip"
    return right if kind == "right" else right.replace(old, new)
