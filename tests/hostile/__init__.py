"""Submissions that attack, break or merely surprise the grading, each with the points that it deserves.

A module for each class of them; `cases.py` says how one is made. `test_corpus.py` grades them between neighbours.
"""
