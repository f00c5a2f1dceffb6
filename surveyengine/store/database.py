"""The database: SQLite by default, PostgreSQL by a URL, with the same promises on both.

What a transaction has committed survives a killed process and a power cut.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from .direct import Direct
from .journal import Journal
from .outage import Outage, Refused
from .pulse import watch
from .queue import Queue

BUSY_SECONDS = 10.0  # that a transaction waits for another one
BUSY = "all connections to it are in use"
DEADLOCK = "40P01"  # as PostgreSQL calls it
REFUSALS = ("25006", "42501")  # it only reads, as a standby does; the user may not do this
# A network that swallows packets must not hold a request for the quarter of an hour that TCP would wait.
NETWORK = {
    "connect_timeout": 5,  # seconds
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # milliseconds
}
# No driver begins a transaction of its own: what begins one says which, and a single statement needs none.
# On SQLite, one that turns from reading to writing would fail at once when another one wrote in between.
READ = {"sqlite": "BEGIN", "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"}
BEGIN = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "BEGIN"}
WRITE = 'write "sqlite:///data/surveyengine.db" or "postgresql+psycopg://user:password@host/name"'


__all__ = ["Collision", "Connection", "Database", "Unavailable", "Unusable", "is_safe", "sqlite_module", "understood"]


class Unavailable(Exception):
    """The database cannot be reached, or cannot take a commit, right now."""


class Collision(Unavailable):
    """This transaction and another one waited for each other; it has not happened, and may be tried again."""


class Unusable(Exception):
    """The database's address is wrong, or what it needs is not installed; says what would be right."""


def sqlite_module() -> ModuleType:
    """Return the SQLite driver: the bundled current SQLite where its wheel is installed, else Python's own."""
    try:
        return import_module("pysqlite3.dbapi2")
    except ImportError:
        return sqlite3


def is_safe(version: tuple[int, ...]) -> bool:
    """Whether this SQLite is free of the WAL-reset bug, by which two connections that checkpoint at once lose data."""
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


def understood(url: str) -> URL:
    """Return the parts of a database's address; raises Unusable where it is none of ours."""
    try:
        parts = make_url(url)
        parts.get_dialect()
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise Unusable(f"must be the address of a database; {WRITE}") from error
    if parts.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise Unusable(f"names a database that is not supported; {WRITE}")
    if parts.get_backend_name() == "sqlite" and parts.database in (None, "", ":memory:"):
        raise Unusable(f"is a database in memory, which forgets; {WRITE}")
    return parts


class Database:
    """Connections to one database; `read`, `write`, `rebuild` and `direct` are the only ways to get one."""

    def __init__(self, url: str, root: Path) -> None:
        self.url = understood(url)
        self.kind = self.url.get_backend_name()
        self.is_sqlite = self.kind == "sqlite"
        try:
            self.engine = _sqlite(self.url, root) if self.is_sqlite else _postgres(self.url)
        except OSError as error:
            raise Unusable(f"leads to a folder that cannot be made: {error.filename}: {error.strerror}") from error
        except ModuleNotFoundError as error:
            raise Unusable(
                "needs the PostgreSQL driver; install it with: pip install 'surveyengine[postgres]'"
            ) from error
        self._queue = Queue(_path(self.url, root), BUSY_SECONDS) if self.is_sqlite else None
        self._journal = Journal(_path(self.url, root)) if self.is_sqlite else None
        self.outage = Outage()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one state of the database for as long as it is held."""
        try:
            with self.engine.connect() as connection:
                connection.exec_driver_sql(READ[self.kind])
                yield connection
        except self._failures as error:
            self._report(error)
            raise

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is on disk when the block is left, or has not happened when it raises."""
        with self._committed(), self.engine.begin() as connection:
            connection.exec_driver_sql(BEGIN[self.kind])
            yield connection

    @contextmanager
    def rebuild(self) -> Iterator[Connection]:
        """The same for a change of the tables: SQLite looks whether all that rows refer to is there only at its end."""
        with self._committed(), self.engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            try:
                if self.is_sqlite:
                    raw.execute("PRAGMA foreign_keys=OFF")
                with connection.begin():
                    connection.exec_driver_sql(BEGIN[self.kind])
                    yield connection
                    if self.is_sqlite and (lost := connection.exec_driver_sql("PRAGMA foreign_key_check").first()):
                        raise Unusable(f"would refer to rows that are not there: {tuple(lost)}")
            finally:
                if self.is_sqlite:
                    raw.execute("PRAGMA foreign_keys=ON")

    @contextmanager
    def direct(self) -> Iterator[Direct]:
        """The same for statements that go straight to the driver; on PostgreSQL each is a transaction of its own."""
        with self._committed():
            connection = self.engine.raw_connection()
            raw: Any = connection.dbapi_connection
            try:
                if self.is_sqlite:
                    raw.execute(BEGIN["sqlite"])
                yield Direct(raw, self.engine.dialect)
                if self.is_sqlite:
                    raw.commit()
            except self._driver.Error as error:
                if self.engine.dialect.is_disconnect(error, raw, None):
                    connection.invalidate(error)
                    self.engine.dispose()  # the other connections are as dead
                    raise Refused(str(error)) from error
                raise
            finally:
                connection.close()  # takes back what was not committed

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()

    @property
    def _driver(self) -> Any:
        return self.engine.dialect.loaded_dbapi

    @contextmanager
    def _committed(self) -> Iterator[None]:
        """Give the block its turn to write, and make what it has committed survive."""
        try:
            with self._queue.turn() if self._queue else nullcontext():
                yield
            if self._journal:
                self._journal.settle()
        except self._failures as error:
            self._report(error)
            raise
        self.outage.is_back()

    @property
    def _failures(self) -> tuple[type[Exception], ...]:
        return (DBAPIError, PoolTimeout, self._driver.Error, Refused)

    def _report(self, error: Exception) -> None:
        """Raise our own word for a database that is away, or a disk that refuses."""
        if kind := self._kind(error):
            why = BUSY if isinstance(error, PoolTimeout) else str(getattr(error, "orig", None) or error)
            if kind is Unavailable:
                self.outage.is_away(why)
            raise kind(why) from error

    def _kind(self, error: Exception) -> type[Unavailable] | None:
        """Return what is to be said of an error; None where the database is well and the error is ours."""
        cause = getattr(error, "orig", None) or error
        state = getattr(cause, "sqlstate", None)
        if state == DEADLOCK:
            return Collision
        # The plain DatabaseError is how SQLite calls a file that is damaged, or no database at all.
        away = isinstance(cause, self._driver.OperationalError | PoolTimeout | Refused)
        away = away or type(cause) is self._driver.DatabaseError or state in REFUSALS
        return Unavailable if away or getattr(error, "connection_invalidated", False) else None


def _postgres(url: URL) -> Engine:
    engine = create_engine(
        url,
        pool_size=10,
        max_overflow=10,
        pool_timeout=5,
        hide_parameters=True,  # answers must not stand in error messages, which are logged
        isolation_level="AUTOCOMMIT",
        connect_args=NETWORK,
    )
    watch(engine)
    return engine


def _sqlite(url: URL, root: Path) -> Engine:
    path = _path(url, root)
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url.set(database=str(path)),
        module=sqlite_module(),
        poolclass=QueuePool,
        pool_size=20,
        max_overflow=20,
        hide_parameters=True,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare)
    return engine


def _path(url: URL, root: Path) -> Path:
    return root / str(url.database)


def _prepare(connection: Any, record: object) -> None:
    connection.isolation_level = None
    # The journal syncs what synchronous=NORMAL leaves unsynced, for several commits at once.
    # The system keeps the file's pages once for all connections; each of them needs only some KB of its own.
    pragmas = ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "secure_delete=ON", "cache_size=-500")
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}")
