"""API keys: shown once, stored as hashes."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .engine import Engine
from .store import keys as store
from .store.engine.database import ANSWER, Connection, Unavailable
from .store.width import KEY_NAME
from .values.clean import Unclean, text
from .values.enumeration import KeyScope
from .values.link_tokens import token_hash

PREFIX = "se_"
ALLOWS: Mapping[str, set[str]] = {
    KeyScope.EVENTS: {KeyScope.EVENTS}, KeyScope.READ: {KeyScope.READ}, KeyScope.ADMIN: {*KeyScope},
}  # fmt: skip
HOUR = timedelta(hours=1)


class Expired(Exception):
    """The key was good until that moment."""

    def __init__(self, at: datetime) -> None:
        super().__init__(at)
        self.at = at


def add(engine: Engine, name: str, scope: str, now: datetime) -> str | None:
    """Create a key of 256 bits and return it; None where the name is taken. Raises Unclean for an invalid name."""
    with engine.database.write() as connection:
        return make(connection, store.Key(name, scope, now))


def make(connection: Connection, wanted: store.Key) -> str | None:
    """The same within a transaction, for a key that may expire."""
    key = PREFIX + secrets.token_urlsafe(32)
    return key if store.add(connection, wanted._replace(name=named(wanted.name)), token_hash(key)) else None


def end_of(last: date, zone: ZoneInfo) -> datetime:
    """Return when a key expires whose last day that is."""
    return datetime.combine(last + timedelta(days=1), time(), zone)


def listed(engine: Engine) -> list[store.Key]:
    """Return all keys, without their secrets."""
    with engine.database.read() as connection:
        return store.listed(connection)


def revoke(engine: Engine, name: str, now: datetime) -> bool:
    """Revoke a key; returns False where no valid key has the name. Raises Unclean for an invalid name."""
    with engine.database.write() as connection:
        return store.revoke(connection, named(name), now)


def allowed(engine: Engine, key: str, now: datetime) -> set[str]:
    """Return what the key may do, and note once an hour that it was used; nothing for one that is unknown or revoked.

    Raises Expired.
    """
    with engine.database.read(ANSWER) as connection:
        found = store.by_hash(connection, token_hash(key))
    if found is None:
        return set()
    if found.expires_at and found.expires_at <= now:
        raise Expired(found.expires_at)
    if found.last_used_at is None or found.last_used_at <= now - HOUR:
        with suppress(Unavailable), engine.database.write(ANSWER) as connection:  # who only reads need not wait for it
            store.used(connection, found.name, now)
    return ALLOWS[found.scope]


def name_of(engine: Engine, key: str) -> str:
    """Return what a key is called; "" for one that is unknown or revoked."""
    with engine.database.read(ANSWER) as connection:
        found = store.by_hash(connection, token_hash(key))
    return found.name if found else ""


def named(name: str) -> str:
    """Return the name of a key as it is stored; raises Unclean for an invalid one."""
    if not (plain := text(name, KEY_NAME)):
        raise Unclean("is empty")
    return plain
