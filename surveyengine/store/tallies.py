"""Histograms by version: folded counts, plus what is not folded yet, in one read; exact at every moment."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    and_,
    case,
    func,
    literal,
    not_,
    or_,
    select,
    union_all,
    update,
)

from ..definitions.kinds.registry import NOT_APPLICABLE
from ..values.period import ALWAYS, DateRange
from .days import within
from .engine.upsert import upsert
from .schema import UNFOLDED, answer, response, tally

KEYS = ("digest", "day", "question", "series", "value", "place")
RESPONSES = ""
"""Stands for a question: what is counted under it are responses, `invited` ones and those by `open` links."""
INVITED, OPEN = "invited", "open"
ANSWERED = ""
"""Stands for a value: what is counted under it are the responses that answer the question, however many values each
gives. Those that only say that it does not apply are counted under that value alone."""
RANKING, TEXT = "ranking", "text"
INAPPLICABLE = and_(answer.c.value == NOT_APPLICABLE, answer.c.series != TEXT)  # in a text it is a word


class Cell(NamedTuple):
    """How often a value was given to a question of a version; in a ranking, at a `place`, of which 0 is the first."""

    digest: str
    question: str
    series: str
    value: str
    place: int
    n: int


def cells(connection: Connection, days: DateRange = ALWAYS, without: Collection[str] = ()) -> list[Cell]:
    """Return the histograms of these days, but for those of some versions."""
    both = _histograms(lambda table: [*within(table.c.day, days), table.c.digest.not_in(without)])
    keys = [both.c[name] for name in Cell._fields[:-1]]
    query = select(*keys, func.sum(both.c.n).label("n")).group_by(*keys)
    return [Cell(*row[:5], int(row.n)) for row in connection.execute(query)]


def daily(connection: Connection, versions: Collection[str]) -> list[tuple[date, Cell]]:
    """Return the histograms of these versions day by day."""
    both = _histograms(lambda table: [table.c.digest.in_(versions)])
    keys = [both.c[name] for name in ("day", *Cell._fields[:-1])]
    query = select(*keys, func.sum(both.c.n).label("n")).group_by(*keys)
    return [(row.day, Cell(*row[1:6], int(row.n))) for row in connection.execute(query)]


def _histograms(narrowed: Any) -> Any:
    """Return the folded and the new counts, one under the other; `narrowed` says which rows of a table are meant."""
    folded = select(*(tally.c[key] for key in KEYS), tally.c.n).where(*narrowed(tally))
    fresh = [part.where(response.c.id.in_(_unfolded()), *narrowed(response)) for part in _parts()]
    return union_all(folded, *fresh).subquery()


def _parts() -> tuple[Select[Any], ...]:
    """Return the queries that count values, who answered, and the responses; those of test events are none."""
    asked = (response.c.digest, response.c.day, answer.c.question, answer.c.series)
    place = case((answer.c.series == RANKING, answer.c.position), else_=0)
    given = _part(*asked, answer.c.value, place, func.count()).where(
        or_(answer.c.counted, answer.c.series == RANKING, INAPPLICABLE)
    )
    people = func.count(func.distinct(answer.c.response))
    answered = _part(*asked, literal(ANSWERED), literal(0), people).where(not_(INAPPLICABLE))
    way = case((response.c.invited, INVITED), else_=OPEN)
    came = _part(*asked[:2], literal(RESPONSES), literal(RESPONSES), way, literal(0), func.count())
    both = answer.c.response == response.c.id
    return (
        given.join_from(response, answer, both).group_by(*asked, answer.c.value, "place"),
        answered.join_from(response, answer, both).group_by(*asked),
        came.group_by(response.c.digest, response.c.day, response.c.invited),
    )


def _part(*columns: ColumnElement[Any]) -> Select[Any]:
    named = (column.label(key) for column, key in zip(columns, (*KEYS, "n"), strict=True))
    return select(*named).where(~response.c.test)


def _counted(*which: ColumnElement[bool]) -> CompoundSelect[Any]:
    return union_all(*(part.where(*which) for part in _parts()))


def _unfolded() -> Select[Any]:
    """Return the ids of new responses, apart, so that SQLite sees that they are few and begins with them."""
    return select(response.alias("new").c.id).where(UNFOLDED)


def fold(connection: Connection, limit: int) -> int:
    """Add up to `limit` responses to the folded counts; return how many there were."""
    chosen = _unfolded().limit(limit).with_for_update(skip_locked=True)
    ids = list(connection.execute(chosen).scalars())
    counted = _counted(response.c.id.in_(ids)).order_by(*KEYS)
    for row in connection.execute(counted) if ids else ():
        values = dict(zip((*KEYS, "n"), row, strict=True))
        statement = upsert(connection, tally).values(**values)
        connection.execute(
            statement.on_conflict_do_update(index_elements=list(KEYS), set_={"n": tally.c.n + values["n"]})
        )
    if ids:
        connection.execute(update(response).where(response.c.id.in_(ids)).values(folded=True))
    return len(ids)
