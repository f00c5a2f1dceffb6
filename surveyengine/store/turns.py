"""Whose turn it is to be asked what is asked every so often: derived from the invitations, so it cannot go stale."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, exists, func, insert, or_, select, tuple_, update

from .customers import Person
from .invitations import COUNTED
from .schema import customer, invitation


class Span(NamedTuple):
    """A survey that comes every so often: whom we knew and who was last invited before `since`, and not tried after."""

    survey: str
    since: datetime
    tried: datetime


def due(connection: Connection, span: Span, after: Person | None, limit: int) -> list[Person]:
    """Return customers whose turn it is, by how long they are known, from behind `after` on."""
    query = select(customer).where(_is_due(span)).order_by(customer.c.known_at, customer.c.id).limit(limit)
    if after:
        query = query.where(tuple_(customer.c.known_at, customer.c.id) > (after.known_at, after.id))
    return [Person(*row) for row in connection.execute(query)]


def is_due(connection: Connection, span: Span, id: str) -> bool:
    """Whether it is this customer's turn."""
    query = select(customer.c.id).where(customer.c.id == id, _is_due(span))
    return connection.execute(query).first() is not None


def _is_due(span: Span) -> ColumnElement[bool]:
    at = func.coalesce(invitation.c.sent_at, invitation.c.due_at)
    recent = or_(and_(invitation.c.state.in_(COUNTED), at > span.since), invitation.c.planned_at > span.tried)
    mine = and_(invitation.c.customer == customer.c.id, invitation.c.survey == span.survey, ~invitation.c.test)
    return and_(customer.c.known_at <= span.since, ~exists().where(mine, recent))


def add(connection: Connection, values: Mapping[str, Any]) -> None:
    """Store what was decided: an occasion that was refused before is decided again, not counted twice."""
    refused = select(invitation.c.key).where(
        invitation.c.customer == values["customer"],
        invitation.c.survey == values["survey"],
        invitation.c.event.is_(None),
        invitation.c.state == "refused",
    )
    key = connection.execute(refused.order_by(invitation.c.key.desc()).limit(1)).scalar_one_or_none()
    if key is None:
        connection.execute(insert(invitation).values(**values))
        return
    anew = {name: value for name, value in values.items() if name not in ("id", "token_hash")}
    statement = update(invitation).where(invitation.c.key == key)
    connection.execute(statement.values(**{"reason": None, "due_at": None, "next_at": None, "attempt": 0, **anew}))
