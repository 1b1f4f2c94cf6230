"""The command line: `lstm-course lab | check | grade | build`. Heavy imports wait until a command needs them."""

import atexit
import gc
import os
import secrets
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from lstm_course.errors import CourseError

app = typer.Typer(
    help="Recurrent networks and LSTMs from zero, in notebooks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
START_PAGE = "notebooks/00_start_here.ipynb"
COURSE = Path(__file__).resolve().parents[1]  # where the notebooks lie in a clone
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
LAB_SETTINGS = Path(__file__).parent / "jupyter"  # no news, no look for updates: nothing is fetched or asked


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def lab(context: typer.Context) -> None:
    """Open JupyterLab on the start page. Options of JupyterLab (--port, --no-browser, ...) pass through."""
    if not (COURSE / START_PAGE).is_file():
        raise CourseError(f"The lessons lie beside the package in a clone of the course; {COURSE} has none: clone it.")
    from jupyterlab.labapp import main as jupyterlab

    fixed = [
        f"--ServerApp.root_dir={COURSE}",
        f"--LabApp.default_url=/lab/tree/{START_PAGE}",
    ]
    settings = [str(LAB_SETTINGS), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, settings))
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # for the kernels: numpy does not listen to torch.set_num_threads
    jupyterlab([*fixed, *context.args])


@app.command()
def check(
    paths: Annotated[list[Path] | None, typer.Argument(help="Exercise notebooks, or folders of them.")] = None,
) -> None:
    """Run exercise notebooks and say for each question whether it is right, open, or what is wrong, and what is next.

    Exit code: 0 if every question is right, 1 if not, 2 if a notebook cannot be read.
    """
    from lstm_course.checks.notebook import check_notebook, notebooks_in
    from lstm_course.checks.report import summary, table

    console = Console()
    results = []
    for path in notebooks_in(paths or [COURSE / "exercises"]):
        with console.status(f"running {path.name}"):
            results.append(check_notebook(path))
        console.print(table(results[-1]))
    console.print(summary(results))
    if not all(question.is_right for result in results for question in result.questions):
        raise typer.Exit(1)


@app.command()
def grade(
    submissions: Annotated[Path, typer.Argument(help="A folder or zip archive of submissions.")],
    out: Annotated[Path, typer.Option(help="Folder for the grades; a second run goes on with what is there.")],
    exercise: Annotated[list[str] | None, typer.Option(help="Grade only this one; can be given several times.")] = None,
    seed: Annotated[
        int | None, typer.Option(help="Draw the inputs of the run that showed this seed; --again with it.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes on this machine.")] = CORES,
    scheduler: Annotated[str, typer.Option(help="Address of a dask scheduler, in place of this machine.")] = "",
    again: Annotated[bool, typer.Option("--again", help="Grade also what has not changed.")] = False,
    roster: Annotated[Path | None, typer.Option(help="Class list (CSV): shows who handed in nothing.")] = None,
    due: Annotated[str | None, typer.Option(help="Deadline, such as 2026-11-30T23:59.")] = None,
    late_percent: Annotated[float, typer.Option(help="Percent of the points that each late day costs.")] = 0.0,
    sandbox: Annotated[bool, typer.Option("--sandbox/--no-sandbox", help="Without it, trust every line.")] = True,
    cell_seconds: Annotated[float, typer.Option(min=1, help="Longest time of a cell.")] = 60,
    notebook_seconds: Annotated[float, typer.Option(min=1, help="Longest time of a notebook.")] = 180,
    memory_mb: Annotated[int, typer.Option(min=100, help="Most memory of a notebook.")] = 2048,
    processes: Annotated[int, typer.Option(min=1, help="Most processes of a notebook.")] = 64,
    output_mb: Annotated[int, typer.Option(min=1, help="Most output of a notebook.")] = 10,
    file_mb: Annotated[int, typer.Option(min=1, help="Most that a notebook writes to files.")] = 200,
) -> None:
    """Grade a class: grades.csv, grades.json, junit.xml and feedback/ in the folder of grades.

    Exit code: 0 if every submission has a result, also one that says why it could not be read; 2 if something given
    cannot be used; 130 after an interruption, from which the same command goes on.
    """
    if not scheduler:
        from lstm_course.grading.headstart import head_start

        head_start(sandbox)
    from lstm_course.grading.command import run
    from lstm_course.grading.flow import Plan
    from lstm_course.grading.model import Limits

    mega = 1024**2
    limits = Limits(memory_mb * mega, processes, cell_seconds, notebook_seconds, output_mb * mega, file_mb * mega)
    seed = secrets.randbits(32) if seed is None else seed
    plan = Plan(submissions, out, COURSE, exercise or [], seed, limits, sandbox, workers, scheduler, again)
    if not run(plan, Console(), roster, due, late_percent):
        raise typer.Exit(130)


@app.command()
def build(
    names: Annotated[list[str] | None, typer.Argument(help="Sources, such as 01_why_rnns_forget; all if none.")] = None,
    root: Annotated[Path, typer.Option(help="The course's folder, which holds source/.")] = COURSE,
) -> None:
    """Make notebooks/, exercises/ and solutions/ from source/, executed where they are shown with outputs."""
    from lstm_course.authoring.build import build as build_notebooks

    for path in build_notebooks(root, names or []):
        Console().print(f"wrote {path.relative_to(root)}", highlight=False)


def main() -> None:
    """Run the command line; a `CourseError` ends it with one sentence and exit code 2."""
    atexit.register(gc.freeze)  # else Python looks through all that was imported once more before it ends
    try:
        app()
    except CourseError as error:
        print(f"lstm-course: {error}", file=sys.stderr)
        sys.exit(2)
