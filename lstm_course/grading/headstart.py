"""Begin with what takes longest, while the command still imports what it needs itself."""

from lstm_course.grading import warm


def head_start(sandbox: bool) -> None:
    """Start in the background what this machine's workers will need: the parent of their kernels, and their imports."""
    if sandbox:
        warm.parent()
    from lstm_course.grading.schedule import import_early  # the parent need not wait for what this imports

    import_early("lstm_course.grading.grade")
