"""What a database holds, as far as can be told in a few numbers: for copies, which must hold the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, func, inspect, select, table

from ..count_tables import metadata
from .migration import revision

Tell = Callable[[int, int], None]
"""Is told how much is done, and of how much."""


class CopyError(Exception):
    """What is stored cannot be kept elsewhere, or what was kept not be brought back; says why."""


class Contents(NamedTuple):
    """The revision of the tables, and how many rows each of them has."""

    revision: str | None
    counts: Mapping[str, int]


def contents(connection: Connection) -> Contents:
    """Return what our tables hold, of whatever revision they are."""
    there = sorted({*inspect(connection).get_table_names()} & {*metadata.tables})
    rows = {name: select(func.count()).select_from(table(name)) for name in there}
    return Contents(
        revision(connection), {name: connection.execute(query).scalar_one() for name, query in rows.items()}
    )


def let_idle(connection: Connection) -> None:
    """Keep PostgreSQL from ending a transaction that waits for something else."""
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
