"""Honest work in odd wrappings, and forged ones: what counts is what the answers do."""

import json

from lstm_course.authoring import regions
from tests.hostile.cases import (
    FULL,
    NONE,
    add,
    answer,
    answers,
    append,
    begin,
    case,
    code,
    dumped,
    every,
    index,
    notebook,
    raw,
    unanswered,
)


def stripped(cell):
    cell["metadata"] = {}
    cell.pop("id", None)


def same_id(cell):
    cell["id"] = "lstm-step"


def moved(notebook):
    checks = [cell for cell in notebook["cells"] if cell["id"].endswith("-check")]
    notebook["cells"] = checks + [cell for cell in notebook["cells"] if cell not in checks]


def without_checks(notebook):
    notebook["cells"] = [cell for cell in notebook["cells"] if not cell["id"].endswith("-check")]


def only_answers(notebook):
    notebook["cells"] = answers(notebook)


def passing_checks(notebook):
    for cell in notebook["cells"]:
        if cell["id"].endswith("-check"):
            cell["source"] = "print('passed')"
            cell["metadata"]["nbgrader"] |= {"points": 1000, "solution": True}
            notebook["cells"] = [*notebook["cells"], cell]


def duplicated(notebook):
    """A copy of each answer as it was handed out, with the same ids, below the answer, as editors make them."""
    for cell in answers(notebook):
        copy = json.loads(json.dumps(cell)) | {"source": regions.cut("".join(cell["source"]))}
        notebook["cells"].insert(index(notebook, cell["id"]) + 1, copy)


def corrected_below(notebook):
    """A wrong answer, and the right one in a copy of its cell."""
    right = notebook["cells"][index(notebook, "lstm-step")]
    copy = json.loads(json.dumps(right))
    right["source"] = "def lstm_step(*given):\n    return given[1:3]"
    notebook["cells"].insert(index(notebook, "lstm-step") + 1, copy)


def in_one_cell(notebook):
    """All answers in one added cell, the places for them as they were handed out."""
    text = "\n\n".join("".join(cell["source"]) for cell in answers(notebook))
    unanswered(notebook)
    notebook["cells"].insert(index(notebook, "four-gates"), code(text))


def points_of_his_own(notebook):
    for cell in answers(notebook):
        cell["metadata"]["nbgrader"] |= {"points": 1_000_000, "grade": True, "solution": False}
    notebook["metadata"]["grade"] = {"points": 11, "passed": True, "feedback": "full marks"}


def another_kernel(notebook):
    notebook["metadata"]["kernelspec"] = {"name": "ir", "language": "R", "display_name": "R"}
    notebook["metadata"]["language_info"] = {"name": "julia"}


def swapped(notebook):
    """The answers' ids exchanged: each stands where another is asked for."""
    cells = answers(notebook)
    for cell, other in zip(cells, [*cells[1:], cells[0]], strict=True):
        cell["metadata"] = {"nbgrader": {"grade_id": other["id"], "solution": True}}


def foreign(notebook):
    notebook["cells"] = [
        code("print('another notebook')"),
        {"cell_type": "markdown", "source": "# Essay", "metadata": {}},
    ]


def version_3():
    given = notebook()
    cells = [
        {
            "cell_type": "code",
            "input": cell["source"],
            "language": "python",
            "outputs": [],
            "metadata": cell["metadata"],
        }
        if cell["cell_type"] == "code"
        else {"cell_type": cell["cell_type"], "source": cell["source"], "metadata": {}}
        for cell in given["cells"]
    ]
    return dumped({"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": cells}]})


def in_encoding(name):
    return lambda: json.dumps(notebook(begin("lstm-step", "# Größe, 学习")), ensure_ascii=False).encode(name)


MAGICS = "%load_ext no_such_extension\n%matplotlib inline\n!false\n!no-such-program --at-all\n%no_such_magic\n"
NUMPY = """
import numpy as np
def _sigmoid(z: torch.Tensor) -> torch.Tensor:
    return 1 / (1 + torch.exp(-z))
class Gates:
    def __init__(self, z): self.z = z.chunk(4, dim=1)
    def __iter__(self):
        i, f, g, o = self.z
        return iter([_sigmoid(i), _sigmoid(f), torch.tanh(g), _sigmoid(o)])
four_gates = lambda x, h, W, V, b: tuple(Gates(torch.addmm(b, x, W.T) + h @ V.T))
"""
PLOT = "import matplotlib.pyplot as plt\nplt.plot(torch.randn(10))\nplt.show()\nprint('fine')\nNotDefined"
USES_HELPER = """
def lstm_step(x, h, c, W_x, W_h, b):
    i, f, g, o = helper(x, h, W_x, W_h, b)
    return tuple(reversed((f * c + i * g, o * torch.tanh(f * c + i * g))))
"""
AWAITED = "import asyncio\nawait asyncio.sleep(0)\n"

CASES = [
    case("magics", FULL, *(begin(question, MAGICS) for question in ("four-gates", "lstm-step", "set-forget-bias"))),
    case("%%time", FULL, begin("lstm-step", "%%time")),
    case("cells that fail", FULL, add("1 / 0"), add("this is no Python", before="lstm-step"), append(PLOT)),
    case("answers in another style", FULL, answer("four-gates", NUMPY), begin("lstm-step", AWAITED)),
    case(
        "a helper in a cell of its own",
        FULL,
        add("helper = four_gates", before="lstm-step"),
        answer("lstm-step", USES_HELPER),
    ),
    case("a helper that a later cell overwrites", FULL, append("four_gates = lstm_step = None")),
    case("no metadata and no ids", FULL, every(stripped)),
    case("one id for all", FULL, every(same_id)),
    case("checks moved to the top", FULL, moved),
    case("checks deleted", FULL, without_checks),
    case("only the answers", FULL, only_answers),
    case("checks edited and copied", FULL, passing_checks),
    case("checks edited and copied, no answers", NONE, unanswered, passing_checks),
    case("answers copied as handed out", FULL, duplicated),
    case("corrected in a copy", FULL, corrected_below),
    case("all answers in one cell", FULL, in_one_cell),
    case("points of one's own", NONE, unanswered, points_of_his_own),
    case("points of one's own, right answers", FULL, points_of_his_own),
    case("another kernel", FULL, another_kernel),
    case("ids exchanged", FULL, swapped),
    case("another notebook", NONE, foreign),
    case("unanswered", NONE, unanswered),
    raw("a byte-order mark", FULL, lambda: b"\xef\xbb\xbf" + dumped(notebook())),
    raw("UTF-16", FULL, in_encoding("utf-16")),
    raw("UTF-32", FULL, in_encoding("utf-32")),
    raw("Chinese of Windows", FULL, in_encoding("gb18030")),
    raw("Windows' ends of lines", FULL, lambda: dumped(notebook()).replace(b"\\n", b"\\r\\n")),
    raw("format 3", FULL, version_3),
]
