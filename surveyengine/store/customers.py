"""Customers and accounts as the events tell of them, and who asked not to be asked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, select, update

from ..values.address_hash import AddressHasher
from . import addresses, invitations, optdowns
from .engine.database import Collision
from .engine.direct import Direct
from .engine.listed import any_of
from .engine.upsert import insert_all
from .schema import account, customer

PERSON = select(customer).where(customer.c.id == bindparam("id"))
LOCKED = PERSON.with_for_update()
ALL_LOCKED = (
    select(customer)
    .where(any_of(customer.c.id, "ids"))
    .order_by(customer.c.id)  # so that two transactions do not wait for each other
    .with_for_update()
)
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


UNKNOWN: Mapping[str, Any] = dict.fromkeys(Person._fields)
CHANGE = (
    update(customer)
    .where(customer.c.id == bindparam("id_"))
    .values({name: bindparam(f"{name}_") for name in Person._fields if name != "id"})
)


class CustomerDetails(NamedTuple):
    """What an event of the time `at` tells of a customer, by the names of a person's fields."""

    id: str
    told: Mapping[str, Any]
    at: datetime


def note(
    connection: Connection, told: Sequence[CustomerDetails], now: datetime | None, hasher: AddressHasher | None = None
) -> dict[str, Person]:
    """Keep what events tell of different customers, and return all that is known of each, by their ids.

    The customers' rows are locked until the transaction ends, so that events of one customer wait for each other.
    What an event does not tell stays as it was; an older event than the newest one fills gaps only. Test events come
    without `now` and with nothing to tell: nobody is known by them. With an address comes what hashes it.
    """
    details = {one.id: _dated(one, now, hasher) for one in sorted(told, key=lambda one: one.id)}
    _note_accounts(connection, [details[one.id] for one in told])
    before = _locked(connection, details)
    known = _new(connection, [one for id, one in details.items() if id not in before], now)
    changes = {id: _changes(one, details[id], now) for id, one in before.items()} if now else {}
    after = {id: one._replace(**changes.get(id, {})) for id, one in before.items()}
    changed = [after[id]._asdict() for id, change in changes.items() if change]
    rows = [{f"{name}_": value for name, value in row.items()} for row in changed]
    if rows:
        Direct.within(connection).run_all(CHANGE, rows)
    if hasher:
        met = [*known.values(), *(after[id] for id, change in changes.items() if "address_hash" in change)]
        addresses.carry_over(connection, hasher, {one.email for one in met if one.email})
    for id, change in changes.items():
        if "address_hash" in change:
            _move(connection, before[id], change["address_hash"])
    return known | after


def _dated(one: CustomerDetails, now: datetime | None, hasher: AddressHasher | None) -> CustomerDetails:
    """Return the details with the hash of an address; a sender's clock that is ahead outranks nothing later."""
    hashed = {"address_hash": hasher.hash(one.told["email"])} if hasher and one.told.get("email") else {}
    return CustomerDetails(one.id, {**one.told, **hashed}, min(one.at, now) if now else one.at)


def _note_accounts(connection: Connection, details: Iterable[CustomerDetails]) -> None:
    seen: dict[str, datetime] = {}
    for one in details:
        if name := one.told.get("account"):
            seen.setdefault(name, one.at)
    if seen:
        insert_all(connection, account, [{"id": id, "seen_at": at} for id, at in sorted(seen.items())])


def _new(connection: Connection, details: Iterable[CustomerDetails], now: datetime | None) -> dict[str, Person]:
    """Store customers who are not known yet, and return them."""
    rows = {id: Person(**{**UNKNOWN, **told, "id": id, "changed_at": at, "known_at": now}) for id, told, at in details}
    if rows and insert_all(connection, customer, [one._asdict() for one in rows.values()]) < len(rows):
        raise Collision("another node came to know the same customer")
    return rows


def _locked(connection: Connection, ids: Iterable[str]) -> dict[str, Person]:
    rows = connection.execute(ALL_LOCKED, {"ids": [*ids]}) if ids else ()
    return {row.id: Person(*row) for row in rows}


def _move(connection: Connection, before: Person, address_hash: str) -> None:
    """Let what is wanted at the customer's former mailbox, and what is still to be sent, go to the new one."""
    if before.address_hash:
        optdowns.follow(connection, before.address_hash, address_hash)
    invitations.redirect(connection, before.id, address_hash)


def _changes(known: Person, details: CustomerDetails, now: datetime) -> dict[str, Any]:
    _, told, at = details
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
