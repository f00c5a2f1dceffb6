"""How surveys stand in the lot day by day; each day is made once, by whoever needs it first."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, and_, bindparam, func, select

from .engine import lock
from .engine.upsert import upsert
from .lottery_schema import survey_scale


class DayScale(NamedTuple):
    """How a survey stands in the lot on a day; `through` is the last invitation in its sums."""

    survey: str
    day: date
    chance: float
    occasions: float
    wished: float
    given: float
    through: int


_COLUMNS = tuple(survey_scale.c[name] for name in DayScale._fields)
ON_DAY = select(*_COLUMNS).where(survey_scale.c.day == bindparam("day"))
_LAST = (
    select(survey_scale.c.survey, func.max(survey_scale.c.day).label("day"))
    .where(survey_scale.c.day < bindparam("day"))
    .group_by(survey_scale.c.survey)
    .subquery()
)
BEFORE = select(*_COLUMNS).join(_LAST, and_(_LAST.c.survey == survey_scale.c.survey, _LAST.c.day == survey_scale.c.day))


def on(connection: Connection, day: date) -> list[DayScale]:
    """Return how surveys stand on a day; [] where nobody has needed it yet."""
    return [DayScale(*row) for row in connection.execute(ON_DAY, {"day": day})]


def before(connection: Connection, day: date) -> list[DayScale]:
    """Return how surveys stood on the last day before that one which each of them has."""
    return [DayScale(*row) for row in connection.execute(BEFORE, {"day": day})]


def hold(connection: Connection) -> None:
    """Let nobody else make a day until the transaction ends."""
    lock.hold(connection, lock.SCALES)


def keep(connection: Connection, scales: Iterable[DayScale]) -> None:
    """Store how surveys stand on a day, where it is not stored yet."""
    if rows := [one._asdict() for one in scales]:
        connection.execute(upsert(connection, survey_scale).on_conflict_do_nothing(), rows)


def lacking(found: Collection[DayScale], surveys: Collection[str]) -> bool:
    """Whether one of these surveys does not stand among what was found."""
    return not {*surveys} <= {one.survey for one in found}
