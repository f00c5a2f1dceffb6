"""Makes what was written to an SQLite file survive a power cut: one sync of the disk for all who wait for one."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

from .outage import DatabaseLost, Refused

_sync = getattr(os, "fdatasync", os.fsync)  # macOS has only the second


class _Round:
    """One sync, and those who wait for it."""

    is_over = False
    error: Refused | None = None


class Journal:
    """SQLite's write-ahead log, in which a commit lies before it is in the database itself.

    With synchronous=FULL SQLite would sync it at every commit, and let nobody else write meanwhile. With NORMAL it
    leaves that to us, still syncs around each checkpoint, and a power cut can only take away the last commits whole:
    https://www.sqlite.org/pragma.html#pragma_synchronous
    """

    def __init__(self, secure: Callable[[], None]) -> None:
        self._secure = secure  # puts the log on disk, or raises Refused
        self._joining, self._syncing = threading.Lock(), threading.Lock()
        self._next = _Round()

    def settle(self) -> None:
        """Return when all that was committed before this call is on disk; raises Refused where the disk does so."""
        with self._joining:
            mine = self._next
        with self._syncing:
            if not mine.is_over:
                self._run(mine)
        if mine.error:
            raise mine.error

    def _run(self, mine: _Round) -> None:
        with self._joining:
            self._next = _Round()  # whoever comes from now on may have committed too late for this one
        try:
            self._secure()
        except Refused as error:
            mine.error = error
        mine.is_over = True


def sync(file: int) -> None:
    """Put an open file on disk; raises DatabaseLost where the disk fails.

    Nobody may try again then: the system has let go of what it could not write, and would report a success.
    """
    try:
        _sync(file)
    except OSError as error:
        raise DatabaseLost(f"the disk has failed: {error.strerror}") from error
