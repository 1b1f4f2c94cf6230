"""Execute a notebook from top to bottom on a fresh kernel and keep only outputs that another run gives again."""

import os
import re
import subprocess
from pathlib import Path
from unittest.mock import patch

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat.v4.nbbase import NotebookNode, new_output

from lstm_course.authoring.source import NOT_COMPARED
from lstm_course.errors import CourseError

TIMEOUT = 300  # seconds a cell
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
NO_RECORD = {"LSTM_COURSE_PROGRESS": ""}  # an author's run is no learner's progress
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
UNSTABLE = {
    "a path of this machine": re.compile(r"(?<![\w.:/])/(?:home|root|tmp|Users)/\w"),
    "a memory address": re.compile(r"\bat 0x[0-9a-f]{6,}"),
}


def execute(notebook: NotebookNode, name: str, folder: Path) -> NotebookNode:
    """Return an executed copy of `notebook`, run in `folder`, with outputs that do not vary from run to run.

    Raises
    ------
    CourseError
        If a cell raises (unless tagged `raises-exception`), runs too long, writes to the error stream, or shows
        what differs from machine to machine. `name` says which notebook.
    """
    executed = nbformat.from_dict(notebook)
    folder.mkdir(parents=True, exist_ok=True)
    client = NotebookClient(
        executed,
        timeout=TIMEOUT,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
    )
    try:
        with patch.dict(os.environ, ONE_THREAD | NO_RECORD):
            client.execute(stderr=subprocess.DEVNULL)  # the kernel's own log, not what cells write
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        raise CourseError(f"{name}: a cell failed while it was executed.\n{error}") from error
    executed.metadata = notebook.metadata  # nbclient adds the version of this machine's Python
    for cell in executed.cells:
        if cell.cell_type == "code":
            cell.outputs = _kept(cell)
            _refuse_unstable(cell, name, folder)
    return executed


def _kept(cell: NotebookNode) -> list[NotebookNode]:
    """Return the outputs to store; those that nbval would not compare give way to the reason why."""
    if NOT_COMPARED & set(cell.metadata.get("tags", [])) and cell.outputs:
        words = f"Not stored: {cell.metadata.reason}. Run the cell to see it.\n"
        return [new_output("stream", name="stdout", text=words)]
    return [_stable(output) for output in cell.outputs]


def _stable(output: NotebookNode) -> NotebookNode:
    """Drop what no other run can repeat: the id of a live widget, the traceback with its paths."""
    if output.output_type == "error":
        output.traceback = [f"{output.ename}: {output.evalue}"]
    elif "data" in output:
        output.data.pop(WIDGET_VIEW, None)
    return output


def _refuse_unstable(cell: NotebookNode, name: str, folder: Path) -> None:
    patterns = {**UNSTABLE, "the folder it ran in": re.compile(re.escape(str(folder.resolve())))}
    for output in cell.outputs:
        if output.output_type == "stream" and output.name == "stderr":
            raise CourseError(f"{name}: cell {cell.id!r}: writes to the error stream: {output.text.strip()[:300]}")
        texts = [output.get("text", ""), *(text for text in output.get("data", {}).values() if isinstance(text, str))]
        for what, pattern in patterns.items():
            for text in texts:
                if found := pattern.search(re.sub(r"base64,[^\"]*", "", text)):
                    raise CourseError(
                        f"{name}: cell {cell.id!r}: shows {what} ({found[0]!r}), which differs from run to run."
                    )
