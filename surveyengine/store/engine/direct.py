"""Statements that go straight to the driver: for an answer's few, SQLAlchemy's way there costs more than they do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Self

from sqlalchemy import Connection, Dialect


class Prepared:
    """A statement as a driver wants it, compiled once, and what turns a row into the driver's own values."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.text: str = compiled.string
        self._ordered = compiled.positional
        binds = compiled.binds
        self._names = tuple(compiled.positiontup or () if self._ordered else binds)
        processes = {name: binds[name].type.dialect_impl(dialect).bind_processor(dialect) for name in self._names}
        self._spelled = [(at, process) for at, name in enumerate(self._names) if (process := processes[name])]

    def bound(self, row: Mapping[str, Any]) -> list[Any] | dict[str, Any]:
        """Return the row as parameters of the statement."""
        values = [*map(row.__getitem__, self._names)]
        for at, process in self._spelled:
            values[at] = process(values[at])
        return values if self._ordered else dict(zip(self._names, values, strict=True))


@lru_cache(100)
def _prepared(statement: Any, dialect: Dialect) -> Prepared:
    return Prepared(statement, dialect)


class Direct:
    """The driver's own connection; what it raises are the driver's own errors."""

    def __init__(self, raw: Any, dialect: Dialect) -> None:
        self._raw, self._dialect = raw, dialect
        self.kind = dialect.name

    @classmethod
    def within(cls, connection: Connection) -> Self:
        """Return the driver's side of a connection, for more of the same transaction."""
        return cls(connection.connection.dbapi_connection, connection.dialect)

    def run(self, statement: Any, row: Mapping[str, Any]) -> int:
        """Run a statement, and return how many rows it has made."""
        prepared = _prepared(statement, self._dialect)
        count: int = self._raw.execute(prepared.text, prepared.bound(row)).rowcount
        return count

    def run_all(self, statement: Any, rows: Iterable[Mapping[str, Any]]) -> int:
        """Run a statement for each row, and return how many rows all have made."""
        prepared, cursor = _prepared(statement, self._dialect), self._raw.cursor()
        cursor.executemany(prepared.text, [prepared.bound(row) for row in rows])
        count: int = cursor.rowcount
        return count
