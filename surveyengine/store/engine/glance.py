"""A look into a database that may not be there: nothing is made, migrated or written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection

from .database import REPORT, Database, Unusable, understood
from .migration import revision, revisions


@contextmanager
def glance(url: str, root: Path) -> Iterator[Connection | None]:
    """A connection that reads one state of the database; None where nothing was ever stored.

    Raises Unavailable for a database that is away, and Unusable for one that is none, or whose tables are older or
    newer than this surveyengine.
    """
    parts = understood(url)
    if parts.get_backend_name() == "sqlite" and not (root / str(parts.database)).is_file():
        yield None
        return
    database = Database(url, root)
    try:
        database.examine(mends=False)
        with database.read(REPORT) as connection:
            at = revision(connection)
            if at not in (None, revisions()[-1]):
                age = "an older" if at in revisions() else "a newer"
                raise Unusable(f"holds the tables of {age} surveyengine")
            yield connection if at else None
    finally:
        database.close()
