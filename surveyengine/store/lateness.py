"""Invitations that are late, and those that were refused as late, maybe by a wrong clock."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, func, or_, select

from ..values.enumeration import InvitationState, Reason, SendingState
from ..values.period import DateRange
from .days import within
from .schema import event, invitation, sending
from .sendings import FIRST, PUNCTUAL


class LateInvitation(NamedTuple):
    """An invitation that was refused as late, and its sending; None if none was planned."""

    key: int
    sending: int | None


def waiting(connection: Connection, days: DateRange, now: datetime) -> dict[str, int]:
    """Return by survey how many invitations of these days ought to have left ten minutes ago, and still wait.

    One that waits for quiet hours to end is not among them, but one that waits after a failure is.
    """
    overdue = or_(sending.c.next_at <= now - PUNCTUAL, sending.c.reason.is_not(None))
    return _by_survey(connection, days, [
        sending.c.state == SendingState.PLANNED, sending.c.due_at <= now - PUNCTUAL, overdue,
    ])  # fmt: skip


def expired(connection: Connection, days: DateRange) -> dict[str, int]:
    """Return by survey how many invitations of these days were to be sent, and then refused as late."""
    return _by_survey(connection, days, [
        sending.c.state == SendingState.WITHDRAWN, sending.c.reason == Reason.LATE,
        invitation.c.state == InvitationState.REFUSED,
    ])  # fmt: skip


def _by_survey(connection: Connection, days: DateRange, which: Sequence[ColumnElement[bool]]) -> dict[str, int]:
    query = select(invitation.c.survey, func.count()).join(sending, sending.c.invitation == invitation.c.key)
    query = query.where(sending.c.number == FIRST, ~invitation.c.test, *which, *within(invitation.c.day, days))
    return {row[0]: row[1] for row in connection.execute(query.group_by(invitation.c.survey))}


def late(
    connection: Connection, surveys: Collection[str] | None, since: date | None, after: datetime | None
) -> list[LateInvitation]:
    """Return what was refused as late, of these surveys or all, the newest first.

    `since` leaves out the occasions of the days before, and `after` what was due, or happened, before that moment.
    """
    query = select(invitation.c.key, sending.c.key.label("sending")).outerjoin(event, event.c.key == invitation.c.event)
    query = query.outerjoin(sending, (sending.c.invitation == invitation.c.key) & (sending.c.number == FIRST))
    query = query.where(invitation.c.state == InvitationState.REFUSED, invitation.c.reason == Reason.LATE)
    query = query if surveys is None else query.where(invitation.c.survey.in_(surveys))
    query = query if since is None else query.where(invitation.c.day >= since)
    query = query if after is None else query.where(func.coalesce(sending.c.due_at, event.c.time) >= after)
    found = connection.execute(query.order_by(invitation.c.key.desc()))
    return [LateInvitation(*row) for row in found]
