"""For the endurance test and the benchmark of grading: all processes that a command starts, and their memory."""

import threading
from contextlib import suppress
from typing import Self

import psutil

SECONDS = 0.5  # between two looks: one takes some milliseconds of each process's time


def workers(pid: int | None = None) -> list[psutil.Process]:
    """Give the workers that a grading process has, started by itself or by the process of which they are copies."""
    running = [one for one in psutil.Process(pid).children() if one.status() != psutil.STATUS_ZOMBIE]
    helpers = {one: " ".join(one.cmdline()) for one in running}
    copies = [worker for one in helpers if "multiprocessing.forkserver" in helpers[one] for worker in one.children()]
    return copies + [one for one in helpers if "multiprocessing.spawn" in helpers[one]]


class Watch:
    """Looks, while its block lasts, at all processes that one has started, and at what those have started.

    Attributes
    ----------
    seen : set of psutil.Process
    pss, rss : int
        The most memory in bytes that all had together: what n processes share counts 1/n for each, or in full.
    """

    def __init__(self, pid: int | None = None) -> None:
        self.seen: set[psutil.Process] = set()
        self.pss = self.rss = 0
        self._root = psutil.Process(pid)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def look(self) -> list[psutil.Process]:
        """Give the processes that there are now."""
        found = self._root.children(recursive=True)
        self.seen.update(found)
        return found

    def left(self) -> list[psutil.Process]:
        """Give those of all seen that still run, a few seconds later at most."""
        return psutil.wait_procs(self.seen, timeout=5)[1]

    def _watch(self) -> None:
        while not self._ended.wait(SECONDS):
            with suppress(psutil.Error):
                self._weigh(self.look())

    def _weigh(self, processes: list[psutil.Process]) -> None:
        memory = []
        for process in processes:
            with suppress(psutil.Error):  # it has just ended
                memory.append(process.memory_full_info())
        self.pss = max(self.pss, sum(info.pss for info in memory))
        self.rss = max(self.rss, sum(info.rss for info in memory))
