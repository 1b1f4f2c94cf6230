"""End the half-built sandboxes of workers that were killed.

Bubblewrap ends with who started it, but not from its first moment on: killed while it is building, it leaves a child
that waits for its word for ever. Such a child comes to the process that has adopted it; where that one is killed
too, or dask starts the workers, it stays: asleep, without a submission in it.
"""

import sys
import time
from contextlib import suppress

import psutil

from lstm_course.grading.kernel import libc

PR_SET_CHILD_SUBREAPER = 36
NAME = "bwrap"
LOOKS, PAUSE = 10, 0.01  # one that has just been started does not bear its name yet


def adopt() -> None:
    """Become, from now on, the parent of every process below this one whose own parent has ended."""
    if sys.platform == "linux":
        libc().prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end() -> None:
    """End the sandboxes that have come to this process, which starts none itself.

    Called when a worker has been killed and waited for. Takes a tenth of a second.
    """
    for _ in range(LOOKS if sys.platform == "linux" else 0):
        for child in psutil.Process().children():
            with suppress(psutil.NoSuchProcess):
                if child.name() == NAME:
                    child.kill()
                    child.wait()
        time.sleep(PAUSE)
