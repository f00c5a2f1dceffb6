"""Responses and their answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, Connection, bindparam, column, func, insert, select, true
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from .direct import Direct
from .schema import answer, response

FACTS = tuple(name for name in response.c.keys() if name != "folded")  # noqa: SIM118  # they go by their keys
ANSWER = tuple(one for one in answer.c if one is not answer.c.response)
UNKNOWN = {**dict.fromkeys(FACTS), "test": False, "claimed": False, "invited": False, "layout": "page"}
ANSWERS = insert(answer)
STORED = select(response.c.id).where(response.c.id == bindparam("id"))


def add(connection: Direct, values: Mapping[str, Any], answers: Sequence[Mapping[str, Any]]) -> None:
    """Store a response with its answers; nothing where that submission was stored before."""
    row = {**UNKNOWN, **values}
    if connection.kind == "postgresql":
        connection.run(AT_ONCE, {**row, "answers": list(answers)})
    elif connection.run(NEW, row):
        connection.run_all(ANSWERS, [{"response": row["id"], **one} for one in answers])


def exists(connection: Connection, id: str) -> bool:
    """Whether the submission of that id was stored."""
    return connection.execute(STORED, {"id": id}).first() is not None


def _new(insert: Any) -> Any:
    return insert(response).values({name: bindparam(name) for name in FACTS}).on_conflict_do_nothing()


def _at_once() -> Any:
    """Return the statement that stores a response and its answers in one journey to PostgreSQL and back."""
    stored = _new(postgresql_insert).returning(response.c.id).cte("stored")
    rows = func.json_to_recordset(bindparam("answers", type_=JSON))
    given = rows.table_valued(*(column(one.name, one.type) for one in ANSWER)).render_derived("given", with_types=True)
    together = select(stored.c.id, *given.c).select_from(stored.join(given, true()))
    return insert(answer).from_select([answer.c.response, *ANSWER], together)


NEW, AT_ONCE = _new(sqlite_insert), _at_once()
