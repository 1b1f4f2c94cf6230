"""Run an assembled notebook through nbval, which compares the probes' outputs with their references in this process.

nbval is a plugin of pytest. Its collector and its item are used here with a kernel and references of our own, on a
notebook that lies in memory: no file, no configuration and no other plugin has a say.
"""

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
from nbformat.v4.nbbase import NotebookNode
from nbval import plugin as nbval_plugin
from nbval.plugin import IPyNbCell, IPyNbFile, NbCellError

from lstm_course.grading import MIME
from lstm_course.grading.guard import GuardedKernel, guarded_kernel
from lstm_course.grading.model import CellRun, Limits, Run

# What pytest has for tests written in Python, which takes as long to set up as some notebooks to run.
LEFT_OUT = (
    *("assertion", "cacheprovider", "capture", "debugging", "doctest", "faulthandler", "junitxml", "logging"),
    *("monkeypatch", "pastebin", "recwarn", "reports", "setuponly", "setupplan", "skipping", "stepwise"),
    *("subtests", "terminalreporter", "threadexception", "tmpdir", "unittest", "unraisableexception", "warnings"),
)
ALONE = [  # no configuration, no files of tests, nothing written, nothing printed
    "--color=no",
    "--nbval",
    f"--config-file={os.devnull}",
    f"--rootdir={Path(__file__).parent}",
    "--noconftest",
    *(word for name in LEFT_OUT for word in ("-p", f"no:{name}")),
]


def run(
    notebook: NotebookNode,
    references: Mapping[str, object],
    limits: Limits,
    sandbox: bool = True,
    hide: Collection[str] = (),
) -> Run:
    """Run a notebook from top to bottom on a fresh kernel.

    Parameters
    ----------
    notebook : NotebookNode
        Its stored outputs and metadata do not matter.
    references : mapping of str to object
        By the id of a cell: what its one output of the type `MIME` is compared with, by `!=`. A sentence in
        its attribute `problem` is passed on. All other cells run without comparison.
    limits : Limits
        What the notebook may use.
    sandbox : bool
        False runs it as an ordinary process of this user.
    hide : collection of str
        Modules of the course that do nothing in the sandbox, as the exercise asks to build what they hold.

    Returns
    -------
    Run
        With an entry for every code cell. An error or the end of time in a cell does not stop later ones, unless
        the kernel is dead.

    Raises
    ------
    CourseError
        If there can be no sandbox on this machine.
    """
    alone = {"PYTEST_ADDOPTS": "", "PYTEST_PLUGINS": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    with guarded_kernel(limits, sandbox, hide) as kernel, patch.dict(os.environ, alone):
        plugin = OneNotebook(notebook, references, kernel)
        exit_code = pytest.main([*ALONE, f"--nbval-cell-timeout={limits.cell_seconds}"], [nbval_plugin, plugin])
        if exit_code == pytest.ExitCode.INTERRUPTED:
            raise KeyboardInterrupt  # pytest keeps it to itself
        return Run(plugin.runs, kernel.problem or None)


class OneNotebook:
    """A plugin that hands pytest one notebook, and keeps what its cells showed in `runs`."""

    def __init__(self, notebook: NotebookNode, references: Mapping[str, object], kernel: GuardedKernel) -> None:
        self.notebook, self.references, self.kernel = notebook, references, kernel
        self.runs: dict[str, CellRun] = {}

    def pytest_collection(self, session: pytest.Session) -> bool:
        """Collect the notebook and nothing else."""
        file = NotebookInMemory.from_parent(session, path=session.path / "notebook.ipynb")
        file.plugin = self
        session.items = list(session.genitems(file))
        session.testscollected = len(session.items)
        return True


class NotebookInMemory(IPyNbFile):
    """nbval's collector, given its notebook and its kernel."""

    plugin: OneNotebook

    def collect(self) -> Iterator["GradedCell"]:
        """Give an item for each code cell; marks for nbval in a cell's text have no effect."""
        code = [cell for cell in self.plugin.notebook.cells if cell.cell_type == "code"]
        for number, cell in enumerate(code):
            is_compared = cell.id in self.plugin.references
            outputs = [_output(self.plugin.references[cell.id])] if is_compared else []
            yield GradedCell.from_parent(
                self,
                name=cell.id,
                cell_num=number,
                cell=NotebookNode(id=cell.id, source=cell.source, outputs=outputs, execution_count=number),
                options={"skip": False, "check": is_compared, "check_exception": not is_compared},
            )

    def setup(self) -> None:
        """Take the kernel that runs already."""
        self.kernel = self.plugin.kernel

    def teardown(self) -> None:
        """Leave the kernel to who started it."""


class GradedCell(IPyNbCell):
    """nbval's item, which keeps what it showed instead of failing a test."""

    def setup(self) -> None:
        """Expect no failure, even after a cell that ran too long."""

    def runtest(self) -> None:
        """Let nbval execute the cell and compare its outputs."""
        plugin, kernel = self.parent.plugin, self.parent.kernel
        dead = kernel.ended()
        if dead and plugin.runs and all(run.problem != dead for run in plugin.runs.values()):
            last, its_run = plugin.runs.popitem()  # it died between the two cells
            plugin.runs[last] = replace(its_run, problem=dead)
        try:
            super().runtest()
            is_right, failure = True, ""
        except Exception as error:  # of nbval on a wrong output, and of whatever a hostile output may cause
            is_right, failure = False, "" if isinstance(error, NbCellError) else str(error)
        is_compared = self.options["check"]
        problem = f"Not run. {dead}" if dead else kernel.problem or kernel.cell_problem
        if is_compared and not is_right:
            problem = problem or getattr(plugin.references[self.cell.id], "problem", None) or failure
        plugin.runs[self.cell.id] = CellRun(self.test_outputs or [], is_right if is_compared else None, problem or None)

    def compare_outputs(self, test: list[NotebookNode], ref: list[NotebookNode], *skipped: str) -> bool:
        """Compare values alone: what the answer prints on the way is neither right nor wrong."""
        values = [_output(output.data[MIME]) for output in test if MIME in output.get("data", {})]
        return super().compare_outputs(values, ref, *skipped)

    def format_output_compare(self, key: str, left: object, right: object) -> None:
        """Spare the line by line difference of texts that may be huge; references explain themselves."""
        self.comparison_traceback.append(f"{key} differs")


def _output(values: object) -> NotebookNode:
    return NotebookNode(output_type="display_data", metadata={}, data={MIME: values})
