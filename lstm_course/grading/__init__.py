"""Grading with nbval: collect, assemble, run in a sandbox, compare in the grader's own process, score, report."""

import sys

MIME = "application/vnd.lstm-course.values+json"  # of what probes report

# Each process would build a grammar of web addresses for a second, as nbformat imports jsonschema, which uses this
# where it is there, for a format that no notebook has.
sys.modules.setdefault("rfc3987_syntax", None)
