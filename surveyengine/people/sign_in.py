"""Sign-in: whether an e-mail address and a password are somebody's, without telling which of the two is wrong."""

from __future__ import annotations

from dataclasses import replace

from ..engine import Engine
from ..store import people, sessions
from ..values.email_address import normal
from ..values.enumeration import AuditAction
from ..values.link_tokens import token_hash
from . import password, session
from .caller import Caller, note, noted


def sign_in(engine: Engine, email: str, given: str, caller: Caller) -> str | None:
    """Begin a session and return its id; None where the address or the password is wrong."""
    with engine.database.read() as connection:
        known = people.by_email(connection, normal(email))
    kept = known.password if known else None
    is_right = password.is_right(given, kept or password.NOBODYS)
    if known is None or kept is None or not is_right:
        member = known.member if known else None
        noted(engine, replace(caller, member=member), AuditAction.NOT_SIGNED_IN)
        return None
    with engine.database.write() as connection:
        still = people.by_email(connection, known.member.email)
        if still is None or still.password != kept:  # changed, or gone, while it was compared
            return None
        note(connection, replace(caller, member=still.member), AuditAction.SIGNED_IN, caller.browser)
        return session.begin(connection, still.member, caller.browser, caller.now)


def sign_out(engine: Engine, token: str, caller: Caller) -> None:
    """End the session with that id."""
    with engine.database.write() as connection:
        found = sessions.found(connection, token_hash(token))
        if found:
            sessions.end(connection, found[0].id, found[1].key)
            note(connection, replace(caller, member=found[0]), AuditAction.SIGNED_OUT)
