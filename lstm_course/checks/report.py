"""Show on the terminal what the checks of exercise notebooks said, and how far the learner has come."""

from rich.table import Table
from rich.text import Text

from lstm_course.checks.notebook import NotebookResult
from lstm_course.checks.standing import HEADINGS, Standing, read_all


def table(result: NotebookResult) -> Table:
    """Make a table with a row a question: mark, name, points, and what is still to do."""
    shown = Table(title=f"{result.path.name}: {result.earned} of {result.possible} points", title_justify="left")
    for heading in ("", "question", "points", "what the check says"):
        shown.add_column(heading)
    for question in result.questions:
        mark = "✓" if question.is_right else "✗"
        earned = question.points if question.is_right else 0
        words = Text(question.problem or "right")  # Text: a learner's brackets are no markup
        shown.add_row(mark, question.question, f"{earned} / {question.points}", words)
    return shown


def summary(results: list[NotebookResult]) -> Table:
    """Make a table with a row an exercise, and below it the next step."""
    exercises = read_all(result.path for result in results)
    solved = {(result.path, each.question) for result in results for each in result.questions if each.is_right}
    standing = Standing(exercises, solved)
    shown = Table(title="Exercises solved", title_justify="left", caption=standing.next_step, caption_justify="left")
    for heading in HEADINGS:
        shown.add_column(heading)
    for row in standing.rows():
        shown.add_row(*map(Text, row))
    return shown
