"""Puts the engine's tables in PostgreSQL aside, into a schema of their own, and back where what follows fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, count

from sqlalchemy import Connection, inspect
from sqlalchemy.schema import CreateSchema, DropSchema

from ..count_tables import metadata
from .contents import CopyError
from .database import Database
from .limit import MIGRATION
from .migration import REVISION
from .neighbours import neighbours


@contextmanager
def aside(database: Database, name: str) -> Iterator[str | None]:
    """Have the tables in a new schema of that name, or like it, and yield it; None where there were none.

    Where the block fails, they are where they were. Raises CopyError where an engine uses them.
    """
    here, schema, tables = _put(database, name)
    try:
        yield schema if tables else None
    except BaseException:
        with database.write(MIGRATION) as connection:
            for name in _tables(connection):
                connection.exec_driver_sql(f"DROP TABLE {_quoted(connection, here, name)} CASCADE")
            if tables:
                _move(connection, tables, schema, here)
                connection.execute(DropSchema(schema))
        raise
    finally:
        database.close()


def _put(database: Database, name: str) -> tuple[str, str, list[str]]:
    """Move the tables, and return from where, whither, and which."""
    try:
        with database.write(MIGRATION) as connection:
            if others := neighbours(connection):
                raise CopyError(f"the engine runs elsewhere ({', '.join(others)}); stop it everywhere first")
            here, tables = str(connection.exec_driver_sql("SELECT current_schema()").scalar_one()), _tables(connection)
            taken = inspect(connection).get_schema_names()
            schema = next(one for one in chain([name], (f"{name}-{n}" for n in count(2))) if one not in taken)
            if tables:
                connection.execute(CreateSchema(schema))
                _move(connection, tables, here, schema)
            return here, schema, tables
    except BaseException:
        database.close()
        raise


def _tables(connection: Connection) -> list[str]:
    return sorted({*inspect(connection).get_table_names()} & {*metadata.tables, REVISION.name})


def _move(connection: Connection, tables: list[str], here: str, there: str) -> None:
    """Move tables, with their rows, indexes and sequences."""
    schema = connection.dialect.identifier_preparer.quote(there)
    for name in tables:
        connection.exec_driver_sql(f"ALTER TABLE {_quoted(connection, here, name)} SET SCHEMA {schema}")


def _quoted(connection: Connection, schema: str, name: str) -> str:
    quote = connection.dialect.identifier_preparer.quote
    return f"{quote(schema)}.{quote(name)}"
