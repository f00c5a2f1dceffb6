"""The sessions of people who have signed in: only hashes of their ids are kept."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, or_, select, update

from .people import StaffMember, made
from .schema import staff_member, staff_session


class Session(NamedTuple):
    """A session as it is listed; `seen_at` may lag behind by some minutes."""

    key: int
    begun_at: datetime
    seen_at: datetime
    browser: str


_SESSION = [staff_session.c[name] for name in Session._fields]
_MEMBER = [staff_member.c[name] for name in StaffMember._fields]


def begin(connection: Connection, token_hash: str, member: str, session: Session) -> None:
    """Store a session of somebody; the database chooses its key."""
    values = {**session._asdict(), "token_hash": token_hash, "member": member}
    del values["key"]
    connection.execute(insert(staff_session).values(**values))


def found(connection: Connection, token_hash: str) -> tuple[StaffMember, Session] | None:
    """Return whose session it is; None where there is none."""
    query = select(*_MEMBER, *_SESSION).join_from(staff_session, staff_member)
    row = connection.execute(query.where(staff_session.c.token_hash == token_hash)).first()
    return (made(tuple(row[:5])), Session(*row[5:])) if row else None


def listed(connection: Connection, member: str) -> list[Session]:
    """Return somebody's sessions, the last used first."""
    query = select(*_SESSION).where(staff_session.c.member == member)
    order = query.order_by(staff_session.c.seen_at.desc(), staff_session.c.key.desc())
    return [Session(*row) for row in connection.execute(order)]


def touch(connection: Connection, key: int, now: datetime) -> None:
    """Note that a session was used."""
    connection.execute(update(staff_session).where(staff_session.c.key == key).values(seen_at=now))


def end(connection: Connection, member: str, key: int) -> bool:
    """End one session of somebody; False where it is not theirs."""
    theirs = staff_session.c.member == member, staff_session.c.key == key
    return connection.execute(delete(staff_session).where(*theirs)).rowcount == 1


def end_all(connection: Connection, member: str) -> None:
    """End all sessions of somebody."""
    connection.execute(delete(staff_session).where(staff_session.c.member == member))


def drop_past(connection: Connection, begun: datetime, seen: datetime) -> None:
    """Forget the sessions that began, or were last used, before those moments."""
    past = or_(staff_session.c.begun_at < begun, staff_session.c.seen_at < seen)
    connection.execute(delete(staff_session).where(past))
