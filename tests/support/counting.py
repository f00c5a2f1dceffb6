"""Folded counts, forgotten."""

from __future__ import annotations

from sqlalchemy import Connection

from surveyengine.store import recount


def unfold(connection: Connection) -> None:
    """Forget the folded counts, so that all answers are counted anew; nobody may fold any meanwhile."""
    recount.forget(connection)
