"""The files of an SQLite database while they are open: they must stay those that their names lead to."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from . import wal_sync
from .note import FileNote, Place
from .outage import DatabaseLost, Refused

NOOP = (3, 51)  # the first SQLite that tells how much of the log is folded in without doing more
LOOKS, PAUSE = 10, 0.05  # how often, and how many seconds apart, one looks whether somebody has folded the log in
HEADER = 32  # bytes at the beginning of a log, which are others in the next one
RESCUED = ".rescued"


class Handle:
    """A database, its log and the log's index, held open: meanwhile SQLite neither takes the log away nor makes one."""

    def __init__(self, path: Path, name: str, connect: Callable[[], Any], version: tuple[int, ...]) -> None:
        self._path, self._name, self._connect = path, name, connect
        self._paths = [f"{path}{ending}" for ending in ("", "-wal", "-shm")]
        self._knows_progress = version >= NOOP
        self._anchor = connect()
        try:
            self._log = os.open(self._paths[1], os.O_RDWR)
        except OSError as error:
            self._anchor.close()
            raise Refused(f"{name}-wal cannot be opened: {error.strerror}") from error
        self._note_progress()
        self._places = [_place(self._stat(path)) for path in self._paths]

    @property
    def note(self) -> FileNote:
        """What others are to know of it."""
        database, log, _ = self._places
        return FileNote(database, log)

    def look(self) -> None:
        """Raise DatabaseLost where a name leads to another file by now, or to none."""
        for path, before in zip(self._paths, self._places, strict=True):
            self._compare(path, self._stat(path), before)

    def sync(self) -> None:
        """Put the log on disk; raises DatabaseLost where the disk fails."""
        wal_sync.sync(self._log)

    def account(self) -> None:
        """Raise DatabaseLost where somebody has written to the database itself, otherwise than by folding in the log.

        To be called by who may write, so that nobody of ours is folding it in just then.
        """
        header = self._head()
        has_begun_anew = header != self._header
        found = self._stat(self._paths[0])
        self._compare(self._paths[0], found, self._places[0])
        if _written(found) != self._written:
            if not (has_begun_anew and self._header) and not self._is_explained() and not self._is_whole():
                raise DatabaseLost(f"{self._name} was overwritten while it was open")
            self._note_progress()
        elif has_begun_anew:
            self._note_progress()

    def rescue(self) -> str | None:
        """Save all that is open beside where it was, and return the file's name; None where that fails."""
        target = self._path.with_name(self._path.name + RESCUED)
        try:
            os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except OSError:  # another process was quicker
            return None
        try:
            self._anchor.execute("VACUUM INTO ?", (str(target),))
            with target.open("rb") as file:
                os.fsync(file.fileno())
        except (self._anchor.Error, OSError):
            target.unlink(missing_ok=True)
            return None
        return self._name + RESCUED

    def close(self) -> None:
        """Let go of the files; whoever is the last to do so has SQLite fold the log into the database."""
        self._anchor.close()
        os.close(self._log)

    def _stat(self, path: str) -> os.stat_result:
        try:
            return os.stat(path)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise DatabaseLost(f"{self._named(path)} was removed while it was open", whole=True) from error
        except OSError as error:
            raise Refused(f"{self._named(path)}: {error.strerror}") from error

    def _compare(self, path: str, found: os.stat_result, before: Place) -> None:
        if _place(found) != before:
            raise DatabaseLost(f"{self._named(path)} was replaced by another file while it was open", whole=True)
        if path == self._paths[0] and not found.st_size:
            raise DatabaseLost(f"{self._name} was emptied while it was open")

    def _is_explained(self) -> bool:
        """Whether more of the log is folded in than before; a program that knows nothing of us may still be at it."""
        if not self._knows_progress:
            return os.stat(self._path).st_size >= self._written[1]
        for _ in range(LOOKS):
            if self._progress() != self._folded:
                return True
            time.sleep(PAUSE)
        return False

    def _note_progress(self) -> None:
        # In this order: what is folded in between the two makes the next look a second one, and not a wrong one.
        self._header, self._folded = self._head(), self._progress()
        self._written = _written(self._stat(self._paths[0]))

    def _head(self) -> bytes:
        os.lseek(self._log, 0, os.SEEK_SET)
        return os.read(self._log, HEADER)

    def _progress(self) -> int:
        """Return how many frames of the log are folded in; 0 where this SQLite does not tell."""
        if not self._knows_progress:
            return 0
        folded: int = self._anchor.execute("PRAGMA wal_checkpoint(NOOP)").fetchone()[2]
        return folded

    def _is_whole(self) -> bool:
        """Whether the database makes sense to a connection that has not read any of it yet."""
        with suppress(self._anchor.Error), closing(self._connect()) as fresh:
            return bool(fresh.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",))
        return False

    def _named(self, path: str) -> str:
        return self._name + path.removeprefix(self._paths[0])


def _place(found: os.stat_result) -> Place:
    return found.st_dev, found.st_ino


def _written(found: os.stat_result) -> tuple[int, int]:
    return found.st_mtime_ns, found.st_size
