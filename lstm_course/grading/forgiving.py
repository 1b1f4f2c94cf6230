"""Inside the sandbox, before the first cell: what would cost honest answers behind it costs nothing."""

import sys
from collections.abc import Callable
from typing import Any


def prepare(shell: Any) -> None:
    """Let a cell go on after a magic that fails, a question that nobody answers, and `exit`; keep the output open."""
    shell.run_line_magic = _reporting(shell.run_line_magic)
    shell.kernel.raw_input = shell.kernel.getpass = lambda *given, **options: ""  # as if an empty line were typed
    shell.ask_exit = lambda: None  # IPython's ends a kernel some time later, in whatever cell then runs
    streams = sys.stdout, sys.stderr

    def restore() -> None:
        sys.stdout, sys.stderr = streams  # a cell may leave None or a closed file, and no later one could be answered

    shell.events.register("post_execute", restore)


def _reporting(run_line_magic: Callable[..., Any]) -> Callable[..., Any]:
    """Let a magic or a shell line that fails say so: it costs only what depends on it."""

    def run(name: str, line: str, _stack_depth: int = 1) -> Any:
        try:
            return run_line_magic(name, line, _stack_depth + 1)
        except Exception as error:
            print(f"{type(error).__name__}: {error}")

    return run
