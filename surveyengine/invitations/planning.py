"""Takes events: each is stored once, in one transaction with the invitations that it leads to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from time import perf_counter

from ..engine import Engine
from ..events.event import Event, Malformed
from ..store.engine.database import Connection
from . import lots
from .chunk import ENOUGH
from .intake import named
from .listeners import Listeners
from .round import Round, rounds
from .transactions import Outcome, Take, Transactions


def take(engine: Engine, incoming: Iterable[Event | Malformed], now: datetime, is_sure: bool = True) -> list[Outcome]:
    """Store events and what they lead to; return the outcome of each, in order, once all of it is on disk.

    An outcome is one of:

    - `accepted`, with what was planned and refused;
    - `duplicate`, with the outcome of the first;
    - `refused`, with the reason.

    It also tells which details were left `unused` or were `respelled`.
    """
    return Transactions(engine.database).outcomes(taking(engine, now, is_sure), list(incoming))


def taking(engine: Engine, now: datetime, is_sure: bool = True) -> Take:
    """Return what takes events at this moment.

    While the clock is not sure (`is_sure`), nothing is refused as late: each event counts as if it had come at once.
    """
    return partial(outcomes, Listeners(engine, now, is_sure, lots.today(engine, now, is_sure)))


def outcomes(
    listeners: Listeners, connection: Connection, incoming: Sequence[Event | Malformed], seconds: float = ENOUGH
) -> Iterator[Mapping[int, Outcome]]:
    """Store events and what they lead to; yield the outcomes by their places, those of a round once all is stored.

    The round in which these seconds are over is the last one, and leaves events out.
    """
    until = perf_counter() + seconds
    for round in rounds([named(listeners.engine, one) for one in incoming]):
        came = Round(listeners, connection).outcomes([*round.values()], until)
        yield {place: outcome for place, outcome in zip(round, came, strict=True) if outcome is not None}
        if None in came:
            return
