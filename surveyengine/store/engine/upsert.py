"""INSERT … ON CONFLICT, which both databases spell alike and SQLAlchemy keeps in two places."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from .database import Collision
from .direct import Direct

NEXT_KEYS = text("SELECT nextval(pg_get_serial_sequence(:table, 'key')) FROM generate_series(1, :number)")


def upsert(connection: Connection, table: Table) -> Any:
    """Return an INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return spelled(connection.dialect.name, table)


def spelled(dialect: str, table: Table) -> Any:
    """Return the same for a database by its name."""
    return (sqlite_insert if dialect == "sqlite" else postgresql_insert)(table)


def insert_new(connection: Connection, table: Table, values: Mapping[str, Any]) -> Any:
    """Insert a row unless one with the same key is there; return its primary key, None where nothing was inserted."""
    return connection.execute(_insert_new(connection.dialect.name, table), values).scalar_one_or_none()


@cache
def _insert_new(dialect: str, table: Table) -> Any:
    # Made once: to build a statement costs more than to run it.
    insert = spelled(dialect, table)
    return insert.on_conflict_do_nothing().returning(next(iter(table.primary_key)))


def insert_all(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert rows that all have the same columns, unless one with the same key is there; return how many were."""
    return Direct.within(connection).run_all(_insert_all(connection.dialect.name, table, tuple(rows[0])), rows)


@cache
def _insert_all(dialect: str, table: Table, columns: Collection[str]) -> Any:
    insert = spelled(dialect, table)
    return insert.values({name: bindparam(name) for name in columns}).on_conflict_do_nothing()


def insert_numbered(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> Sequence[int]:
    """Insert rows under new keys, and return these.

    Raises Collision where another transaction has just stored one of them.
    """
    keys = new_keys(connection, table, len(rows))
    insert_keyed(connection, table, [{**row, "key": key} for key, row in zip(keys, rows, strict=True)])
    return keys


def insert_keyed(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows under `new_keys`; raises Collision where another transaction has just stored one of them."""
    if rows and insert_all(connection, table, rows) < len(rows):
        raise Collision(f"another transaction stored the same {table.name}")


def new_keys(connection: Connection, table: Table, number: int) -> Sequence[int]:
    """Return keys for so many rows: SQLite has one writer, and PostgreSQL gives each key out once."""
    if connection.dialect.name == "sqlite":
        last = int(connection.execute(_newest(table)).scalar_one())
        return range(last + 1, last + 1 + number)
    return connection.execute(NEXT_KEYS, {"table": table.name, "number": number}).scalars().all()


@cache
def _newest(table: Table) -> Any:
    return select(func.coalesce(func.max(table.c.key), 0))
