"""Asks a connection of the pool whether it still lives, unless it did a moment ago."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError

from .hangup import Hangup
from .limit import ANSWER

FRESH = 1.0  # seconds; to ask before every answer would cost each of them another journey to the server
PATIENCE = 2.0  # seconds that the server has to say that it lives


def watch(engine: Engine, hangup: Hangup) -> None:
    """Replace what has died in the pool before somebody meets it; all of it at once where one has."""

    def leave(connection: Any, record: Any) -> None:
        hangup.release(connection)
        record.info["left"] = time.monotonic()

    def come(connection: Any, record: Any, proxy: object) -> None:
        if not is_fresh(record.info.get("left", 0.0)):
            ask(engine, hangup, connection)
        hangup.hold(connection, ANSWER.whole)

    event.listen(engine, "checkin", leave)
    event.listen(engine, "checkout", come)


def is_fresh(left: float) -> bool:
    """Whether a connection that was used until then, by `time.monotonic`, needs not be asked."""
    return time.monotonic() - left <= FRESH


def ask(engine: Engine, hangup: Hangup, connection: Any) -> None:
    """Ask a connection whether it lives; raises DisconnectionError where it does not."""
    hangup.hold(connection, PATIENCE)
    try:
        engine.dialect.do_ping(connection)
    except engine.dialect.loaded_dbapi.Error as error:
        failure = DisconnectionError(str(error))
        failure.invalidate_pool = True
        raise failure from error
