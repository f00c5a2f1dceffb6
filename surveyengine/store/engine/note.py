"""What the processes of an engine note of their SQLite database, for each other and for the next start."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import NamedTuple, Self

SIZE = 200  # bytes of every note, so that one takes the place of another at once
Place = tuple[int, int]
"""A device and an inode: the file that a name led to."""


class FileNote(NamedTuple):
    """Which files the database and its log are; the log is None where it was put away.

    `failed` says that the disk has failed, so that what lies in the log is not certain to stay.
    """

    database: Place
    log: Place | None
    failed: bool = False

    def written(self) -> bytes:
        """Return the note as it stands in a file."""
        return json.dumps(self._asdict()).encode().ljust(SIZE - 1) + b"\n"

    @classmethod
    def read(cls, said: bytes) -> Self | None:
        """Return what was noted; None where nothing was, or a power cut has left something else."""
        try:
            found = json.loads(said)
            log = found["log"] and tuple(found["log"])
            return cls(tuple(found["database"]), log, bool(found["failed"]))
        except (ValueError, TypeError, KeyError):
            return None


def noted(path: Path) -> FileNote | None:
    """Return what stands in a file; None where nothing does."""
    try:
        return FileNote.read(path.read_bytes()[:SIZE])
    except FileNotFoundError:
        return None


def write(file: int, note: FileNote) -> None:
    """Put a note into an open file, and on disk."""
    os.pwrite(file, note.written(), 0)
    os.fsync(file)
