"""The database's own health."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..store.engine import vitals
from ..store.engine.database import Unavailable, is_safe
from ..store.engine.vitals import PostgresVitals, SqliteVitals, Thresholds
from .deployment import Deployment
from .finding import Finding, counted, error, note, warning
from .folder import MEGABYTE, size

LARGEST_LOG = 256 * MEGABYTE
OLDEST = 130_000  # of PostgreSQL, as it writes 13.0
BUSY = 0.8  # of the connections
RESTORE = "stop the engine, keep the file, and bring back a backup with `surveyengine restore`"
WHAT_SETTINGS_OFF = {
    "fsync": "a power cut can damage the database",
    "full_page_writes": "a power cut can damage the database",
    "synchronous_commit": "a power cut can lose answers for which customers were thanked",
    "autovacuum": "the tables grow, and become slow",
}


def findings(deployment: Deployment) -> Iterator[Finding]:
    """Yield what is wrong with the database."""
    if deployment.file is not None:
        yield from _of_file(deployment, deployment.file)
        return
    with deployment.reading() as connection:
        found = vitals.postgres(connection, Thresholds())
    yield from of_postgres(found)


def _of_file(deployment: Deployment, file: Path) -> Iterator[Finding]:
    if not file.is_file():
        yield note("database-new", "nothing is stored yet", "the engine makes the database at its first start")
        return
    yield from of_log(size(file.with_name(f"{file.name}-wal")))
    with file.open("rb") as opened:
        if vitals.is_rollback(opened.read(20)):
            words = "another program has changed how the database's file is written (its journal mode)"
            yield warning("journal", words, "the engine changes it back when it starts; keep other programs from it")
    try:
        with deployment.reading() as connection:
            found = vitals.sqlite(connection)
    except Unavailable as why:
        if not is_damage(str(why)):
            raise
        yield error("damaged", f"the database's file is damaged: {why}", RESTORE)
        return
    yield from of_sqlite(found)


def is_damage(said: str) -> bool:
    """Whether SQLite says so of a file that it cannot read."""
    return "malformed" in said or "not a database" in said


def of_log(bytes_: int) -> Iterator[Finding]:
    """Yield that the log of SQLite is that large."""
    if bytes_ > LARGEST_LOG:
        words = f"the database's log holds {bytes_ // MEGABYTE} MB that were not folded into its file"
        yield warning("log-large", words, "something reads without an end, a forgotten shell of SQLite perhaps: end it")


def of_sqlite(found: SqliteVitals) -> Iterator[Finding]:
    """Yield what SQLite's own checks say."""
    if found.damage:
        yield error("damaged", f"the database's file is damaged: {'; '.join(found.damage)}", RESTORE)
    if found.orphans:
        words = f"rows refer to others that are not there, in: {', '.join(found.orphans)}"
        yield error("orphans", words, RESTORE)
    if found.journal != "wal":
        words = f"the file system does not let SQLite write as it should (journal mode {found.journal})"
        yield error("journal", words, "keep data/ on a disk of this machine, or use PostgreSQL")
    if not is_safe(found.version):
        words = f"SQLite {'.'.join(map(str, found.version))} can lose data when two processes write at once"
        yield warning("sqlite-old", words, "install the package pysqlite3")


def of_postgres(found: PostgresVitals) -> Iterator[Finding]:
    """Yield what PostgreSQL's own figures say."""
    if found.version < OLDEST:
        yield error("postgres-old", f"PostgreSQL {found.version // 10_000} is too old", "upgrade it to 13 or newer")
    for name in found.off:
        words = f"PostgreSQL's setting {name} is off: {WHAT_SETTINGS_OFF[name]}"
        yield warning(f"postgres-{name}", words, f"set {name} = on, for the server or this database")
    if found.connections >= BUSY * found.most:
        words = f"{found.connections} of {counted(found.most, 'connection')} to the database are in use"
        yield warning("connections", words, "raise max_connections, or run fewer processes")
    if found.long and found.since:
        words = f"{counted(found.long, 'transaction')} open since {found.since:%Y-%m-%d %H:%M} (UTC) or later"
        advice = "find them in pg_stat_activity, and end them: the server cannot tidy up what they may still see"
        yield warning("long-transactions", words, advice)
    if found.dead:
        words = f"more dead rows than living ones in: {', '.join(found.dead)}"
        yield warning("dead-rows", words, "VACUUM ANALYZE; and look why autovacuum does not keep up")
