"""For all tests: count what nbval compared, and take no skip for a pass in CI."""

import os
from collections import Counter

import nbformat
import pytest

# Before numpy is imported here or in a kernel: two threads on a shared machine can be ten times slower.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["LSTM_COURSE_PROGRESS"] = ""  # tests leave no record of what a learner has solved

NOT_COMPARED = {"nbval-ignore-output", "nbval-skip"}


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Turn a skip into a failure in CI, where everything that the tests need must be there."""
    report = (yield).get_result()
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome, report.longrepr = "failed", f"skipped in CI: {report.longrepr[2]}"


def has_output(cell):
    """Tell whether a cell shows anything; the place of a progress bar that is gone does not count."""
    shown = [output.get("data", {"text": output.get("text", "error")}) for output in cell.outputs]
    return any(any(data.values()) for data in shown)


def pytest_terminal_summary(terminalreporter):
    """Print what was counted: cells that nbval compared, mistakes that the checks named, mutants that they rejected."""
    report_notebooks(terminalreporter)
    report_checks(terminalreporter)


def report_notebooks(terminalreporter):
    """Print how many code cells nbval ran, and how many of those with an output it compared."""
    passed = {report.nodeid for report in terminalreporter.stats.get("passed", []) if ".ipynb::Cell" in report.nodeid}
    if not passed:
        return
    counts = Counter()
    for path in sorted({nodeid.split("::")[0] for nodeid in passed}):
        code = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
        for number, cell in enumerate(code):
            if f"{path}::Cell {number}" not in passed:
                continue
            ignored = bool(NOT_COMPARED & set(cell.metadata.get("tags", [])))
            counts["run"] += 1
            counts["with output"] += has_output(cell)
            counts["ignored"] += ignored
            counts["compared"] += has_output(cell) and not ignored and cell.execution_count is not None
    terminalreporter.section("notebooks")
    terminalreporter.write_line(
        f"nbval: {counts['run']} code cells run and passed, {counts['with output']} of them with an output, "
        f"{counts['compared']} compared ({counts['compared'] / max(1, counts['with output']):.1%}), "
        f"{counts['ignored']} ignored"
    )


def report_checks(terminalreporter):
    """Print how the checks of the exercises did on mistakes, right answers and mutants."""
    counts, mutants = Counter(), {"rejected": [], "survived": [], "same": [], "strict": []}
    for report in (*terminalreporter.stats.get("passed", []), *terminalreporter.stats.get("failed", [])):
        for title, found in getattr(report, "user_properties", []) if report.when == "call" else []:
            if title == "catalogue":
                counts.update(found)
            elif title == "mutants":
                mutants = {which: mutants[which] + found[which] for which in mutants}
    if not counts and not mutants["rejected"]:
        return
    terminalreporter.section("checks of the exercises")
    wrong, named, right = counts["mistakes rejected"], counts["mistakes named"], counts["right answers accepted"]
    terminalreporter.write_line(
        f"catalogue: {wrong} of {counts['mistakes']} mistakes rejected, {named} named ({named / max(1, wrong):.1%}); "
        f"{right} of {counts['right answers']} right answers accepted"
    )
    rejected, survived = len(mutants["rejected"]), len(mutants["survived"])
    terminalreporter.write_line(
        f"mutants: {rejected} of {rejected + survived} that change the result rejected "
        f"({rejected / max(1, rejected + survived):.1%}); {len(mutants['same'])} change nothing, "
        f"{len(mutants['strict'])} rejected though the oracle sees no change"
    )
    for survivor in mutants["survived"]:
        terminalreporter.write_line(f"  survivor: {survivor}")
