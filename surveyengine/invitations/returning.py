"""Customers who were erased, and come back by something that happens later."""

from __future__ import annotations

from ..engine import Engine
from ..events.event import Customer
from ..store import erasures, optouts
from ..store.customers import Person
from ..store.engine.database import Connection
from ..store.erasures import Tombstone


def tombstone_of(engine: Engine, connection: Connection, whom: Customer | None) -> Tombstone | None:
    """Return the tombstone of a customer; None for one who was never erased, and for nobody."""
    return erasures.find(connection, engine.hasher.customer(whom.id)) if whom else None


def come_back(connection: Connection, person: Person, stone: Tombstone | None) -> Person:
    """Return a customer as known; who had asked not to be invited before they were erased has still done so."""
    if stone is None or stone.opted_out_at is None:
        return person
    optouts.note(connection, person.id, (), stone.opted_out_at)
    erasures.give_back(connection, stone.customer_hash)
    return person._replace(opted_out_at=person.opted_out_at or stone.opted_out_at)
