"""Folded counts, forgotten."""

from __future__ import annotations

from sqlalchemy import Connection, delete, update

from surveyengine.store.schema import response, tally


def unfold(connection: Connection) -> None:
    """Forget the folded counts, so that all answers are counted anew; nobody may fold any meanwhile."""
    connection.execute(delete(tally))
    connection.execute(update(response).values(folded=False))
