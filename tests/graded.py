"""Results to report on: what a class hands in, and names that no class has."""

from dataclasses import replace

from lstm_course.grading.model import QuestionResult, Result

HOSTILE = ["../../etc/passwd", "[red]Eve[/red]", "<img src=x onerror=alert(1)>", "=cmd|' /C calc'!A0", "\u202egnp.exe"]
HOSTILE += ["x" * 400, "a\0b\x1b[2J", "\ud800", "a,b;c\nd", "+1", "Anna", "anna", ""]


def question(name="gates", points=2.0, max_points=2.0, **more):
    return QuestionResult(name, f"The {name}", points, max_points, **more)


def graded(student="Jane Doe", exercise="02_the_cell", questions=None, **more):
    """A result of two questions, the second half right."""
    half = question("step", 0.5, 1.0, reasons=["h_t is o tanh(c_t). Expected h_t[0, 1] = 0.25, got 0.33."])
    fields = {"digest": "d", "status": "graded", "questions": questions or [question(), half], "seconds": 1.5}
    return Result(student, exercise, **(fields | more))


def unreadable(student="Max", exercise="02_the_cell", reason="The file is no JSON."):
    nothing = [replace(question, points=0.0, reasons=[]) for question in graded().questions]
    return graded(student, exercise, nothing, status="unreadable", reason=reason)


def hostile_class():
    """Everything a student controls, hostile at once."""
    return [
        graded(
            name,
            questions=[question(points=0.0, reasons=[name * 3], hint=name, output=f"<script>{name}</script>\x1b[31m")],
            status="partly",
            reason=f"Handed in twice: {name}",
        )
        for name in HOSTILE
    ]
