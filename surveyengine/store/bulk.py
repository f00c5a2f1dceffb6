"""Stores many rows at once, as if they had been stored one by one when they came about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert

from .schema import metadata

BATCH = 1_000  # rows in a statement


def add(connection: Connection, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store rows, all of which have the same columns."""
    for batch in _batches(rows):
        connection.execute(insert(metadata.tables[table]), batch)


def numbered(connection: Connection, table: str, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Store rows, all of which have the same columns, and return the keys that they got, in order."""
    into, keys = metadata.tables[table], list[int]()
    statement = insert(into).returning(into.c.key, sort_by_parameter_order=True)
    for batch in _batches(rows):
        keys += connection.execute(statement, batch).scalars()
    return keys


def _batches(rows: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    return [[*rows[begin : begin + BATCH]] for begin in range(0, len(rows), BATCH)]
