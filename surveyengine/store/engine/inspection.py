"""What lies where an SQLite database is to be opened, held against what its last processes have noted."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple, Self

from .handle import RESCUED
from .note import FileNote, Place, noted

ASIDE = ".of-another"


class File(NamedTuple):
    """A file that is there."""

    place: Place
    size: int


class Inspection(NamedTuple):
    """The files of a database; None where there is none, or nothing was noted."""

    name: str
    database: File | None
    log: File | None
    note: FileNote | None
    rescued: bool = False

    @classmethod
    def of(cls, path: Path, name: str) -> Self:
        """Look at the files of a database."""
        near = {ending: path.with_name(path.name + ending) for ending in ("-wal", ".queue", RESCUED)}
        return cls(name, _file(path), _file(near["-wal"]), noted(near[".queue"]), near[RESCUED].exists())

    @property
    def has_foreign_log(self) -> bool:
        """Whether the log belongs to another database, which it would damage this one with."""
        if not (self.note and self.database and self.log and self.log.size):
            return False
        return self.log.place == self.note.log and self.database.place != self.note.database

    @property
    def obstacle(self) -> str | None:
        """Why it must not be opened: answers would be lost without a word."""
        log = self.log is not None and self.log.size > 0
        if not (self.note or log):
            return None
        if self.database is None:
            what = f"leads to {self.name}, which is gone"
        elif self.database.size == 0:
            what = f"leads to {self.name}, which is empty, and was not"
        else:
            return None
        saved = f"; {self.name}{RESCUED} holds what was stored until that was noticed" if self.rescued else ""
        rest = f"{self.name}.queue" + (f" and {self.name}-wal" if log else "")
        return f"{what}{saved}; put the database back from a copy, or delete {rest} too to begin with an empty one"

    @property
    def remarks(self) -> list[str]:
        """What the log is to be told."""
        if self.note is None or self.database is None:
            return []
        found = []
        if self.has_foreign_log:
            found.append(f"{self.name} is not the database that {self.name}-wal belongs to, which is put aside")
        elif self.database.place != self.note.database:
            found.append(f"{self.name} is another file than when it was last used, as after a restore")
        elif self.note.log and self.log is None:
            saved = f"; {self.name}{RESCUED} holds what was stored" if self.rescued else ""
            found.append(
                f"{self.name}-wal is gone: another program has folded it into the database,"
                f" or the answers are lost that were only in it{saved}"
            )
        if self.note.failed:
            found.append("the disk failed when it was last written to; what is stored is written once more")
        return found


def put_aside(path: Path) -> None:
    """Take a log that belongs to another database out of the way, and keep it."""
    for ending in ("-wal", "-shm"):
        file = path.with_name(path.name + ending)
        if file.exists():
            file.replace(f"{file}{ASIDE}")


def _file(path: Path) -> File | None:
    try:
        found = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return File((found.st_dev, found.st_ino), found.st_size)
