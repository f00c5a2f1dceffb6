"""Which workers and servers of a project run on this machine: each holds a shared lock on a file."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 10.0  # seconds that a worker waits for another one that is starting
PAUSE = 0.05


def workers(root: Path) -> Path:
    """Return the file that all workers of a project hold."""
    return root / "data" / "worker.lock"


def servers(root: Path) -> Path:
    """Return the file that everything holds which serves a project's pages."""
    return root / "data" / "server.lock"


class Presence:
    """The lock of a worker, or of what serves pages."""

    def __init__(self, file: int) -> None:
        self._file = file

    def is_alone(self) -> bool:
        """Whether no other one runs; from then on none can start until this one has joined, or ended."""
        return self._has(fcntl.LOCK_EX)

    def join(self, patience: float = 0.0) -> None:
        """Take the shared lock; waits up to that many seconds for a worker that holds it alone."""
        end = time.monotonic() + patience
        while not self._has(fcntl.LOCK_SH) and time.monotonic() < end:
            time.sleep(PAUSE)

    def _has(self, kind: int) -> bool:
        try:
            fcntl.flock(self._file, kind | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


@contextmanager
def presence(path: Path) -> Iterator[Presence]:
    """Open the lock until the block ends, and every process that was forked in it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield Presence(file)
    finally:
        os.close(file)


@contextmanager
def at_rest(root: Path) -> Iterator[bool]:
    """Whether nothing of the project runs on this machine; nothing can start then until the block ends."""
    with presence(workers(root)) as work, presence(servers(root)) as pages:
        yield work.is_alone() and pages.is_alone()
