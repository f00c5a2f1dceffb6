"""The messages behind a number of the sending, one by one: exactly those that it counts."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, case, func, or_, select

from ..values.enumeration import SendingState
from .backlog import standing
from .messages import LEFT
from .schema import ENDED, invitation, sending
from .sendings import FAILED, UNKNOWN


class MessageFilter(NamedTuple):
    """Which messages: those that stand there now, by a word of the backlog, or that left from a moment to another.

    `since` leaves out those that were to be tried for the last time before.
    """

    standing: str
    surveys: Collection[str] | None = None
    since: datetime | None = None
    left: tuple[datetime, datetime] | None = None


class ListedMessage(NamedTuple):
    """A message as a row; `invitation` is the public id, `again` whether somebody may have it sent again."""

    key: int
    invitation: str
    survey: str
    customer: str | None
    number: int
    state: str
    reason: str | None
    attempt: int
    due_at: datetime
    next_at: datetime
    sent_at: datetime | None
    again: bool


Page = tuple[int | None, int]
"""Behind which key a page begins, None for the first one, and how many rows it has."""
_MESSAGE = ("number", "state", "reason", "attempt", "due_at", "next_at", "sent_at")
COLUMNS = (
    sending.c.key,
    *invitation.c["id", "survey", "customer"],
    *(sending.c[name] for name in _MESSAGE),
    case((or_(FAILED, UNKNOWN), True), else_=False).label("again"),
)


def total(connection: Connection, wanted: MessageFilter, now: datetime) -> int:
    """Return how many there are."""
    return int(connection.execute(_chosen(select(func.count()), wanted, now)).scalar_one())


def newest(connection: Connection, wanted: MessageFilter, now: datetime, page: Page) -> list[ListedMessage]:
    """Return a page of them, the last planned first."""
    before, limit = page
    query = _chosen(select(*COLUMNS), wanted, now)
    query = query.where(sending.c.key < before) if before else query
    return [ListedMessage(*row) for row in connection.execute(query.order_by(sending.c.key.desc()).limit(limit))]


def _chosen(query: Select[Any], wanted: MessageFilter, now: datetime) -> Select[Any]:
    query = query.select_from(sending).join(invitation, invitation.c.key == sending.c.invitation)
    if wanted.left:
        begin, end = wanted.left
        which = and_(sending.c.sent_at >= begin, sending.c.sent_at < end, sending.c.state.in_(LEFT))
    else:
        which = standing(now)[wanted.standing]
        query = query.where(ENDED) if wanted.standing in (SendingState.FAILED, SendingState.UNCERTAIN) else query
    query = query.where(which)
    query = query if wanted.surveys is None else query.where(invitation.c.survey.in_(wanted.surveys))
    return query if wanted.since is None else query.where(sending.c.next_at >= wanted.since)
