"""Recurrent networks and LSTMs from zero: cell code, widgets, data and checks for the notebooks."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lstm_course.checks.standing import Standing

__version__ = "0.1.0"


def progress() -> "Standing":
    """Show which questions of the exercises are solved: points, minutes left, and what comes next."""
    from lstm_course.checks.standing import standing

    return standing(Path.cwd())
