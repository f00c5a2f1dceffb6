"""Connections that answers use one after another: each way through the pool costs an answer a twentieth."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import PoolProxiedConnection

from .hangup import Hangup
from .limit import ANSWER
from .outage import Refused
from .ping import ask, is_fresh

MOST = 8  # that are kept from the pool, where others may wait for one


class AnswerConnections:
    """The pool's connections that answers have used last; all others are the pool's to give."""

    def __init__(self, engine: Engine, hangup: Hangup) -> None:
        self._engine, self._hangup = engine, hangup
        self._free = deque[tuple[float, PoolProxiedConnection]]()  # with the moment since when, the latest at the end

    @contextmanager
    def one(self) -> Iterator[Any]:
        """A driver's connection within an answer's limits; raises Refused where it turns out to be dead."""
        connection = self._kept() or self._engine.raw_connection()
        raw: Any = connection.dbapi_connection
        try:
            yield raw
        except BaseException as error:
            dialect = self._engine.dialect
            if isinstance(error, dialect.loaded_dbapi.Error) and dialect.is_disconnect(error, raw, None):
                self._end(connection)
                raise Refused(str(error)) from error
            connection.close()
            raise
        if len(self._free) < MOST:
            self._hangup.release(raw)
            self._free.append((time.monotonic(), connection))
        else:
            connection.close()

    def drop(self) -> None:
        """Close the connections that are kept."""
        while kept := self._taken():
            kept[1].invalidate()

    def _kept(self) -> PoolProxiedConnection | None:
        """Return a connection that is kept, and lives; None where there is none."""
        if (kept := self._taken()) is None:
            return None
        left, connection = kept
        try:
            if not is_fresh(left):
                ask(self._engine, self._hangup, connection.dbapi_connection)
        except DisconnectionError:
            self._end(connection)
            return None
        self._hangup.hold(connection.dbapi_connection, ANSWER.whole)
        return connection

    def _end(self, connection: PoolProxiedConnection) -> None:
        """Close a dead connection, and all that nobody uses: they are as dead."""
        connection.invalidate()
        self.drop()
        self._engine.dispose()

    def _taken(self) -> tuple[float, PoolProxiedConnection] | None:
        try:
            return self._free.pop()
        except IndexError:
            return None
