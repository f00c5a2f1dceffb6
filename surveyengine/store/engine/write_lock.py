"""Whose turn it is to write to an SQLite file: it has one writer at a time."""

from __future__ import annotations

import os
import struct
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .outage import Refused

try:
    import fcntl
except ImportError:  # Windows, where `init` and `check` work and nothing is served
    fcntl = None  # type: ignore[assignment]  # which HAS_LOCKS says
HAS_LOCKS = fcntl is not None
# Linux has locks of an open file, other than the one that is the turn.
KNOWS_WAITING = sys.platform == "linux" and hasattr(fcntl, "F_OFD_SETLK")
LOCK = "hhqqi"  # struct flock: kind, whence, start, length, process
WAITING = 1 << 40  # the byte that whoever waits has locked, far behind the file's end

SHORTEST, LONGEST = 0.0002, 0.005  # seconds between two looks whether another process has finished


class Queue:
    """Those who want to write: the threads of this process, then the processes of this machine.

    SQLite lets them sleep and try again, up to a tenth of a second later; here the next one comes at once, or nearly
    so: a process that is frozen must not be waited for, as the kernel would. Its lock is let go of when a process is
    killed, and who does not know it still meets SQLite's own lock.
    """

    def __init__(self, path: Path, patience: float) -> None:
        self.path = path.with_name(f"{path.name}.queue")
        self._mine, self._patience = threading.Lock(), patience

    @contextmanager
    def turn(self) -> Iterator[int]:
        """A turn to write, and the queue's open file, for as long as the block runs; raises Refused where none comes.

        Whoever waits is refused after the queue's patience, in seconds.
        """
        end, file = time.monotonic() + self._patience, self._opened()
        try:
            if not self._mine.acquire(blocking=False):
                _note_waiting(file)
                if not self._mine.acquire(timeout=self._patience):
                    raise self._late("another transaction")
            try:
                self._wait(file, end)
                _note_waiting(file, ends=True)
                yield file
            finally:
                self._mine.release()
        finally:
            os.close(file)

    def is_wanted(self) -> bool:
        """Whether somebody waits for a turn, or may do so where that cannot be known."""
        try:
            file = self._opened()
        except Refused:
            return True
        try:
            return _is_waiting(file)
        finally:
            os.close(file)

    def _opened(self) -> int:
        try:
            return os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Refused(str(error)) from error

    def _wait(self, file: int, end: float) -> None:
        """Lock the file, for as long as it is open."""
        pause = SHORTEST
        while not _is_ours(file):
            if pause == SHORTEST:
                _note_waiting(file)
            if time.monotonic() > end:
                raise self._late("another process")
            time.sleep(pause)
            pause = min(1.5 * pause, LONGEST)

    def _late(self, who: str) -> Refused:
        return Refused(f"{who} has taken more than {self._patience:g} seconds")


def _is_ours(file: int) -> bool:
    """Whether the lock could be had."""
    if not HAS_LOCKS:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise Refused(str(error)) from error
    return True


def _note_waiting(file: int, ends: bool = False) -> None:
    """Note in the file, until it is closed, that somebody waits; or that they do not any more."""
    if KNOWS_WAITING:
        with suppress(OSError):  # a file system without such locks: whoever has the turn leaves time now and then
            fcntl.fcntl(file, fcntl.F_OFD_SETLK, _waiting(fcntl.F_UNLCK if ends else fcntl.F_RDLCK))


def _is_waiting(file: int) -> bool:
    with suppress(OSError):
        if KNOWS_WAITING:
            found = fcntl.fcntl(file, fcntl.F_OFD_GETLK, _waiting(fcntl.F_WRLCK))
            return bool(struct.unpack(LOCK, found)[0] != fcntl.F_UNLCK)
    return True


def _waiting(kind: int) -> bytes:
    return struct.pack(LOCK, kind, os.SEEK_SET, WAITING, 1, 0)
