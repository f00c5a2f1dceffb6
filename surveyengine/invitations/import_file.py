"""Takes events from a file, some hundred at a time; or only tries what would come of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import chain, islice
from math import inf
from time import perf_counter

from ..engine import Engine
from ..events.event import Event, Malformed
from ..events.files import EventFile, Placed, from_file
from ..events.imported import ImportFile
from ..events.suggestion import Suggestions
from ..events.vocabulary import Vocabulary, vocabulary
from .listeners import Listeners
from .lots import expected
from .planning import outcomes, taking
from .totals import Totals
from .transactions import Outcome, Transactions

BATCH = 1_000
MOST_TRIED = 2_000  # events of a file whose planning is tried
TRIED_AT_ONCE = 100
TRYING = 2.0  # seconds for which it may keep others from writing; they wait for five


class _NothingKept(Exception):
    """Ends a transaction as if it had not been."""


Clock = Callable[[], tuple[datetime, bool]]
"""Tells this moment, and whether it is sure of it."""


def placed(engine: Engine, file: EventFile | ImportFile, clock: Clock, totals: Totals) -> Iterator[Placed]:
    """Return the events of a file with their places; raises Undecodable where it cannot be read as it is said to be."""
    now, _ = clock()
    return events_of(file, now, vocabulary(engine.library), totals.hints.append)


def events_of(
    file: EventFile | ImportFile, now: datetime, words: Vocabulary, tell: Callable[[str], None]
) -> Iterator[Placed]:
    """Return the same; the `words` that a project knows help to read it, and `tell` gets remarks about all of it."""
    if isinstance(file, EventFile):
        return from_file(file, now, words, tell)
    file.check(now)
    return file.events(now)


def take_all(engine: Engine, found: Iterable[Placed], clock: Clock, totals: Totals) -> Iterator[tuple[int, str]]:
    """Take all events, and count them in `totals`; yield the place and the fault of each malformed one."""
    suggestions = Suggestions(vocabulary(engine.library))
    rest, transactions = iter(found), Transactions(engine.database)
    while batch := list(islice(rest, BATCH)):  # others can write while a batch is read
        taken = transactions.outcomes(taking(engine, *clock()), [event for _, event in batch])
        yield from _counted(batch, taken, totals, suggestions)
    totals.hints += suggestions.hints()


def try_all(engine: Engine, found: Iterable[Placed], clock: Clock, totals: Totals) -> Iterator[tuple[int, str]]:
    """Do the same and keep nothing of it; of a long file, the first events are tried, and the others only read.

    `totals` count what was tried, and all that is malformed; a hint says how many were only read.
    """
    suggestions = Suggestions(vocabulary(engine.library))
    rest = iter(found)
    batch = list(islice(rest, MOST_TRIED))
    tried = _tried(engine, [event for _, event in batch], *clock())
    yield from _counted(batch[: len(tried)], tried, totals, suggestions)
    untried = 0
    for place, event in chain(batch[len(tried) :], rest):
        if isinstance(event, Malformed):
            totals.refused += 1
            yield place, event.reason
        else:
            untried += 1
            suggestions.look(event)
    totals.hints += suggestions.hints()
    if untried:
        totals.hints.append(f"{untried:,} more events can be read; what they would lead to was not tried")


def _tried(engine: Engine, events: Sequence[Event | Malformed], now: datetime, is_sure: bool) -> list[Outcome]:
    """Return what would come of the events, as far as time allows, from a transaction that never happens."""
    listeners, found = Listeners(engine, now, is_sure, expected(engine, now)), list[Outcome]()
    with suppress(_NothingKept), engine.database.write() as connection:
        began = perf_counter()
        while (rest := events[len(found) :]) and perf_counter() - began < TRYING:
            tried: dict[int, Outcome] = {}
            for some in outcomes(listeners, connection, rest[:TRIED_AT_ONCE], inf):
                tried |= some
            found += [tried[place] for place in sorted(tried)]
        raise _NothingKept
    return found


def _counted(
    batch: Sequence[Placed], outcomes: Sequence[Outcome], totals: Totals, suggestions: Suggestions
) -> Iterator[tuple[int, str]]:
    for (place, event), outcome in zip(batch, outcomes, strict=True):
        totals.add(outcome, place)
        if isinstance(event, Event):
            suggestions.look(event)
        if outcome["outcome"] == "refused":
            yield place, outcome["reason"]
