"""Per exercise, an oracle for each question: does an answer do the same as the solution? Independent of the checks."""
