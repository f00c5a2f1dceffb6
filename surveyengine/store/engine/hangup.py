"""Hangs up on a server that says nothing for too long: one that is frozen keeps its connections, and its clients."""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import suppress
from typing import Any

EVERY = 0.5  # seconds between two looks
LINGER = 60  # looks at nothing, after which nobody looks any more


class Hangup:
    """The connections that are in use, and until when each may be; who waits for one that is over is told at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ends: dict[Any, float] = {}
        self._is_watched = False

    def hold(self, connection: Any, seconds: float) -> None:
        """Hang up unless the connection is released, or held anew, in that many seconds; 0 stands for never."""
        with self._lock:
            self._ends[connection] = time.monotonic() + seconds if seconds else float("inf")
            if not self._is_watched:
                self._is_watched = True
                threading.Thread(target=self._watch, name="hang-up", daemon=True).start()

    def release(self, connection: Any) -> None:
        """Let the connection be."""
        with self._lock:
            self._ends.pop(connection, None)

    def _watch(self) -> None:
        idle = 0
        while idle < LINGER:
            time.sleep(EVERY)
            with self._lock:
                now = time.monotonic()
                for connection in [one for one, end in self._ends.items() if end < now]:
                    del self._ends[connection]
                    _shut(connection)
                idle = 0 if self._ends else idle + 1
                self._is_watched = idle < LINGER


def _shut(connection: Any) -> None:
    """End the conversation; the connection's own file is closed by whoever uses it."""
    with suppress(OSError, connection.Error), socket.socket(fileno=os.dup(connection.fileno())) as ours:
        ours.shutdown(socket.SHUT_RDWR)
