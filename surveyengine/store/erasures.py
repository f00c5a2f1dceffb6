"""Who was erased: by the keyed hash of the customer's id, since when, and whether they had opted out."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, case, select, update

from .engine.listed import any_of
from .engine.upsert import upsert
from .schema import erasure

FOUND = select(*erasure.c["customer_hash", "at", "opted_out_at"]).where(any_of(erasure.c.customer_hash, "hashes"))


class Tombstone(NamedTuple):
    """That a customer was erased; `opted_out_at` is when they had asked not to be invited, None where they had not."""

    customer_hash: str
    at: datetime
    opted_out_at: datetime | None = None


def find(connection: Connection, customer_hash: str) -> Tombstone | None:
    """Return the tombstone of a customer; None for one who was never erased."""
    return among(connection, [customer_hash]).get(customer_hash)


def among(connection: Connection, hashes: Collection[str]) -> dict[str, Tombstone]:
    """Return the tombstones of those of these customers who were erased, by their hashes."""
    rows = connection.execute(FOUND, {"hashes": [*hashes]}) if hashes else ()
    return {row.customer_hash: Tombstone(*row) for row in rows}


def keep(connection: Connection, tombstones: Iterable[Tombstone]) -> None:
    """Store tombstones; of two for one customer the later moment stays."""
    insert = upsert(connection, erasure)
    new = insert.excluded
    later = {"at": case((new.at > erasure.c.at, new.at), else_=erasure.c.at), "opted_out_at": new.opted_out_at}
    rows = [one._asdict() for one in tombstones]
    if rows:
        connection.execute(insert.on_conflict_do_update(index_elements=["customer_hash"], set_=later), rows)


def listed(connection: Connection) -> list[Tombstone]:
    """Return all tombstones, so that they can be kept beside a backup that is older than some of them."""
    return [Tombstone(*row) for row in connection.execute(select(*erasure.c[Tombstone._fields]))]


def give_back(connection: Connection, customer_hash: str) -> None:
    """Forget the opt-out of a customer who has come back, and whose own record says it from now on."""
    theirs = update(erasure).where(erasure.c.customer_hash == customer_hash)
    connection.execute(theirs.values(opted_out_at=None))
