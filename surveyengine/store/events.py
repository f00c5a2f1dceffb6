"""Events: what happened at the business, once each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from .engine.upsert import insert_new
from .schema import event

# Made once: to build a statement costs more than to run it.
SETTLE = update(event).where(event.c.key == bindparam("at"))


def add(connection: Connection, values: Mapping[str, Any]) -> int | None:
    """Store an event and return its key; None where that event (source, id, and whether a test) is there already."""
    key: int | None = insert_new(connection, event, {**values, "outcome": {}})
    return key


def settle(connection: Connection, key: int, customer: str | None, outcome: Mapping[str, Any]) -> None:
    """Store an event's customer and its outcome, which a duplicate is answered with."""
    connection.execute(SETTLE, {"at": key, "customer": customer, "outcome": outcome})


def outcome(connection: Connection, source: str, id: str, test: bool) -> Mapping[str, Any]:
    """Return what came of an event when it was first taken."""
    found: Mapping[str, Any] = connection.execute(
        select(event.c.outcome).where(event.c.source == source, event.c.id == id, event.c.test == test)
    ).scalar_one()
    return found


def when_and_what(connection: Connection, key: int) -> tuple[datetime, Mapping[str, Any]]:
    """Return when an event happened and what it carried."""
    row = connection.execute(select(event.c.time, event.c.data).where(event.c.key == key)).one()
    return row.time, row.data


def type_and_data(connection: Connection, key: int) -> tuple[str, Mapping[str, Any]]:
    """Return of which type an event was and what it carried."""
    row = connection.execute(select(event.c.type, event.c.data).where(event.c.key == key)).one()
    return row.type, row.data
