"""Compares the folded counts with the rows that they count, and has them made anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table, delete, func, or_, select, update

from . import funnel_tallies, segment_tallies, tallies
from .count_tables import (
    funnel_month,
    funnel_tally,
    segment_field,
    segment_month,
    segment_tally,
    segment_value,
    tally,
    tally_month,
)
from .funnel_tallies import CURRENT, FUNNEL, counted_in, touched
from .rollup import Rollup
from .schema import invitation, response
from .segment_tallies import SEGMENTS
from .tallies import TALLY, counted

BATCH = 5_000  # rows
COUNTS = (
    *(tally, tally_month, funnel_tally, funnel_month),
    *(segment_field, segment_value, segment_tally, segment_month),
)
Cells = Counter[tuple[Any, ...]]


def differences(connection: Connection) -> Mapping[str, int]:
    """Return how many counts of each table are not what the rows add up to; empty where all are right."""
    answers, funnel = _stored(connection, TALLY.days, TALLY), _stored(connection, FUNNEL.days, FUNNEL)
    wrong = {
        "tally": _apart(answers, _cells(connection, counted(response.c.folded))),
        "tally_month": _apart(_stored(connection, TALLY.months, TALLY), _by_month(answers, TALLY)),
        "funnel_tally": _apart(funnel, _cells(connection, counted_in())),
        "funnel_month": _apart(_stored(connection, FUNNEL.months, FUNNEL), _by_month(funnel, FUNNEL)),
        "invitation": _misplaced(connection),
        **_segments(connection),
    }
    return {name: n for name, n in wrong.items() if n}


def count(connection: Connection) -> None:
    """Fold all that is not folded yet, in this transaction."""
    for fold in (tallies.fold, segment_tallies.advance, funnel_tallies.fold):
        while fold(connection, BATCH) == BATCH:
            pass


def forget(connection: Connection) -> None:
    """Take all folded counts away: every row counts as new until it is folded again."""
    connection.execute(update(invitation).where(invitation.c.counted_in.is_not(None)).values(counted_in=None))
    connection.execute(update(response).where(response.c.folded).values(folded=False))
    for table in COUNTS:
        connection.execute(delete(table))


def _segments(connection: Connection) -> Mapping[str, int]:
    stored, again = _stored(connection, SEGMENTS.days, SEGMENTS), Cells()
    for field, query in segment_tallies.counted(connection).items():
        for row in connection.execute(query):
            if row.said != segment_tallies.UNKNOWN:
                again[(field, *(getattr(row, name) for name in SEGMENTS.keys[1:]))] = int(row.n)
    months = _stored(connection, SEGMENTS.months, SEGMENTS)
    return {"segment_tally": _apart(stored, again), "segment_month": _apart(months, _by_month(stored, SEGMENTS))}


def _cells(connection: Connection, query: Any) -> Cells:
    return Counter({tuple(row[:-1]): int(row[-1]) for row in connection.execute(query)})


def _stored(connection: Connection, table: Table, rollup: Rollup) -> Cells:
    return _cells(connection, select(*(table.c[name] for name in rollup.keys), table.c.n))


def _by_month(days: Cells, rollup: Rollup) -> Cells:
    at, months = rollup.keys.index("day"), Cells()
    for cell, n in days.items():
        months[(*cell[:at], cell[at].replace(day=1), *cell[at + 1 :])] += n
    return months


def _apart(one: Cells, other: Cells) -> int:
    return sum(one[cell] != other[cell] for cell in one.keys() | other.keys())


def _misplaced(connection: Connection) -> int:
    """Return how many invitations that no change has touched are counted where they do not stand."""
    moved = [FUNNEL.days.c[name] != CURRENT[name] for name in FUNNEL.keys]
    query = select(func.count()).join_from(invitation, funnel_tally, funnel_tally.c.key == invitation.c.counted_in)
    return int(connection.execute(query.where(invitation.c.key.not_in(touched()), or_(*moved))).scalar_one())
