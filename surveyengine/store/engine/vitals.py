"""What a database says of its own health."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, text

from .local import sqlite_module

MOST = 5  # lines that are repeated of what a database says
ROLLBACK = 1  # in the two bytes of an SQLite file's header that tell how it is written

LIMITS = text(
    "SELECT count(*), least(current_setting('max_connections')::int,"
    " coalesce(nullif((SELECT datconnlimit FROM pg_database WHERE datname = current_database()), -1), 1000000000))"
    " FROM pg_stat_activity WHERE datname = current_database()"
)
LONG = text(
    "SELECT count(*), min(xact_start) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start < clock_timestamp() - :patience"
)
DEAD = text(
    "SELECT relname FROM pg_stat_user_tables WHERE schemaname = current_schema()"
    " AND n_dead_tup > :least AND n_dead_tup > n_live_tup ORDER BY n_dead_tup DESC, relname"
)
LASTING = ("fsync", "full_page_writes", "synchronous_commit", "autovacuum")


class SqliteVitals(NamedTuple):
    """What SQLite found wrong in its file: pages, and tables with rows that refer to nothing; how it writes now."""

    damage: tuple[str, ...]
    orphans: tuple[str, ...]
    journal: str
    version: tuple[int, ...]


class PostgresVitals(NamedTuple):
    """The version of a PostgreSQL, how busy it is, what it has not tidied up, and which safety settings are off."""

    version: int  # as 160004
    connections: int
    most: int
    long: int  # transactions that have been open for too long
    since: datetime | None
    dead: tuple[str, ...]  # tables with more dead rows than living ones
    off: tuple[str, ...]


class Thresholds(NamedTuple):
    """From when on PostgreSQL is told to be unwell: the age of a transaction in SQL's words, and dead rows."""

    patience: str = "10 minutes"
    dead: int = 50_000


def sqlite(connection: Connection) -> SqliteVitals:
    """Return what SQLite finds; reads all of the file."""
    said = connection.exec_driver_sql(f"PRAGMA quick_check({MOST})").scalars().all()
    lost = connection.exec_driver_sql("PRAGMA foreign_key_check").all() if said == ["ok"] else []
    lines = [line for one in said if one != "ok" for line in one.splitlines() if not line.startswith("***")]
    return SqliteVitals(
        tuple(lines[:MOST]),
        tuple(sorted({row[0] for row in lost})),
        connection.exec_driver_sql("PRAGMA journal_mode").scalar_one(),
        sqlite_module().sqlite_version_info,
    )


def postgres(connection: Connection, thresholds: Thresholds) -> PostgresVitals:
    """Return what PostgreSQL says of itself."""
    number = int(connection.execute(text("SHOW server_version_num")).scalar_one())
    connections, most = connection.execute(LIMITS).one()
    long, since = connection.execute(text(str(LONG).replace(":patience", f"interval '{thresholds.patience}'"))).one()
    dead = connection.execute(DEAD, {"least": thresholds.dead}).scalars().all()
    off = [name for name in LASTING if connection.execute(text(f"SHOW {name}")).scalar_one() == "off"]
    return PostgresVitals(number, connections, most, long, since, tuple(dead), tuple(off))


def is_rollback(header: bytes) -> bool:
    """Whether an SQLite file that begins like this is written without the log that the engine uses."""
    return len(header) > 19 and header[18] == ROLLBACK  # noqa: PLR2004  # where the file format has it
