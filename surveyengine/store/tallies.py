"""Histograms by version: folded counts, plus what is not folded yet, in one read; exact at every moment."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Integer,
    Select,
    and_,
    case,
    cast,
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
from . import segment_tallies
from .count_tables import tally, tally_month
from .days import within
from .rollup import Rollup, change, stored
from .rollup import daily as by_days
from .schema import UNFOLDED, answer, response

KEYS = ("digest", "day", "question", "series", "value", "place")
TALLY = Rollup(tally, tally_month, KEYS)
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


class DatedCells(NamedTuple):
    """Which counts: of these questions and days, but for those of some versions; by whole months where `monthly`.

    Where `of` names versions, they are of these alone. Those of days from one of `starts` to the next are summed;
    without any, those of each day stand alone.
    """

    questions: Collection[str]
    days: DateRange
    without: Collection[str] = ()
    monthly: bool = False
    starts: Sequence[date] = ()
    of: Collection[str] | None = None


def cells(
    connection: Connection,
    days: DateRange = ALWAYS,
    without: Collection[str] = (),
    of: Collection[str] | None = None,
) -> list[Cell]:
    """Return the histograms of these days, but for those of some versions; `of` these alone where it is given."""
    folded = stored(TALLY, (*KEYS, "n"), days, lambda table: [_versions(table.c.digest, without, of)])
    both = _with_new(folded, *within(response.c.day, days), _versions(response.c.digest, without, of))
    keys = [both.c[name] for name in Cell._fields[:-1]]
    query = select(*keys, func.sum(both.c.n).label("n")).group_by(*keys)
    return [Cell(*row[:5], int(row[5])) for row in connection.execute(query).all()]


def _versions(digest: ColumnElement[str], without: Collection[str], of: Collection[str] | None) -> ColumnElement[bool]:
    return digest.not_in(without) if of is None else digest.in_([one for one in of if one not in without])


def daily(connection: Connection, versions: Collection[str], days: DateRange = ALWAYS) -> list[tuple[date, Cell]]:
    """Return the histograms of these versions day by day."""
    both = _of_versions(versions, days)
    keys = [both.c[name] for name in ("day", *Cell._fields[:-1])]
    query = select(*keys, func.sum(both.c.n).label("n")).group_by(*keys)
    return [(row.day, Cell(*row[1:6], int(row.n))) for row in connection.execute(query)]


def sizes(connection: Connection, versions: Collection[str]) -> list[tuple[str, date, int]]:
    """Return how many responses to these versions there are on each day."""
    both = _of_versions(versions, ALWAYS)
    query = select(both.c.digest, both.c.day, func.sum(both.c.n)).where(both.c.question == RESPONSES)
    rows = connection.execute(query.group_by(both.c.digest, both.c.day))
    return [(row[0], row[1], int(row[2])) for row in rows]


def _of_versions(versions: Collection[str], days: DateRange) -> Any:
    folded = select(*(tally.c[key] for key in KEYS), tally.c.n)
    folded = folded.where(tally.c.digest.in_(versions), *within(tally.c.day, days))
    return _with_new([folded], response.c.digest.in_(versions), *within(response.c.day, days))


def dated(connection: Connection, wanted: DatedCells) -> Iterator[tuple[date, Cell]]:
    """Yield the counts of values with the day of each, the first of its month, or the last of those summed.

    One may come in parts.
    """
    read = stored if wanted.monthly else by_days
    which = wanted.without, wanted.of
    folded = read(TALLY, (*KEYS, "n"), wanted.days, lambda table: [_versions(table.c.digest, *which)])
    both = _with_new(folded, *within(response.c.day, wanted.days), _versions(response.c.digest, *which))
    keys = [both.c[name] for name in Cell._fields[:-1]]
    query = select(both.c.day, *keys, both.c.n)
    if len(wanted.starts) > 1:
        piece = case(*((both.c.day < start, at) for at, start in enumerate(wanted.starts[1:])), else_=-1)
        query = select(func.max(both.c.day), *keys, cast(func.sum(both.c.n), Integer)).group_by(piece, *keys)
    query = query.where(both.c.question.in_(wanted.questions), both.c.value != ANSWERED)
    return ((row[0], Cell._make(row[1:])) for row in connection.execute(query))


def _with_new(folded: Sequence[Select[Any]], *new: ColumnElement[bool]) -> Any:
    """Return the folded and the new counts, one under the other; `new` says which new responses are meant."""
    return union_all(*folded, *(part.where(response.c.id.in_(unfolded()), *new) for part in _parts())).subquery()


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


def counted(*which: ColumnElement[bool]) -> CompoundSelect[Any]:
    """Return the query that counts these responses from their answers."""
    return union_all(*(part.where(*which) for part in _parts()))


def unfolded() -> Select[Any]:
    """Return the ids of new responses, apart, so that SQLite sees that they are few and begins with them."""
    return select(response.alias("new").c.id).where(UNFOLDED)


def fold(connection: Connection, limit: int) -> int:
    """Add up to `limit` responses to the folded counts; return how many there were."""
    chosen = unfolded().limit(limit).with_for_update(skip_locked=True)
    ids = list(connection.execute(chosen).scalars())
    change(connection, TALLY, _changes(connection, ids))
    if ids:
        connection.execute(update(response).where(response.c.id.in_(ids)).values(folded=True))
        segment_tallies.fold(connection, ids)
    return len(ids)


def take_back(connection: Connection, responses: Collection[str]) -> None:
    """Let no folded count know of these responses any more; as long as they are there they are counted as new."""
    chosen = select(response.c.id).where(response.c.id.in_(responses), response.c.folded).with_for_update()
    ids = list(connection.execute(chosen).scalars())
    change(connection, TALLY, [(cell, -n) for cell, n in _changes(connection, ids)])
    segment_tallies.take_back(connection, ids)
    connection.execute(update(response).where(response.c.id.in_(ids)).values(folded=False))


def _changes(connection: Connection, ids: Sequence[str]) -> list[tuple[dict[str, Any], int]]:
    """Return what these responses add to the counts."""
    rows = connection.execute(counted(response.c.id.in_(ids))) if ids else ()
    return [(dict(zip(KEYS, row[:-1], strict=True)), int(row[-1])) for row in rows]
