"""Which of the invitations for one event came furthest: it alone counts where their surveys share a touchpoint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, case, exists, func, or_, select, tuple_

from ..values.enumeration import BY_LOT, InvitationState
from .invitations import BY_HAND
from .schema import invitation

REACHED = (InvitationState.SENT, InvitationState.UNCERTAIN, InvitationState.PLANNED, InvitationState.FAILED)


def real(one: FromClause) -> ColumnElement[bool]:
    """Whether an invitation is one: links handed out by hand are none, and tests are none either."""
    return and_(~one.c.test, or_(one.c.channel.is_(None), one.c.channel != BY_HAND))


def order(one: FromClause, by_answer: bool = True) -> Sequence[ColumnElement[Any]]:
    """What orders invitations by how far they came, the furthest first; the answered one of two only `by_answer`.

    One that the lot refused came least far.
    """
    distances = [(one.c.state == state, distance) for distance, state in enumerate(REACHED)]
    distance = case(*distances, (one.c.reason.in_(BY_LOT), 5), else_=4)
    return [distance, *([case((one.c.answered_at.is_(None), 1), else_=0)] if by_answer else []), one.c.key]


OTHER = invitation.alias("other")
_BETTER = (
    OTHER.c.event == invitation.c.event,
    OTHER.c.key != invitation.c.key,
    real(OTHER),
    tuple_(*order(OTHER)) < tuple_(*order(invitation)),
)
_surveys = select(OTHER.c.survey).where(*_BETTER).order_by(OTHER.c.survey).correlate(invitation).subquery("better")
BEATEN: ColumnElement[str] = func.coalesce(
    select(func.aggregate_strings(_surveys.c.survey, ",")).correlate(invitation).scalar_subquery(), ""
)
"""The surveys whose invitation for the same event came further, joined by commas."""


def is_beaten(place: ColumnElement[str], others: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether one of them is of the same place; `others` is the place of the alias OTHER."""
    return exists().where(*_BETTER, place == others).correlate(invitation)
