"""Responses and their answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import JSON, Connection, bindparam, column, exists, func, insert, select, true
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from ..values.enumeration import FormLayout
from .allowances import Allowance, taking
from .engine.direct import Direct
from .schema import allowance as counts
from .schema import answer, response

FACTS = tuple(name for name in response.c.keys() if name != "folded")  # noqa: SIM118  # they go by their keys
ANSWER = tuple(one for one in answer.c if one is not answer.c.response)
UNKNOWN = {**dict.fromkeys(FACTS), "test": False, "claimed": False, "invited": False, "layout": FormLayout.PAGE}
ANSWERS = insert(answer)
SAID = ("question", "position", "series", "value")  # what makes two answers the same
STORED = (
    select(response.c.answered_at, *(answer.c[name] for name in SAID))
    .outerjoin(answer, answer.c.response == response.c.id)
    .where(response.c.id == bindparam("id"))
)


class Stored(NamedTuple):
    """A response as it was stored: when, None where no time is kept, and its answers by what they say."""

    answered_at: datetime | None
    said: frozenset[tuple[str, int, str, str]]


def add(
    connection: Direct,
    values: Mapping[str, Any],
    answers: Sequence[Mapping[str, Any]],
    allowance: Allowance | None = None,
) -> bool:
    """Store a response with its answers; return False, and store nothing, where its id was stored before.

    The same where the allowance that it is taken from is used up.
    """
    row = {**UNKNOWN, **values, **(allowance.row if allowance else {})}
    if connection.kind == "postgresql":
        return connection.run(COUNTED_AT_ONCE if allowance else AT_ONCE, {**row, "answers": list(answers)}) > 0
    if allowance and not connection.run(TAKEN, row):
        return False
    if is_new := connection.run(NEW, row) > 0:
        connection.run_all(ANSWERS, [{"response": row["id"], **one} for one in answers])
    return is_new


def find(connection: Connection, id: str) -> Stored | None:
    """Return the response of that id; None where there is none."""
    rows = connection.execute(STORED, {"id": id}).all()
    return Stored(rows[0][0], frozenset(tuple(said) for _, *said in rows if said[0])) if rows else None


def _new(insert: Any) -> Any:
    return insert(response).values({name: bindparam(name) for name in FACTS}).on_conflict_do_nothing()


def _at_once(counted: bool) -> Any:
    """Return the statement that stores a response and its answers in one journey to PostgreSQL and back.

    It returns a row where the response is new: how many answers it made would not tell that of one without any.
    """
    new = _new_within(taking("postgresql")) if counted else _new(postgresql_insert)
    stored = new.returning(response.c.id).cte("stored")
    rows = func.json_to_recordset(bindparam("answers", type_=JSON))
    given = rows.table_valued(*(column(one.name, one.type) for one in ANSWER)).render_derived("given", with_types=True)
    together = select(stored.c.id, *given.c).select_from(stored.join(given, true()))
    made = insert(answer).from_select([answer.c.response, *ANSWER], together).cte("made")
    return select(stored.c.id).add_cte(made)


def _new_within(taking: Any) -> Any:
    """Return the insert that happens only where the allowance gives one."""
    taken = taking.returning(counts.c.n).cte("taken")
    row = select(*(bindparam(name, type_=response.c[name].type) for name in FACTS)).where(exists(select(taken.c.n)))
    return postgresql_insert(response).from_select(FACTS, row).on_conflict_do_nothing()


NEW, TAKEN = _new(sqlite_insert), taking("sqlite")
AT_ONCE, COUNTED_AT_ONCE = _at_once(counted=False), _at_once(counted=True)
