"""API keys: shown once, stored as hashes."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime

from .engine import Engine
from .store import keys as store
from .store.engine.database import ANSWER, Connection
from .store.width import KEY_NAME
from .values.clean import Unclean, text
from .values.enumeration import KeyScope
from .values.link_tokens import token_hash

PREFIX = "se_"
ALLOWS: Mapping[str, set[str]] = {
    KeyScope.EVENTS: {KeyScope.EVENTS}, KeyScope.READ: {KeyScope.READ}, KeyScope.ADMIN: {*KeyScope},
}  # fmt: skip


def add(engine: Engine, name: str, scope: str, now: datetime) -> str | None:
    """Create a key of 256 bits and return it; None where the name is taken. Raises Unclean for an invalid name."""
    with engine.database.write() as connection:
        return make(connection, name, scope, now)


def make(connection: Connection, name: str, scope: str, now: datetime) -> str | None:
    """The same within a transaction."""
    key = PREFIX + secrets.token_urlsafe(32)
    return key if store.add(connection, store.Key(named(name), scope, now), token_hash(key)) else None


def listed(engine: Engine) -> list[store.Key]:
    """Return all keys, without their secrets."""
    with engine.database.read() as connection:
        return store.listed(connection)


def revoke(engine: Engine, name: str, now: datetime) -> bool:
    """Revoke a key; returns False where no valid key has the name. Raises Unclean for an invalid name."""
    with engine.database.write() as connection:
        return store.revoke(connection, named(name), now)


def allowed(engine: Engine, key: str) -> set[str]:
    """Return what the key may do; an empty set for one that is unknown or revoked."""
    with engine.database.read(ANSWER) as connection:
        scope = store.scope(connection, token_hash(key))
    return ALLOWS[scope] if scope else set()


def named(name: str) -> str:
    """Return the name of a key as it is stored; raises Unclean for an invalid one."""
    if not (plain := text(name, KEY_NAME)):
        raise Unclean("is empty")
    return plain
