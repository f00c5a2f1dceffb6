"""Takes events from a file, some hundred at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice

from ..engine import Engine
from ..events.event import Event
from ..events.files import EventFile, from_file
from ..events.suggestion import Suggestions
from ..events.vocabulary import vocabulary
from .planning import take
from .totals import Totals

BATCH = 500


def take_file(
    engine: Engine, file: EventFile, clock: Callable[[], tuple[datetime, bool]], totals: Totals
) -> Iterator[tuple[int, str]]:
    """Take all events of a file, and count them in `totals`; yield the place and the fault of each malformed one.

    The clock tells this moment, and whether it is sure of it.
    """
    words = vocabulary(engine.library)
    suggestions = Suggestions(words)
    placed = from_file(file, clock()[0], words, totals.hints.append)
    while batch := list(islice(placed, BATCH)):  # others can write while a batch is read
        outcomes = take(engine, [event for _, event in batch], *clock())
        for (place, event), outcome in zip(batch, outcomes, strict=True):
            totals.add(outcome, place)
            if isinstance(event, Event):
                suggestions.look(event)
            if outcome["outcome"] == "refused":
                yield place, outcome["reason"]
    totals.hints += suggestions.hints()
