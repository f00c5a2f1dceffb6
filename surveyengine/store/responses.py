"""Responses and their answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select

from .schema import answer, response
from .upsert import insert_new

ANSWERS = insert(answer)
STORED = select(response.c.id).where(response.c.id == bindparam("id"))


def add(connection: Connection, values: Mapping[str, Any], answers: Sequence[Mapping[str, Any]]) -> bool:
    """Store a response with its answers; False, and nothing stored, where that submission was stored before."""
    if insert_new(connection, response, values) is None:
        return False
    if answers:
        connection.execute(ANSWERS, [{"response": values["id"], **one} for one in answers])
    return True


def exists(connection: Connection, id: str) -> bool:
    """Whether the submission of that id was stored."""
    return connection.execute(STORED, {"id": id}).first() is not None
