"""Events: what happened at the business, once each."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from .engine.direct import Direct
from .engine.listed import any_of
from .engine.upsert import insert_keyed, new_keys
from .schema import event


class EventName(NamedTuple):
    """What tells an event from all others; what was tried must not stand in the way of what happens."""

    source: str
    id: str
    test: bool


class Settled(NamedTuple):
    """The key of an event, its customer, and its outcome, which a duplicate is answered with."""

    at: int
    of: str | None
    outcome: Mapping[str, Any]


# Made once: to build a statement costs more than to run it.
_NAME = (event.c.source, event.c.id, event.c.test)
SETTLE = update(event).where(event.c.key == bindparam("at")).values(customer=bindparam("of"), outcome=bindparam("came"))
OUTCOMES = select(*_NAME, event.c.outcome).where(event.c.source == bindparam("source"), any_of(event.c.id, "ids"))


def keys(connection: Connection, number: int) -> Sequence[int]:
    """Return the keys of so many events that are still to be stored, in this transaction."""
    return new_keys(connection, event, number)


def add(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store events under `keys`; raises Collision where another transaction has just stored one of them."""
    insert_keyed(connection, event, rows)


def settle(connection: Connection, settled: Collection[Settled]) -> None:
    """Store the customers and the outcomes of events."""
    rows = [{"at": one.at, "of": one.of, "came": one.outcome} for one in settled]
    if rows:
        Direct.within(connection).run_all(SETTLE, rows)


def outcomes(connection: Connection, names: Collection[EventName]) -> dict[EventName, Mapping[str, Any]]:
    """Return what came of events when they were first taken."""
    ids: dict[str, list[str]] = {}
    for one in names:
        ids.setdefault(one.source, []).append(one.id)
    rows = (row for source, own in ids.items() for row in connection.execute(OUTCOMES, {"source": source, "ids": own}))
    found = {EventName(source, id, test): outcome for source, id, test, outcome in rows}
    return {name: found[name] for name in names if name in found}


def when_and_what(connection: Connection, key: int) -> tuple[datetime, Mapping[str, Any]]:
    """Return when an event happened and what it carried."""
    row = connection.execute(select(event.c.time, event.c.data).where(event.c.key == key)).one()
    return row.time, row.data


def type_and_data(connection: Connection, key: int) -> tuple[str, Mapping[str, Any]]:
    """Return of which type an event was and what it carried."""
    row = connection.execute(select(event.c.type, event.c.data).where(event.c.key == key)).one()
    return row.type, row.data
