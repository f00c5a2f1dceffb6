"""Customers and accounts as the events tell of them, and who asked not to be asked."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, select, update

from ..values.address_hash import AddressHasher
from . import addresses, invitations, optdowns
from .engine.upsert import insert_new
from .schema import account, customer

PERSON = select(customer).where(customer.c.id == bindparam("id"))
LOCKED = PERSON.with_for_update()
AT_ADDRESS = (
    select(customer).where(customer.c.address_hash == bindparam("hash")).order_by(customer.c.known_at, customer.c.id)
)


class Person(NamedTuple):
    """A customer as stored."""

    id: str
    email: str | None
    phone: str | None
    name: str | None
    language: str | None
    timezone: str | None
    account: str | None
    role: str | None
    changed_at: datetime
    opted_out_at: datetime | None
    known_at: datetime | None
    address_hash: str | None = None


class CustomerDetails(NamedTuple):
    """What an event of the time `at` tells of a customer, by the names of a person's fields."""

    id: str
    told: Mapping[str, Any]
    at: datetime


def note(
    connection: Connection, details: CustomerDetails, now: datetime | None, hasher: AddressHasher | None = None
) -> Person:
    """Keep what an event tells of a customer, and return all that is known.

    The customer's row is locked until the transaction ends, so that events of one customer wait for each other.
    What an event does not tell stays as it was; an older event than the newest one fills gaps only. A test event comes
    without `now` and with nothing to tell: nobody is known by it. With an address comes what hashes it.
    """
    id, told, at = details
    at = min(at, now) if now else at  # a sender's clock that is ahead outranks nothing that comes later
    if hasher and told.get("email"):
        told = {**told, "address_hash": hasher.hash(told["email"])}
    if told.get("account"):
        insert_new(connection, account, {"id": told["account"], "seen_at": at})
    if insert_new(connection, customer, {"id": id, "changed_at": at, "known_at": now, **told}) is not None:
        _meet(connection, hasher, told)
        return Person(*connection.execute(PERSON, {"id": id}).one())
    known = Person(*connection.execute(LOCKED, {"id": id}).one())
    changes = _changes(known, told, at, now) if now else {}
    if changes:
        connection.execute(update(customer).where(customer.c.id == id).values(**changes))
    if "address_hash" in changes:
        _meet(connection, hasher, changes)
        if known.address_hash:
            optdowns.follow(connection, known.address_hash, changes["address_hash"])
        invitations.redirect(connection, id, changes["address_hash"])
    return known._replace(**changes)


def _meet(connection: Connection, hasher: AddressHasher | None, told: Mapping[str, Any]) -> None:
    """Carry over what is already known of a new address."""
    if hasher and told.get("email"):
        addresses.carry_over(connection, hasher, told["email"])


def _changes(known: Person, told: Mapping[str, Any], at: datetime, now: datetime) -> dict[str, Any]:
    if known.known_at is None:  # of test events only, so far
        return {**told, "changed_at": at, "known_at": now}
    newer = at >= known.changed_at
    changes = {
        key: value
        for key, value in told.items()
        if key != "address_hash" and value != getattr(known, key) and (newer or getattr(known, key) is None)
    }
    # The hash belongs to the address, whichever was told first.
    if "address_hash" in told and told["email"] == changes.get("email", known.email):
        changes |= {"address_hash": told["address_hash"]} if told["address_hash"] != known.address_hash else {}
    return {**changes, "changed_at": max(at, known.changed_at)} if changes or at > known.changed_at else {}


def as_told(known: Person, data: Mapping[str, Any]) -> Person:
    """Return the customer with what a test event told of them, which is kept in that event's data alone."""
    told = data.get("customer")
    return known._replace(address_hash=None, **told) if told else known


def person(connection: Connection, id: str) -> Person | None:
    """Return the customer of that id."""
    row = connection.execute(PERSON, {"id": id}).one_or_none()
    return Person(*row) if row else None


def at_address(connection: Connection, address_hash: str) -> list[Person]:
    """Return the customers who receive at this address, by how long they are known."""
    return [Person(*row) for row in connection.execute(AT_ADDRESS, {"hash": address_hash})]


def held(connection: Connection, id: str) -> Person | None:
    """Return the customer and lock the row until the transaction ends; None if another transaction has locked it."""
    query = select(customer).where(customer.c.id == id).with_for_update(skip_locked=True)
    row = connection.execute(query).one_or_none()
    return Person(*row) if row else None


def locked(connection: Connection, id: str) -> Person | None:
    """Return the customer and lock the row until the transaction ends, once nobody else has; None without one."""
    row = connection.execute(LOCKED, {"id": id}).one_or_none()
    return Person(*row) if row else None


def known(connection: Connection) -> Iterator[tuple[str, datetime | None]]:
    """Yield the id of every customer, and since when we know them; None where only test events tell of them."""
    return ((row.id, row.known_at) for row in connection.execute(select(*customer.c["id", "known_at"])))


def alike(connection: Connection, id: str, limit: int = 500) -> list[str]:
    """Return ids of customers that begin as this one does, upper and lower case alike."""
    begins = func.lower(customer.c.id).startswith(id[:2].lower(), autoescape=True)
    return list(connection.execute(select(customer.c.id).where(begins).order_by(customer.c.id).limit(limit)).scalars())


def names(connection: Connection, ids: Collection[str]) -> dict[str, str]:
    """Return the names of these customers by their ids, as far as they are known."""
    query = select(*customer.c["id", "name"]).where(customer.c.id.in_(ids), customer.c.name.is_not(None))
    return {id: name for id, name in connection.execute(query)}
