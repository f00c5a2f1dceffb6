"""Customers who were erased, and come back by something that happens later."""

from __future__ import annotations

from collections.abc import Collection

from ..engine import Engine
from ..store import erasures, optouts
from ..store.customers import Person
from ..store.engine.database import Connection
from ..store.erasures import Tombstone


def tombstones_of(engine: Engine, connection: Connection, ids: Collection[str]) -> dict[str, Tombstone]:
    """Return the tombstones of those of these customers who were erased, by their ids."""
    hashes = {id: engine.hasher.customer(id) for id in ids}
    found = erasures.among(connection, hashes.values())
    return {id: found[hashed] for id, hashed in hashes.items() if hashed in found}


def come_back(connection: Connection, person: Person, stone: Tombstone | None) -> Person:
    """Return a customer as known; who had asked not to be invited before they were erased has still done so."""
    if stone is None or stone.opted_out_at is None:
        return person
    optouts.note(connection, person.id, (), stone.opted_out_at)
    erasures.give_back(connection, stone.customer_hash)
    return person._replace(opted_out_at=person.opted_out_at or stone.opted_out_at)
