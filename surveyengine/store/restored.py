"""What a database that was brought back from an earlier moment does not know: what has left since."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, or_, select, update

from ..values.enumeration import InvitationState, SendingState
from .schema import invitation, sending

WHY = "it may have been sent after the backup that was restored"


def may_have_left(connection: Connection, now: datetime) -> int:
    """Mark as uncertain what was on its way, or due until now, and return how many messages that are.

    The link of an uncertain invitation works, and it counts for limits, as if it had been sent.
    """
    due = and_(sending.c.state == SendingState.PLANNED, sending.c.next_at <= now)
    found = or_(due, sending.c.lease_until.is_not(None))
    theirs = select(sending.c.invitation).where(found)
    waiting = and_(invitation.c.state == InvitationState.PLANNED, invitation.c.key.in_(theirs))
    for seconds in connection.execute(select(invitation.c.expires_after).where(waiting).distinct()).scalars().all():
        alike = update(invitation).where(waiting, invitation.c.expires_after == seconds)
        expires_at = now + timedelta(seconds=seconds)
        connection.execute(alike.values(state=InvitationState.UNCERTAIN, sent_at=now, expires_at=expires_at))
    uncertain = {"state": SendingState.UNCERTAIN, "sent_at": now, "lease_until": None, "reason": WHY}
    return connection.execute(update(sending).where(found).values(**uncertain)).rowcount
