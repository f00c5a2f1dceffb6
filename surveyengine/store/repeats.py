"""Answers of customers who answered more than once: of all of them, or of those whom a sample comes upon."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    select,
    true,
    tuple_,
)

from ..values.period import ALWAYS, DateRange
from .days import within
from .engine.listed import listed
from .schema import DRAWN, answer, response

DRAWN_OF = 16
"""Of so many responses one is drawn for samples: by its id, which is random."""
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"


class AnswersWanted(NamedTuple):
    """Which answers: of these series, to these questions of versions, of these days.

    `surveys` says at which place the answers to a survey count.
    """

    surveys: Mapping[str, str]
    questions: Sequence[tuple[str, str]]
    series: Collection[str]
    days: DateRange = ALWAYS


class Respondent(NamedTuple):
    """A customer at a place, and how many responses were found there; None for all whom nobody knows."""

    place: str
    customer: str | None
    n: int


class CustomerAnswer(NamedTuple):
    """An answer of a customer at a place, and whether its response was drawn."""

    place: str
    customer: str
    series: str
    value: str
    is_drawn: bool


def again(connection: Connection, wanted: AnswersWanted) -> list[Respondent]:
    """Return the customers with several responses at a place, from an index alone."""
    query = _respondents(wanted).where(response.c.customer.is_not(None)).having(func.count() > 1)
    return [Respondent(row[0], row[1], int(row[2])) for row in connection.execute(query)]


def drawn(connection: Connection, wanted: AnswersWanted, part: float) -> list[Respondent]:
    """Return those whose responses are in a sample: of that part of all responses, at most one of DRAWN_OF."""
    query = _respondents(wanted).where(DRAWN, _thinned(part))
    return [Respondent(row[0], row[1], int(row[2])) for row in connection.execute(query)]


def answers(
    connection: Connection, wanted: AnswersWanted, whose: Iterable[Respondent], part: float = 1
) -> Iterator[CustomerAnswer]:
    """Yield all answers of these customers at their places; those of test events are none."""
    together: dict[str, list[str]] = {}
    for survey, place in wanted.surveys.items():
        together.setdefault(place, []).append(survey)
    pairs = [(one.customer, survey) for one in whose if one.customer for survey in together[one.place]]
    if pairs:
        theirs = listed(connection, pairs, "customer", "survey")
        for survey, *row in connection.execute(_answers(wanted, theirs, part)).all():
            yield CustomerAnswer._make((wanted.surveys[survey], *row[:3], bool(row[3])))


def _respondents(wanted: AnswersWanted) -> Select[Any]:
    place = case(dict(wanted.surveys), value=response.c.survey).label("place")
    query = select(place, response.c.customer, func.count())
    query = query.where(response.c.survey.in_(sorted(wanted.surveys)), *within(response.c.day, wanted.days))
    return query.group_by("place", response.c.customer)


def _answers(wanted: AnswersWanted, whose: Subquery, part: float) -> Select[Any]:
    """Return the query that begins with the customers, whose responses an index finds, and reads their answers."""
    is_drawn = cast(case((and_(DRAWN, _thinned(part)), 1), else_=0), Integer)
    columns = (*response.c["survey", "customer"], *answer.c["series", "value"], is_drawn)
    own = and_(response.c.customer == whose.c.customer, response.c.survey == whose.c.survey)
    joined = whose.join(response, own).join(answer, answer.c.response == response.c.id)
    question = answer.c.question.concat("")  # no index finds it like that: a response has fewer than are asked for
    asked = tuple_(response.c.digest, question).in_(wanted.questions)
    query = select(*columns).select_from(joined).where(asked, *within(response.c.day, wanted.days), ~response.c.test)
    return query.where(answer.c.counted, answer.c.series.in_(sorted(wanted.series)))


def _thinned(part: float) -> ColumnElement[bool]:
    """Return the condition that leaves that part of all responses among those that are drawn."""
    letters = max(1, round(part * DRAWN_OF * len(LETTERS)))
    return func.substr(response.c.id, 3, 1).in_(list(LETTERS[:letters])) if letters < len(LETTERS) else true()
