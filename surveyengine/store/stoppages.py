"""Messages that do not get on: claims that nobody holds any more, what is long overdue, what failed, and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, Integer, case, func, or_, select

from ..values.enumeration import SendingState
from .schema import ENDED, invitation, sending
from .sendings import FAILED, UNKNOWN


class Stoppage(NamedTuple):
    """How many messages are due, and how many of them since before a moment, the oldest since `oldest`.

    `stranded` are claimed by a worker whose lease ended before that moment.
    """

    due: int
    overdue: int
    oldest: datetime | None
    stranded: int


def stoppage(connection: Connection, now: datetime, patience: timedelta, lease: timedelta) -> Stoppage:
    """Return what is due, what was due `patience` ago, and what was claimed with a lease that ended `lease` ago."""
    overdue = func.coalesce(func.sum(case((sending.c.next_at <= now - patience, 1), else_=0)), 0, type_=Integer)
    query = select(func.count(), overdue, func.min(sending.c.next_at)).where(
        sending.c.state == SendingState.PLANNED, sending.c.next_at <= now
    )
    run_out = select(func.count()).where(sending.c.lease_until.is_not(None), sending.c.lease_until < now - lease)
    due, late, oldest = connection.execute(query).one()
    return Stoppage(due, late, oldest, connection.execute(run_out).scalar_one())


def given_up(connection: Connection) -> Mapping[tuple[str, str], int]:
    """Return how many messages failed or are uncertain, by state and reason, of those that `retry` sends again.

    A reminder is not, nor an uncertain invitation that was answered.
    """
    query = select(sending.c.state, sending.c.reason, func.count()).join(
        invitation, invitation.c.key == sending.c.invitation
    )
    query = query.where(ENDED, or_(FAILED, UNKNOWN))
    rows = connection.execute(query.group_by(sending.c.state, sending.c.reason))
    return {(state, reason or ""): n for state, reason, n in rows}


def planned_by_survey(connection: Connection) -> Mapping[str, int]:
    """Return how many invitations wait to be sent, by their survey."""
    query = select(invitation.c.survey, func.count()).join(sending, sending.c.invitation == invitation.c.key)
    query = query.where(sending.c.state == SendingState.PLANNED).group_by(invitation.c.survey)
    return {survey: n for survey, n in connection.execute(query)}
