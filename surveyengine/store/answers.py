"""Answers that no histogram holds, counted where they lie: it takes a look at every answer there is."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, case, func, or_, select

from .schema import answer, response


class Row(NamedTuple):
    """How many answers of a day a question of a version has; `value` is "" where they are not told apart."""

    digest: str
    day: date
    question: str
    series: str
    value: str
    n: int


def count(connection: Connection, whole: Collection[str], by_value: Collection[str]) -> list[Row]:
    """Return how many answered these questions, and of others how often each value was given; without tests."""
    value = case((answer.c.question.in_(by_value), answer.c.value), else_="")
    keys = (response.c.digest, response.c.day, answer.c.question, answer.c.series, value)
    query = (
        select(*keys, func.count())
        .join_from(answer, response, response.c.id == answer.c.response)
        .where(answer.c.question.in_([*whole, *by_value]), ~response.c.test)
        .where(or_(answer.c.position == 0, answer.c.question.in_(by_value)))
        .group_by(*keys)
    )
    return [Row(*row) for row in connection.execute(query)] if whole or by_value else []
