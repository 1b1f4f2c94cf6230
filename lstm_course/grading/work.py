"""What workers run: text and bytes in, text out, so that they need nothing in common but this package.

The command itself names these functions without running them, so that it needs none of what they import.
"""

import json
from threading import Lock

ONE_AT_A_TIME = Lock()  # a worker of dask may have several threads; pytest and its output belong to the process


def refer(order: str) -> str:
    """Make the references of an exercise: an `Order` in, `Order.references` out, both as JSON."""
    from lstm_course.grading.exercise import Order
    from lstm_course.grading.grade import make_references

    with ONE_AT_A_TIME:
        return json.dumps(make_references(Order.from_json(order)))


def grade(order: str, submission: str, data: bytes | None) -> str:
    """Grade a submission: an `Order` and a `Submission` without its data in, its `Result` out, all as JSON."""
    from lstm_course.grading.exercise import Order
    from lstm_course.grading.grade import grade_one
    from lstm_course.grading.model import Submission

    with ONE_AT_A_TIME:
        given = Submission(**{**json.loads(submission), "data": data})
        return json.dumps(grade_one(Order.from_json(order), given).to_json())
