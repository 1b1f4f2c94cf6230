"""Spread work over a dask cluster, which has no disk in common with this machine."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from lstm_course.errors import CourseError
from lstm_course.grading.schedule import Pool

CONNECT_SECONDS = 20


class Cluster:
    """The workers of a dask scheduler; twice as many calls as they have threads are handed in at a time."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.executor = client.get_executor(pure=False)
        self.waiting = 0

    def has_room(self) -> bool:
        """Tell whether every thread has a call, and another one to go on with."""
        return self.waiting < 2 * max(1, sum(self.client.nthreads().values()))

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Hand in a call."""
        self.waiting += 1
        return self.executor.submit(function, *arguments)

    def release(self, future: Future[Any]) -> None:
        """Count a call that is done."""
        self.waiting -= 1


@contextmanager
def cluster(address: str) -> Iterator[Pool]:
    """Use the workers of the dask scheduler at `address`, such as tcp://10.0.0.5:8786.

    Raises
    ------
    CourseError
        If dask is not installed, or no scheduler answers.
    """
    try:
        import dask
        from distributed import Client
    except ModuleNotFoundError as error:
        raise CourseError(f"A cluster needs the package {error.name}: pip install 'lstm-course[cluster]'.") from error
    settings = {"distributed.admin.large-graph-warning-threshold": "200MB"}  # a submission may be large
    with dask.config.set(settings):
        try:
            client = Client(address, timeout=CONNECT_SECONDS)
        except (OSError, ValueError, TimeoutError) as error:
            raise CourseError(f"A dask scheduler answers at its address; {address} does not: {error}") from error
        with client:
            yield Cluster(client)
