"""Show on the terminal how the class did: points, results per question, and what needs the instructor's eye."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import mean

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lstm_course.grading.feedback import outcome
from lstm_course.grading.model import QuestionResult, Result
from lstm_course.grading.report import notes
from lstm_course.grading.score import UNANSWERED
from lstm_course.grading.text import one_line

MOST_ROWS = 40  # a larger class is read in grades.csv
NUMBER = re.compile(r"(?<![\w.])[-+]?\d([\w.+-]*\w)?")  # also 1e-05 and 3x4, but not the one in mat1


def show(results: Sequence[Result], console: Console) -> None:
    """Print the class table, the item table, and the submissions with a problem."""
    console.print(class_table(results))
    console.print(question_table(results))
    problems = [result for result in results if result.status in ("unreadable", "partly") or not result.on_roster]
    if problems:
        console.print(problem_table(problems))


def class_table(results: Sequence[Result]) -> Table:
    """Make the table of points: a row for each student, a column for each exercise."""
    exercises = sorted({result.exercise for result in results})
    by_student: dict[str, dict[str, Result]] = {}
    for result in sorted(results, key=lambda result: (result.student.casefold(), result.student)):
        by_student.setdefault(result.student, {})[result.exercise] = result
    table = _table("points", "student", *exercises)
    for student, own in list(by_student.items())[:MOST_ROWS]:
        table.add_row(_text(student, 40), *(_points(own.get(exercise)) for exercise in exercises))
    if len(by_student) > MOST_ROWS:
        table.add_row(f"... and {len(by_student) - MOST_ROWS} more in grades.csv")
    table.add_section()
    table.add_row("mean", *(_mean_points(results, exercise) for exercise in exercises))
    return table


def question_table(results: Sequence[Result]) -> Table:
    """Make the item table: how many solved each question, and why most of the others did not.

    Who handed in nothing does not count.
    """
    table = _table("questions", "question", "solved", "partly", "not", "mean", "commonest reason")
    answers: dict[str, dict[str, list[QuestionResult]]] = {}
    for result in sorted(results, key=lambda result: result.exercise):
        for question in result.questions if result.status != "missing" else []:
            answers.setdefault(result.exercise, {}).setdefault(question.question, []).append(question)
    for exercise, questions in answers.items():
        table.add_section()
        table.add_row(_text(exercise, 40))
        for name, given in questions.items():
            outcomes = Counter(map(outcome, given))
            counts = (str(outcomes[kind]) for kind in ("right", "partly", "not"))
            points = f"{mean(answer.points for answer in given):.2f} / {given[0].max_points:g}"
            table.add_row(_text(f"- {name}", 40), *counts, points, _text(commonest_reason(given), 160))
    return table


def commonest_reason(answers: Iterable[QuestionResult]) -> str:
    """Say which reason most students share, and how many; a mistake before an answer that is missing.

    A student's first reason counts: the others follow from it more often than not. What differs from student to
    student, numbers and what stands behind the first sentence, counts as equal.
    """
    reasons = [answer.reasons[0] for answer in answers if answer.reasons]
    mistakes = [reason for reason in reasons if reason != UNANSWERED] or reasons
    counted = Counter(NUMBER.sub("…", re.split(r"(?<=[.!?]) ", reason)[0]) for reason in mistakes)
    return "".join(f"{count} × {reason}" for reason, count in counted.most_common(1))


def problem_table(results: Sequence[Result]) -> Table:
    """Make the table of submissions that could not be read, that ended early, or that nobody on the roster owns."""
    table = _table("to look at", "student", "exercise", "status", "why")
    for result in results:
        table.add_row(_text(result.student, 40), _text(result.exercise, 40), result.status, _text(notes(result)))
    return table


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in headings:
        table.add_column(_text(heading, 40), overflow="fold")
    return table


def _text(words: str, most: int = 300) -> Text:
    """Give a stranger's words to rich: as text, not as markup."""
    return Text(one_line(words, most))


def _points(result: Result | None) -> str:
    if result is None:
        return ""
    if result.status in ("unreadable", "missing"):
        return result.status
    return f"{result.points:g} / {result.max_points:g}{' (partly)' if result.status == 'partly' else ''}"


def _mean_points(results: Sequence[Result], exercise: str) -> str:
    points = [result.points for result in results if result.exercise == exercise and result.status != "missing"]
    return f"{mean(points):.2f}" if points else ""
