"""Rows that a statement is given in one parameter, and reads like a table.

PostgreSQL compares each row that it looks at with every pair of a list in the statement itself, where it finds the rows
of this one by an index; and a list of another length would be another statement.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import JSON, Connection, Subquery, column, func, literal, select

EACH = {"sqlite": func.json_each, "postgresql": func.json_array_elements}


def listed(connection: Connection, rows: Sequence[Sequence[str]], *names: str) -> Subquery:
    """Return these rows of texts as a table whose columns have these names."""
    each = EACH[connection.dialect.name](literal(rows, JSON)).table_valued(column("value", JSON))
    return select(*(each.c.value[at].as_string().label(name) for at, name in enumerate(names))).subquery()
