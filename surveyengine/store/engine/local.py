"""An SQLite database: its connections, whose turn it is to write, and whether it is still the file that is open."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from . import inspection, note
from .handle import Handle
from .inspection import Inspection
from .outage import DatabaseLost, Refused
from .wal_sync import Journal
from .write_lock import Queue

# The journal syncs what synchronous=NORMAL leaves unsynced, for several commits at once.
# The system keeps the file's pages once for all connections; each of them needs only some KB of its own.
# Of the journal, up to 16 MB wait to be folded in: pages that are written again meanwhile are folded in once.
PRAGMAS = (
    "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "secure_delete=ON", "cache_size=-500",
    "wal_autocheckpoint=4000",
)  # fmt: skip


MOMENT = 1.0  # seconds that the last word of a process may wait for its turn


class Misplaced(Exception):
    """Where the address leads there is no database, and there was one; says what would be right."""


def sqlite_module() -> ModuleType:
    """Return the SQLite driver: the bundled current SQLite where its wheel is installed, else Python's own."""
    try:
        module = import_module("pysqlite3.dbapi2")
    except ImportError:
        module = sqlite3
    module.register_adapter(type(None), _null)
    return module


def _null(none: None) -> None:
    """Return null as it is: without being told, the driver looks for a way to spell each one, in vain."""
    return none


def is_safe(version: tuple[int, ...]) -> bool:
    """Whether this SQLite is free of the WAL-reset bug, by which two connections that checkpoint at once lose data."""
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


class Local:
    """The files of an SQLite database, for this process; the database itself is made where there never was one.

    Every wait, for our own and for those that know nothing of us, ends after `patience` seconds.
    """

    def __init__(self, path: Path, name: str, patience: float) -> None:
        self._path, self._name, self._patience = path, name, patience
        self._queue, self._journal = Queue(path, patience), Journal(self._secure)
        self._lock = threading.Lock()
        self._handle: Handle | None = None
        self._writer: Any = None
        self._agreed = b""  # what this process and the others have noted
        if obstacle := Inspection.of(path, name).obstacle:
            raise Misplaced(obstacle)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(OSError):  # it is there, or SQLite says why it cannot be opened
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))

    def connect(self) -> Any:
        """Return a new connection; raises DatabaseLost where the database is not the one that is open already."""
        if self._handle:
            self._handle.look()
        connection = self._connected()
        try:
            with self._lock:
                if self._handle is None:
                    version = sqlite_module().sqlite_version_info
                    self._handle = Handle(self._path, self._name, self._connected, version)
            self._handle.look()
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def turn(self) -> Iterator[None]:
        """A turn to write, for as long as the block runs; raises Refused where none comes, or the database is lost."""
        try:
            with self._queue.turn() as file:
                yield
                if self._handle:
                    self._agree(file, self._handle)
                    self._handle.account()
        except Refused:
            if self._handle:  # the queue may be gone with the database
                self._handle.look()
            raise

    def is_wanted(self) -> bool:
        """Whether somebody waits for a turn to write."""
        return self._queue.is_wanted()

    @contextmanager
    def writer(self) -> Iterator[Any]:
        """The connection of whoever has the turn; it is closed, and what it did taken back, where the block fails."""
        connection, self._writer = self._writer or self.connect(), None
        try:
            yield connection
            self._writer = connection
        finally:
            if self._writer is None:
                connection.close()

    def settle(self) -> None:
        """Return when all that was committed before this call is on disk; raises Refused otherwise."""
        self._journal.settle()

    def examine(self, mends: bool) -> list[str]:
        """Return what the log is to be told of the files, before they are opened; mend what can be, or raise Misplaced.

        Raises Refused where others still have the database open, so that it cannot be mended.
        """
        found = Inspection.of(self._path, self._name)
        if found.obstacle:
            raise Misplaced(found.obstacle)
        if found.has_foreign_log:
            if not mends:
                raise Misplaced(f"leads to {self._name}, which is not the database that {self._name}-wal belongs to")
            inspection.put_aside(self._path)
        if mends and found.note and found.note.failed:
            self._write_again(found.note)
        return found.remarks

    def empty_log(self) -> bool:
        """Fold the log into the database and begin it anew, as whoever has the turn; False while others read in it."""
        with closing(self._connected()) as connection:
            (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def rescue(self) -> str | None:
        """Save what is open, and return the name of the copy; None where nothing can be saved."""
        return self._handle.rescue() if self._handle else None

    def close(self) -> None:
        """Let go of the files, once all connections are closed, and note where the log has been put away."""
        handle, self._handle, self._agreed = self._handle, None, b""
        if handle is None:
            return
        if self._writer:
            self._writer.close()
        handle.close()
        log = self._path.with_name(f"{self._path.name}-wal")
        if log.exists() or not self._queue.path.exists():
            return
        with suppress(Refused, OSError), Queue(self._path, MOMENT).turn() as file:
            if not log.exists():  # nobody has opened it again
                note.write(file, handle.note._replace(log=None))

    def _connected(self) -> Any:
        """Return a connection that makes no file where there is none."""
        connection = sqlite_module().connect(
            f"{self._path.absolute().as_uri()}?mode=rw", uri=True, timeout=self._patience, check_same_thread=False
        )
        try:
            connection.isolation_level = None
            for pragma in PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _agree(self, file: int, handle: Handle) -> None:
        """Note which files are open, in the queue's.

        Raises DatabaseLost where another process has others, or a failed disk.
        """
        said = os.pread(file, note.SIZE, 0)
        own = self._agreed or handle.note.written()
        if said != own:
            others = note.FileNote.read(said)
            if others and others.failed:
                raise DatabaseLost("the disk has failed for another process")
            if self._agreed:
                raise DatabaseLost(f"{self._name} is another file by now", whole=True)
            note.write(file, handle.note)
        self._agreed = own

    def _secure(self) -> None:
        if self._handle is None:
            raise Refused(f"{self._name} is not open")
        self._handle.look()
        try:
            self._handle.sync()
        except DatabaseLost:
            self._warn_others(self._handle)
            raise

    def _warn_others(self, handle: Handle) -> None:
        """Note that the disk has failed: the system tells one process, and the log belongs to all."""
        with suppress(OSError):
            file = os.open(self._queue.path, os.O_RDWR)
            with os.fdopen(file, "rb+", buffering=0):
                note.write(file, handle.note._replace(failed=True))

    def _write_again(self, before: note.FileNote) -> None:
        """Fold the log in, and begin a new one: in the one that there is, something may be missing on disk."""
        with self._queue.turn() as file, closing(self._connected()) as connection:
            (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy:
                raise Refused("another process still has it open as it was before the disk failed")
            note.write(file, before._replace(log=None, failed=False))
