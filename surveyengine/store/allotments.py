"""What occasions drew: a customer's book, and the sums of a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, case, delete, exists, func, or_, select, update

from ..values.enumeration import BY_LIMIT
from .engine.upsert import insert_all
from .invitations import COUNTED, SAME_PERSONS, WHOSE, Recipient, Whose
from .lottery_schema import allotment
from .moment import Moment
from .schema import invitation, sending

MOST = 1_000  # occasions of one customer that are looked at, the newest; an id with more is not one customer's
NO_TICKETS = bytes(32)
_DUE = func.coalesce(invitation.c.due_at, invitation.c.sent_at, invitation.c.planned_at)
# Made once: to build a statement costs more than to run it.
BOOK = (
    select(
        *WHOSE,
        invitation.c.key,
        invitation.c.survey,
        invitation.c.state.in_(COUNTED).label("invited"),
        _DUE.label("due"),
        invitation.c.occasion,
        allotment.c.tickets,
        allotment.c.scale,
    )
    .outerjoin(allotment, allotment.c.invitation == invitation.c.key)
    .where(
        SAME_PERSONS,
        ~invitation.c.test,
        or_(invitation.c.state.in_(COUNTED), allotment.c.invitation.is_not(None)),
        bindparam("since", type_=Moment) <= _DUE,
    )
    .order_by(_DUE.desc(), invitation.c.key.desc())
    .limit(bindparam("most"))
)
DROP = delete(allotment).where(allotment.c.invitation == bindparam("key"))
EMPTY = (
    update(allotment)
    .where(
        allotment.c.invitation == bindparam("key"),
        exists().where(invitation.c.key == allotment.c.invitation, invitation.c.due_at >= bindparam("now")),
    )
    .values(tickets=NO_TICKETS)
)
_SUMS = (
    select(invitation.c.survey, func.count(), func.sum(allotment.c.wished), func.sum(allotment.c.allotted))
    .join_from(allotment, invitation)
    .where(allotment.c.invitation > bindparam("after"), allotment.c.invitation <= bindparam("through"))
    .group_by(invitation.c.survey)
)


class PastDecision(NamedTuple):
    """An invitation of a customer, or a refusal by the lot, when it was due; `tickets` is None where none was drawn."""

    key: int
    survey: str
    invited: bool
    due: datetime
    occasion: str | None
    tickets: bytes | None
    scale: float | None


class DrawnSums(NamedTuple):
    """How many occasions of a survey drew, the sum of the chances that they wished, and of the tickets they got."""

    survey: str
    occasions: int
    wished: float
    allotted: int


class DrawnFigures(NamedTuple):
    """What the occasions of a survey drew: how many, with how many tickets in all, and `shut` without any.

    Of the `planned` invitations among them, limits refused the `overruled` ones later.
    """

    survey: str
    occasions: int
    allotted: int
    shut: int
    planned: int
    overruled: int


def figures(connection: Connection, since: date) -> list[DrawnFigures]:
    """Return what occasions since that day drew, by survey."""
    was_planned = exists().where(sending.c.invitation == invitation.c.key)
    overruled = and_(invitation.c.reason.in_(BY_LIMIT), was_planned)
    rows = connection.execute(
        select(
            invitation.c.survey,
            func.count(),
            func.sum(allotment.c.allotted),
            func.sum(case((allotment.c.allotted == 0, 1), else_=0)),
            func.sum(case((was_planned, 1), else_=0)),
            func.sum(case((overruled, 1), else_=0)),
        )
        .join_from(invitation, allotment)
        .where(invitation.c.day >= since)
        .group_by(invitation.c.survey)
        .order_by(invitation.c.survey)
    )
    return [DrawnFigures(survey, *map(int, counts)) for survey, *counts in rows]


def books(connection: Connection, persons: Sequence[Recipient], since: datetime) -> dict[str, list[PastDecision]]:
    """Return what was decided about customers, and about whoever shares their address, by id; the newest first."""
    if not persons:
        return {}
    whose, most = Whose(persons), MOST * len(persons)
    rows = connection.execute(BOOK, {**whose.names, "since": since, "most": most}).all()
    if len(rows) == most and len(persons) > 1:  # somebody has too many, and must not push the others out
        return {id: book for one in persons for id, book in books(connection, [one], since).items()}
    found = {one.customer: list[PastDecision]() for one in persons}
    for customer, recipient, *decided in rows:
        for id in whose(customer, recipient):
            found[id].append(PastDecision(*decided))
    return found


def keep(connection: Connection, drawn: Sequence[Mapping[str, Any]]) -> None:
    """Store what the occasions of invitations drew, each with the key of its `invitation`."""
    if drawn:
        insert_all(connection, allotment, drawn)


def drop(connection: Connection, key: int) -> None:
    """Forget what the occasion of an invitation drew, because it is decided again."""
    connection.execute(DROP, {"key": key})


def empty(connection: Connection, key: int, now: datetime) -> None:
    """Free all tickets of an occasion that was undone before its invitation was due.

    After that, whoever holds one of them was asked.
    """
    connection.execute(EMPTY, {"key": key, "now": now})


def sums(connection: Connection, after: int, through: int) -> list[DrawnSums]:
    """Return what the invitations with keys behind `after`, up to `through`, drew, by survey."""
    rows = connection.execute(_SUMS, {"after": after, "through": through})
    return [DrawnSums(survey, int(n), float(wished), int(allotted)) for survey, n, wished, allotted in rows]


def newest(connection: Connection) -> int:
    """Return the key of the newest invitation that drew; 0 for none."""
    return int(connection.execute(select(func.max(allotment.c.invitation))).scalar_one() or 0)
