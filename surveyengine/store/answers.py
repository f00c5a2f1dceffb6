"""Counts of answers that no histogram holds; each is a full scan of the answers."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from .schema import answer, response


class AnswerCount(NamedTuple):
    """How many answered a question of a version on a day."""

    digest: str
    day: date
    question: str
    series: str
    n: int


def count(connection: Connection, questions: Collection[str]) -> list[AnswerCount]:
    """Return how many answered these questions; without tests."""
    keys = (response.c.digest, response.c.day, answer.c.question, answer.c.series)
    query = (
        select(*keys, func.count())
        .join_from(answer, response, response.c.id == answer.c.response)
        .where(answer.c.question.in_(questions), answer.c.position == 0, ~response.c.test)
        .group_by(*keys)
    )
    return [AnswerCount(*row) for row in connection.execute(query)] if questions else []
