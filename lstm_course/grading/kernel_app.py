"""Inside the sandbox: an ordinary IPython kernel, spared what takes time and serves nobody here."""

import logging
import sys
from typing import Any

sys.modules["debugpy"] = None  # type: ignore[assignment]  # ipykernel does without: nobody steps through this kernel

from ipykernel.iostream import OutStream  # noqa: E402
from ipykernel.kernelapp import IPKernelApp  # noqa: E402
from traitlets import default  # noqa: E402


class Stream(OutStream):
    """An output stream that flushes errors only if there were any.

    To flush is to wait for another thread, which a kernel does for both streams several times in every cell. Output is
    flushed in any case: that wait also keeps a quick loop from displaying more than can be sent.
    """

    _is_written = False

    def write(self, string: str) -> int | None:
        """Write."""
        self._is_written = True
        return super().write(string)

    def flush(self) -> None:
        """Send what was written."""
        if self._is_written or self.name == "stdout":
            self._is_written = False
            super().flush()


class KernelApp(IPKernelApp):
    """A kernel without history, command line and records of each message that no one reads."""

    @default("outstream_class")
    def _stream(self) -> str:
        return f"{Stream.__module__}.{Stream.__name__}"

    def parse_command_line(self, argv: list[str] | None = None) -> None:
        """Read nothing."""
        self.config.HistoryManager.enabled = False

    def initialize(self, argv: Any = None) -> None:
        """Become ready to run cells."""
        super().initialize([])
        self.log.setLevel(logging.WARNING)  # traitlets leaves it to handlers to pass over what is below
