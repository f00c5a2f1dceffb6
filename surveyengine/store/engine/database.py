"""The database: SQLite by default, PostgreSQL by a URL, with the same promises on both.

What a transaction has committed survives a killed process and a power cut.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import QueuePool

from . import neighbours
from .address import Unusable, understood
from .connections import AnswerConnections
from .direct import Direct
from .hangup import Hangup
from .limit import ANSWER, KEPT, MIGRATION, REPORT, WORK, Limit
from .local import Local, Misplaced, is_safe, sqlite_module
from .outage import DatabaseLost, Outage, Refused
from .ping import watch

BUSY = "all connections to it are in use"
BUSY_SECONDS = 5.0  # that a transaction waits for its turn, and then for a program that knows nothing of turns
DEADLOCK = "40P01"  # as PostgreSQL calls it
TOO_LONG = "57014"  # a statement took more than its time
REFUSALS = ("25006", "42501")  # it only reads, as a standby does; the user may not do this
# A network that swallows packets must not hold a request for the quarter of an hour that TCP would wait.
NETWORK = {
    "connect_timeout": 3,  # seconds
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # milliseconds
}
# No driver begins a transaction of its own: what begins one says which, and a single statement needs none.
# On SQLite, one that turns from reading to writing would fail at once when another one wrote in between.
READ = {"sqlite": "BEGIN", "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"}
BEGIN = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "BEGIN"}


__all__ = [
    "ANSWER", "MIGRATION", "REPORT", "WORK", "Collision", "Connection", "Database", "Limit", "Unavailable", "Unusable",
    "is_safe", "sqlite_module", "understood",
]  # fmt: skip

log = logging.getLogger("surveyengine")


class Unavailable(Exception):
    """The database cannot be reached, or cannot take a commit, right now."""


class Collision(Unavailable):
    """This transaction and another one waited for each other; it has not happened, and may be tried again."""


class Database:
    """Connections to one database; `read`, `write`, `rebuild` and `direct` are the only ways to get one.

    Each says what kind of transaction it is for, and within which limits it therefore ends or fails.
    """

    def __init__(self, url: str, root: Path) -> None:
        self.url = understood(url)
        self.kind = self.url.get_backend_name()
        self.is_sqlite = self.kind == "sqlite"
        self.outage = Outage()
        self.lost: str | None = None  # why nothing is promised any more
        self.when_lost: Callable[[], None] = lambda: None
        self._losing, self._hangup = threading.Lock(), Hangup()
        self._local = _local(self.url, root) if self.is_sqlite else None
        try:
            self.engine = _sqlite(self.url, self._local) if self._local else _postgres(self.url, self._hangup)
        except ModuleNotFoundError as error:
            raise Unusable(
                "needs the PostgreSQL driver; install it with: pip install 'surveyengine[postgres]'"
            ) from error
        self._connections = AnswerConnections(self.engine, self._hangup)

    @contextmanager
    def read(self, limit: Limit = WORK) -> Iterator[Connection]:
        """A connection that sees one state of the database for as long as it is held."""
        with self._guarded(limit), self.engine.connect() as connection:
            self._begin(connection, READ, limit)
            yield connection

    @contextmanager
    def write(self, limit: Limit = WORK) -> Iterator[Connection]:
        """A transaction that is on disk when the block is left, or has not happened when it raises."""
        with self._committed(limit), self.engine.begin() as connection:
            self._begin(connection, BEGIN, limit)
            yield connection

    @contextmanager
    def rebuild(self) -> Iterator[Connection]:
        """The same for a change of the tables: SQLite looks whether all that rows refer to is there only at its end."""
        with self._committed(MIGRATION), self.engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            try:
                if self.is_sqlite:
                    raw.execute("PRAGMA foreign_keys=OFF")
                with connection.begin():
                    self._begin(connection, BEGIN, MIGRATION)
                    yield connection
                    if self.is_sqlite and (lost := connection.exec_driver_sql("PRAGMA foreign_key_check").first()):
                        raise Unusable(f"would refer to rows that are not there: {tuple(lost)}")
            finally:
                if self.is_sqlite:
                    raw.execute("PRAGMA foreign_keys=ON")

    def is_wanted(self) -> bool:
        """Whether others wait for their turn to write, and should be left some time; on PostgreSQL nobody does."""
        return self._local is not None and self._local.is_wanted()

    def direct(self) -> AbstractContextManager[Direct]:
        """The same for an answer's statements, straight to the driver; on PostgreSQL each is a transaction."""
        return self._at_turn(self._local) if self._local else self._at_once()

    @contextmanager
    def _at_turn(self, local: Local) -> Iterator[Direct]:
        with self._committed(ANSWER), local.writer() as raw:
            raw.execute(BEGIN["sqlite"])
            yield Direct(raw, self.engine.dialect)
            raw.commit()

    @contextmanager
    def _at_once(self) -> Iterator[Direct]:
        with self._committed(ANSWER), self._connections.one() as raw:
            yield Direct(raw, self.engine.dialect)

    def examine(self, mends: bool = True) -> None:
        """Look at the database before it is used, mend what can be, and tell the log what was found.

        Raises Unusable where it must not be used as it is, and Unavailable where it cannot be mended yet.
        """
        if self._local is None:
            return
        try:
            for remark in self._local.examine(mends):
                log.warning("%s", remark)
        except Misplaced as error:
            raise Unusable(str(error)) from error
        except self._failures as error:
            raise Unavailable(str(error)) from error

    def scrub(self) -> bool:
        """Free the database's files of what was deleted; False where somebody reads in them meanwhile.

        What is deleted is overwritten at once; the log still holds the pages as they were, until it begins anew.
        PostgreSQL does both by itself, in its own time (VACUUM, and the recycling of its log).
        """
        if self._local is None:
            return False
        with self._guarded(WORK), self._local.turn():
            return self._local.empty_log()

    def close(self) -> None:
        """Give all connections back; what is stored lies in the database's one file then, once all have."""
        if self.lost is None:
            self._connections.drop()
            self.engine.dispose()
            if self._local:
                self._local.close()

    def fold(self) -> None:
        """Have everything lie in the database's one file, unless another process still has it open."""
        if self._local:
            with suppress(Unavailable, Unusable):
                self.examine(mends=False)
                with self.read():
                    pass
            self.close()

    def _begin(self, connection: Connection, how: Mapping[str, str], limit: Limit) -> None:
        connection.exec_driver_sql(how[self.kind])
        if not self.is_sqlite and limit is not ANSWER:  # which a connection keeps to anyway
            self._hangup.hold(connection.connection.dbapi_connection, limit.whole)
            for statement in limit.beyond(ANSWER):
                connection.exec_driver_sql(statement)

    @property
    def _driver(self) -> Any:
        return self.engine.dialect.loaded_dbapi

    @contextmanager
    def _committed(self, limit: Limit) -> Iterator[None]:
        """Give the block its turn to write, and make what it has committed survive."""
        with self._guarded(limit):
            if self._local:
                with self._local.turn():
                    yield
                self._local.settle()
            else:
                yield
        self.outage.is_back()

    @contextmanager
    def _guarded(self, limit: Limit) -> Iterator[None]:
        """Say of what goes wrong in the block what it means."""
        if self.lost:
            raise Unavailable(self.lost)
        try:
            yield
        except self._failures as error:
            self._report(error, limit)
            raise

    @property
    def _failures(self) -> tuple[type[Exception], ...]:
        return (DBAPIError, PoolTimeout, self._driver.Error, Refused)

    def _report(self, error: Exception, limit: Limit) -> None:
        """Raise our own word for a database that is away, or a disk that refuses."""
        if isinstance(error, DatabaseLost):
            self._lose(error)
        if kind := self._kind(error):
            why = BUSY if isinstance(error, PoolTimeout) else str(getattr(error, "orig", None) or error)
            if kind is Unavailable and not (limit is REPORT and _state(error) == TOO_LONG):
                self._connections.drop()  # what was kept open may be dead as well
                self.outage.is_away(why)
            raise kind(why) from error

    def _lose(self, error: DatabaseLost) -> None:
        """Take nothing any more, and have the process ended."""
        with self._losing:
            is_first, self.lost = self.lost is None, self.lost or str(error)
        if is_first:
            log.critical("%s; nothing more is taken, and the engine stops", error)
            threading.Thread(target=self._end, args=[error.whole], name="database-lost", daemon=True).start()

    def _end(self, is_whole: bool) -> None:
        if is_whole and self._local and (copy := self._local.rescue()):
            log.critical("%s is a copy of what was stored until now", copy)
        self.when_lost()
        # This thread keeps what is open from being closed: SQLite would delete the log that lies there by now.
        threading.Event().wait()

    def _kind(self, error: Exception) -> type[Unavailable] | None:
        """Return what is to be said of an error; None where the database is well and the error is ours."""
        cause, state = getattr(error, "orig", None) or error, _state(error)
        if state == DEADLOCK:
            return Collision
        # The plain DatabaseError is how SQLite calls a file that is damaged, or no database at all.
        away = isinstance(cause, self._driver.OperationalError | PoolTimeout | Refused)
        away = away or type(cause) is self._driver.DatabaseError or state in REFUSALS
        return Unavailable if away or getattr(error, "connection_invalidated", False) else None


def _state(error: Exception) -> str | None:
    """Return what PostgreSQL calls an error."""
    return getattr(getattr(error, "orig", None) or error, "sqlstate", None)


def _postgres(url: URL, hangup: Hangup) -> Engine:
    from psycopg import ProgrammingError, conninfo  # which may not be installed

    try:
        conninfo.make_conninfo("", **dict.fromkeys(url.query, ""))
    except ProgrammingError as error:
        raise Unusable(f"is not understood: {' '.join(str(error).split())}") from error
    engine = create_engine(
        url,
        pool_size=10,
        max_overflow=10,
        pool_timeout=ANSWER.lock,
        hide_parameters=True,  # answers must not stand in error messages, which are logged
        isolation_level="AUTOCOMMIT",
        connect_args={**NETWORK, "application_name": neighbours.name()},
    )
    event.listen(engine, "connect", lambda connection, record: connection.execute(KEPT))
    watch(engine, hangup)
    return engine


def _local(url: URL, root: Path) -> Local:
    try:
        return Local(root / str(url.database), str(url.database), BUSY_SECONDS)
    except Misplaced as error:
        raise Unusable(str(error)) from error
    except OSError as error:
        raise Unusable(f"leads to a folder that cannot be made: {error.filename}: {error.strerror}") from error


def _sqlite(url: URL, local: Local) -> Engine:
    return create_engine(
        url,
        module=sqlite_module(),
        creator=local.connect,
        poolclass=QueuePool,
        pool_size=20,
        max_overflow=20,
        hide_parameters=True,
    )
