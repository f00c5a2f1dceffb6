"""API keys: shown once, kept as hashes."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from .engine import Engine
from .store import keys as store
from .store.database import ANSWER

PREFIX = "se_"
ALLOWS = {"events": {"events"}, "read": {"read"}, "admin": {"events", "read", "admin"}}


def add(engine: Engine, name: str, scope: str, now: datetime) -> str | None:
    """Make a key of 256 bits and return it; None where the name is taken."""
    key = PREFIX + secrets.token_urlsafe(32)
    with engine.database.write() as connection:
        return key if store.add(connection, name, scope, _hash(key), now) else None


def listed(engine: Engine) -> list[store.Key]:
    """Return all keys, without their secrets."""
    with engine.database.read() as connection:
        return store.listed(connection)


def revoke(engine: Engine, name: str, now: datetime) -> bool:
    """Make a key useless; False where none in use has the name."""
    with engine.database.write() as connection:
        return store.revoke(connection, name, now)


def allowed(engine: Engine, key: str) -> set[str]:
    """Return what the key may do; nothing for a key that is unknown or revoked."""
    with engine.database.read(ANSWER) as connection:
        scope = store.scope(connection, _hash(key))
    return ALLOWS[scope] if scope else set()


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()
