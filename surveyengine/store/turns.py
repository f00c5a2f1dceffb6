"""Whose turn it is for a recurring survey: derived from the invitations, so it cannot go stale."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, exists, func, or_, select, tuple_, update

from ..values.enumeration import InvitationState
from . import invitations
from .customers import Person
from .invitations import COUNTED
from .schema import customer, invitation

LOT_DIGITS = 8
EVERY_LOT = "g"  # comes after all hexadecimal digits


class Span(NamedTuple):
    """A recurring survey, under all of its ids.

    It is the turn of whom we knew and who was last invited before `since`, and not tried after `tried`. Whoever was
    known before the survey `began` to ask has drawn a lot, and waits until it is below `drawn`.
    """

    surveys: tuple[str, ...]
    since: datetime
    tried: datetime
    began: datetime
    place: int  # where in the hash of an address the survey's lot stands, from 1
    drawn: str  # eight hexadecimal digits, or EVERY_LOT


invited_at = func.coalesce(invitation.c.sent_at, invitation.c.due_at)
RECENT = exists().where(
    invitation.c.customer == customer.c.id,
    invitation.c.survey.in_(bindparam("surveys", expanding=True)),
    ~invitation.c.test,
    or_(
        and_(invitation.c.state.in_(COUNTED), invited_at > bindparam("since")),
        invitation.c.planned_at > bindparam("tried"),
    ),
)
# Invited under another id: whoever shares a mailbox is one person.
RECENT_AT_ADDRESS = exists().where(
    invitation.c.recipient == customer.c.address_hash,
    invitation.c.survey.in_(bindparam("surveys", expanding=True)),
    ~invitation.c.test,
    invitation.c.state.in_(COUNTED),
    invited_at > bindparam("since"),
)
# Part of the hash of the address is a lot: spread evenly, always the same, and one for all ids with that mailbox.
LOT = func.coalesce(func.substr(customer.c.address_hash, bindparam("place"), LOT_DIGITS), "0" * LOT_DIGITS)
DUE = select(customer).where(
    customer.c.known_at <= bindparam("since"),
    or_(customer.c.known_at > bindparam("began"), bindparam("drawn") > LOT),
    ~RECENT,
    ~RECENT_AT_ADDRESS,
)
IN_ORDER = DUE.order_by(customer.c.known_at, customer.c.id).limit(bindparam("limit"))
ONE = DUE.where(customer.c.id == bindparam("id"))
REFUSED = (
    select(invitation.c.key)
    .where(
        invitation.c.customer == bindparam("customer"),
        invitation.c.survey == bindparam("survey"),
        invitation.c.event.is_(None),
        invitation.c.state == InvitationState.REFUSED,
    )
    .order_by(invitation.c.key.desc())
    .limit(1)
)
UNDECIDED = {"reason": None, "channel": None, "language": None, "due_at": None}


def due(connection: Connection, span: Span, after: Person | None, limit: int) -> list[Person]:
    """Return customers whose turn it is, by how long they are known, from behind `after` on."""
    query = IN_ORDER
    if after:
        query = query.where(tuple_(customer.c.known_at, customer.c.id) > (after.known_at, after.id))
    return [Person(*row) for row in connection.execute(query, {**span._asdict(), "limit": limit})]


def is_due(connection: Connection, span: Span, id: str) -> bool:
    """Whether it is this customer's turn."""
    return connection.execute(ONE, {**span._asdict(), "id": id}).first() is not None


def add(connection: Connection, values: Mapping[str, Any]) -> int:
    """Store what was decided, and return its key: an occasion that was refused before is decided again, once."""
    mine = {"customer": values["customer"], "survey": values["survey"]}
    key = connection.execute(REFUSED, mine).scalar_one_or_none()
    if key is None:
        return invitations.add(connection, values)
    anew = {name: value for name, value in {**UNDECIDED, **values}.items() if name != "id"}
    connection.execute(update(invitation).where(invitation.c.key == bindparam("refused")), {**anew, "refused": key})
    return int(key)
