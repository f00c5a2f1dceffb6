"""API keys: only their hashes are kept."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select, update

from .engine.upsert import insert_new
from .schema import api_key


class Key(NamedTuple):
    """A key as it is listed."""

    name: str
    scope: str
    created_at: datetime
    revoked_at: datetime | None = None


def add(connection: Connection, key: Key, key_hash: str) -> bool:
    """Store a key; False where the name is taken."""
    return insert_new(connection, api_key, {**key._asdict(), "key_hash": key_hash}) is not None


def listed(connection: Connection) -> list[Key]:
    """Return all keys, the oldest first."""
    query = select(*api_key.c["name", "scope", "created_at", "revoked_at"]).order_by(
        api_key.c.created_at, api_key.c.name
    )
    return [Key(*row) for row in connection.execute(query)]


def revoke(connection: Connection, name: str, now: datetime) -> bool:
    """Revoke a key; False if no key in use has the name."""
    statement = update(api_key).where(api_key.c.name == name, api_key.c.revoked_at.is_(None)).values(revoked_at=now)
    return connection.execute(statement).rowcount == 1


def scope(connection: Connection, key_hash: str) -> str | None:
    """Return the scope of the key with that hash; None if it is unknown or revoked."""
    query = select(api_key.c.scope).where(api_key.c.key_hash == key_hash, api_key.c.revoked_at.is_(None))
    return connection.execute(query).scalar_one_or_none()
