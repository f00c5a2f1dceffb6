"""Numbers that were answered, counted by the database from the answers themselves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Double, Subquery, and_, case, cast, func, or_, select

from .schema import answer, response

SERIES = "number"


class Span(NamedTuple):
    """Answers to a question in one of some versions, from the day `start` to `end`, both included."""

    question: str
    versions: Collection[str]
    start: date | None = None
    end: date | None = None


class Figures(NamedTuple):
    """The most frequent numbers, each with how often it was answered; and of all `n` where they lie."""

    counts: tuple[tuple[str, int], ...]
    n: int
    lowest: float
    median: float
    highest: float
    mean: float


def figures(connection: Connection, spans: Sequence[Span], most: int) -> Figures | None:
    """Return what was answered, with the `most` frequent numbers; None where nothing was."""
    values = _values(spans)
    n, number = values.c.n, values.c.number
    total = func.sum(n).over()
    around = func.min(number).over(), func.max(number).over(), func.sum(number * n).over() / total
    query = select(values.c.value, n, total, *around).order_by(n.desc(), number, values.c.value).limit(most)
    if not (rows := connection.execute(query).all()):
        return None
    _, _, whole, lowest, highest, mean = rows[0]
    counts = tuple((value, int(times)) for value, times, *_ in rows)
    return Figures(counts, int(whole), lowest, _median(connection, values, int(whole)), highest, float(mean))


def _median(connection: Connection, values: Subquery, total: int) -> float:
    """Return the number in the middle, or between the two that are there."""
    upto = func.sum(values.c.n).over(order_by=values.c.number)
    run = select(values.c.number, upto.label("upto")).subquery()
    middle = (func.min(case((run.c.upto > place, run.c.number))) for place in ((total - 1) // 2, total // 2))
    low, high = connection.execute(select(*middle)).one()
    return float(low + high) / 2


def _values(spans: Sequence[Span]) -> Subquery:
    """Return each number once, as text and as a double, with how often it was answered; of test events none."""
    number = cast(answer.c.value, Double)
    query = select(answer.c.value, number.label("number"), func.count().label("n")).join_from(
        response, answer, answer.c.response == response.c.id
    )
    # The questions stand by themselves too, so that answers are found by their key.
    asked = answer.c.question.in_({span.question for span in spans})
    which = or_(False, *(and_(answer.c.question == span.question, *_within(span)) for span in spans))
    return query.where(answer.c.series == SERIES, ~response.c.test, asked, which).group_by(answer.c.value).subquery()


def _within(span: Span) -> list[ColumnElement[Any]]:
    day = response.c.day
    starts, ends = ([day >= span.start] if span.start else []), ([day <= span.end] if span.end else [])
    return [response.c.digest.in_(span.versions), *starts, *ends]
