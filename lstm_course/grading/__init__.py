"""Grading with nbval: collect, assemble, run in a sandbox, compare in the grader's own process, score, report."""

MIME = "application/vnd.lstm-course.values+json"  # of what probes report
