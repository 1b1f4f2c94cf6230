import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest

from lstm_course.grading import reading
from lstm_course.grading.assemble import assemble
from lstm_course.grading.matching import match, questions
from lstm_course.grading.places import Unreadable
from lstm_course.grading.reading import read_cells

ROOT = Path(__file__).parents[1]
SOLVED = nbformat.read(ROOT / "solutions/02_the_cell.ipynb", as_version=4)
PROBES = {id: {f"{id}-probe": f"probe of {id}"} for id in questions(SOLVED)}
ANSWERS = {id: f"{question.solution}\n# mine" for id, question in questions(SOLVED).items()}


def handed_in():
    """The exercise as a student hands it in, every question answered."""
    notebook = json.loads((ROOT / "exercises/02_the_cell.ipynb").read_text("utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = ANSWERS.get(cell["id"], "".join(cell["source"]))
    return notebook


def at(notebook, id):
    return next(number for number, cell in enumerate(notebook["cells"]) if cell.get("id") == id)


def code(source, **fields):
    return {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None, **fields}


def matched(notebook):
    return match(SOLVED, read_cells(json.dumps(notebook).encode()))


def sources(notebook, **options):
    """The assembled notebook, id by id, in order."""
    assembled = assemble(SOLVED, matched(notebook), PROBES, **options)
    return {cell.id: cell.source for cell in assembled.cells}


def answers(notebook):
    assembled = sources(notebook)
    return {id: assembled[id] for id in PROBES}


def test_answers_are_the_students_and_the_rest_is_the_instructors():
    notebook = handed_in()
    notebook["metadata"] = {"kernelspec": {"name": "ir"}, "lstm_course": {"points": 1000}}
    notebook["cells"][at(notebook, "four-gates-check")]["source"] = "print('passed')"
    assembled = sources(notebook)
    own = [cell.id for cell in SOLVED.cells if cell.cell_type == "code" and not cell.id.endswith("-check")]
    assert [id for id in assembled if not id.endswith("-probe")] == ["grader-prelude", *own]
    assert {id: assembled[id] for id in PROBES} == ANSWERS
    assert assembled["setup"] == SOLVED.cells[1].source
    assert set(assemble(SOLVED, matched(notebook), PROBES)) == {"cells"}


def test_probes_run_at_the_end_of_their_questions_section():
    notebook = handed_in()
    for place, source in (("four-gates-check", "below"), ("lstm-step-task", "next"), ("closing", "last")):
        notebook["cells"].insert(at(notebook, place) + 1, code(source))
    notebook["cells"].insert(0, code("first"))
    order = list(sources(notebook).values())
    parts = ["first", SOLVED.cells[1].source, ANSWERS["four-gates"], "below", "probe of four-gates", "next"]
    parts += [ANSWERS["lstm-step"], "probe of lstm-step", "probe of set-forget-bias", "last"]
    assert [order.index(part) for part in parts] == sorted(order.index(part) for part in parts)


@pytest.mark.parametrize("change", ["reversed", "checks removed", "checks copied", "nothing but answers"])
def test_where_cells_stand_does_not_matter(change):
    notebook = handed_in()
    cells = notebook["cells"]
    is_check = {"four-gates-check", "lstm-step-check"}
    notebook["cells"] = {
        "reversed": cells[::-1],
        "checks removed": [cell for cell in cells if cell["id"] not in is_check],
        "checks copied": [*cells, *(cell for cell in cells if cell["id"] in is_check)],
        "nothing but answers": [cell for cell in cells if cell["id"] in ANSWERS],
    }[change]
    assert sources(notebook) == sources(handed_in())


@pytest.mark.parametrize("lost", ["ids", "metadata", "both", "empty"])
def test_answers_are_found_where_ids_or_metadata_are_lost(lost):
    notebook = handed_in()
    for cell in notebook["cells"]:
        if lost in ("ids", "both"):
            del cell["id"]
        if lost in ("metadata", "both"):
            cell["metadata"] = {}
        if lost == "empty":
            cell["id"] = ""
            cell["metadata"] = {"nbgrader": {"grade_id": ""}}
    assert answers(notebook) == ANSWERS
    assert not matched(notebook).open
    is_by_name = lost in ("both", "empty")
    assert [note[-49:] for note in matched(notebook).notes] == [
        "stood in no cell of this id and was found by its name."[-49:]
    ] * is_by_name


def test_an_answer_is_found_by_name_also_if_it_is_broken_python():
    notebook = {"cells": [code("%%time\ndef four_gates(x):\n    return (")]}
    assert answers(notebook)["four-gates"] == notebook["cells"][0]["source"]


def test_an_answer_in_an_added_cell_counts_if_the_answers_own_is_open():
    notebook = handed_in()
    place = at(notebook, "four-gates")
    notebook["cells"][place]["source"] = questions(SOLVED)["four-gates"].stub
    notebook["cells"].insert(place + 2, code(ANSWERS["four-gates"]))
    assert answers(notebook) == ANSWERS


def test_answers_in_cells_that_were_merged_all_count():
    notebook = handed_in()
    first, second = (at(notebook, id) for id in ("four-gates", "lstm-step"))
    merged = notebook["cells"][first]["source"] = f"{ANSWERS['four-gates']}\n\n{ANSWERS['lstm-step']}"
    del notebook["cells"][second]
    assert answers(notebook) == {**ANSWERS, "four-gates": merged, "lstm-step": merged}
    assert not matched(notebook).open
    notebook["cells"].append(code(ANSWERS["lstm-step"]))  # a cell of its own goes first
    assert answers(notebook)["lstm-step"] == ANSWERS["lstm-step"]


def test_of_copies_all_run_and_the_last_one_is_the_answer():
    notebook = handed_in()
    place = at(notebook, "four-gates")
    original = notebook["cells"][place]
    stub = {**original, "source": questions(SOLVED)["four-gates"].stub, "id": "copied"}
    notebook["cells"][place : place + 1] = [{**original, "source": "helper = 1"}, original, stub]
    assembled = sources(notebook)
    assert assembled["four-gates"] == ANSWERS["four-gates"]
    assert list(assembled.values()).index("helper = 1") == list(assembled).index("four-gates") - 1
    assert matched(notebook).notes == ["2 cells answer four-gates: all were run, and the last definition counts."]


def test_open_questions_keep_what_was_handed_out():
    notebook = json.loads((ROOT / "exercises/02_the_cell.ipynb").read_text("utf-8"))
    notebook["cells"][at(notebook, "four-gates")]["source"] = "  \n"
    del notebook["cells"][at(notebook, "lstm-step")]
    assert matched(notebook).open == set(PROBES)
    assert answers(notebook) == {id: question.stub for id, question in questions(SOLVED).items()}


def test_another_exercise_under_this_name_is_noticed():
    notebook = json.loads((ROOT / "exercises/08_variants_and_after.ipynb").read_text("utf-8"))
    assert matched(notebook).open == set(PROBES)
    assert matched(notebook).notes == ["The notebook holds no question of this exercise: is it another one's?"]


def test_an_edited_setup_runs_behind_the_instructors():
    notebook = handed_in()
    notebook["cells"][at(notebook, "setup")]["source"] += "\nimport math"
    order = list(sources(notebook).values())
    assert order[1] == SOLVED.cells[1].source
    assert order[2] == SOLVED.cells[1].source + "\nimport math"


def test_a_solution_takes_an_answers_place_behind_its_probes_and_cells_can_be_left_out():
    notebook = handed_in()
    notebook["cells"].append(code("import os; os._exit(1)"))
    assembled = sources(notebook, solutions={"four-gates": "right"}, without={"added-1", "lstm-step"})
    order = list(assembled)
    assert order[order.index("four-gates-probe") + 1] == "four-gates-solution"
    assert assembled["four-gates-solution"] == "right"
    assert not {"added-1", "lstm-step"} & set(assembled)


@pytest.fixture
def shell():
    """A shell that has run the first cell of every assembled notebook, and a cell that breaks its output."""
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    shell.kernel = SimpleNamespace()
    shell.run_cell(sources(handed_in())["grader-prelude"]).raise_error()
    return shell


def test_the_prelude_lets_a_cell_go_on_after_a_magic_that_fails(shell):
    shell.run_cell("%load_ext nothing_of_this_name\n%no_such_magic\n!false\nafter = %env HOME").raise_error()
    assert isinstance(shell.user_ns["after"], str)
    assert not {"emit", "forgiving", "lstm_course"} & set(shell.user_ns)


def test_the_prelude_answers_what_a_cell_asks_and_keeps_the_output_open(shell):
    assert shell.kernel.raw_input("Your name: ") == shell.kernel.getpass(prompt="Password: ") == ""
    before = sys.stdout, sys.stderr
    shell.run_cell("import sys\nsys.stdout = sys.stderr = None").raise_error()
    assert (sys.stdout, sys.stderr) == before


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "gb18030", "latin-1"])
def test_encodings_of_all_kinds_are_read(encoding):
    letter = "é" if encoding == "latin-1" else "记"
    text = json.dumps({"cells": [code(f"# {letter}\nx = 1")]}, ensure_ascii=False)
    (cell,) = read_cells(text.encode(encoding))
    assert cell.source.endswith("\nx = 1")


def test_format_3_is_read():
    cells = [{"cell_type": "code", "input": ["def f():\n", "    pass"], "language": "python", "metadata": {}}]
    (cell,) = read_cells(json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]}).encode())
    assert (cell.kind, cell.source, cell.id) == ("code", "def f():\n    pass", "")


def test_fields_of_any_type_are_read():
    strange = [None, 3, [], {"cell_type": 1, "id": [], "metadata": [], "source": {"a": 1}}]
    strange += [{"cell_type": "code", "metadata": {"nbgrader": 1}, "source": ["a", None, "\ud800"]}]
    cells = read_cells(json.dumps({"cells": strange}).encode())
    assert [(cell.kind, cell.source) for cell in cells] == [("", ""), ("code", "a?")]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b" \n", "is empty"),
        (b"{", "which is JSON text: Expecting property name"),
        (b"\x80\x81\xff\x00", "which is JSON text: byte 0 is not"),
        (b"[]", "no list of cells"),
        (b'{"cells": 3}', "no list of cells"),
        (b"[" * 100_000 + b"]" * 100_000, "too deep in each other"),
        (b'{"cells": [' + b"9" * 5000 + b"]}", "which is JSON text: Exceeds the limit"),
    ],
)
def test_what_is_no_notebook_is_refused(data, words):
    with pytest.raises(Unreadable, match=re.escape(words)):
        read_cells(data)


def test_text_that_would_fill_the_memory_is_refused(monkeypatch):
    monkeypatch.setattr(reading, "MOST_VALUES", 100)
    with pytest.raises(Unreadable, match="too many values"):
        read_cells(b'{"cells": [' + b"[]," * 100 + b"[]]}")
