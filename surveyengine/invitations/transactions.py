"""Takes events in transactions of a bounded size, however many a sender sends, so that others can write in between."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from time import perf_counter, sleep
from typing import Any

from ..events.event import Event, Malformed
from ..store.engine.database import Collision, Connection, Database, Unavailable
from .chunk import ENOUGH, PAUSE, SHARE, Chunk, next_size

TRIES = 6  # of one event after a deadlock
UNSTORED = "could not be stored; the engine's log says why"

Outcome = Mapping[str, Any]
Take = Callable[[Connection, Sequence[Event | Malformed]], Iterable[Mapping[int, Outcome]]]
"""Stores events, and yields the outcomes of some after another by their places, once these are whole."""

log = logging.getLogger("surveyengine")


class Transactions:
    """Takes a sender's events in one transaction after another, each as large as the last ones had time for."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.chunks: list[Chunk] = []

    def outcomes(self, take: Take, batch: Sequence[Event | Malformed]) -> list[Outcome]:
        """Take all events, and return their outcomes in order, once all is on disk."""
        outcomes: dict[int, Outcome] = {}
        waiting = [*range(len(batch))]
        while waiting:
            if outcomes and self._database.is_wanted():
                sleep(PAUSE)
            chunk = waiting[: next_size(self.chunks)]
            found = self._next(take, [batch[place] for place in chunk])
            outcomes |= {chunk[n]: outcome for n, outcome in found.items()}
            waiting = [place for place in chunk if place not in outcomes] + waiting[len(chunk) :]
        return [outcomes[place] for place in range(len(batch))]

    def _next(self, take: Take, chunk: Sequence[Event | Malformed]) -> Mapping[int, Outcome]:
        """Take as many events of a chunk as time and those who wait allow; one by one where that fails."""
        try:
            return self._together(take, chunk)
        except Unavailable as error:
            if not isinstance(error, Collision):
                raise
        except Exception:
            log.debug("taking %d events one by one, because one of them cannot be stored", len(chunk), exc_info=True)
        return {place: self._alone(take, one) for place, one in enumerate(chunk)}

    def _together(self, take: Take, chunk: Sequence[Event | Malformed]) -> Mapping[int, Outcome]:
        outcomes: dict[int, Outcome] = {}
        with self._database.write() as connection:
            began = perf_counter()  # from here on, others wait for the turn to write
            for some in take(connection, chunk):
                outcomes |= some
                taken = perf_counter() - began
                if taken > ENOUGH or (taken > SHARE and self._database.is_wanted()):
                    break
        self.chunks.append(Chunk(len(outcomes), taken))
        return outcomes

    def _alone(self, take: Take, one: Event | Malformed) -> Outcome:
        """Take one event; one that cannot be stored is refused, and does not affect its neighbours."""
        for left in reversed(range(TRIES)):
            try:
                return self._together(take, [one])[0]
            except Unavailable as error:  # another sender takes the same events or customers in another order
                if not (left and isinstance(error, Collision)):
                    raise
            except Exception:
                log.exception("an event could not be stored")
                break
        return {"outcome": "refused", "reason": UNSTORED}
