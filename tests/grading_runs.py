"""For the tests of grading: notebooks of a few cells, run as a submission is."""

from nbformat.v4 import new_code_cell, new_notebook

from lstm_course.grading.emit import MIME
from lstm_course.grading.model import Limits
from lstm_course.grading.run import run

VALUES = "42"
EMIT = f"from IPython.display import display\ndisplay({{{MIME!r}: {VALUES!r}}}, raw=True)"
QUICK = Limits(cell_seconds=2, notebook_seconds=30)


def notebook(*sources):
    """Cells `c0`, `c1`, ..., and behind them the cell `probe`, which emits VALUES."""
    cells = [new_code_cell(source, id=f"c{number}") for number, source in enumerate(sources)]
    return new_notebook(cells=[*cells, new_code_cell(EMIT, id="probe")])


def graded(*sources, limits=QUICK, **options):
    """Run cells, compare what the probe behind them emits."""
    return run(notebook(*sources), {"probe": VALUES}, limits, **options)


def text(cell):
    """What a cell printed, and its error."""
    shown = [output.get("text") or output.get("data", {}).get("text/plain") for output in cell.outputs]
    errors = [f"{output.ename}: {output.evalue}" for output in cell.outputs if output.output_type == "error"]
    return "".join(filter(None, [*shown, *errors])).strip()


def printed(source, **options):
    """What one cell prints when it runs as part of a submission."""
    return text(graded(source, **options).cells["c0"])
