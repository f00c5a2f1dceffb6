"""API keys: only their hashes are kept."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select, update

from .engine.upsert import insert_new
from .schema import api_key


class Key(NamedTuple):
    """A key as it is listed; it ends when it is revoked, or at `expires_at`. Its last use is known to the hour."""

    name: str
    scope: str
    created_at: datetime
    revoked_at: datetime | None = None
    expires_at: datetime | None = None
    last_used_at: datetime | None = None


COLUMNS = tuple(api_key.c[name] for name in Key._fields)


def add(connection: Connection, key: Key, key_hash: str) -> bool:
    """Store a key; False where the name is taken."""
    return insert_new(connection, api_key, {**key._asdict(), "key_hash": key_hash}) is not None


def listed(connection: Connection) -> list[Key]:
    """Return all keys, the oldest first."""
    return [Key(*row) for row in connection.execute(select(*COLUMNS).order_by(api_key.c.created_at, api_key.c.name))]


def revoke(connection: Connection, name: str, now: datetime) -> bool:
    """Revoke a key; False if no key in use has the name."""
    statement = update(api_key).where(api_key.c.name == name, api_key.c.revoked_at.is_(None)).values(revoked_at=now)
    return connection.execute(statement).rowcount == 1


def by_hash(connection: Connection, key_hash: str) -> Key | None:
    """Return the key with that hash; None if it is unknown or revoked."""
    row = connection.execute(
        select(*COLUMNS).where(api_key.c.key_hash == key_hash, api_key.c.revoked_at.is_(None))
    ).one_or_none()
    return Key(*row) if row else None


def used(connection: Connection, name: str, at: datetime) -> None:
    """Note that the key was used."""
    connection.execute(update(api_key).where(api_key.c.name == name).values(last_used_at=at))
