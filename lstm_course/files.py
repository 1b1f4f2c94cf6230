"""Write files whole or not at all, and give strangers' names safe places among them."""

import hashlib
import os
import re
import tempfile
import unicodedata
from collections.abc import Iterable
from pathlib import Path

MOST_CHARACTERS = 50  # of a file name, so that it stays below 255 bytes in UTF-8 with its ending
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # Windows keeps these for devices


def write_whole(path: Path, text: str) -> None:
    """Write `text` to `path` whole or not at all: to a temporary file beside it, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def safe_names(names: Iterable[str]) -> dict[str, str]:
    """Give each name a file name: its own where that is safe, else a cleaned one with a hash of the name.

    No two names share a file name, also where the file system takes upper and lower case for the same. No
    file name holds a separator, begins or ends with a dot, or is one of Windows' devices.
    """
    given: dict[str, str] = {}
    taken: set[str] = set()
    for name in sorted(set(names)):
        candidate = _cleaned(name)
        digits = 8 if candidate != name else 0
        while _with_hash(candidate, name, digits).casefold() in taken:
            digits += 8
        given[name] = _with_hash(candidate, name, digits)
        taken.add(given[name].casefold())
    return given


def _cleaned(name: str) -> str:
    """Keep letters, digits and marks of every script, and `-_.@+` and single spaces."""
    composed = unicodedata.normalize("NFC", name[: 4 * MOST_CHARACTERS])
    kept = "".join(sign if unicodedata.category(sign)[0] in "LMN" or sign in "-_.@+ " else "_" for sign in composed)
    short = " ".join(kept.split())[:MOST_CHARACTERS].strip(". ")
    return f"_{short}" if RESERVED.fullmatch(short) else short or "_"


def _with_hash(candidate: str, name: str, digits: int) -> str:
    hashed = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{candidate}-{hashed[:digits]}" if digits else candidate
