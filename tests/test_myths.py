"""Every entry of the lesson on myths is a claim, a cell that tests it, a verdict in words, and a link to its lesson."""

import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
CELLS = nbformat.read(ROOT / "notebooks" / "09_myths.ipynb", as_version=4).cells
TEXT = "\n".join(cell.source if cell.cell_type == "markdown" else f"CODE {cell.id}" for cell in CELLS)
CLAIM = re.compile(r'^### (\d+)\. "(.+?)"$', re.MULTILINE)
ENTRIES = dict(zip(CLAIM.findall(TEXT), CLAIM.split(TEXT)[3::3], strict=True))
VERDICT = re.compile(r"\*\*Verdict: (true|half true|false)\b")


def test_there_are_fifteen_entries_at_least_and_they_are_numbered():
    assert len(ENTRIES) >= 15
    assert [int(number) for number, _ in ENTRIES] == list(range(1, len(ENTRIES) + 1))
    assert len({claim for _, claim in ENTRIES}) == len(ENTRIES)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry[0])
def test_entry_is_tested_judged_and_linked(entry):
    text = ENTRIES[entry]
    test, verdict = text[: text.index("**Verdict")], text[text.index("**Verdict") :]
    assert "CODE " in test
    assert len(VERDICT.findall(verdict)) == 1
    lessons = {path.stem[:2] for path in (ROOT / "notebooks").glob("0[1-8]_*.ipynb")}
    named = re.search(r"→ (.+)", verdict)[1]
    assert re.search(r"\]\(0\d_\w+\.ipynb\)", named)
    unlinked = re.findall(r"(?<!\[)[Ll]esson (\d)", named)
    assert [number for number in unlinked if f"0{number}" in lessons] == [], "this lesson exists by now: link it"


def test_score_cell_holds_the_verdicts():
    (score,) = (cell for cell in CELLS if cell.id == "score")
    letters = re.search(r'verdicts = "([thf ]+)"', score.source)[1].replace(" ", "")
    assert letters == "".join(verdict[0] for verdict in VERDICT.findall(TEXT))


def test_claims_of_the_syllabus_are_there():
    claims = " ".join(claim for _, claim in ENTRIES)
    for words in (
        "vanishing gradient",
        "singular value",
        "forget gate forgets when it is 1",
        "batch_first",
        "out[:, -1]",
        "errors add up",
        "meaning of the word",
        "hidden units always help",
        "beats a linear model",
        "dropout",
        "difference between an RNN and an LSTM",
        "suit time series",
    ):
        assert words in claims
