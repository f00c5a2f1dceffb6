"""The invitations that a step of the funnel counts, one by one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, exists, func, select

from ..values.enumeration import InvitationState
from ..values.period import DateRange
from .funnel import once
from .schema import invitation, sending
from .sendings import FIRST


class InvitationFilter(NamedTuple):
    """Which invitations: to the surveys of each touchpoint, of these days and states; refused for that `reason`.

    `answered` leaves only those that were answered.
    """

    touchpoints: Mapping[str, Collection[str]]
    days: DateRange
    states: Collection[InvitationState]
    reason: str | None = None
    answered: bool = False


class CountedInvitation(NamedTuple):
    """An invitation as a row: what became of it, or why there was none."""

    key: int
    id: str
    survey: str
    customer: str | None
    state: str
    reason: str | None
    day: date
    reminded: bool = False  # whether a reminder left, too


_IS_REMINDED = exists().where(
    sending.c.invitation == invitation.c.key, sending.c.number > FIRST, sending.c.sent_at.is_not(None)
)


def total(connection: Connection, wanted: InvitationFilter) -> int:
    """Return how many there are."""
    found = _chosen(select(invitation.c.key), wanted).subquery()
    return int(connection.execute(select(func.count()).select_from(found)).scalar_one())


def newest(connection: Connection, wanted: InvitationFilter, before: int | None, limit: int) -> list[CountedInvitation]:
    """Return so many, the last stored first; behind the one of a key, where it is given."""
    query = _chosen(select(*(invitation.c[name] for name in CountedInvitation._fields[:-1]), _IS_REMINDED), wanted)
    query = query.where(invitation.c.key < before) if before else query
    return [CountedInvitation(*row) for row in connection.execute(query.order_by(invitation.c.key.desc()).limit(limit))]


def _chosen(query: Select[Any], wanted: InvitationFilter) -> Select[Any]:
    query = query.where(invitation.c.key.in_(once(wanted.touchpoints, wanted.days, wanted.answered)))
    query = query.where(invitation.c.state.in_(wanted.states))
    if wanted.reason:
        query = query.where(invitation.c.reason == wanted.reason)
    return query.where(invitation.c.answered_at.is_not(None)) if wanted.answered else query
