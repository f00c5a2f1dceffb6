"""Texts, and rows of texts, that a statement is given in one parameter.

A list in the statement itself makes another statement of every length, which takes longer to spell than to run.
PostgreSQL also compares each row that it looks at with every pair of such a list, where it finds the rows of a table by
an index.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    Boolean,
    ColumnElement,
    Connection,
    Dialect,
    Subquery,
    Text,
    TypeDecorator,
    bindparam,
    column,
    func,
    literal,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

EACH = {"sqlite": func.json_each, "postgresql": func.json_array_elements}


def listed(connection: Connection, rows: Sequence[Sequence[str]], *names: str) -> Subquery:
    """Return these rows of texts as a table whose columns have these names."""
    each = EACH[connection.dialect.name](literal(rows, JSON)).table_valued(column("value", JSON))
    return select(*(each.c.value[at].as_string().label(name) for at, name in enumerate(names))).subquery()


def any_of(compared: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Return the condition that a column is one of the texts in the parameter of that name."""
    return _AnyOf(compared, bindparam(name, type_=_Texts))


class _Texts(TypeDecorator[Sequence[str]]):
    """Texts: an array in PostgreSQL, JSON in SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else ARRAY(Text))

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> Any:
        return json.dumps([*(value or ())]) if dialect.name == "sqlite" else [*(value or ())]


class _AnyOf(FunctionElement[bool]):
    name = "any_of"
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> Any:
        """Return the condition as it is: compared with 1, as SQLAlchemy does in SQLite, it would use no index."""
        return self


@compiles(_AnyOf, "sqlite")
def _of_json(element: _AnyOf, compiler: SQLCompiler, **options: Any) -> str:
    compared, texts = (compiler.process(one, **options) for one in element.clauses)
    return f"{compared} IN (SELECT value FROM json_each({texts}))"  # noqa: S608 - both are SQLAlchemy's own spelling


@compiles(_AnyOf, "postgresql")
def _of_array(element: _AnyOf, compiler: SQLCompiler, **options: Any) -> str:
    compared, texts = (compiler.process(one, **options) for one in element.clauses)
    return f"{compared} = ANY ({texts})"
