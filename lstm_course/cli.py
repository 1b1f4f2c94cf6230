"""The command line: `lstm-course lab | check | build`. Heavy imports wait until a command needs them."""

import os
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
FIRST_LESSON = "notebooks/01_why_rnns_forget.ipynb"
COURSE = Path(__file__).resolve().parents[1]  # where the notebooks lie in a clone
LAB_SETTINGS = Path(__file__).parent / "jupyter"  # no news, no look for updates: nothing is fetched or asked


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def lab(context: typer.Context) -> None:
    """Open JupyterLab on the first lesson. Options of JupyterLab (--port, --no-browser, ...) pass through."""
    if not (COURSE / FIRST_LESSON).is_file():
        raise CourseError(f"The lessons lie beside the package in a clone of the course; {COURSE} has none: clone it.")
    from jupyterlab.labapp import main as jupyterlab

    fixed = [
        f"--ServerApp.root_dir={COURSE}",
        f"--LabApp.default_url=/lab/tree/{FIRST_LESSON}",
    ]
    settings = [str(LAB_SETTINGS), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, settings))
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # for the kernels: numpy does not listen to torch.set_num_threads
    jupyterlab([*fixed, *context.args])


@app.command()
def check(
    paths: Annotated[list[Path] | None, typer.Argument(help="Exercise notebooks, or folders of them.")] = None,
) -> None:
    """Run exercise notebooks and say for each question whether it is right, open, or what is wrong.

    Exit code: 0 if every question is right, 1 if not, 2 if a notebook cannot be read.
    """
    from lstm_course.checks.notebook import check_notebook, notebooks_in
    from lstm_course.checks.report import table

    console = Console()
    results = []
    for path in notebooks_in(paths or [COURSE / "exercises"]):
        with console.status(f"running {path.name}"):
            results.append(check_notebook(path))
        console.print(table(results[-1]))
    if not all(question.is_right for result in results for question in result.questions):
        raise typer.Exit(1)


@app.command()
def build(
    names: Annotated[list[str] | None, typer.Argument(help="Sources, such as 01_why_rnns_forget; all if none.")] = None,
    root: Annotated[Path, typer.Option(help="The course's folder, which holds source/.")] = COURSE,
) -> None:
    """Make notebooks/, exercises/ and solutions/ from source/, executed where they are shown with outputs."""
    try:
        from lstm_course.authoring.build import build as build_notebooks
    except ModuleNotFoundError as error:
        raise CourseError(f"Building needs the package {error.name}: pip install 'lstm-course[author]'.") from error

    for path in build_notebooks(root, names or []):
        Console().print(f"wrote {path.relative_to(root)}", highlight=False)


def main() -> None:
    """Run the command line; a `CourseError` ends it with one sentence and exit code 2."""
    try:
        app()
    except CourseError as error:
        print(f"lstm-course: {error}", file=sys.stderr)
        sys.exit(2)
