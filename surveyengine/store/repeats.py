"""Customers who answered more than once, summed by the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, case, func, select, tuple_

from ..values.period import ALWAYS, DateRange
from .days import within
from .schema import answer, response


class RepeatRow(NamedTuple):
    """Sums over the customers with several answers of a kind at a place: see `results/repeat.py`."""

    place: str
    kind: str
    customers: int
    answers: int
    added: int
    squares: int
    own: int
    mixed: int
    sizes: int


class RepeatQuery(NamedTuple):
    """Which answers: to these questions of versions of the surveys, of these days.

    `places` says where the answers to a version count, `recoded` what each answer of a series adds to a score.
    """

    surveys: Collection[str]
    places: Mapping[str, str]
    questions: Sequence[tuple[str, str]]
    recoded: Mapping[str, Mapping[int, int]]
    days: DateRange = ALWAYS


def rows(connection: Connection, wanted: RepeatQuery) -> list[RepeatRow]:
    """Return the sums of each place and series."""
    if not wanted.questions:
        return []
    one = _customers(wanted).subquery()
    sums = (
        func.count(), func.sum(one.c.n), func.sum(one.c.added), func.sum(one.c.squares),
        func.sum(one.c.added * one.c.added), func.sum(one.c.added * one.c.n), func.sum(one.c.n * one.c.n),
    )  # fmt: skip
    query = select(one.c.place, one.c.series, *sums).group_by(one.c.place, one.c.series)
    return [RepeatRow(row[0], row[1], *map(int, row[2:])) for row in connection.execute(query)]


def _customers(wanted: RepeatQuery) -> Select[Any]:
    """Return the query of each customer with several answers at a place."""
    place = case(dict(wanted.places), value=response.c.digest).label("place")
    added = _added(wanted.recoded)
    keys = (place, answer.c.series, response.c.customer)
    query = select(*keys, func.count().label("n"), func.sum(added).label("added"))
    query = query.add_columns(func.sum(added * added).label("squares"))
    query = query.join_from(response, answer, answer.c.response == response.c.id)
    asked = tuple_(response.c.digest, answer.c.question).in_(wanted.questions)
    query = query.where(
        asked,
        response.c.survey.in_(wanted.surveys),
        answer.c.counted,
        answer.c.series.in_(list(wanted.recoded)),
        ~response.c.test,
    )
    query = query.where(response.c.customer.is_not(None), *within(response.c.day, wanted.days))
    return query.group_by("place", answer.c.series, response.c.customer).having(func.count() > 1)


def _added(recoded: Mapping[str, Mapping[int, int]]) -> ColumnElement[int]:
    """Return what an answer adds to the score of its series."""
    whens = [
        ((answer.c.series == series) & (answer.c.value == str(value)), adds)
        for series, values in recoded.items()
        for value, adds in values.items()
    ]
    return case(*whens, else_=0)
