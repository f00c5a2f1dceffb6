"""Who asked for fewer invitations, and by which link: mailboxes and links stand in one table, each by its hash.

The scope of a wish is LESS_OFTEN, or else a touchpoint that is not to be asked about.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, inspect, select

from ..values.address_hash import AddressHasher
from .engine.upsert import insert_new
from .schema import opt_down

THEIRS = opt_down.c.address_hash == bindparam("hash")


def note(connection: Connection, hashes: Collection[str], scope: str, now: datetime) -> None:
    """Store what is wanted at these mailboxes, or was said by these links; an earlier wish stays."""
    for one in sorted(hashes):  # in one order, so that two transactions do not wait for each other
        insert_new(connection, opt_down, {"address_hash": one, "scope": scope, "at": now})


def wishes(connection: Connection, hashed: str) -> dict[str, datetime]:
    """Return by scope since when fewer invitations are wanted at a mailbox, or were by a link."""
    found = connection.execute(select(opt_down.c.scope, opt_down.c.at).where(THEIRS), {"hash": hashed})
    return {scope: at for scope, at in found}


def at_address(connection: Connection, hasher: AddressHasher, address: str | None) -> dict[str, datetime]:
    """Return by scope since when fewer invitations are wanted at an address."""
    return wishes(connection, hasher.hash(address)) if address else {}


def take_back(connection: Connection, hashes: Collection[str], said: Mapping[str, datetime]) -> None:
    """Undo these wishes of mailboxes and links, as far as they were said at those moments."""
    for scope, at in said.items():
        theirs = opt_down.c.address_hash.in_(hashes), opt_down.c.scope == scope, opt_down.c.at == at
        connection.execute(delete(opt_down).where(*theirs))


def follow(connection: Connection, former: str, hashed: str) -> None:
    """Let the wishes of a mailbox hold for the one that its owner has now."""
    for scope, at in wishes(connection, former).items():
        insert_new(connection, opt_down, {"address_hash": hashed, "scope": scope, "at": at})


def listed(connection: Connection) -> Sequence[tuple[str, str, datetime]]:
    """Return all wishes: the hash, the scope and the moment; none in a database from before there were any."""
    if not inspect(connection).has_table(opt_down.name):
        return []
    columns = opt_down.c["address_hash", "scope", "at"]
    return [(hashed, scope, at) for hashed, scope, at in connection.execute(select(*columns))]


def keep(connection: Connection, wanted: Collection[tuple[str, str, datetime]]) -> None:
    """Store wishes from another moment of the same database."""
    for hashed, scope, at in wanted:
        insert_new(connection, opt_down, {"address_hash": hashed, "scope": scope, "at": at})
