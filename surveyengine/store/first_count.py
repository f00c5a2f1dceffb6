"""Counts everything at once, in a database where nothing was counted before.

To fold invitations takes some statements for each cell of the funnel, which are many where a whole year is new.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, update

from . import bulk, tallies
from .funnel_tallies import CHANGED, KEYS
from .schema import invitation

BATCH = 5_000  # responses in a query
PLACED = update(invitation).where(invitation.c.key == bindparam("at"))


def count(connection: Connection) -> None:
    """Count all responses and invitations, by days and by months."""
    while tallies.fold(connection, BATCH) == BATCH:
        pass
    _count_invitations(connection)


def _count_invitations(connection: Connection) -> None:
    days: dict[tuple[Any, ...], list[Row[Any]]] = {}
    months: dict[tuple[Any, ...], list[Row[Any]]] = {}
    rows = [row for row in connection.execute(CHANGED) if row.real]
    for row in rows:
        where = [getattr(row, name) for name in KEYS]
        days.setdefault(tuple(where), []).append(row)
        where[KEYS.index("day")] = row.day.replace(day=1)
        months.setdefault(tuple(where), []).append(row)
    bulk.add(connection, "funnel_month", [_cell(where, those) for where, those in months.items()])
    keys = bulk.numbered(connection, "funnel_tally", [_cell(where, those) for where, those in days.items()])
    placed = [{"at": row.key, "in": key} for key, those in zip(keys, days.values(), strict=True) for row in those]
    if placed:
        connection.execute(PLACED.values(counted_in=bindparam("in"), folded=True), placed)


def _cell(where: tuple[Any, ...], rows: Sequence[Row[Any]]) -> Mapping[str, Any]:
    until = max((row.expires_at for row in rows if row.expires_at), default=None)
    return {**dict(zip(KEYS, where, strict=True)), "n": len(rows), "until": until}
