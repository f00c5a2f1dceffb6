"""Invitations with their events, and the events that may cancel them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, exists, func, or_, select, update

from ..values.enumeration import ABOUT_OCCASION, InvitationState, Reason
from .engine.listed import any_of
from .invitations import COUNTED, IS_LEAVING, NEXT_AT, SAME_PERSON
from .lottery_schema import allotment
from .schema import event, invitation

MOST = 500  # invitations of one customer that are looked at, the newest
MOST_COUNTERS = 2_000  # the newest, too; an id with more is not one customer's


class Invited(NamedTuple):
    """An invitation, or its refusal, with its event."""

    key: int
    survey: str
    digest: str
    state: str
    reason: str | None
    test: bool
    planned_at: datetime
    sent_at: datetime | None
    event: int
    source: str
    id: str
    type: str
    time: datetime
    data: Mapping[str, Any]
    next_at: datetime | None  # of what is still to be sent


class CounterEvent(NamedTuple):
    """An event that may undo others."""

    source: str
    id: str
    time: datetime
    type: str
    data: Mapping[str, Any]
    test: bool


# Made once: to build a statement costs more than to run it.
_INVITATION = ("key", "survey", "digest", "state", "reason", "test", "planned_at", "sent_at", "event")
_COLUMNS = [
    *(invitation.c[name] for name in _INVITATION),
    *(event.c[name] for name in ("source", "id", "type", "time", "data")),
    NEXT_AT,
]
_ALL = select(*_COLUMNS).join(event, event.c.key == invitation.c.event)
REPEATED = func.coalesce(invitation.c.reason, "") == Reason.SAME_OCCASION
HAS_DRAWN = exists().where(allotment.c.invitation == invitation.c.key)  # and so holds tickets that can be freed
INVITED = (
    _ALL.add_columns(invitation.c.customer)
    .where(
        any_of(invitation.c.customer, "customers"),
        any_of(invitation.c.survey, "surveys"),
        or_(invitation.c.state.in_(COUNTED), invitation.c.reason.in_(ABOUT_OCCASION), HAS_DRAWN),
    )
    .order_by(REPEATED, invitation.c.key.desc())  # however often something is repeated, what it repeats is found
    .limit(bindparam("most"))
)
WAITING = _ALL.where(
    SAME_PERSON, invitation.c.state == InvitationState.PLANNED, ~IS_LEAVING, ~invitation.c.test
).with_for_update(of=invitation, skip_locked=True)
COUNTERS = (
    select(event.c.customer, *(event.c[name] for name in CounterEvent._fields))
    .where(
        any_of(event.c.customer, "customers"),
        any_of(event.c.type, "types"),
    )
    .order_by(event.c.time.desc())
    .limit(bindparam("most"))
)
UNDECIDED = {"reason": None, "channel": None, "language": None, "due_at": None}


def invited(connection: Connection, customers: Sequence[str], surveys: Collection[str]) -> dict[str, list[Invited]]:
    """Return the invitations of customers to these surveys, by the customer's id, tests too.

    Those that were cancelled, repeated, or refused after they drew are among them.
    """
    if not (customers and surveys):
        return {}
    limits = {"customers": customers, "surveys": sorted(surveys), "most": MOST * len(customers)}
    rows = connection.execute(INVITED, limits).all()
    if len(rows) == limits["most"] and len(customers) > 1:  # somebody has too many, and must not push the others out
        return {id: rows for one in customers for id, rows in invited(connection, [one], surveys).items()}
    found: dict[str, list[Invited]] = {}
    for *row, customer in rows:
        found.setdefault(customer, []).append(Invited(*row))
    return found


def refused(connection: Connection, key: int, reason: str) -> tuple[Invited, str | None] | None:
    """Return an invitation that was refused for that reason, and its customer; None if that has changed."""
    query = _ALL.add_columns(invitation.c.customer).where(invitation.c.key == key, invitation.c.reason == reason)
    row = connection.execute(query.with_for_update(of=invitation)).one_or_none()
    return (Invited(*row[:-1]), row[-1]) if row else None


def waiting(connection: Connection, customer: str, recipient: str | None) -> list[Invited]:
    """Return what is planned for the customer or their address; until the transaction ends no worker can claim it."""
    return [Invited(*row) for row in connection.execute(WAITING, {"customer": customer, "recipient": recipient})]


def counters(connection: Connection, customers: Sequence[str], types: Collection[str]) -> dict[str, list[CounterEvent]]:
    """Return the events of customers of these types, by the customer's id, tests too."""
    if not (customers and types):
        return {}
    limits = {"customers": customers, "types": sorted(types), "most": MOST_COUNTERS * len(customers)}
    rows = connection.execute(COUNTERS, limits).all()
    if len(rows) == limits["most"] and len(customers) > 1:
        return {id: rows for one in customers for id, rows in counters(connection, [one], types).items()}
    found: dict[str, list[CounterEvent]] = {}
    for customer, *row in rows:
        found.setdefault(customer, []).append(CounterEvent(*row))
    return found


def decide_again(connection: Connection, key: int, values: Mapping[str, Any]) -> None:
    """Replace a refusal by another decision; its id stays."""
    anew = {name: value for name, value in {**UNDECIDED, **values}.items() if name != "id"}
    connection.execute(
        update(invitation).where(invitation.c.key == key, invitation.c.state == InvitationState.REFUSED).values(**anew)
    )
