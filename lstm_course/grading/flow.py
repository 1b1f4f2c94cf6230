"""One grading run: collect, make the references, grade what has changed, store."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from lstm_course.errors import CourseError
from lstm_course.grading import exercise, warm, work
from lstm_course.grading.cluster import cluster
from lstm_course.grading.collect import Found, collect
from lstm_course.grading.exercise import Order
from lstm_course.grading.model import Limits, Result, Submission
from lstm_course.grading.schedule import Lost, Pool, interruptible, local, results
from lstm_course.grading.score import questions, unread
from lstm_course.grading.store import Store

MOST_RUNS = 3  # of full length for a submission: the first, runs again for as long, and the one begun just then
SLACK_SECONDS = 120  # beyond these, after which a worker is taken to hang
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Plan:
    """What the instructor asked for.

    Attributes
    ----------
    place, out, course : Path
        Where the submissions lie, where the grades go, where the course's clone lies.
    only : collection of str
        Exercises to grade; all if empty.
    seed : int
        Probes draw their inputs from it.
    limits : Limits
    sandbox : bool
    workers : int
        Processes of this machine; not used with a scheduler.
    scheduler : str
        Address of a dask scheduler, or nothing.
    again : bool
        Grade also what has not changed.
    """

    place: Path
    out: Path
    course: Path
    only: Collection[str]
    seed: int
    limits: Limits
    sandbox: bool
    workers: int
    scheduler: str = ""
    again: bool = False


def grade(plan: Plan, progress: Progress) -> list[Result]:
    """Give every submission its result; `progress` is told how many of how many have one.

    Results are stored as they come, so that an interruption loses only what was being graded.

    Raises
    ------
    CourseError
        If submissions, exercises or the folder of grades cannot be used.
    """
    names = exercise.names(plan.course)
    if unknown := sorted(set(plan.only) - set(names)):
        raise CourseError(f"An exercise is one of {', '.join(names)}; got {', '.join(unknown)}.")
    found = collect(plan.place, names)
    if plan.out.resolve().is_relative_to(plan.place.resolve()):
        raise CourseError(
            f"Grades and submissions are kept apart; {plan.out} lies in {plan.place}: choose another --out."
        )
    chosen = [one for one in found if not plan.only or one.exercise in plan.only or one.exercise not in names]
    if not chosen:
        raise CourseError(f"There are submissions of {', '.join(plan.only)} to grade; {plan.place} holds none.")
    orders = {
        name: Order(exercise.load(plan.course, name), plan.seed, plan.limits, plan.sandbox, {})
        for name in sorted({one.exercise for one in chosen} & set(names))
    }
    store = Store(plan.out)
    passed_over = set(names) - set(orders)
    others = [store.get(one.student, one.exercise) for one in found if one.exercise in passed_over]
    return [*filter(None, others), *_graded(plan, store, orders, chosen, progress)]


def _graded(
    plan: Plan, store: Store, orders: dict[str, Order], chosen: Sequence[Found], progress: Progress
) -> Iterator[Result]:
    """Give the results of what was chosen: those that need no work first."""
    todo = []
    for number, one in enumerate(chosen, start=1):
        submission = _submission(one, orders)
        if submission.data is None:
            asked = questions(orders[one.exercise].exercise.solved) if one.exercise in orders else []
            result = _noted(unread(submission, asked), one)
            store.put(result)
        else:
            result = None if plan.again else store.get(one.student, one.exercise, submission.digest)
        if result:
            yield replace(result, submitted=submission.submitted)
            progress(number - len(todo), len(chosen))
        else:
            todo.append(one)
    if not todo:
        return
    with interruptible(), _pool(plan, len(todo)) as pool:
        orders = _with_references(pool, {name: orders[name] for name in sorted({one.exercise for one in todo})})
        texts = {name: order.to_json() for name, order in orders.items()}
        graded = results(pool, work.grade, todo, lambda one: (texts[one.exercise], *_message(_submission(one, orders))))
        for number, (one, outcome) in enumerate(graded, start=1 + len(chosen) - len(todo)):
            result = _noted(_result(one, orders[one.exercise], outcome), one)
            store.put(result)
            yield result
            progress(number, len(chosen))


def _submission(one: Found, orders: Mapping[str, Order]) -> Submission:
    """Read a submission; its digest then stands for all that its result depends on."""
    submission = one.submission()
    order = orders.get(one.exercise)
    return replace(submission, digest=order.digest(submission, one.note)) if order else submission


def _pool(plan: Plan, tasks: int) -> AbstractContextManager[Pool]:
    if plan.scheduler:
        return cluster(plan.scheduler)
    longest = MOST_RUNS * plan.limits.notebook_seconds + SLACK_SECONDS
    prepare = partial(warm.use, warm.parent().requests) if plan.sandbox else None
    return local(min(plan.workers, tasks), longest, prepare)


def _with_references(pool: Pool, orders: Mapping[str, Order]) -> dict[str, Order]:
    """Run each solution once for all of its submissions."""
    complete = {}
    for name, outcome in results(pool, work.refer, orders, lambda name: (orders[name].to_json(),)):
        if isinstance(outcome, Lost):
            raise CourseError(f"{name}: the solution could not be run, by which answers are compared: {outcome.reason}")
        complete[name] = replace(orders[name], references=json.loads(outcome))
    return complete


def _message(submission: Submission) -> tuple[str, bytes | None]:
    return json.dumps(asdict(replace(submission, data=None))), submission.data


def _result(one: Found, order: Order, outcome: str | Lost) -> Result:
    """Read what a worker sent; what was lost is no fault of the submission, so another run tries it again."""
    if isinstance(outcome, str):
        return Result.from_json(json.loads(outcome))
    return unread(replace(one.submission(), digest=""), questions(order.exercise.solved), outcome.reason)


def _noted(result: Result, one: Found) -> Result:
    return replace(result, reason=" ".join(filter(None, [result.reason, one.note])))
