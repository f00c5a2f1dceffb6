"""Connections that answers use one after another: each way through the pool costs an answer a twentieth."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.pool import PoolProxiedConnection

from .hangup import Hangup
from .limit import ANSWER
from .outage import Refused
from .ping import FRESH


class AnswerConnections:
    """The pool's connections that answers have used within a moment; an older one goes through the pool once more."""

    def __init__(self, engine: Engine, hangup: Hangup) -> None:
        self._engine, self._hangup = engine, hangup
        self._free = deque[tuple[float, PoolProxiedConnection]]()  # the latest at the end

    @contextmanager
    def one(self) -> Iterator[Any]:
        """A driver's connection within an answer's limits; raises Refused where it turns out to be dead."""
        connection = self._fresh() or self._engine.raw_connection()
        raw: Any = connection.dbapi_connection
        try:
            yield raw
        except BaseException as error:
            dialect = self._engine.dialect
            if isinstance(error, dialect.loaded_dbapi.Error) and dialect.is_disconnect(error, raw, None):
                connection.invalidate(error)
                self.dispose()  # the other connections are as dead
                raise Refused(str(error)) from error
            connection.close()
            raise
        self._hangup.release(raw)
        self._free.append((time.monotonic(), connection))

    def dispose(self) -> None:
        """Close all connections that nobody uses."""
        while self._free:
            with suppress(IndexError):  # another thread took the last one
                self._free.pop()[1].close()
        self._engine.dispose()

    def _fresh(self) -> PoolProxiedConnection | None:
        """Return the connection that was used last, within its limits; None where that is too long ago."""
        try:
            left, connection = self._free.pop()
        except IndexError:
            return None
        if time.monotonic() - left > FRESH:
            connection.close()
            return None
        self._hangup.hold(connection.dbapi_connection, ANSWER.whole)
        return connection
