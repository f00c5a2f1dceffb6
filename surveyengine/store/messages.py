"""Messages and the invitations that they carry, as people look at them: nothing here changes anything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Integer, and_, case, func, select

from ..values.enumeration import SendingState
from .history import HAPPENED, OUTCOMES, HistoryEvent, InvitationOutcome
from .schema import ENDED, event, invitation, response, sending
from .sendings import FIRST

LEFT = (SendingState.SENT, SendingState.UNCERTAIN)


class MessageRow(NamedTuple):
    """One message of an invitation: the first, or a reminder."""

    number: int
    channel: str
    state: str
    due_at: datetime
    next_at: datetime
    attempt: int
    sent_at: datetime | None
    reference: str | None
    reason: str | None


class Trouble(NamedTuple):
    """A message that failed, or of which nobody knows whether it arrived; `invitation` is the public id."""

    invitation: str
    survey: str
    customer: str | None
    number: int
    state: str
    reason: str | None
    at: datetime


class FoundInvitation(NamedTuple):
    """An invitation, what it came from and what carried it; `response` is the id of its answer, where one is kept."""

    id: str
    digest: str
    customer: str | None
    language: str | None
    outcome: InvitationOutcome
    event: HistoryEvent | None
    messages: tuple[MessageRow, ...]
    response: str | None


class Departures(NamedTuple):
    """How many messages left, and how many of them were reminders."""

    n: int
    reminders: int


def hourly(connection: Connection, hours: Sequence[datetime]) -> list[Departures]:
    """Return how many messages left between each of these moments and the next one."""
    within = [
        and_(sending.c.sent_at >= begin, sending.c.sent_at < end) for begin, end in zip(hours, hours[1:], strict=False)
    ]
    which = [condition for one in within for condition in (one, and_(one, sending.c.number > FIRST))]
    sums = [func.coalesce(func.sum(case((one, 1), else_=0)), 0, type_=Integer) for one in which]
    query = select(*sums).where(sending.c.sent_at >= hours[0], sending.c.sent_at < hours[-1], sending.c.state.in_(LEFT))
    found = [int(n) for n in connection.execute(query).one()]
    return [Departures(n, reminders) for n, reminders in zip(found[::2], found[1::2], strict=True)]


def troubles(connection: Connection, limit: int) -> list[Trouble]:
    """Return the messages that failed or are uncertain, the newest first."""
    at = func.coalesce(sending.c.sent_at, sending.c.next_at)
    columns = (*invitation.c["id", "survey", "customer"], *sending.c["number", "state", "reason"], at)
    query = select(*columns).join(invitation, invitation.c.key == sending.c.invitation)
    query = query.where(ENDED).order_by(sending.c.key.desc()).limit(limit)
    return [Trouble(*row) for row in connection.execute(query)]


def invitation_of(connection: Connection, id: str) -> FoundInvitation | None:
    """Return the invitation of that id; None where there is none."""
    head = connection.execute(
        select(*invitation.c["key", "digest", "customer", "language", "event"]).where(invitation.c.id == id)
    ).one_or_none()
    if head is None:
        return None
    outcome = InvitationOutcome(*connection.execute(OUTCOMES.where(invitation.c.id == id)).one())
    origin = connection.execute(HAPPENED.where(event.c.key == head.event)).one_or_none()
    own = select(*(sending.c[name] for name in MessageRow._fields)).where(sending.c.invitation == head.key)
    told = tuple(MessageRow(*row) for row in connection.execute(own.order_by(sending.c.number)))
    answer = connection.execute(select(response.c.id).where(response.c.invitation == head.key)).scalar_one_or_none()
    happened = HistoryEvent(*origin) if origin else None
    return FoundInvitation(id, head.digest, head.customer, head.language, outcome, happened, told, answer)


def invitations_of(connection: Connection, customer: str) -> list[str]:
    """Return the ids of a customer's invitations, the refused ones too, in the order in which they were planned."""
    query = select(invitation.c.id).where(invitation.c.customer == customer).order_by(invitation.c.key)
    return list(connection.execute(query).scalars())


def channel_of(connection: Connection, id: str) -> str | None:
    """Return the channel of the invitation of that id."""
    return connection.execute(select(invitation.c.channel).where(invitation.c.id == id)).scalar_one_or_none()


def is_any(connection: Connection) -> bool:
    """Whether an event ever came, tests left out."""
    return connection.execute(select(event.c.key).where(~event.c.test).limit(1)).first() is not None
