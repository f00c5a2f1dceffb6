"""What happened to a customer, and what came of it: rows for whoever asks why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, and_, or_, select

from .schema import event, invitation, opt_out


class Happened(NamedTuple):
    """An event."""

    key: int
    source: str
    id: str
    type: str
    time: datetime
    customer: str | None
    test: bool


class Outcome(NamedTuple):
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
    next_at: datetime | None
    sent_at: datetime | None
    expires_at: datetime | None
    answered_at: datetime | None
    reference: str | None


HAPPENED = select(*(event.c[name] for name in Happened._fields)).order_by(event.c.time, event.c.key)
OUTCOMES = select(*(invitation.c[name] for name in Outcome._fields)).order_by(invitation.c.key)
ALIKE = 500  # names that are compared with one that does not exist


def events_of(connection: Connection, customer: str) -> list[Happened]:
    """Return the events about a customer, in the order in which they happened."""
    return [Happened(*row) for row in connection.execute(HAPPENED.where(event.c.customer == customer))]


def events_named(connection: Connection, name: str) -> list[Happened]:
    """Return the events of that id, or of that source and id with a slash between them."""
    pairs = [and_(event.c.source == source, event.c.id == id) for source, id in _splits(name)]
    return [Happened(*row) for row in connection.execute(HAPPENED.where(or_(event.c.id == name, *pairs)))]


def _splits(name: str) -> Iterator[tuple[str, str]]:
    for place, letter in enumerate(name):
        if letter == "/":
            yield name[:place], name[place + 1 :]


def events_alike(connection: Connection, name: str) -> list[str]:
    """Return ids of events that begin as this one does."""
    query = select(event.c.id).where(event.c.id.startswith(name[:2], autoescape=True)).limit(ALIKE)
    return list(connection.execute(query).scalars())


def outcomes_of(connection: Connection, customer: str) -> list[Outcome]:
    """Return what became of every invitation of a customer, the refused ones too."""
    return [Outcome(*row) for row in connection.execute(OUTCOMES.where(invitation.c.customer == customer))]


def outcomes_after(connection: Connection, events: Sequence[int]) -> list[Outcome]:
    """Return what came of these events."""
    return [Outcome(*row) for row in connection.execute(OUTCOMES.where(invitation.c.event.in_(events)))]


def address_left_at(connection: Connection, address_hash: str) -> datetime | None:
    """Return when somebody at this address asked not to be invited."""
    return connection.execute(select(opt_out.c.at).where(opt_out.c.address_hash == address_hash)).scalar_one_or_none()
