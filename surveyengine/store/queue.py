"""Whose turn it is to write to an SQLite file: it has one writer at a time."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from .outage import Refused

try:
    import fcntl
except ImportError:  # Windows, where `init` and `check` work and nothing is served
    fcntl = None  # type: ignore[assignment]  # which HAS_LOCKS says
HAS_LOCKS = fcntl is not None


class Queue:
    """Those who want to write: the threads of this process, then the processes of this machine.

    SQLite lets them sleep and try again, up to a tenth of a second later; a lock of the kernel wakes the next at once.
    It is let go of when a process is killed, and who does not know it still meets SQLite's own lock.
    """

    def __init__(self, path: Path, patience: float) -> None:
        self._path = path.with_name(f"{path.name}.queue")
        self._mine, self._patience = threading.Lock(), patience

    @contextmanager
    def turn(self) -> Iterator[None]:
        """A turn to write, for as long as the block runs; raises Refused where there is none in time."""
        if not self._mine.acquire(timeout=self._patience):
            raise Refused(f"another transaction has taken more than {self._patience:g} seconds")
        try:
            with self._locked() if HAS_LOCKS else nullcontext():
                yield
        finally:
            self._mine.release()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """The file is locked for as long as the block runs."""
        file = self._opened()
        try:
            yield
        finally:
            os.close(file)

    def _opened(self) -> int:
        """Return a file that is locked for as long as it is open."""
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
            except OSError:
                os.close(file)
                raise
        except OSError as error:
            raise Refused(str(error)) from error
        return file
