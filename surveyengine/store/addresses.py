"""What is known of mailboxes by the keyed hash of their address: the key, who opted out, where nobody receives."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from secrets import token_hex
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, insert, literal_column, null, select, union_all, update

from ..values.address_hash import AddressHasher
from ..values.signing import Secrets
from .engine import lock
from .engine.database import MIGRATION, Database
from .engine.listed import any_of
from .engine.upsert import insert_new
from .schema import address_key, customer, event, invitation, opt_down, opt_out, undeliverable

BATCH = 1000  # rows in memory at a time
KEY = select(address_key.c.key)


class AddressStatus(NamedTuple):
    """What stands against sending to an address."""

    opted_out: bool
    undeliverable: bool
    less: frozenset[str] = frozenset()  # the scopes of what is wanted less of


class Bounce(NamedTuple):
    """When a mail server said that nobody receives at an address, and in which words."""

    at: datetime
    reply: str


ANY_HASH = any_of(opt_out.c.address_hash, "hashes")
# What stands against sending, by hash: null for an opt-out, "" for an undeliverable address, or what is wanted less of.
STANDING = union_all(
    select(opt_out.c.address_hash, null()).where(ANY_HASH),
    select(undeliverable.c.address_hash, literal_column("''")).where(any_of(undeliverable.c.address_hash, "hashes")),
    select(opt_down.c.address_hash, opt_down.c.scope).where(any_of(opt_down.c.address_hash, "hashes")),
)
FORMER = select(opt_out.c.address_hash, opt_out.c.at).where(ANY_HASH)
LEFT = select(func.min(opt_out.c.at)).where(ANY_HASH)
REFUSED = select(undeliverable.c.at, undeliverable.c.reply).where(undeliverable.c.address_hash == bindparam("hash"))


def standing(connection: Connection, hasher: AddressHasher, addresses: Collection[str]) -> dict[str, AddressStatus]:
    """Return what stands against sending to each of these addresses."""
    known = {address: hashes(hasher, address) for address in addresses}
    if not known:
        return {}
    found: dict[str, set[str | None]] = {}
    for hashed, word in connection.execute(STANDING, {"hashes": [*chain.from_iterable(known.values())]}):
        found.setdefault(hashed, set()).add(word)
    return {address: _status(theirs, found) for address, theirs in known.items()}


def _status(hashes: Sequence[str], found: Mapping[str, set[str | None]]) -> AddressStatus:
    """Return what stands against an address: an opt-out by any of its hashes, all else by the hash of today."""
    words = found.get(hashes[0], set())
    opted_out = any(None in found.get(one, ()) for one in hashes)
    return AddressStatus(opted_out, "" in words, frozenset(word for word in words if word))


def left_at(connection: Connection, hasher: AddressHasher, address: str) -> datetime | None:
    """Return when somebody at this address asked not to be invited."""
    found: datetime | None = connection.execute(LEFT, _named(hasher, address)).scalar_one()
    return found


def refused(connection: Connection, hasher: AddressHasher, address: str) -> Bounce | None:
    """Return what a mail server said of an undeliverable address."""
    row = connection.execute(REFUSED, {"hash": hasher.hash(address)}).one_or_none()
    return Bounce(*row) if row else None


def note_undeliverable(connection: Connection, address_hash: str, at: datetime, reply: str) -> None:
    """Store that the address is undeliverable; an earlier record stays."""
    insert_new(connection, undeliverable, {"address_hash": address_hash, "at": at, "reply": reply})


def carry_over(connection: Connection, hasher: AddressHasher, addresses: Collection[str]) -> None:
    """Store opt-outs under the hash of today where an address is known under a former hash only."""
    known = [hashes(hasher, address) for address in sorted(addresses)]
    left = dict(map(tuple, connection.execute(FORMER, {"hashes": [*chain.from_iterable(known)]}))) if known else {}
    for today, *former in known:
        if at := min(filter(None, map(left.get, (today, *former))), default=None):
            insert_new(connection, opt_out, {"address_hash": today, "at": at})


def hashes(hasher: AddressHasher, address: str) -> Sequence[str]:
    """Return all hashes under which something may be known of the address."""
    return (hasher.hash(address), *hasher.former(address))


def _named(hasher: AddressHasher, address: str) -> Mapping[str, Any]:
    known = hashes(hasher, address)
    return {"hash": known[0], "hashes": known}


def hasher(database: Database, secrets: Secrets, now: datetime) -> AddressHasher:
    """Return the hasher of addresses.

    Where there is no key yet, it is made, and what is stored is hashed with it: all in one transaction, so that no
    opt-out can be lost on the way, whatever stops it.
    """
    with database.read() as connection:
        key = connection.execute(KEY).scalar_one_or_none()
    if key is None:
        with database.write(MIGRATION) as connection:
            lock.hold(connection, lock.MIGRATION)
            key = connection.execute(KEY).scalar_one_or_none() or _made(connection, secrets, now)
    return AddressHasher(bytes.fromhex(key), secrets)


def _made(connection: Connection, secrets: Secrets, now: datetime) -> str:
    key = token_hex(32)
    connection.execute(insert(address_key).values(key=key, made_at=now))
    hasher = AddressHasher(bytes.fromhex(key), secrets)
    _hash_customers(connection, hasher)
    _carry_all_over(connection, hasher)
    owner = select(customer.c.address_hash).where(customer.c.id == invitation.c.customer).scalar_subquery()
    connection.execute(update(invitation).where(~invitation.c.test).values(recipient=owner))
    return key


def _hash_customers(connection: Connection, hasher: AddressHasher) -> None:
    hashed = update(customer).where(customer.c.id == bindparam("at")).values(address_hash=bindparam("hash"))
    for batch in _batches(connection, _CUSTOMERS, ""):
        connection.execute(hashed, [{"at": row.at, "hash": hasher.hash(row.email)} for row in batch])


def _carry_all_over(connection: Connection, hasher: AddressHasher) -> None:
    """Carry over the opt-outs of all addresses that are stored: of customers, and of test events."""
    left = {row.address_hash: row.at for row in connection.execute(select(opt_out))}
    if not left:
        return
    for address in _addresses(connection):
        if at := min(filter(None, map(left.get, hasher.former(address))), default=None):
            insert_new(connection, opt_out, {"address_hash": hasher.hash(address), "at": at})


def _addresses(connection: Connection) -> Iterator[str]:
    for batch in _batches(connection, _CUSTOMERS, ""):
        yield from (row.email for row in batch)
    for batch in _batches(connection, _TESTS, 0):
        yield from filter(None, (row.data.get("customer", {}).get("email") for row in batch))


_CUSTOMERS = select(customer.c.id.label("at"), customer.c.email).where(customer.c.email.is_not(None))
_CUSTOMERS = _CUSTOMERS.where(customer.c.id > bindparam("after")).order_by(customer.c.id).limit(BATCH)
_TESTS = select(event.c.key.label("at"), event.c.data).where(event.c.test, event.c.key > bindparam("after"))
_TESTS = _TESTS.order_by(event.c.key).limit(BATCH)


def _batches(connection: Connection, query: Any, after: str | int) -> Iterator[Iterable[Any]]:
    while rows := connection.execute(query, {"after": after}).all():
        yield rows
        after = rows[-1].at
