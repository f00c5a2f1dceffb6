"""Histograms: folded counts, plus what is not folded yet, in one read; exact at every moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, delete, func, insert, null, select, union_all, update

from .schema import UNFOLDED, answer, response, tally
from .upsert import upsert

KEYS = ("digest", "day", "question", "series", "value")


class Cell(NamedTuple):
    """How often a value was given to a question of a version."""

    digest: str
    question: str
    series: str
    value: str
    group: str | None
    n: int


def cells(connection: Connection, start: date | None, end: date | None) -> list[Cell]:
    """Return the histogram of every counted question over the days from `start` to `end`, both included."""
    folded = select(*(tally.c[key] for key in KEYS), tally.c.n)
    fresh = _answers().where(response.c.id.in_(_unfolded()), ~response.c.test)
    both = union_all(_within(folded, tally.c.day, start, end), _within(fresh, response.c.day, start, end)).subquery()
    names = ("digest", "question", "series", "value")
    query = select(*(both.c[name] for name in names), null(), func.sum(both.c.n).label("n")).group_by(
        *(both.c[name] for name in names)
    )
    return [Cell(*row[:5], int(row.n)) for row in connection.execute(query)]


def cells_by(connection: Connection, start: date | None, end: date | None, field: str) -> list[Cell]:
    """Return the same by the values of a field of the context, or by language, counted from the raw answers."""
    group = response.c.language if field == "language" else response.c.context[field].as_string()
    raw = (
        select(response.c.digest, *answer.c["question", "series", "value"], group.label("group"))
        .join(response, response.c.id == answer.c.response)
        .where(answer.c.counted, ~response.c.test)
    )
    rows = _within(raw, response.c.day, start, end).subquery()
    query = select(*rows.c, func.count().label("n")).group_by(*rows.c)
    return [Cell(*row[:5], int(row.n)) for row in connection.execute(query)]


def responses(
    connection: Connection, surveys: Sequence[str], start: date | None, end: date | None
) -> Mapping[str, int]:
    """Return how many responses each of these surveys has over the days."""
    query = select(response.c.survey, func.count()).where(response.c.survey.in_(surveys), ~response.c.test)
    rows = connection.execute(_within(query, response.c.day, start, end).group_by(response.c.survey)) if surveys else ()
    return {survey: n for survey, n in rows}


def _answers() -> Select[Any]:
    columns = (response.c.digest, response.c.day, answer.c.question, answer.c.series, answer.c.value)
    return (
        select(*columns, func.count().label("n"))
        .join(response, response.c.id == answer.c.response)
        .where(answer.c.counted)
        .group_by(*columns)
    )


def _unfolded() -> Select[Any]:
    """Return the ids of new responses, apart, so that SQLite sees that they are few and begins with them."""
    return select(response.alias("new").c.id).where(UNFOLDED)


def _within(query: Select[Any], day: ColumnElement[date], start: date | None, end: date | None) -> Select[Any]:
    if start:
        query = query.where(day >= start)
    return query.where(day <= end) if end else query


def fold(connection: Connection, limit: int) -> int:
    """Add up to `limit` responses to the folded counts; return how many there were."""
    chosen = _unfolded().limit(limit).with_for_update(skip_locked=True)
    ids = list(connection.execute(chosen).scalars())
    counted = _answers().where(response.c.id.in_(ids), ~response.c.test).order_by(*KEYS)
    for row in connection.execute(counted) if ids else ():
        values = dict(zip((*KEYS, "n"), row, strict=True))
        statement = upsert(connection, tally).values(**values)
        connection.execute(
            statement.on_conflict_do_update(index_elements=list(KEYS), set_={"n": tally.c.n + values["n"]})
        )
    if ids:
        connection.execute(update(response).where(response.c.id.in_(ids)).values(folded=True))
    return len(ids)


def rebuild(connection: Connection) -> None:
    """Forget the folded counts and count everything again from the answers."""
    connection.execute(delete(tally))
    connection.execute(insert(tally).from_select([*KEYS, "n"], _answers().where(~response.c.test)))
    connection.execute(update(response).values(folded=True))
