"""Whose turn it is to write to an SQLite file: it has one writer at a time."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .outage import Refused

try:
    import fcntl
except ImportError:  # Windows, where `init` and `check` work and nothing is served
    fcntl = None  # type: ignore[assignment]  # which HAS_LOCKS says
HAS_LOCKS = fcntl is not None

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
        end = time.monotonic() + self._patience
        if not self._mine.acquire(timeout=self._patience):
            raise self._late("another transaction")
        try:
            file = self._locked(end)
            try:
                yield file
            finally:
                os.close(file)
        finally:
            self._mine.release()

    def _locked(self, end: float) -> int:
        """Return a file that is locked for as long as it is open."""
        try:
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise Refused(str(error)) from error
        try:
            self._wait(file, end)
        except BaseException:
            os.close(file)
            raise
        return file

    def _wait(self, file: int, end: float) -> None:
        pause = SHORTEST
        while not _is_ours(file):
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
