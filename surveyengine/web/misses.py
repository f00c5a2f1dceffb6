"""Counts links and keys that do not exist: after some of them a network is told to wait.

Nothing of it is stored, so each process counts its own. What is right is never refused, whoever else guesses beside it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque

from ..responses.rate_limit import network

MOST = 20  # misses of a network in a minute
MINUTE = 60.0  # seconds
WAIT = 60  # seconds, after which none of them counts any more
NETWORKS = 10_000  # that are remembered at most


class Misses:
    """The last misses of each network."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def too_many(self, address: str | None, at: float) -> bool:
        """Count a miss at that second of a steady clock, and return whether it is one of too many.

        Of this machine there never are: what comes from it is a test, or everybody behind a proxy.
        """
        name, is_ours = network(address or "")
        if is_ours or not name:  # no server says nothing
            return False
        with self._lock:
            before = self._seen.setdefault(name, deque(maxlen=MOST))
            self._seen.move_to_end(name)
            is_full = len(before) == MOST and at - before[0] < MINUTE
            if not is_full:
                before.append(at)
            if len(self._seen) > NETWORKS:
                self._seen.popitem(last=False)
        return is_full
