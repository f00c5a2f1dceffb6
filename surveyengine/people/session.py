"""Sessions: a random id in a cookie, of which the database knows the hash, until it is idle or old."""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import datetime, timedelta

from ..engine import Engine
from ..store import sessions as store
from ..store.engine.database import Connection, Unavailable
from ..store.people import StaffMember
from ..store.sessions import Session
from ..values.link_tokens import token_hash

IDLE = timedelta(hours=2)  # without a request, after which a session ends
LONGEST = timedelta(hours=12)  # after which it ends whatever is done
NOTED = timedelta(minutes=5)  # so far behind a session's last use may be written


def is_over(session: Session, now: datetime) -> bool:
    """Whether a session has ended at that moment; one from the future has too."""
    return not (now - LONGEST < session.begun_at <= now + NOTED and session.seen_at > now - IDLE)


def begin(connection: Connection, member: StaffMember, browser: str, now: datetime) -> str:
    """Begin a session and return its id, of 256 bits, which never was another's."""
    token = secrets.token_urlsafe(32)
    store.begin(connection, token_hash(token), member.id, Session(0, now, now, browser))
    return token


def found(engine: Engine, token: str, now: datetime) -> tuple[StaffMember, Session] | None:
    """Return whose session has the id; None where it has ended, or never was."""
    with engine.database.read() as connection:
        known = store.found(connection, token_hash(token))
    if known is None or is_over(known[1], now):
        return None
    if now - known[1].seen_at >= NOTED:
        with suppress(Unavailable), engine.database.write() as connection:  # results can be read all the same
            store.touch(connection, known[1].key, now)
    return known


def listed(engine: Engine, member: StaffMember, now: datetime) -> list[Session]:
    """Return somebody's sessions that have not ended, the last used first."""
    with engine.database.read() as connection:
        return [one for one in store.listed(connection, member.id) if not is_over(one, now)]


def drop_past(connection: Connection, now: datetime) -> None:
    """Forget the sessions that have ended."""
    store.drop_past(connection, now - LONGEST, now - IDLE)
