"""Invitations that only the frequency limits, or the lot, decided about."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, func, or_, select

from ..values.enumeration import BY_LIMIT, BY_LOT, InvitationState, Reason
from .schema import event, invitation

MOST = 200_000  # that are looked at, the newest; each takes some microseconds


class Decided(NamedTuple):
    """An invitation or a refusal; `source` and `id` are those of its event, None where it had none."""

    survey: str
    person: str
    source: str | None
    id: str | None
    time: datetime  # of the event, or when the invitation was due
    state: str
    customer: str | None = None
    occasion: str | None = None


def are_more(connection: Connection, than: int) -> bool:
    """Whether more invitations than that are stored, refused ones too."""
    return connection.execute(select(invitation.c.key).limit(1).offset(than)).first() is not None


def recent(connection: Connection, memory: timedelta) -> list[Decided]:
    """Return the decisions up to `memory` before the newest one, in the order of their events."""
    time = func.coalesce(event.c.time, invitation.c.due_at)
    person = func.coalesce(invitation.c.recipient, invitation.c.customer)
    reached = or_(
        invitation.c.state != InvitationState.REFUSED, invitation.c.reason.in_((*BY_LOT, *BY_LIMIT, Reason.LOT))
    )
    rows = (
        select(
            invitation.c.survey,
            person.label("person"),
            event.c.source,
            event.c.id,
            event.c.time,
            invitation.c.due_at,
            invitation.c.state,
            invitation.c.customer,
            invitation.c.occasion,
        )
        .outerjoin(event, event.c.key == invitation.c.event)
        .where(~invitation.c.test, reached, person.is_not(None), time.is_not(None))
        .order_by(time.desc(), invitation.c.key.desc())
        .limit(MOST)
    )
    found = [
        Decided(survey, person, source, id, time or due, *rest)
        for survey, person, source, id, time, due, *rest in connection.execute(rows)
    ]
    return [one for one in reversed(found) if found[0].time - one.time <= memory]
