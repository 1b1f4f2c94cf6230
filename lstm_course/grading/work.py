"""What workers run: text and bytes in, text out, so that they need nothing in common but this package."""

import json
from threading import Lock

from lstm_course.grading import warm
from lstm_course.grading.exercise import Order
from lstm_course.grading.grade import grade_one, make_references
from lstm_course.grading.model import Submission

ONE_AT_A_TIME = Lock()  # a worker of dask may have several threads; pytest and its output belong to the process


def prepare() -> None:
    """Start this worker's parent of warm kernels, which takes a while, before the first submission asks for it."""
    warm.parent()


def refer(order: str) -> str:
    """Make the references of an exercise: an `Order` in, `Order.references` out, both as JSON."""
    with ONE_AT_A_TIME:
        return json.dumps(make_references(Order.from_json(order)))


def grade(order: str, submission: str, data: bytes | None) -> str:
    """Grade a submission: an `Order` and a `Submission` without its data in, its `Result` out, all as JSON."""
    with ONE_AT_A_TIME:
        given = Submission(**{**json.loads(submission), "data": data})
        return json.dumps(grade_one(Order.from_json(order), given).to_json())
