"""What became of the events that a touchpoint's surveys could have followed: each event counts once a touchpoint."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, case, func, select

from ..values.enumeration import InvitationState
from ..values.period import ALWAYS, DateRange
from .days import within
from .funnel_tallies import IS_REAL, summed
from .furthest import OTHER, is_beaten, order
from .schema import IS_OPEN, UNFOLDED, invitation

SENT = (InvitationState.SENT, InvitationState.UNCERTAIN)


class FunnelRow(NamedTuple):
    """The number of a touchpoint's events with the same outcome, and until when one of them can still be answered.

    `secret` counts those to anonymous versions, of which nothing that an answer changes is shown. `open` is how many
    can still be answered; None where secret ones are among them.
    """

    touchpoint: str
    state: str
    reason: str | None
    n: int
    answered: int
    secret: int
    open_until: datetime | None
    open: int | None = 0


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
    return [row for some in (alone, several) if some for row in _counted(connection, some, wanted)]


def open_daily(connection: Connection, wanted: FunnelQuery) -> list[tuple[str, date]]:
    """Return the touchpoints and days of invitations that can still be answered, or are still to be sent.

    Of those to anonymous versions nobody is told whether they were answered: all can be, until they expire.
    """
    names = _names(wanted.touchpoints)
    place = select(invitation.c.survey, invitation.c.day)
    theirs = [invitation.c.survey.in_(list(names)), *within(invitation.c.day, wanted.days)]
    sent = place.where(IS_OPEN, invitation.c.expires_at > wanted.now, *theirs)
    waiting = place.where(UNFOLDED, invitation.c.state == InvitationState.PLANNED, IS_REAL, *theirs)
    secret = summed(("survey", "day"), wanted.days, lambda table: [
        table.c.digest.in_(wanted.anonymous), table.c.state.in_(SENT), table.c.survey.in_(list(names)),
    ])  # fmt: skip
    found = [*connection.execute(sent.distinct()), *connection.execute(waiting.distinct())]
    if wanted.anonymous:
        found += [row for row in connection.execute(secret) if row.n and row.until and row.until > wanted.now]
    return [(names[row.survey], row.day) for row in found]


def sent_daily(connection: Connection, wanted: FunnelQuery) -> list[tuple[str, date, int]]:
    """Return how many invitations to anonymous versions were sent, by touchpoint and day of the event."""
    names = _names(wanted.touchpoints)
    counts = summed(("survey", "day"), ALWAYS, lambda table: [
        table.c.digest.in_(wanted.anonymous), table.c.state.in_(SENT), table.c.survey.in_(list(names)),
    ])  # fmt: skip
    return [(names[row.survey], row.day, int(row.n)) for row in connection.execute(counts) if row.n]


def _counted(
    connection: Connection, touchpoints: Mapping[str, Collection[str]], wanted: FunnelQuery
) -> list[FunnelRow]:
    """Return the rows of touchpoints, whose invitations are counted by their state; where they have several surveys
    each, only those that no other of the touchpoint has beaten.
    """
    names, is_several = _names(touchpoints), any(len(surveys) > 1 for surveys in touchpoints.values())
    columns = ("survey", "digest", "state", "reason", "answered", *(["beaten"] if is_several else []))
    counts = summed(columns, wanted.days, lambda table: [table.c.survey.in_(list(names))])
    stand = [row for row in connection.execute(counts) if row.n]
    if is_several:
        stand = [row for row in stand if not {*row.beaten.split(",")} & {*touchpoints[names[row.survey]]}]
    found = [_row(row, names[row.survey], wanted) for row in stand]
    for survey, until, n in connection.execute(_open(names, wanted, is_several)):
        found.append(FunnelRow(names[survey], InvitationState.SENT, None, 0, 0, 0, until, int(n)))
    return found


def _told(n: int, veiled: int) -> int | None:
    """Return how many can still be answered; None where secret ones are among them."""
    return None if veiled else int(n)


def _row(row: Any, touchpoint: str, wanted: FunnelQuery) -> FunnelRow:
    is_sent, is_secret = row.state in SENT, row.digest in wanted.anonymous
    is_open = is_secret and is_sent and row.until and row.until > wanted.now
    answered = row.n if is_sent and row.answered and not is_secret else 0
    waits_until = row.next_at if row.state == InvitationState.PLANNED else None
    n, secret, until = int(row.n), int(row.n if is_secret else 0), row.until if is_open else waits_until
    told = _told(n if waits_until else 0, bool(is_open) or bool(is_secret and waits_until))
    return FunnelRow(touchpoint, row.state, row.reason or None, n, int(answered), secret, until, told)


def _open(names: Mapping[str, str], wanted: FunnelQuery, is_several: bool) -> Select[Any]:
    """Return the query until when answers to these surveys can come, and to how many invitations."""
    query = select(invitation.c.survey, func.max(invitation.c.expires_at), func.count()).where(
        IS_OPEN, invitation.c.survey.in_(list(names)), invitation.c.expires_at > wanted.now
    )
    if is_several:
        places = (case(dict(names), value=one.c.survey, else_="") for one in (invitation, OTHER))
        query = query.where(~is_beaten(*places))
    return query.where(*within(invitation.c.day, wanted.days)).group_by(invitation.c.survey)


def _names(touchpoints: Mapping[str, Collection[str]]) -> Mapping[str, str]:
    """Return the touchpoint of each survey."""
    return {survey: name for name, surveys in touchpoints.items() for survey in surveys}


def once(touchpoints: Mapping[str, Collection[str]], days: DateRange, by_answer: bool) -> Select[Any]:
    """Return the query of the keys of the invitations of these days of which each stands for an event.

    Of two that were sent for the same event that is the answered one only `by_answer`: else it would tell which it is.
    """
    every = select(invitation.c.key).where(*_real(touchpoints), *within(invitation.c.day, days))
    if all(len(surveys) == 1 for surveys in touchpoints.values()):
        return every
    ranked = every.add_columns(_place(touchpoints, by_answer).label("place")).subquery()
    return select(ranked.c.key).where(ranked.c.place == 1)


def _place(touchpoints: Mapping[str, Collection[str]], by_answer: bool = True) -> ColumnElement[int]:
    """The place of an invitation among those of its event at its touchpoint: 1 for the one that came furthest."""
    occasion = func.coalesce(invitation.c.event, -invitation.c.key)
    partition = _touchpoint(touchpoints), occasion
    return func.row_number().over(partition_by=partition, order_by=order(invitation, by_answer))


def _touchpoint(touchpoints: Mapping[str, Collection[str]]) -> ColumnElement[str]:
    names = {survey: name for name, surveys in touchpoints.items() for survey in surveys}
    return case(names, value=invitation.c.survey)


def _real(touchpoints: Mapping[str, Collection[str]]) -> Sequence[ColumnElement[bool]]:
    surveys: Iterable[str] = (survey for surveys in touchpoints.values() for survey in surveys)
    return IS_REAL, invitation.c.survey.in_(list(surveys))
