"""Put a submission's answers into the instructor's notebook, and the probes behind them.

Every cell is the instructor's but three kinds: answers, whose source is the submission's; code cells that the student
added, each behind the cell it stood behind; and probes. Check cells are left out, and nothing else is taken from a
submission: neither its metadata nor its outputs nor its checks.

A question's probes run at the end of its section, before the next question's task: what the student adds or
corrects below the answer counts, and what a later cell redefines, or a kernel that it ends, takes nothing away.
"""

from collections.abc import Collection, Mapping

from nbformat.v4.nbbase import NotebookNode

from lstm_course.grading.matching import Matched, question_of

# `emit` comes first, to find everything as Python and torch have it.
PRELUDE = """\
from lstm_course.grading import emit, forgiving

forgiving.prepare(get_ipython())
del emit, forgiving"""


def assemble(
    instructor: NotebookNode,
    matched: Matched,
    probes: Mapping[str, Mapping[str, str]],
    *,
    solutions: Mapping[str, str] | None = None,
    without: Collection[str] = (),
) -> NotebookNode:
    """Assemble the notebook to run.

    Parameters
    ----------
    instructor : NotebookNode
        The solved exercise.
    matched : Matched
        The submission's cells.
    probes : mapping of str to mapping of str to str
        For each question, sources of its probes by cell id.
    solutions : mapping of str to str, optional
        By question: what takes the answer's place once its probes have run, so that what is wrong in it does not
        count against later questions.
    without : collection of str
        Ids of cells to leave out.

    Returns
    -------
    NotebookNode
        Of code cells that have an id and a source, nothing else. Ids: the instructor's own; an answer has its
        question's, a probe its own; `matched` names the others.
    """
    sources = {"grader-prelude": PRELUDE, **matched.added.get("", {})}
    for cell, following in zip(instructor.cells, [*instructor.cells[1:], None], strict=True):
        role = cell.metadata.get("nbgrader", {})
        if role.get("solution") is True:
            sources |= matched.answers[cell.id]
        elif cell.cell_type == "code" and role.get("grade") is not True:
            sources[cell.id] = cell.source
        sources |= matched.added.get(cell.id, {})
        question = question_of(cell)
        if question in probes and (following is None or question_of(following) != question):
            sources |= probes[question]
            if solutions and question in solutions:
                sources[f"{question}-solution"] = solutions[question]
    return NotebookNode(cells=[_code(id, source) for id, source in sources.items() if id not in without])


def _code(id: str, source: str) -> NotebookNode:
    """Make a code cell, without validation: strangers' ids may be anything, and it takes long."""
    return NotebookNode(cell_type="code", id=id, source=source)
