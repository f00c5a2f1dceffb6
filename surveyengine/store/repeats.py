"""Answers of customers who answered more than once: of all of them, or of those whom a sample comes upon."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Integer, Select, and_, case, cast, func, select, true, tuple_

from ..values.period import ALWAYS, DateRange
from .days import within
from .schema import DRAWN, answer, response

DRAWN_OF = 16
"""Of so many responses one is drawn for samples: by its id, which is random."""
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"
BATCH = 2_000  # customers in a statement


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
    for begin in range(0, len(pairs), BATCH):
        for survey, *row in connection.execute(_answers(wanted, pairs[begin : begin + BATCH], part)):
            yield CustomerAnswer._make((wanted.surveys[survey], *row[:3], bool(row[3])))


def _respondents(wanted: AnswersWanted) -> Select[Any]:
    place = case(dict(wanted.surveys), value=response.c.survey).label("place")
    query = select(place, response.c.customer, func.count())
    query = query.where(response.c.survey.in_(sorted(wanted.surveys)), *within(response.c.day, wanted.days))
    return query.group_by("place", response.c.customer)


def _answers(wanted: AnswersWanted, pairs: Sequence[tuple[str, str]], part: float) -> Select[Any]:
    is_drawn = cast(case((and_(DRAWN, _thinned(part)), 1), else_=0), Integer)
    columns = (*response.c["survey", "customer"], *answer.c["series", "value"], is_drawn)
    query = select(*columns).join_from(response, answer, answer.c.response == response.c.id)
    query = query.where(response.c.id.in_(_theirs(wanted, pairs)))
    asked = tuple_(response.c.digest, answer.c.question).in_(wanted.questions)
    return query.where(asked, answer.c.counted, answer.c.series.in_(sorted(wanted.series)), ~response.c.test)


def _theirs(wanted: AnswersWanted, pairs: Sequence[tuple[str, str]]) -> Select[Any]:
    """Return the query of the ids of the customers' responses, from the index of customers alone."""
    own = response.alias("own")
    survey = own.c.survey.concat("")  # no index finds it like that: there are fewer responses of a customer
    query = select(own.c.id).where(own.c.customer.in_(sorted({one for one, _ in pairs})))
    return query.where(tuple_(own.c.customer, survey).in_(pairs), *within(own.c.day, wanted.days))


def _thinned(part: float) -> ColumnElement[bool]:
    """Return the condition that leaves that part of all responses among those that are drawn."""
    letters = max(1, round(part * DRAWN_OF * len(LETTERS)))
    return func.substr(response.c.id, 3, 1).in_(list(LETTERS[:letters])) if letters < len(LETTERS) else true()
