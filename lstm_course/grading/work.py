"""What workers run: text and bytes in, text out, so that they need nothing in common but this package.

The command itself names these functions without running them, so that it needs none of what they import.
"""

import json
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lstm_course.grading.exercise import Order

ONE_AT_A_TIME = Lock()  # a worker of dask may have several threads; pytest and its output belong to the process


@lru_cache(maxsize=32)  # the same for all submissions of an exercise
def _order(text: str) -> "Order":
    from lstm_course.grading.exercise import Order

    return Order.from_json(text)


def refer(order: str) -> str:
    """Make the references of an exercise: an `Order` in, `Order.references` out, both as JSON."""
    from lstm_course.grading.grade import make_references

    with ONE_AT_A_TIME:
        return json.dumps(make_references(_order(order)))


def grade(order: str, submission: str, data: bytes | None) -> str:
    """Grade a submission: an `Order` and a `Submission` without its data in, its `Result` out, all as JSON."""
    from lstm_course.grading.grade import grade_one
    from lstm_course.grading.model import Submission

    with ONE_AT_A_TIME:
        given = Submission(**{**json.loads(submission), "data": data})
        return json.dumps(grade_one(_order(order), given).to_json())
