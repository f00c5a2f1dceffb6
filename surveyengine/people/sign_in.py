"""Sign-in: whether an e-mail address and a password are somebody's, without telling which of the two is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..engine import Engine
from ..store import people, sessions
from ..store.people import StaffMember
from ..values.enumeration import AuditAction
from ..values.link_tokens import token_hash
from . import password, roster, session, throttle
from .caller import Caller, note, noted
from .unfit import Unfit


def sign_in(engine: Engine, email: str, given: str, caller: Caller) -> str | None:
    """Begin a session and return its id; None where the address or the password is wrong.

    Raises TooOften after many tries, and TooBusy while others sign in.
    """
    address = _address(email)
    allowed = throttle.limits(engine.secret, address, caller.network)
    with engine.database.read() as connection:
        known = people.by_email(connection, address)
    caller = replace(caller, member=known.member if known else None)
    counted(engine, allowed, caller)
    kept = known.password if known else None
    if not password.is_right(given, kept or password.nobodys()) or not kept:
        noted(engine, caller, AuditAction.NOT_SIGNED_IN)
        return None
    today = password.fresh(given) if password.is_outdated(kept) else kept
    with engine.database.write() as connection:
        still = people.by_email(connection, address)
        if still is None or still.password != kept:  # changed, or gone, while it was compared
            return None
        throttle.give_back(connection, allowed, caller.now)
        people.change(connection, still.member.id, password=today)
        note(connection, caller, AuditAction.SIGNED_IN, caller.browser)
        return session.begin(connection, still.member, caller.browser, caller.now)


def counted(engine: Engine, allowed: Mapping[str, int], caller: Caller) -> None:
    """Count a try; raises TooOften, of which the audit log hears once."""
    try:
        throttle.take(engine, allowed, caller.now)
    except throttle.TooOften as error:
        if error.first:
            noted(engine, caller, AuditAction.THROTTLED)
        raise


def end(engine: Engine, token: str) -> StaffMember | None:
    """End the session with that id, and return whose it was; None where there is none."""
    with engine.database.write() as connection:
        found = sessions.found(connection, token_hash(token)) if token else None
        if found:
            sessions.end(connection, found[0].id, found[1].key)
        return found[0] if found else None


def sign_out(engine: Engine, token: str, caller: Caller) -> None:
    """End the session with that id, and tell the audit log."""
    if member := end(engine, token):
        noted(engine, replace(caller, member=member), AuditAction.SIGNED_OUT)


def _address(typed: str) -> str:
    """Return the normal form of an e-mail address; "" for what can be none."""
    try:
        return roster.address(typed)
    except Unfit:
        return ""
