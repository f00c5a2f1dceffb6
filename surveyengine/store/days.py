"""Days under which answers are stored, beside the moments when they were given."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection, select

from .schema import response

MOST = 1_000  # answers that are looked at


def some(connection: Connection) -> list[tuple[date, datetime]]:
    """Return day and moment of answers that no invitation led to, whose day is that of the moment; at most MOST."""
    query = select(response.c.day, response.c.answered_at).where(
        ~response.c.invited, ~response.c.test, response.c.answered_at.is_not(None)
    )
    return [(row[0], row[1]) for row in connection.execute(query.limit(MOST))]
