"""Invitations that were refused as late, maybe by a wrong clock."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from ..values.enumeration import InvitationState, Reason
from .schema import event, invitation, sending
from .sendings import FIRST


class LateInvitation(NamedTuple):
    """An invitation that was refused as late, and its sending; None if none was planned."""

    key: int
    sending: int | None


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
