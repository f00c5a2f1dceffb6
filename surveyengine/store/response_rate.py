"""How many of those who were invited answered."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from .funnel import SENT
from .schema import invitation


class InvitedCount(NamedTuple):
    """How many invitations were sent and can be answered no more, and how many of them were answered."""

    sent: int
    answered: int


def overall(connection: Connection, surveys: Collection[str], now: datetime) -> InvitedCount:
    """Return how many invitations to these surveys, which nobody can answer any more, were answered."""
    counts = select(func.count(), func.count(invitation.c.answered_at)).where(
        invitation.c.survey.in_(sorted(surveys)),
        invitation.c.state.in_(SENT),
        invitation.c.expires_at <= now,
        ~invitation.c.test,
    )
    return InvitedCount(*connection.execute(counts).one())
