"""API keys as people make and revoke them; the audit log hears of it. Their scopes are nobody's role."""

from __future__ import annotations

from .. import keys
from ..engine import Engine
from ..store import keys as store
from ..values.enumeration import AuditAction, KeyScope
from .caller import Caller, note


def add(engine: Engine, name: str, scope: KeyScope, caller: Caller) -> str | None:
    """Create a key and return it; None where the name is taken. Raises Unclean for an invalid name."""
    with engine.database.write() as connection:
        key = keys.make(connection, name, scope, caller.now)
        if key:
            note(connection, caller, AuditAction.KEY_ADDED, f"{keys.named(name)} {scope}")
        return key


def revoke(engine: Engine, name: str, caller: Caller) -> bool:
    """Revoke a key; False where no valid key has the name. Raises Unclean for an invalid name."""
    with engine.database.write() as connection:
        is_revoked = store.revoke(connection, keys.named(name), caller.now)
        if is_revoked:
            note(connection, caller, AuditAction.KEY_REVOKED, keys.named(name))
        return is_revoked
