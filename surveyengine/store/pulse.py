"""Asks a connection of the pool whether it still lives, unless it did a moment ago."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError

FRESH = 1.0  # seconds; to ask before every answer would cost each of them another journey to the server


def watch(engine: Engine) -> None:
    """Replace what has died in the pool before somebody meets it; all of it at once where one has."""

    def leave(connection: Any, record: Any) -> None:
        record.info["left"] = time.monotonic()

    def come(connection: Any, record: Any, proxy: object) -> None:
        if time.monotonic() - record.info.get("left", 0.0) <= FRESH:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            failure = DisconnectionError(str(error))
            failure.invalidate_pool = True
            raise failure from error

    event.listen(engine, "checkin", leave)
    event.listen(engine, "checkout", come)
