"""Tells the log when the database goes away and when it comes back: once, and not at every request."""

from __future__ import annotations

import logging
import threading
import time

RECENT = 5.0  # seconds
QUIET = 60.0  # seconds after a word about one outage in which no other one is told

log = logging.getLogger("surveyengine")


class Refused(Exception):
    """The disk did not take what was to be written, or nobody let us write."""


class DatabaseLost(Refused):
    """What is open is not the database any more, or its disk has failed: this process must promise nothing again.

    `whole` says that what is open holds everything still, and can be saved.
    """

    def __init__(self, why: str, whole: bool = False) -> None:
        super().__init__(why)
        self.whole = whole


class Outage:
    """Whether the database is away; one that never was there is told by whoever starts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen = self._away = False
        self._told = self._refused = -QUIET

    def is_back(self) -> None:
        """Note a commit."""
        with self._lock:
            was_away, self._seen, self._away = self._away, True, False
        if was_away:
            log.warning("the database is back")

    def was_just_now(self) -> bool:
        """Whether somebody was refused so recently that a small commit which works now promises nothing."""
        return time.monotonic() - self._refused < RECENT

    def is_away(self, why: str) -> None:
        """Note that the database could not be used."""
        self._refused = now = time.monotonic()
        with self._lock:
            is_news = self._seen and not self._away and now - self._told > QUIET
            if is_news:
                self._away, self._told = True, now
        if is_news:
            log.error("the database is away: %s", " ".join(why.split()))
