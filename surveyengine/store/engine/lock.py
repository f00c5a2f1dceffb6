"""Locks that hold on all nodes until a transaction ends. SQLite has one writer at a time, and needs none."""

from __future__ import annotations

from sqlalchemy import Connection, text

# Any numbers, the same on every node.
MIGRATION = 7_305_211
CLAIM = 7_305_212
FUNNEL = 7_305_213
SEGMENTS = 7_305_214
RETENTION = 7_305_215
SCALES = 7_305_217
HOLD = text("SELECT pg_advisory_xact_lock(:lock)")


def hold(connection: Connection, lock: int) -> None:
    """Wait until no other transaction holds the lock, and hold it."""
    if connection.dialect.name != "sqlite":
        connection.execute(HOLD, {"lock": lock})


def hold_recipient(connection: Connection, address_hash: str) -> None:
    """Wait until no other transaction decides about who receives at an address, by its hash in hexadecimal."""
    hold(connection, int(address_hash[:15], 16))
