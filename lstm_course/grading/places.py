"""What lies in a folder of submissions, zip archives included, seen without trusting any of it.

Nothing is unpacked to disk and no link is followed. What cannot be used becomes an `Entry` whose `read` says why.
"""

import io
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path, PurePosixPath
from typing import IO, Literal, NoReturn

MOST_BYTES = 50_000_000  # of one notebook, and of an archive inside an archive
MOST_DIRECTORY_BYTES = 4_000_000  # of an archive's table of contents: Python needs some twenty times as much for it
MOST_DEPTH = 10  # folders inside folders
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # Python unpacks the others without a limit on memory
END_SIGNATURE, END_64_SIGNATURE = b"PK\x05\x06", b"PK\x06\x07"
END_BYTES = 22 + 65_535  # an archive's last record, and the longest comment that may follow it


class Unreadable(Exception):
    """Something handed in cannot be read; the text says why, in one sentence."""


@dataclass(frozen=True)
class Entry:
    """One thing that lies in a place of submissions.

    `parts` is its path there. `read` gives its bytes, at most `MOST_BYTES`, or raises `Unreadable`, as it does for
    everything but a file. `file` is where it lies, unless that is in an archive.
    """

    parts: tuple[str, ...]
    read: Callable[[], bytes]
    modified: datetime | None = None
    kind: Literal["file", "folder", "other"] = "file"
    file: Path | None = None

    @property
    def suffix(self) -> str:
        """The ending of its name in lower case, ".ipynb" for a notebook."""
        return PurePosixPath(self.parts[-1]).suffix.lower()


def in_folder(folder: Path, parts: tuple[str, ...] = ()) -> Iterator[Entry]:
    """Walk a folder; what is no file (a folder, a link, a device) is an entry too, which cannot be read."""
    try:
        with os.scandir(folder) as scanned:
            found = sorted(scanned, key=lambda item: item.name)
    except OSError as error:
        yield _bad(parts, f"The folder cannot be opened: {error.strerror}.")
        return
    for item in found:
        path = (*parts, _printable(item.name))
        if _is_ignored(path):
            continue
        if not item.is_dir(follow_symlinks=False):
            yield at(Path(item.path), path)
        elif len(path) > MOST_DEPTH:
            yield _bad(path, f"Folders may lie {MOST_DEPTH} deep; this one lies deeper.")
        else:
            yield replace(_bad(path, "A file is needed; this is a folder: hand in the file itself."), kind="folder")
            yield from in_folder(Path(item.path), path)


def in_archive(archive: Entry) -> Iterator[Entry]:
    """List the files of a zip archive.

    Raises
    ------
    Unreadable
        If it is none, is damaged, or lists more than can be held in memory.
    """
    with _opened(archive) as opened:
        infos = opened.infolist()
    for info in infos:
        parts = tuple(part for part in info.filename.replace("\\", "/").split("/") if part not in ("", "."))
        if parts and not info.is_dir() and not _is_ignored(parts):
            yield Entry(tuple(map(_printable, parts)), partial(_member, archive, info), _time(info))


def at(path: Path, parts: tuple[str, ...]) -> Entry:
    """Give what lies at `path` as an entry; a link is not followed."""
    try:
        status = path.lstat()
    except OSError as error:
        return _bad(parts, f"It cannot be opened: {error.strerror}.")
    if not stat.S_ISREG(status.st_mode):
        kind = "link" if stat.S_ISLNK(status.st_mode) else "device or pipe"
        return _bad(parts, f"A file is needed; this is a {kind}: hand in the file itself.")
    modified = datetime.fromtimestamp(status.st_mtime).astimezone()
    return Entry(parts, partial(_content, path), modified, file=path)


def _bad(parts: tuple[str, ...], problem: str) -> Entry:
    return Entry(parts, partial(refuse, problem), kind="other")


def refuse(problem: str) -> NoReturn:
    """Raise `Unreadable`."""
    raise Unreadable(problem)


def _is_ignored(parts: tuple[str, ...]) -> bool:
    """Tell what nobody means to hand in: hidden files, checkpoints, what macOS adds to archives."""
    name = parts[-1]
    hidden = name.startswith(".") and not set(name) <= {"."}
    return hidden or "__MACOSX" in parts or ".ipynb_checkpoints" in parts or name.endswith("-checkpoint.ipynb")


def _printable(name: str) -> str:
    """Write the bytes of a name that are no UTF-8 as escapes, so that the name can be stored as text."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _content(path: Path) -> bytes:
    with _open(path) as file:
        return _at_most(file)


def _open(path: Path) -> IO[bytes]:
    # Neither following a link nor waiting for a pipe: the file may have been exchanged since it was found.
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        return os.fdopen(os.open(path, flags), "rb")
    except OSError as error:
        raise Unreadable(f"The file cannot be opened: {error.strerror}.") from error


def _at_most(file: IO[bytes]) -> bytes:
    data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise Unreadable(f"A file has at most {MOST_BYTES // 1_000_000} MB; this one has more: clear its outputs.")
    return data


@contextmanager
def _opened(archive: Entry) -> Iterator[zipfile.ZipFile]:
    try:
        if archive.file:
            status = archive.file.lstat()
            yield _on_disk(archive.file, status.st_mtime_ns, status.st_size)
        else:
            with io.BytesIO(archive.read()) as file:
                _refuse_long_directory(file)
                yield zipfile.ZipFile(file)
    # What zipfile raises on damaged archives has no common base.
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, struct.error, NotImplementedError) as error:
        raise Unreadable(f"The zip archive is damaged: {error}") from error


@lru_cache(maxsize=4)
def _on_disk(path: Path, modified: int, size: int) -> zipfile.ZipFile:
    """Open an archive and keep it open: a class's holds thousands of files, which are read one by one."""
    with _open(path) as file:
        _refuse_long_directory(file)
    return zipfile.ZipFile(path)


def _refuse_long_directory(file: IO[bytes]) -> None:
    """Refuse an archive whose table of contents is too long, before zipfile holds it in memory."""
    file.seek(max(0, file.seek(0, os.SEEK_END) - END_BYTES))
    tail = file.read()
    at = tail.find(END_SIGNATURE)
    while at >= 0:
        size = int.from_bytes(tail[at + 12 : at + 16], "little")
        is_64 = tail[max(0, at - 20) : at].startswith(END_64_SIGNATURE)
        if size > MOST_DIRECTORY_BYTES or is_64:
            raise Unreadable("The zip archive lists too many files to be read safely: unpack it into the folder.")
        at = tail.find(END_SIGNATURE, at + 1)


def _member(archive: Entry, info: zipfile.ZipInfo) -> bytes:
    if ".." in info.filename.replace("\\", "/").split("/"):
        raise Unreadable("A path in an archive stays inside it; this one climbs out.")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise Unreadable("A file is needed; this is a link: hand in the file itself.")
    if info.flag_bits & 1:
        raise Unreadable("The zip archive is encrypted: hand it in without a password.")
    if info.compress_type not in METHODS:
        raise Unreadable("The zip archive is packed in an unusual way: pack it with the deflate method.")
    with _opened(archive) as opened, opened.open(info) as file:
        return _at_most(file)


def _time(info: zipfile.ZipInfo) -> datetime | None:
    try:
        return datetime(*info.date_time).astimezone()
    except (ValueError, OverflowError, OSError):
        return None
