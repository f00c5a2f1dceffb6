"""API keys as people make and revoke them; the audit log hears of it. Their scopes are nobody's role."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from .. import keys
from ..engine import Engine
from ..store import keys as store
from ..values.enumeration import AuditAction, KeyScope
from ..values.msgid import N_
from .caller import Caller, note
from .unfit import Unfit

OVER = N_("The last day of the key is over already.")


class KeyWish(NamedTuple):
    """A key that somebody wants; without a `last` day it has no end."""

    name: str
    scope: KeyScope
    last: date | None = None


def add(engine: Engine, wanted: KeyWish, caller: Caller) -> str | None:
    """Create a key and return it; None where the name is taken. Raises Unclean for a name, and Unfit for a last day."""
    name, scope, last = wanted
    expires_at = keys.end_of(last, engine.config.business.zone) if last else None
    if expires_at and expires_at <= caller.now:
        raise Unfit(OVER)
    with engine.database.write() as connection:
        key = keys.make(connection, store.Key(name, scope, caller.now, expires_at=expires_at))
        if key:
            until = f" until {last}" if last else ""
            note(connection, caller, AuditAction.KEY_ADDED, f"{keys.named(name)} {scope}{until}")
        return key


def revoke(engine: Engine, name: str, caller: Caller) -> bool:
    """Revoke a key; False where no valid key has the name. Raises Unclean for an invalid name."""
    with engine.database.write() as connection:
        is_revoked = store.revoke(connection, keys.named(name), caller.now)
        if is_revoked:
            note(connection, caller, AuditAction.KEY_REVOKED, keys.named(name))
        return is_revoked
