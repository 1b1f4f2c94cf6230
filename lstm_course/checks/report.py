"""Show on the terminal what the checks of an exercise notebook said."""

from rich.table import Table
from rich.text import Text

from lstm_course.checks.notebook import NotebookResult


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
