"""Links by which somebody chooses a password, once: the first admin's, and those of people who were added."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime, timedelta

from ..engine import Engine
from ..store import people, sessions
from ..store.engine.database import Connection
from ..store.people import StaffMember
from ..values.enumeration import AuditAction, Role
from ..values.link_tokens import token_hash
from . import password, session
from .caller import Caller, note

VALID = timedelta(days=3)
PATH = "/staff/first/"


class UsedUp(Exception):
    """A link that is not valid any more, or never was."""


def first(engine: Engine, now: datetime) -> str | None:
    """Return the path of a link that makes the first admin; None where there are people already."""
    with engine.database.read() as connection:
        is_empty = people.is_empty(connection)
    if not is_empty:
        return None
    with engine.database.write() as connection:
        return make(connection, None, now)


def make(connection: Connection, member: StaffMember | None, now: datetime) -> str:
    """Return the path of a new link for somebody, for the first admin with None; a former one is void."""
    token = secrets.token_urlsafe(32)
    people.link(connection, token_hash(token), member.id if member else None, now + VALID)
    return PATH + token


def meant(engine: Engine, token: str, now: datetime) -> StaffMember | None:
    """Return whose link it is, None for the first admin's; raises UsedUp for one that is not valid."""
    with engine.database.read() as connection:
        return _meant(connection, token, now)


def use(engine: Engine, token: str, chosen: str, caller: Caller) -> str:
    """Set the password of whoever has the link, begin a session, and return its id; all their others end.

    For the first admin the caller's member is who that shall be. Raises UsedUp for a link that is not valid.
    """
    kept = password.fresh(chosen)
    with engine.database.write() as connection:
        member = _meant(connection, token, caller.now) or _added(connection, caller)
        if not people.use(connection, token_hash(token)):
            raise UsedUp
        people.change(connection, member.id, password=kept)
        sessions.end_all(connection, member.id)
        note(connection, replace(caller, member=member), AuditAction.LINK_USED, caller.browser)
        return session.begin(connection, member, caller.browser, caller.now)


def _meant(connection: Connection, token: str, now: datetime) -> StaffMember | None:
    found = people.linked(connection, token_hash(token), now)
    if found is None or (found == (None,) and not people.is_empty(connection)):
        raise UsedUp
    return found[0]


def _added(connection: Connection, caller: Caller) -> StaffMember:
    if caller.member is None or not people.add(connection, caller.member, caller.now):
        raise UsedUp
    note(connection, caller, AuditAction.PERSON_ADDED, f"{caller.member.email} {Role.ADMIN}")
    return caller.member
