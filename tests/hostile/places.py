"""What lies in the place of a file, and what names and archives say. No link is followed, nothing is unpacked."""

import io
import os
import stat
import zipfile
from pathlib import Path

from tests.hostile.cases import FULL, HANDED_IN, NONE, ROOT, THE_CELL, Case, dumped, notebook, unanswered, write

NO_NOTEBOOK = "(no notebook)"
MARK = "lstm-course-was-here"
UNREAD = {"status": "unreadable"}


def linked(target):
    def put(folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{THE_CELL}.ipynb").symlink_to(target)

    return put


def folder_linked(folder):
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.symlink_to(ROOT / "solutions")


def pipe(folder):
    folder.mkdir(parents=True, exist_ok=True)
    os.mkfifo(folder / f"{THE_CELL}.ipynb")


def a_folder(folder):
    write(folder / f"{THE_CELL}.ipynb" / "inner.txt", b"x")


def handed_in(name):
    return lambda folder: write(folder / name, dumped(notebook()))


def archive(*members, **options):
    """Put an archive of (name, bytes) into a student's folder."""

    def put(folder: Path) -> None:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", options.get("method", zipfile.ZIP_DEFLATED)) as packed:
            for name, data in members:
                packed.writestr(name, data() if callable(data) else data)
        write(folder / "work.zip", file.getvalue())

    return put


def linking_archive(folder):
    info = zipfile.ZipInfo(f"{THE_CELL}.ipynb")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive((info, str(ROOT / f"solutions/{THE_CELL}.ipynb")))(folder)


def twice(folder):
    """The older is right, the newer is not: the newest counts."""
    write(folder / f"{THE_CELL}.ipynb", dumped(notebook()))
    newer = folder / f"{THE_CELL} (2).ipynb"
    write(newer, dumped(notebook(unanswered)))
    os.utime(newer, (HANDED_IN + 60, HANDED_IN + 60))


def here(name, points, put, **more):
    """Make a case of what is put into the student's own folder."""
    return Case(name, points, lambda folder: put(folder / name), **more)


SOLVED = f"{THE_CELL}.ipynb", lambda: dumped(notebook())
ZEROS = b"\0" * 400_000_000

CASES = [
    here("link to the solution", NONE, linked(ROOT / f"solutions/{THE_CELL}.ipynb"), **UNREAD),
    here("link to a neighbour", NONE, linked(f"../0 first/{THE_CELL}.ipynb"), **UNREAD),
    here("link to nothing", NONE, linked("nothing"), **UNREAD),
    here("link to a device", NONE, linked("/dev/zero"), **UNREAD),
    here("a pipe", NONE, pipe, **UNREAD),
    here("a folder in its place", NONE, a_folder, **UNREAD),
    here("link to the folder of solutions", "", folder_linked, exercise=NO_NOTEBOOK, **UNREAD),
    here(
        "another kind of file", "", lambda folder: write(folder / "essay.pdf", b"%PDF"), exercise=NO_NOTEBOOK, **UNREAD
    ),
    here("blanks and capitals in the name", FULL, handed_in("02 The Cell (final) (3).ipynb")),
    here("another exercise's name", "0 0 0 0", handed_in("01_why_rnns_forget.ipynb"), exercise="01_why_rnns_forget"),
    here("no exercise's name", "", handed_in("homework.ipynb"), exercise="homework", **UNREAD),
    here("handed in twice", NONE, twice),
    here("an archive", FULL, archive(SOLVED)),
    here("an archive with another's name inside", FULL, archive((f"0 first/{THE_CELL}.ipynb", SOLVED[1]))),
    here("an archive that climbs out", NONE, archive((f"../../0 first/{THE_CELL}.ipynb", SOLVED[1])), **UNREAD),
    here(
        "an archive of absolute paths",
        FULL,
        archive((f"/tmp/{MARK}/{THE_CELL}.ipynb", SOLVED[1]), (f"/tmp/{MARK}", b"x")),
    ),
    here("an archive of a link", NONE, linking_archive, **UNREAD),
    here("an archive of 400 MB of zeros", NONE, archive((f"{THE_CELL}.ipynb", lambda: ZEROS)), **UNREAD),
    here("a damaged archive", NONE, lambda folder: write(folder / f"{THE_CELL}.zip", b"PK\3\4 and no more"), **UNREAD),
    here("an archive in an archive", "", archive(("inner.zip", b"PK\5\6" + bytes(18))), exercise=NO_NOTEBOOK, **UNREAD),
    here("<img src=x onerror=alert(1)>", FULL, handed_in(SOLVED[0])),
    here("=cmd|'calc'!A0", FULL, handed_in(SOLVED[0])),
    here("[red]Eve[red] $(touch x) `id`; rm -rf ~", FULL, handed_in(SOLVED[0])),
    here("%2e%2e%2fetc", FULL, handed_in(SOLVED[0])),
    here("李雷 \u202egnp.exe", FULL, handed_in(SOLVED[0])),
    here("n" * 200, FULL, handed_in(SOLVED[0])),
    here("CON", FULL, handed_in(SOLVED[0])),
    here("con", NONE, lambda folder: write(folder / SOLVED[0], dumped(notebook(unanswered)))),
]
