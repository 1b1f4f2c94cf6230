"""Make text that a stranger's program wrote fit to be read: on a page, in a table, in a file."""

import re

ESCAPE_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])")
# What XML forbids, what moves a terminal's cursor, what turns the direction of the text around it, half characters.
UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def plain(text: str, most: int = 4000) -> str:
    """Give `text` without colours and control characters, and at most about `most` characters of it.

    A line that was overwritten (progress bars do) shows what stood there last; what cannot be printed becomes
    U+FFFD; of a long text the middle is left out, and a note says so.
    """
    colourless = ESCAPE_SEQUENCE.sub("", text)
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in colourless.split("\n"))
    return _shortened(UNPRINTABLE.sub("\ufffd", "\n".join(lines)), most)


def one_line(text: str, most: int = 300) -> str:
    """Give `text` as `plain` does, on a single line, cut at the end."""
    words = " ".join(plain(text, 2 * most).split())
    return words if len(words) <= most else f"{words[: most - 1]}…"


def _shortened(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    head, tail = text[: most * 3 // 4], text[len(text) - most // 4 :]
    return f"{head}\n[... {len(text) - len(head) - len(tail):,} characters left out ...]\n{tail}"
