"""How many invitations stand where: folded counts, plus what has changed since, in one read; exact at every moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    bindparam,
    case,
    delete,
    func,
    literal,
    or_,
    select,
    union_all,
    update,
)

from ..values.enumeration import InvitationState
from ..values.period import ALWAYS, DateRange
from .count_tables import funnel_month, funnel_tally
from .days import within
from .engine import lock
from .engine.upsert import upsert
from .furthest import BEATEN, real
from .invitations import NEXT_AT
from .moment import Moment
from .rollup import Narrowed, Rollup, daily, stored
from .schema import UNFOLDED, invitation

KEYS = ("digest", "day", "survey", "state", "reason", "answered", "beaten")
FUNNEL = Rollup(funnel_tally, funnel_month, KEYS)
SETTLED = tuple(state for state in InvitationState if state != InvitationState.PLANNED)
"""The states that are folded; what is planned changes soon, and until when it does stands with its sending."""
IS_REAL = real(invitation)
CURRENT: Mapping[str, ColumnElement[Any]] = {
    **{name: invitation.c[name] for name in KEYS[:4]},
    "reason": func.coalesce(invitation.c.reason, ""),
    "answered": invitation.c.answered_at.is_not(None),
    "beaten": BEATEN,
}
"""Where an invitation stands now."""
_NEVER: ColumnElement[Any] = literal(None, Moment())
_STANDING = select(
    *invitation.c["key", "event", "counted_in", "expires_at"],
    IS_REAL.label("real"),
    *(column.label(name) for name, column in CURRENT.items()),
).where(invitation.c.state.in_(SETTLED))
_CHANGED = _STANDING.where(UNFOLDED).with_for_update(skip_locked=True)
"""Which invitations are to be counted anew, and where."""
_PLACED = (
    update(invitation)
    .where(invitation.c.key == bindparam("at"))
    .values(counted_in=bindparam("cell", type_=BigInteger), folded=True)
)

Cell = tuple[Any, ...]


def summed(columns: Sequence[str], days: DateRange, narrowed: Narrowed) -> Select[Any]:
    """Return the query of how many invitations, `n`, have the same values of these columns in a period.

    `until` is when the last of them expires, and `next_at` when the last planned one leaves.
    """
    changed = touched() if "beaten" in columns else _changed()
    read = daily if "day" in columns else stored
    folded = [
        one.add_columns(_NEVER.label("next_at")) for one in read(FUNNEL, (*columns, "n", "until"), days, narrowed)
    ]
    moved = (
        select(*(funnel_tally.c[name] for name in columns), literal(-1), _NEVER, _NEVER)
        .join_from(invitation, funnel_tally, funnel_tally.c.key == invitation.c.counted_in)
        .where(invitation.c.key.in_(changed), *within(funnel_tally.c.day, days), *narrowed(funnel_tally))
    )
    fresh = select(*(CURRENT[name].label(name) for name in columns), literal(1), invitation.c.expires_at, NEXT_AT)
    fresh = fresh.where(invitation.c.key.in_(changed), IS_REAL, *within(invitation.c.day, days), *narrowed(invitation))
    whole = union_all(*folded, moved, fresh).subquery()
    keys = [whole.c[name] for name in columns]
    sums = func.sum(whole.c.n).label("n"), func.max(whole.c.until).label("until"), func.max(whole.c.next_at)
    return select(*keys, *sums[:2], sums[2].label("next_at")).group_by(*keys)


def by_reason(connection: Connection) -> list[tuple[str, str, str, int]]:
    """Return how many real invitations there are by survey, state and reason, which is "" where none was refused."""
    rows = connection.execute(summed(("survey", "state", "reason"), ALWAYS, lambda table: []))
    return sorted((row.survey, row.state, row.reason, int(row.n)) for row in rows if row.n)


def _changed() -> Select[Any]:
    """Return the keys of what has changed, apart, so that SQLite sees that they are few and begins with them."""
    return select(invitation.alias("new").c.key).where(UNFOLDED)


def touched() -> Any:
    """Return the keys of what has changed, and of what has the same event and may be beaten by others now."""
    events, sibling = select(invitation.alias("new").c.event).where(UNFOLDED), invitation.alias("sibling")
    return union_all(_changed(), select(sibling.c.key).where(sibling.c.event.in_(events)))


def fold(connection: Connection, limit: int) -> int:
    """Count up to `limit` changed invitations where they stand now, and no more where they stood; return how many.

    One folds at a time, so that nobody waits for somebody who waits for them.
    """
    lock.hold(connection, lock.FUNNEL)
    chosen = connection.execute(_CHANGED.limit(limit)).all()
    rows = _with_others(connection, chosen)
    real = [row for row in rows if row.real]
    _add(connection, funnel_month, [(_month(_cell(row)), row.expires_at) for row in real])
    _add(connection, funnel_tally, [(_cell(row), row.expires_at) for row in real])
    keys = _keys(connection, real)
    if rows:
        connection.execute(_PLACED, [{"at": row.key, "cell": keys[_cell(row)] if row.real else None} for row in rows])
    _take_off(connection, [row.counted_in for row in rows if row.counted_in])
    return min(len(chosen), len(rows))


def _with_others(connection: Connection, chosen: Sequence[Any]) -> list[Any]:
    """Return these invitations, and all others of their events; none of an event of which somebody changes one."""
    events, keys = {row.event for row in chosen if row.event}, {row.key for row in chosen}
    if not events:
        return list(chosen)
    theirs = invitation.c.event.in_(events), invitation.c.state.in_(SETTLED), invitation.c.key.not_in(keys)
    others = {row.key: row.event for row in connection.execute(select(*invitation.c["key", "event"]).where(*theirs))}
    free = connection.execute(_STANDING.where(*theirs).with_for_update(skip_locked=True)).all() if others else []
    taken = {others[key] for key in others.keys() - {row.key for row in free}}
    return [row for row in (*chosen, *free) if row.event not in taken]


def counted_in() -> Select[Any]:
    """Return the query that counts the invitations of each cell."""
    keys = [funnel_tally.c[name] for name in KEYS]
    query = select(*keys, func.count()).join_from(
        invitation, funnel_tally, funnel_tally.c.key == invitation.c.counted_in
    )
    return query.group_by(*keys)


def take_back(connection: Connection, invitations: Collection[int]) -> None:
    """Let no folded count know of these invitations any more; as long as they are there they are counted as new."""
    lock.hold(connection, lock.FUNNEL)
    theirs = invitation.c.key.in_(invitations)
    query = select(invitation.c.counted_in).where(theirs, invitation.c.counted_in.is_not(None)).with_for_update()
    keys = list(connection.execute(query).scalars())
    events = (
        connection.execute(select(invitation.c.event).where(theirs, invitation.c.event.is_not(None))).scalars().all()
    )
    connection.execute(update(invitation).where(theirs).values(counted_in=None))
    if events:  # what was beaten by them may not be any more
        connection.execute(update(invitation).where(invitation.c.event.in_(events)).values(folded=False))
    _take_off(connection, keys)


def _cell(row: Row[Any]) -> Cell:
    return tuple(getattr(row, name) for name in KEYS)


def _month(cell: Cell) -> Cell:
    """Return the cell of the month."""
    return tuple(value.replace(day=1) if name == "day" else value for name, value in zip(KEYS, cell, strict=True))


def _keys(connection: Connection, rows: Sequence[Row[Any]]) -> Mapping[Cell, int]:
    """Return the key of each cell in which these invitations stand, and of some others."""
    query = select(*(funnel_tally.c[name] for name in KEYS), funnel_tally.c.key).where(
        funnel_tally.c.day.in_({row.day for row in rows}), funnel_tally.c.digest.in_({row.digest for row in rows})
    )
    return {tuple(row[:-1]): row.key for row in connection.execute(query)} if rows else {}


def _add(connection: Connection, table: Table, invitations: Sequence[tuple[Cell, datetime | None]]) -> None:
    """Count invitations, each with its cell and when it expires."""
    ends: dict[Cell, list[datetime | None]] = {}
    for cell, end in invitations:
        ends.setdefault(cell, []).append(end)
    insert = upsert(connection, table)
    new = insert.excluded
    later = case((or_(table.c.until.is_(None), new.until > table.c.until), new.until), else_=table.c.until)
    added = insert.on_conflict_do_update(index_elements=list(KEYS), set_={"n": table.c.n + new.n, "until": later})
    rows = [
        {**dict(zip(KEYS, cell, strict=True)), "n": len(those), "until": max(filter(None, those), default=None)}
        for cell, those in ends.items()
    ]
    if rows:
        connection.execute(added, rows)


def _take_off(connection: Connection, cells: Sequence[int]) -> None:
    """Count one invitation less in each of these cells, of its day and of its month."""
    for key, n in sorted(Counter(cells).items()):
        values = connection.execute(select(*(funnel_tally.c[name] for name in KEYS)).where(funnel_tally.c.key == key))
        month = dict(zip(KEYS, _month(tuple(values.one())), strict=True))
        _lower(connection, funnel_tally, [funnel_tally.c.key == key], n)
        _lower(connection, funnel_month, [funnel_month.c[name] == value for name, value in month.items()], n)


def _lower(connection: Connection, table: Any, this: Sequence[ColumnElement[bool]], n: int) -> None:
    if not connection.execute(delete(table).where(*this, table.c.n == n)).rowcount:
        connection.execute(update(table).where(*this).values(n=table.c.n - n))
