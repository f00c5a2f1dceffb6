"""Numbers that were answered, counted by the database from the answers themselves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import CTE, ColumnElement, Connection, Double, Subquery, and_, case, cast, func, or_, select, true

from ..values.period import ALWAYS, DateRange
from .days import within
from .schema import answer, response

SERIES = "number"


class AnswerSpan(NamedTuple):
    """Answers to a question in one of some versions, of these days."""

    question: str
    versions: Collection[str]
    days: DateRange = ALWAYS


class Figures(NamedTuple):
    """The most frequent numbers, each with how often it was answered; and of all `n` where they lie."""

    counts: tuple[tuple[str, int], ...]
    n: int
    lowest: float
    median: float
    highest: float
    mean: float


def figures(connection: Connection, spans: Sequence[AnswerSpan], most: int) -> Figures | None:
    """Return what was answered, with the `most` frequent numbers; None where nothing was."""
    values = _values(spans)
    n, number = values.c.n, values.c.number
    around = select(func.sum(n).label("n"), func.min(number), func.max(number), func.sum(number * n)).subquery()
    median = _median(values, around)
    query = select(values.c.value, n, *around.c, *median.c).select_from(
        values.join(around, true()).join(median, true())
    )
    rows = connection.execute(query.order_by(n.desc(), number, values.c.value).limit(most)).all()
    if not rows:
        return None
    _, _, total, lowest, highest, whole, low, high = rows[0]
    counts = tuple((value, int(times)) for value, times, *_ in rows)
    return Figures(counts, int(total), lowest, (low + high) / 2, highest, float(whole) / int(total))


def _median(values: CTE, around: Subquery) -> Subquery:
    """Return the two numbers in the middle, which are the same one where their count is odd."""
    upto = func.sum(values.c.n).over(order_by=values.c.number)
    both = values.join(around, true())
    run = select(values.c.number, (2 * upto).label("twice"), around.c.n).select_from(both).subquery()
    reached, passed = run.c.twice >= run.c.n, run.c.twice > run.c.n
    return select(*(func.min(case((which, run.c.number))) for which in (reached, passed))).subquery()


def _values(spans: Sequence[AnswerSpan]) -> CTE:
    """Return each number once, as text and as a double, with how often it was answered; of test events none."""
    number = cast(answer.c.value, Double)
    query = select(answer.c.value, number.label("number"), func.count().label("n")).join_from(
        response, answer, answer.c.response == response.c.id
    )
    # The questions stand by themselves too, so that answers are found by their key.
    asked = answer.c.question.in_({span.question for span in spans})
    which = or_(False, *(and_(answer.c.question == span.question, *_within(span)) for span in spans))
    return query.where(answer.c.series == SERIES, ~response.c.test, asked, which).group_by(answer.c.value).cte()


def _within(span: AnswerSpan) -> list[ColumnElement[Any]]:
    return [response.c.digest.in_(span.versions), *within(response.c.day, span.days)]
