"""Takes all rows from one database to another one, of either kind, and looks whether they are the same there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import NamedTuple

from sqlalchemy import Connection, Row, Table, func, insert, inspect, select
from sqlalchemy.exc import DataError, IntegrityError

from ..count_tables import metadata
from .contents import Contents, CopyError, Tell, let_idle
from .migration import create, revisions

BATCH = 1_000  # rows in memory, and in a statement
WIDTH = 16  # bytes of a hash


class Checksum(NamedTuple):
    """How many rows there are, and the sum of their hashes, which tells nothing of their order."""

    n: int = 0
    total: int = 0

    def with_rows(self, rows: Sequence[Row[tuple[object, ...]]]) -> Checksum:
        """Return it with more rows."""
        added = sum(int.from_bytes(blake2b(repr(tuple(row)).encode(), digest_size=WIDTH).digest()) for row in rows)
        return Checksum(self.n + len(rows), (self.total + added) % (1 << 8 * WIDTH))


def transfer(source: Connection, target: Connection, tell: Tell) -> Contents:
    """Make the tables in an empty database, store all rows there, and read them again; return what there is.

    What refers to other rows comes after them. Raises CopyError where the database is not empty, or a row is not the
    same there.
    """
    if there := inspect(target).get_table_names():
        raise CopyError(f"the database to copy to is not empty: it has a table `{min(there)}`; name an empty one")
    let_idle(source)
    let_idle(target)
    create(target)
    tables = metadata.sorted_tables
    counts = {table.name: source.execute(select(func.count()).select_from(table)).scalar_one() for table in tables}
    done, whole = 0, 2 * sum(counts.values())
    for table in tables:
        before = after = Checksum()
        for rows in _batches(source, table):
            _store(target, table, rows)
            before = before.with_rows(rows)
            tell(done := done + len(rows), whole)
        for rows in _batches(target, table):
            after = after.with_rows(rows)
            tell(done := done + len(rows), whole)
        if after != before or after.n != counts[table.name]:
            raise CopyError(f"{table.name} is not the same there: {after.n} rows of {before.n}, or others")
        _go_on(target, table)
    return Contents(revisions()[-1], counts)


def _batches(connection: Connection, table: Table) -> Iterator[Sequence[Row[tuple[object, ...]]]]:
    with connection.execute(select(table), execution_options={"yield_per": BATCH}) as found:
        yield from found.partitions()


def _store(target: Connection, table: Table, rows: Sequence[Row[tuple[object, ...]]]) -> None:
    try:
        target.execute(insert(table), [dict(row._mapping) for row in rows])
    except (DataError, IntegrityError) as error:
        raise CopyError(f"the rows of {table.name} cannot be stored there: {error.orig}") from error


def _go_on(target: Connection, table: Table) -> None:
    """Have new rows be numbered after those that there are; SQLite does so by itself."""
    numbered = table.autoincrement_column
    if numbered is None or target.dialect.name == "sqlite":
        return
    last = select(func.coalesce(func.max(numbered), 0) + 1).scalar_subquery()
    target.execute(select(func.setval(func.pg_get_serial_sequence(table.name, numbered.name), last, False)))
