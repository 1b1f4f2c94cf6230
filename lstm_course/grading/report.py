"""Write what grading found: one table, one JSON file, one JUnit report, and a feedback page for each submission."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from lstm_course.files import safe_names, write_whole
from lstm_course.grading import feedback
from lstm_course.grading.model import QuestionResult, Result
from lstm_course.grading.text import one_line, plain

COLUMNS = ("student", "exercise", "status", "points", "max_points")
NOTES = ("late", "reason")
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # what makes a spreadsheet compute a cell


def write_all(results: Iterable[Result], folder: Path) -> None:
    """Write grades.csv, grades.json, junit.xml and feedback/ into `folder`, each file whole or not at all."""
    ordered = sorted(results, key=lambda result: (result.student.casefold(), result.student, result.exercise))
    for path, result in feedback_paths(ordered).items():
        write_whole(folder / path, feedback.page(result))
    write_whole(folder / "junit.xml", junit(ordered))
    write_whole(folder / "grades.json", grades_json(ordered))
    write_whole(folder / "grades.csv", grades_csv(ordered))


def feedback_paths(results: Sequence[Result]) -> dict[str, Result]:
    """Say where the feedback of each result goes; nothing handed in gets none."""
    students = safe_names(result.student for result in results)
    exercises = safe_names(result.exercise for result in results)
    return {
        f"feedback/{students[result.student]}/{exercises[result.exercise]}.html": result
        for result in results
        if result.status != "missing"
    }


def grades_csv(results: Sequence[Result]) -> str:
    """Make the table: a row for each student and exercise, a column for each question.

    It begins with a byte-order mark, without which Excel takes UTF-8 for something else.
    """
    questions = list(dict.fromkeys(question.question for result in results for question in result.questions))
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow([*COLUMNS, *questions, *NOTES])
    for result in results:
        points = {question.question: question.points for question in result.questions}
        cells = [result.student, result.exercise, result.status, result.points, result.max_points]
        cells += [points.get(question, "") for question in questions]
        writer.writerow([_cell(value) for value in [*cells, result.late, notes(result)]])
    return "\ufeff" + table.getvalue()


def notes(result: Result) -> str:
    """Say what an instructor should know of a result beside its points."""
    return " ".join(filter(None, [result.reason, "" if result.on_roster else "Not on the roster."]))


def _cell(value: str | float) -> str | float:
    """Keep a spreadsheet from taking a text for a formula."""
    if not isinstance(value, str):
        return f"{value:g}"
    text = one_line(value, 1000)
    return f"'{text}" if text.startswith(FORMULA) else text


def grades_json(results: Sequence[Result]) -> str:
    """Make the file for other programs: everything that is known of each result."""
    all_known = [{**result.to_json(), "points": result.points, "max_points": result.max_points} for result in results]
    return json.dumps({"results": all_known}, indent=1) + "\n"


def junit(results: Sequence[Result]) -> str:
    """Make the report that CI systems read: a test suite for each exercise, a case for each student and question."""
    root = Element("testsuites", name="lstm-course grade")
    for exercise in sorted({result.exercise for result in results}):
        suite = SubElement(root, "testsuite", name=one_line(exercise))
        own = [result for result in results if result.exercise == exercise]
        for result in own:
            _add_cases(suite, result)
        suite.attrib |= {**_counts(suite), "time": f"{sum(result.seconds for result in own):.3f}"}
    root.attrib |= {kind: count for kind, count in _counts(root).items() if kind != "skipped"}
    indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _add_cases(suite: Element, result: Result) -> None:
    questions = result.questions or [QuestionResult("whole-notebook", "", 0.0, 0.0)]
    for question in questions:
        name = f"{one_line(result.exercise)}.{one_line(result.student)}"
        time = f"{result.seconds / len(questions):.3f}"
        case = SubElement(suite, "testcase", classname=name, name=question.question, time=time)
        if result.status == "missing":
            SubElement(case, "skipped", message=one_line(result.reason))
        elif result.status == "unreadable":
            SubElement(case, "error", type="unreadable", message=one_line(result.reason))
        elif question.points < question.max_points:
            message = f"{question.points:g} of {question.max_points:g} points"
            SubElement(case, "failure", type="points", message=message).text = plain("\n".join(question.reasons))


def _counts(element: Element) -> dict[str, str]:
    kinds = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}
    return {kind: str(len(list(element.iter(tag)))) for kind, tag in kinds.items()}
