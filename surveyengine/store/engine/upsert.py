"""INSERT … ON CONFLICT, which both databases spell alike and SQLAlchemy keeps in two places."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert


def upsert(connection: Connection, table: Table) -> Any:
    """Return an INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return (sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert)(table)


def insert_new(connection: Connection, table: Table, values: Mapping[str, Any]) -> Any:
    """Insert a row unless one with the same key is there; return its primary key, None where nothing was inserted."""
    return connection.execute(_insert_new(connection.dialect.name, table), values).scalar_one_or_none()


@cache
def _insert_new(dialect: str, table: Table) -> Any:
    # Made once: to build a statement costs more than to run it.
    insert = (sqlite_insert if dialect == "sqlite" else postgresql_insert)(table)
    return insert.on_conflict_do_nothing().returning(next(iter(table.primary_key)))
