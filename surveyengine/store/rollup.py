"""Counts that are kept by days, and the same by months: a long period reads its months, and days only at its ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Table, delete, select, update

from ..values.period import DateRange, whole_months
from .days import within
from .engine.upsert import upsert

DAY = timedelta(days=1)
Narrowed = Callable[[Table], Sequence[ColumnElement[bool]]]


class Rollup(NamedTuple):
    """Two tables of the same counts: of each day, and of each month, of which `day` is the first."""

    days: Table
    months: Table
    keys: tuple[str, ...]


def stored(rollup: Rollup, columns: Sequence[str], days: DateRange, narrowed: Narrowed) -> list[Select[Any]]:
    """Return the queries that together read the counts of a period; their rows are not summed yet."""
    whole = whole_months(days)
    if whole is None:
        return daily(rollup, columns, days, narrowed)
    monthly = _read(rollup.months, columns).where(*within(rollup.months.c.day, whole), *narrowed(rollup.months))
    ends = [one for end in _ends(days, whole) for one in daily(rollup, columns, end, narrowed)]
    return [monthly, *ends]


def _ends(days: DateRange, whole: DateRange) -> list[DateRange]:
    """Return the days of a period before and after its whole months; two queries, because an index finds each."""
    before = whole.since and DateRange(days.since, whole.since - DAY) if whole.since != days.since else None
    after = whole.until and DateRange(whole.until + DAY, days.until) if whole.until != days.until else None
    return [one for one in (before, after) if one]


def daily(rollup: Rollup, columns: Sequence[str], days: DateRange, narrowed: Narrowed) -> list[Select[Any]]:
    """Return the same by days alone."""
    return [_read(rollup.days, columns).where(*within(rollup.days.c.day, days), *narrowed(rollup.days))]


def _read(table: Table, columns: Sequence[str]) -> Select[Any]:
    return select(*(table.c[name] for name in columns))


def by_month(changes: Iterable[tuple[Mapping[str, Any], int]]) -> list[tuple[Mapping[str, Any], int]]:
    """Return what the changes of days change in their months."""
    sums: dict[tuple[Any, ...], int] = {}
    names: tuple[str, ...] = ()
    for cell, n in changes:
        names = tuple(cell)
        key = tuple({**cell, "day": cell["day"].replace(day=1)}.values())
        sums[key] = sums.get(key, 0) + n
    return [(dict(zip(names, key, strict=True)), n) for key, n in sums.items() if n]


def change(connection: Connection, rollup: Rollup, changes: Iterable[tuple[Mapping[str, Any], int]]) -> None:
    """Add to the counts of cells, or take off, by days and by months; a cell of which nothing is left is gone.

    The cells are changed in one order, so that nobody waits for somebody who waits for them.
    """
    daily = [(cell, n) for cell, n in changes if n]
    for table, those in ((rollup.days, daily), (rollup.months, by_month(daily))):
        ordered = sorted(those, key=lambda one: [str(one[0][key]) for key in rollup.keys])
        _add(connection, table, rollup.keys, [{**cell, "n": n} for cell, n in ordered if n > 0])
        for cell, n in ordered:
            if n < 0:
                _take_off(connection, table, {key: cell[key] for key in rollup.keys}, -n)


def _add(connection: Connection, table: Table, keys: Sequence[str], cells: Sequence[Mapping[str, Any]]) -> None:
    added = upsert(connection, table)
    added = added.on_conflict_do_update(index_elements=list(keys), set_={"n": table.c.n + added.excluded.n})
    if cells:
        connection.execute(added, cells)


def _take_off(connection: Connection, table: Table, cell: Mapping[str, Any], n: int) -> None:
    this = [table.c[key] == value for key, value in cell.items()]
    if not connection.execute(delete(table).where(*this, table.c.n == n)).rowcount:
        connection.execute(update(table).where(*this).values(n=table.c.n - n))
