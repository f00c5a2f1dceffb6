"""A commit that shows whether the database takes one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from sqlalchemy import Connection, update

from .. import clock as clocks
from ..schema import current_survey
from .database import ANSWER, Database, Unavailable

FRESH = 1.0  # seconds in which one commit speaks for all who ask, because each costs the disk a sync


class Probe:
    """Whether the database takes commits, for however many ask."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database, self._clock = database, clock
        self._asking = threading.Lock()
        self._begun, self._good_until = 0.0, 0.0
        self.doubted_clocks = 0  # machines that send nothing

    def is_good(self) -> bool:
        """Whether a commit is on disk that began less than FRESH ago, or now.

        While one is under way, that of just before speaks for those who ask meanwhile, so that they wait for nothing.
        """
        if self._clock() < self._good_until:
            return True
        if not self._asking.acquire(blocking=False):
            return self._clock() < self._begun + FRESH and self._good_until > 0
        try:
            return self._ask()
        finally:
            self._asking.release()

    def _ask(self) -> bool:
        self._begun = self._clock()
        try:
            with self._database.write(ANSWER) as connection:
                commit(connection)
                self.doubted_clocks = len(clocks.doubted(connection))
        except Unavailable:
            self._good_until = 0.0
            return False
        self._good_until = self._begun + FRESH
        return True


def commit(connection: Connection) -> None:
    """Write a row as it is."""
    connection.execute(update(current_survey).values(digest=current_survey.c.digest))
