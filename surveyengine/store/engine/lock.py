"""Locks that hold on all nodes until a transaction ends. SQLite has one writer at a time, and needs none."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, text

# Any numbers, the same on every node.
MIGRATION = 7_305_211
CLAIM = 7_305_212
FUNNEL = 7_305_213
SEGMENTS = 7_305_214
RETENTION = 7_305_215
SCALES = 7_305_217
HOLD = text("SELECT pg_advisory_xact_lock(:lock)")
HOLD_ALL = text("SELECT pg_advisory_xact_lock(key) FROM (SELECT unnest(CAST(:locks AS bigint[])) AS key) AS each")


def hold(connection: Connection, lock: int) -> None:
    """Wait until no other transaction holds the lock, and hold it."""
    if connection.dialect.name != "sqlite":
        connection.execute(HOLD, {"lock": lock})


def hold_recipients(connection: Connection, address_hashes: Iterable[str]) -> None:
    """Wait until no other transaction decides about who receives at these addresses, by their hashes in hexadecimal.

    All take them in one order, so that no two wait for each other.
    """
    keys = sorted({int(hashed[:15], 16) for hashed in address_hashes})
    if keys and connection.dialect.name != "sqlite":
        connection.execute(HOLD_ALL, {"locks": keys})
