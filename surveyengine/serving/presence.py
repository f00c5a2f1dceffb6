"""Which workers run on this machine: each holds a shared lock on one file."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 10.0  # seconds that a worker waits for another one that is starting
PAUSE = 0.05


class Presence:
    """The lock of a worker."""

    def __init__(self, file: int) -> None:
        self._file = file

    def is_alone(self) -> bool:
        """Whether no other worker runs; from then on none can start until this one has joined."""
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
    """Open the lock until the block or the process ends."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield Presence(file)
    finally:
        os.close(file)
