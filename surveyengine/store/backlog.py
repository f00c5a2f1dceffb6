"""What is still to be sent, what holds it up, and what was given up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Integer, and_, case, func, or_, select

from ..values.enumeration import SendingState
from .schema import ENDED, sending
from .sendings import FIRST, PUNCTUAL

MOST_TOLD = 5  # reasons
REMINDERS = sending.c.number > FIRST


class Backlog(NamedTuple):
    """How many messages stand where; `late` are due, too, and were so more than ten minutes ago."""

    later: int
    due: int
    late: int
    failed: int
    uncertain: int


class Held(NamedTuple):
    """How many messages wait after a failure for one reason; `is_own` says that it spent one of their tries."""

    is_own: bool
    reason: str
    n: int


def backlog(connection: Connection, now: datetime, *which: ColumnElement[bool]) -> Backlog:
    """Return how many messages are planned, due, late, failed and uncertain; of all, or of these."""
    stands = standing(now)
    waiting, ended = ([stands[name] for name in names] for names in (Backlog._fields[:3], Backlog._fields[3:]))
    planned = sending.c.state == SendingState.PLANNED
    # Two queries, each of which reads only an index of its few.
    first = connection.execute(select(*map(_count, waiting)).where(planned, *which)).one()
    return Backlog._make((*first, *connection.execute(select(*map(_count, ended)).where(ENDED, *which)).one()))


def standing(now: datetime) -> Mapping[str, ColumnElement[bool]]:
    """Return for each number of a backlog the condition of the messages that it counts."""
    planned = sending.c.state == SendingState.PLANNED
    is_due = and_(planned, sending.c.next_at <= now)
    held_up = or_(sending.c.next_at <= now - PUNCTUAL, sending.c.reason.is_not(None))  # not only by a closed time
    is_late = and_(sending.c.due_at <= now - PUNCTUAL, held_up)
    return {
        "later": and_(planned, sending.c.next_at > now),
        "due": and_(is_due, ~is_late),
        "late": and_(is_due, is_late),
        "failed": sending.c.state == SendingState.FAILED,
        "uncertain": sending.c.state == SendingState.UNCERTAIN,
    }


def held(connection: Connection) -> list[Held]:
    """Return why messages wait that were not delivered so far, the most frequent reasons first."""
    is_own = case((sending.c.attempt > 0, 1), else_=0).label("is_own")
    n = func.count().label("n")
    query = select(is_own, sending.c.reason, n).where(
        sending.c.state == SendingState.PLANNED, sending.c.reason.is_not(None)
    )
    query = query.group_by("is_own", sending.c.reason).order_by(n.desc(), sending.c.reason).limit(MOST_TOLD)
    return [Held(bool(row.is_own), row.reason, row.n) for row in connection.execute(query)]


def _count(wanted: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((wanted, 1), else_=0)), 0, type_=Integer)
