"""Files that are no notebooks, or hardly: each gets a result that says so, or the points of what can be read."""

import json

from tests.hostile.cases import FULL, NONE, add, case, code, dumped, notebook, raw


def deep(levels):
    return b'{"cells": ' + b"[" * levels + b"]" * levels + b"}"


def odd_cells(notebook):
    odd = [
        None,
        1,
        "text",
        [],
        {},
        {"cell_type": 5},
        {"cell_type": "code", "source": {"a": 1}},
        {"cell_type": "code", "source": [1, None, "x = 1"]},
        {"cell_type": "code", "source": "x", "metadata": []},
        {"cell_type": "code", "source": "y = 1", "metadata": {"nbgrader": {"grade_id": ["lstm-step"]}}},
        {"cell_type": "code", "source": "z\x00", "metadata": {"nbgrader": 5}},
        {"cell_type": "code", "source": "\ud800 = 1", "id": 7},
    ]
    notebook["cells"] = [*odd, *notebook["cells"], *odd]


def odd_tops(notebook):
    notebook.update(metadata=None, nbformat="four", nbformat_minor=float("nan"), worksheets={"cells": []})


def many_cells(notebook):
    notebook["cells"] += [code(f"x{number} = 1") for number in range(100_000)]


def some_cells(notebook):
    notebook["cells"] += [code(f"x{number} = 1") for number in range(300)]


BOTH_KEYS = '{"cells": [], "cells": %s}'
SLOW_TO_PARSE = "%pwd\n" * 3000 + "x = 1\n" * 3000
CHAINED = "\n".join(f"a{number} = a{number + 1}" for number in range(5000))
DEEP_CODE = "x = " + "(" * 90 + ")" * 90 + "\ny = " + "+".join(["1"] * 3000) + "\nz = a" + ".b" * 3000

CASES = [
    raw("empty", NONE, lambda: b"", status="unreadable"),
    raw("blanks", NONE, lambda: b" \n\t ", status="unreadable"),
    raw("no JSON", NONE, lambda: b"I could not do it, sorry", status="unreadable"),
    raw("half a notebook", NONE, lambda: dumped(notebook())[:5000], status="unreadable"),
    raw("a picture", NONE, lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 100, status="unreadable"),
    raw("a list", NONE, lambda: b"[]", status="unreadable"),
    raw("no cells", NONE, lambda: b'{"nbformat": 4}', status="unreadable"),
    raw("an empty list of cells", NONE, lambda: b'{"cells": []}'),
    raw("nested 1,000,000 deep", NONE, lambda: deep(1_000_000), status="unreadable"),
    raw("nested 500 deep", NONE, lambda: deep(500)),
    raw("a number of 5,000 digits", NONE, lambda: b'{"cells": [], "x": ' + b"9" * 5000 + b"}", status="unreadable"),
    raw("60 MB", NONE, lambda: b'{"cells": [], "x": "' + b"x" * 60_000_000 + b'"}', status="unreadable"),
    raw("millions of values", NONE, lambda: b'{"cells": [' + b"[]," * 6_000_000 + b"[]]}", status="unreadable"),
    raw("a second list of cells", FULL, lambda: (BOTH_KEYS % json.dumps(notebook()["cells"])).encode()),
    raw("a pickle", NONE, lambda: b"cos\nsystem\n(S'touch /tmp/lstm-course-was-here'\ntR.", status="unreadable"),
    case("cells of every kind", FULL, odd_cells),
    case("nothing around the cells is right", FULL, odd_tops),
    case("100,000 cells", NONE, many_cells, status="unreadable"),
    case("300 cells", FULL, some_cells),
    case("thousands of magics", FULL, add(SLOW_TO_PARSE)),
    case("thousands of names in a chain", FULL, add(CHAINED)),
    case("code nested deep", FULL, add(DEEP_CODE)),
    case("2 MB of code", NONE, add("x = '" + "x" * 2_000_000 + "'"), status="unreadable"),
]
