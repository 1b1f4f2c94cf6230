"""The one kind of error that the command line turns into a sentence instead of a traceback."""


class CourseError(Exception):
    """Something the user gave cannot be used; the text says the rule, what was given and what to do."""
