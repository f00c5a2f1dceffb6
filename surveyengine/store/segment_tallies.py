"""Folded counts of answers by the fields of their context, for all fields that do not identify something."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Literal, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from ..values.period import DateRange
from .count_tables import LONGEST_FACT, SEGMENT_KEYS, segment_field, segment_month, segment_tally, segment_value
from .engine import lock
from .engine.upsert import upsert
from .rollup import Narrowed, Rollup, change, stored
from .schema import answer, response

SEGMENTS = Rollup(segment_tally, segment_month, SEGMENT_KEYS)
CSAT, LANGUAGE = "csat", "language"
FACT, CLAIM, UNKNOWN = "fact", "claim", "unknown"
MOST_FIELDS, LONGEST = 64, 64  # characters of a field's name
MOST_VALUES = 1_000
"""A field with more values than this identifies something, and is counted only when somebody asks."""

Fold = Literal[1, -1]


def read(field: str, columns: Sequence[str], days: DateRange, narrowed: Narrowed) -> list[Select[Any]]:
    """Return the queries that together read the folded counts of a field in a period."""
    return stored(SEGMENTS, columns, days, lambda table: [table.c.field == field, *narrowed(table)])


def is_counted(connection: Connection, field: str) -> bool:
    """Whether all folded answers are counted by this field."""
    query = select(segment_field.c.field).where(
        segment_field.c.field == field, segment_field.c.counted, segment_field.c.reached.is_(None)
    )
    return connection.execute(query).first() is not None


def grouped(field: str, series: str = CSAT) -> Select[Any]:
    """Return the query that counts answers by what is said of the field, which day by day gives the rows to fold."""
    said, fact = said_of(field)
    keys = (said.label("said"), fact.label("fact"), response.c.digest, answer.c.question, answer.c.value)
    return (
        select(response.c.day, *keys, func.count().label("n"))
        .join_from(response, answer, answer.c.response == response.c.id)
        .where(~response.c.test, answer.c.counted, answer.c.series == series)
        .group_by(response.c.day, "said", "fact", *keys[2:])
    )


def said_of(field: str) -> tuple[ColumnElement[str], ColumnElement[str]]:
    """Return what a response says of a field: a fact, a claim or nothing; and the fact, "" without one."""
    if field == LANGUAGE:
        return case((response.c.language.is_(None), UNKNOWN), else_=FACT), func.coalesce(response.c.language, "")
    value = response.c.context[field].as_string()
    said = case((value.is_(None), UNKNOWN), (response.c.claimed, CLAIM), else_=FACT)
    return said, case((and_(value.is_not(None), ~response.c.claimed), value), else_="")


class KnownField(NamedTuple):
    """A field that was a fact at some time: whether it is counted, and up to which id where that is not all yet."""

    counted: bool
    reached: str | None

    def among(self, *which: ColumnElement[bool]) -> list[ColumnElement[bool]]:
        """The conditions of those of some responses that are counted by now."""
        return [*which, *([] if self.reached is None else [response.c.id <= self.reached])]


NEW = KnownField(True, "")


def fold(connection: Connection, ids: Collection[str]) -> None:
    """Count these responses, which have just been folded, by the fields of their context.

    1. A field that has never been a fact before is going to be counted, step by step (`advance`): other folded
       responses may have claimed it.
    2. By one that is being counted only those responses are that it has passed, as it comes to the others.
    3. A field that has come to have too many values, or too long ones, is not counted any more.
    """
    lock.hold(connection, lock.SEGMENTS)
    known = _known(connection)
    said = _said(connection, ids)
    facts = sorted(field for field, is_fact in said if is_fact and field not in known and len(field) <= LONGEST)
    for field in facts[: MOST_FIELDS - len(known)]:
        connection.execute(insert(segment_field).values(field=field, **NEW._asdict()))
    for field in sorted({field for field, _ in said if field in known and known[field].counted}):
        _count(connection, field, grouped(field).where(*known[field].among(response.c.id.in_(ids))), 1)


def advance(connection: Connection, limit: int) -> int:
    """Count up to `limit` more folded responses by one field that has become known; return `limit` if there are more.

    Until all are, the field is read as one that is not counted. Those with the lowest ids come first, so that whatever
    is folded or taken back in between knows whether it is among those that are counted.
    """
    lock.hold(connection, lock.SEGMENTS)
    waiting = {field: known.reached for field, known in _known(connection).items() if known.reached is not None}
    if not waiting:
        return 0
    field, reached = min(waiting.items())
    further = response.c.id > reached
    ids = select(response.c.id).where(further).order_by(response.c.id).limit(limit).subquery()
    n, last = connection.execute(select(func.count(), func.max(ids.c.id))).one()
    now = KnownField(True, last if n == limit else None)
    connection.execute(update(segment_field).where(segment_field.c.field == field).values(**now._asdict()))
    _count(connection, field, grouped(field).where(*now.among(response.c.folded, further)), 1)
    return limit if now.reached is not None or len(waiting) > 1 else int(n) % limit


def restart(connection: Connection) -> None:
    """Count fields anew that are not counted by all responses yet, because another database orders ids otherwise."""
    for field, known in _known(connection).items():
        if known.reached:
            _forget(connection, field)
            connection.execute(update(segment_field).where(segment_field.c.field == field).values(**NEW._asdict()))


def take_back(connection: Connection, ids: Collection[str]) -> None:
    """Let no count know of these folded responses any more."""
    lock.hold(connection, lock.SEGMENTS)
    known = _known(connection)
    for field in sorted({field for field, _ in _said(connection, ids) if field in known and known[field].counted}):
        rows = grouped(field).where(*known[field].among(response.c.id.in_(ids)))
        _forget_unsaid(connection, field, _count(connection, field, rows, -1))


def counted(connection: Connection) -> dict[str, Select[Any]]:
    """Return for each field the query that counts anew what is counted by it."""
    fields = {field: known for field, known in _known(connection).items() if known.counted}
    return {field: grouped(field).where(*known.among(response.c.folded)) for field, known in fields.items()}


def _known(connection: Connection) -> dict[str, KnownField]:
    rows = connection.execute(select(segment_field))
    return {row.field: KnownField(row.counted, row.reached) for row in rows}


def _said(connection: Connection, ids: Collection[str]) -> set[tuple[str, bool]]:
    """Return which fields these responses have, and whether as facts."""
    rows = connection.execute(select(response.c.context, response.c.claimed).where(response.c.id.in_(ids)))
    found = {(field, not row.claimed) for row in rows for field in row.context}
    return {(LANGUAGE, True), *found} if ids else set()


def _count(connection: Connection, field: str, rows: Select[Any], sign: Fold) -> Collection[str]:
    """Add to the counts of a field, or take off; return the values that it has in these rows."""
    found = [row for row in connection.execute(rows) if row.said != UNKNOWN]
    facts = {row.fact for row in found if row.said == FACT}
    if sign > 0 and _is_too_much(connection, field, facts):
        _stop(connection, field)
        return facts
    cells = [(_cell(field, row), sign * int(row.n)) for row in found]
    change(connection, SEGMENTS, cells)
    return facts


def _forget_unsaid(connection: Connection, field: str, facts: Collection[str]) -> None:
    """Forget those of the values of a field that no answer is counted by any more: one may be an order's number."""
    is_said = exists().where(_of(segment_tally, field), segment_tally.c.fact == segment_value.c.fact)
    gone = delete(segment_value).where(_of(segment_value, field), segment_value.c.fact.in_(facts), ~is_said)
    connection.execute(gone)


def _cell(field: str, row: Any) -> dict[str, Any]:
    return {"field": field, **{name: getattr(row, name) for name in SEGMENT_KEYS[1:]}}


def _is_too_much(connection: Connection, field: str, facts: Iterable[str]) -> bool:
    """Note the values of a field, and return whether they are too many, or too long to be kept."""
    values = sorted(facts)
    if any(len(value) > LONGEST_FACT for value in values) or len(values) > MOST_VALUES:
        return True
    if values:
        noted = upsert(connection, segment_value).on_conflict_do_nothing()
        connection.execute(noted, [{"field": field, "fact": value} for value in values])
    count = select(func.count()).where(segment_value.c.field == field)
    return int(connection.execute(count).scalar_one()) > MOST_VALUES


def _stop(connection: Connection, field: str) -> None:
    connection.execute(update(segment_field).where(segment_field.c.field == field).values(counted=False, reached=None))
    _forget(connection, field)


def _forget(connection: Connection, field: str) -> None:
    for table in (segment_value, segment_tally, segment_month):
        connection.execute(delete(table).where(_of(table, field)))


def _of(table: Table, field: str) -> ColumnElement[bool]:
    return table.c.field == field
