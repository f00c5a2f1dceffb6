"""All rows of a database, to be compared with those of another one."""

from __future__ import annotations

from sqlalchemy import select

from surveyengine.store.count_tables import metadata
from surveyengine.store.engine.database import Database

Rows = dict[str, list[str]]


def rows(database: Database, *names: str) -> Rows:
    """Every row of these tables, or of all, as text and in an order of its own."""
    tables = [metadata.tables[name] for name in names or metadata.tables]
    with database.read() as connection:
        return {table.name: sorted(repr(tuple(row)) for row in connection.execute(select(table))) for table in tables}
