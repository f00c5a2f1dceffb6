"""Days under which answers are stored, beside the moments when they were given."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, select

from ..values.period import DateRange
from .schema import response

MOST = 1_000  # answers that are looked at


def some(connection: Connection) -> list[tuple[date, datetime]]:
    """Return day and moment of answers that no invitation led to, whose day is that of the moment; at most MOST."""
    query = select(response.c.day, response.c.answered_at).where(
        ~response.c.invited, ~response.c.test, response.c.answered_at.is_not(None)
    )
    return [(row[0], row[1]) for row in connection.execute(query.limit(MOST))]


def within(day: ColumnElement[date], days: DateRange) -> list[ColumnElement[bool]]:
    """Return the conditions that a column is one of the days; none for an open end."""
    return [*([day >= days.since] if days.since else []), *([day <= days.until] if days.until else [])]
