"""What became of the events that a touchpoint's surveys could have followed: each event counts once a touchpoint."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select

from ..values.enumeration import BY_LOT, InvitationState
from ..values.period import DateRange
from .days import within
from .invitations import BY_HAND, NEXT_AT
from .schema import invitation

SENT = (InvitationState.SENT, InvitationState.UNCERTAIN)


class FunnelRow(NamedTuple):
    """The number of a touchpoint's events with the same outcome, and until when one of them can still be answered.

    `secret` counts those to anonymous versions, of which nothing that an answer changes is shown.
    """

    touchpoint: str
    state: str
    reason: str | None
    n: int
    answered: int
    secret: int
    open_until: datetime | None


class FunnelQuery(NamedTuple):
    """Which invitations: to the surveys of each touchpoint, of these days, as they stand `now`.

    Whether invitations to the `anonymous` versions were answered is not told.
    """

    touchpoints: Mapping[str, Collection[str]]
    days: DateRange
    anonymous: Collection[str]
    now: datetime


def rows(connection: Connection, wanted: FunnelQuery) -> list[FunnelRow]:
    """Return what became of the events, by touchpoint, state and reason."""
    alone = {name: surveys for name, surveys in wanted.touchpoints.items() if len(surveys) == 1}
    several = {name: surveys for name, surveys in wanted.touchpoints.items() if len(surveys) > 1}
    queries = [_plain(alone, wanted)] if alone else []
    queries += [_once(several, wanted)] if several else []
    found = [row for query in queries for row in connection.execute(query)]
    return [FunnelRow(row[0], row[1], row[2], int(row[3]), int(row[4]), int(row[5]), row.open_until) for row in found]


def sent_daily(connection: Connection, wanted: FunnelQuery) -> list[tuple[str, date, int]]:
    """Return how many invitations to anonymous versions were sent, by touchpoint and day of the event."""
    label = _touchpoint(wanted.touchpoints).label("touchpoint")
    query = select(label, invitation.c.day, func.count()).where(
        invitation.c.digest.in_(wanted.anonymous), invitation.c.state.in_(SENT), *_real(wanted.touchpoints)
    )
    return [(row[0], row[1], int(row[2])) for row in connection.execute(query.group_by("touchpoint", invitation.c.day))]


def _plain(touchpoints: Mapping[str, Collection[str]], wanted: FunnelQuery) -> Select[Any]:
    return _summed(
        select(*_columns(touchpoints, wanted)).where(*_real(touchpoints), *within(invitation.c.day, wanted.days))
    )


def _once(touchpoints: Mapping[str, Collection[str]], wanted: FunnelQuery) -> Select[Any]:
    """Return the query in which only the invitation that came furthest stands for an event."""
    columns = _columns(touchpoints, wanted)
    occasion = func.coalesce(invitation.c.event, -invitation.c.key)
    furthest = (_distance(), invitation.c.answered_at.is_(None), invitation.c.key)
    place = func.row_number().over(partition_by=(columns[0], occasion), order_by=furthest).label("place")
    ranked = select(*columns, place).where(*_real(touchpoints), *within(invitation.c.day, wanted.days)).subquery()
    return _summed(select(*(ranked.c[column.name] for column in columns)).where(ranked.c.place == 1))


def _columns(touchpoints: Mapping[str, Collection[str]], wanted: FunnelQuery) -> list[Any]:
    is_sent = invitation.c.state.in_(SENT)
    is_waiting = invitation.c.state == InvitationState.PLANNED
    is_secret = invitation.c.digest.in_(wanted.anonymous)
    is_open = and_(is_sent, or_(invitation.c.answered_at.is_(None), is_secret), invitation.c.expires_at > wanted.now)
    return [
        _touchpoint(touchpoints).label("touchpoint"),
        invitation.c.state,
        invitation.c.reason,
        case((and_(is_sent, invitation.c.answered_at.is_not(None), ~is_secret), 1), else_=0).label("answer"),
        case((is_secret, 1), else_=0).label("hidden"),
        case((is_open, invitation.c.expires_at), (is_waiting, NEXT_AT)).label("until"),
    ]


def _summed(query: Select[Any]) -> Select[Any]:
    one = query.subquery()
    keys = one.c["touchpoint", "state", "reason"]
    sums = (func.count(), func.sum(one.c.answer), func.sum(one.c.hidden), func.max(one.c.until).label("open_until"))
    return select(*keys, *sums).group_by(*keys)


def _touchpoint(touchpoints: Mapping[str, Collection[str]]) -> ColumnElement[str]:
    names = {survey: name for name, surveys in touchpoints.items() for survey in surveys}
    return case(names, value=invitation.c.survey)


def _distance() -> ColumnElement[int]:
    """How far an invitation came, 0 the furthest; one that the lot refused came least far."""
    reached = (InvitationState.SENT, InvitationState.UNCERTAIN, InvitationState.PLANNED, InvitationState.FAILED)
    distances = [(invitation.c.state == state, distance) for distance, state in enumerate(reached)]
    return case(*distances, (invitation.c.reason.in_(BY_LOT), 5), else_=4)


def _real(touchpoints: Mapping[str, Collection[str]]) -> Sequence[ColumnElement[bool]]:
    """Links handed out by hand are no invitations, and tests are none either."""
    surveys: Iterable[str] = (survey for surveys in touchpoints.values() for survey in surveys)
    by_us = or_(invitation.c.channel.is_(None), invitation.c.channel != BY_HAND)
    return ~invitation.c.test, by_us, invitation.c.survey.in_(list(surveys))
