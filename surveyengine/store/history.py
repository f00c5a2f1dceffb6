"""A customer's events and invitations: the rows of `explain`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, func, or_, select

from ..values.enumeration import SendingState
from ..values.label import LONGEST
from .invitations import COUNTED, IS_LEAVING, LIVE, NEXT_AT
from .schema import customer, event, invitation, sending
from .sendings import FIRST


class HistoryEvent(NamedTuple):
    """An event."""

    key: int
    source: str
    id: str
    type: str
    time: datetime
    customer: str | None
    test: bool
    data: Mapping[str, Any]
    outcome: Mapping[str, Any] = MappingProxyType({})


class InvitationOutcome(NamedTuple):
    """What became of an invitation; `event` is None where no event led to it."""

    event: int | None
    survey: str
    test: bool
    state: str
    reason: str | None
    channel: str | None
    probability: float
    planned_at: datetime
    due_at: datetime | None
    sent_at: datetime | None
    expires_at: datetime | None
    answered_at: datetime | None
    next_at: datetime | None = None  # of what is still to be sent
    leaving: bool = False  # whether it is being sent at this moment
    why: str | None = None  # what went wrong with the first message, so far or for good
    digest: str = ""
    reminded_at: datetime | None = None  # for the last time
    remind_at: datetime | None = None  # when the next reminder leaves
    unreminded: str | None = None  # why the last reminder did not leave
    wished_at: datetime | None = None  # when the first message would have left if nothing were ever closed
    timezone: str | None = None  # the customer's


class SharedMailbox(NamedTuple):
    """An invitation to a customer's address under another customer's id, and when it was or will be sent."""

    customer: str
    survey: str
    at: datetime


HAPPENED = select(*(event.c[name] for name in HistoryEvent._fields)).order_by(event.c.time, event.c.key)
_WHY = (
    select(sending.c.reason)
    .where(sending.c.invitation == invitation.c.key, sending.c.number == FIRST)
    .scalar_subquery()
)
_REMINDER = (sending.c.invitation == invitation.c.key, sending.c.number > FIRST)
_REMINDED = select(func.max(sending.c.sent_at)).where(*_REMINDER).scalar_subquery()
_TO_REMIND = select(func.min(sending.c.next_at)).where(*_REMINDER, sending.c.state.in_(LIVE)).scalar_subquery()
_UNREMINDED = (
    select(sending.c.reason)
    .where(*_REMINDER, sending.c.state.in_((SendingState.WITHDRAWN, SendingState.FAILED)))
    .order_by(sending.c.number.desc())
    .limit(1)
    .scalar_subquery()
)
_WISHED = (
    select(sending.c.due_at)
    .where(sending.c.invitation == invitation.c.key, sending.c.number == FIRST)
    .scalar_subquery()
)
_TIMEZONE = select(customer.c.timezone).where(customer.c.id == invitation.c.customer).scalar_subquery()
_DERIVED: dict[str, Any] = {
    "next_at": NEXT_AT, "leaving": IS_LEAVING, "why": _WHY, "reminded_at": _REMINDED, "remind_at": _TO_REMIND,
    "unreminded": _UNREMINDED, "wished_at": _WISHED, "timezone": _TIMEZONE,
}  # fmt: skip
OUTCOMES = select(
    *(_DERIVED[name] if name in _DERIVED else invitation.c[name] for name in InvitationOutcome._fields)
).order_by(invitation.c.key)
ALIKE = 500  # names that are compared with one that does not exist


def events_of(connection: Connection, customer: str) -> list[HistoryEvent]:
    """Return the events about a customer, in the order in which they happened."""
    return [HistoryEvent(*row) for row in connection.execute(HAPPENED.where(event.c.customer == customer))]


def events_named(connection: Connection, name: str) -> list[HistoryEvent]:
    """Return the events of that id, or of that source and id with a slash between them."""
    pairs = [and_(event.c.source == source, event.c.id == id) for source, id in _splits(name)]
    return [HistoryEvent(*row) for row in connection.execute(HAPPENED.where(or_(event.c.id == name, *pairs)))]


def _splits(name: str) -> Iterator[tuple[str, str]]:
    for place, letter in enumerate(name):
        if letter == "/" and max(place, len(name) - place - 1) <= LONGEST:  # else it is no event's source and id
            yield name[:place], name[place + 1 :]


def events_alike(connection: Connection, name: str) -> list[str]:
    """Return ids of events that begin as this one does."""
    query = select(event.c.id).where(event.c.id.startswith(name[:2], autoescape=True)).limit(ALIKE)
    return list(connection.execute(query).scalars())


def outcomes_of(connection: Connection, customer: str) -> list[InvitationOutcome]:
    """Return what became of every invitation of a customer, the refused ones too."""
    return [InvitationOutcome(*row) for row in connection.execute(OUTCOMES.where(invitation.c.customer == customer))]


def outcomes_after(connection: Connection, events: Sequence[int]) -> list[InvitationOutcome]:
    """Return what came of these events."""
    return [InvitationOutcome(*row) for row in connection.execute(OUTCOMES.where(invitation.c.event.in_(events)))]


def beside(connection: Connection, customer: str, address_hash: str, limit: int = 10) -> list[SharedMailbox]:
    """Return the newest invitations that limits count because another customer has the same address."""
    at = func.coalesce(invitation.c.sent_at, NEXT_AT, invitation.c.due_at)
    query = select(invitation.c.customer, invitation.c.survey, at).where(
        invitation.c.recipient == address_hash,
        invitation.c.customer != customer,
        invitation.c.state.in_(COUNTED),
        ~invitation.c.test,
    )
    rows = connection.execute(query.order_by(invitation.c.key.desc()).limit(limit))
    return [SharedMailbox(*row) for row in reversed(rows.all())]
