"""Answers of customers who answered more than once: of all of them, or of those whom a sample comes upon."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, FromClause, Select, Subquery, and_, case, func, select, true, tuple_

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
    """A customer at a place, and how many responses were found there."""

    place: str
    customer: str
    n: int


class DrawnResponse(NamedTuple):
    """A response in a sample, where it counts, and whose it is; None where nobody knows."""

    place: str
    customer: str | None
    id: str


class CustomerAnswer(NamedTuple):
    """An answer of a customer at a place, with the id of its response."""

    place: str
    customer: str
    series: str
    value: str
    response: str


def again(
    connection: Connection, wanted: AnswersWanted, among: Iterable[DrawnResponse] | None = None
) -> list[Respondent]:
    """Return the customers with several responses at a place, by an index alone; only those `among` some, if given."""
    if among is None:
        place = case(dict(wanted.surveys), value=response.c.survey).label("place")
        query = select(place, response.c.customer, func.count()).where(response.c.survey.in_(sorted(wanted.surveys)))
        query = query.where(response.c.customer.is_not(None)).group_by("place", response.c.customer)
    else:
        whose = _listed(connection, wanted, {(one.place, one.customer) for one in among if one.customer})
        query = select(whose.c.place, whose.c.customer, func.count()).select_from(whose.join(response, _own(whose)))
        query = query.group_by(whose.c.place, whose.c.customer)
    query = query.where(*within(response.c.day, wanted.days)).having(func.count() > 1)
    return [Respondent(row[0], row[1], int(row[2])) for row in connection.execute(query)]


def drawn(connection: Connection, wanted: AnswersWanted, part: float) -> list[DrawnResponse]:
    """Return a sample: that part of all responses, at most one of DRAWN_OF, from an index alone."""
    query = select(*response.c["survey", "customer", "id"]).where(response.c.survey.in_(sorted(wanted.surveys)))
    query = query.where(*within(response.c.day, wanted.days), DRAWN, _thinned(part))
    rows = connection.execute(query).all()
    return [DrawnResponse(wanted.surveys[survey], customer, id) for survey, customer, id in rows]


def given(
    connection: Connection, wanted: AnswersWanted, among: Iterable[DrawnResponse]
) -> Mapping[tuple[str, str], int]:
    """Return by place and series how many answers the responses of customers among these hold."""
    ids = listed(connection, [(one.id,) for one in among if one.customer], "id")
    query = _answered(ids.join(response, response.c.id == ids.c.id), wanted)
    query = query.with_only_columns(response.c.survey, answer.c.series, func.count())
    found = Counter[tuple[str, str]]()
    for survey, series, n in connection.execute(query.group_by(response.c.survey, answer.c.series)):
        found[wanted.surveys[survey], series] += n
    return found


def answers(connection: Connection, wanted: AnswersWanted, whose: Collection[Respondent]) -> list[CustomerAnswer]:
    """Return all answers of these customers at their places; those of test events are none."""
    if not whose:
        return []
    theirs = _listed(connection, wanted, {(one.place, one.customer) for one in whose})
    query = _answered(theirs.join(response, _own(theirs)), wanted).where(*within(response.c.day, wanted.days))
    rows = connection.execute(query).all()
    return [CustomerAnswer(wanted.surveys[survey], *row) for survey, *row in rows]


def _answered(responses: FromClause, wanted: AnswersWanted) -> Select[Any]:
    """Return the query of the answers in these responses."""
    columns = (*response.c["survey", "customer"], *answer.c["series", "value", "response"])
    question = answer.c.question.concat("")  # no index finds it like that: a response has fewer than are asked for
    asked = tuple_(response.c.digest, question).in_(wanted.questions), answer.c.series.in_(sorted(wanted.series))
    query = select(*columns).select_from(responses.join(answer, answer.c.response == response.c.id))
    return query.where(*asked, answer.c.counted, ~response.c.test)


def _listed(connection: Connection, wanted: AnswersWanted, whose: Collection[tuple[str, str]]) -> Subquery:
    """Return these customers of places with each survey that counts there."""
    surveys: dict[str, list[str]] = {}
    for survey, place in wanted.surveys.items():
        surveys.setdefault(place, []).append(survey)
    rows = [(place, customer, survey) for place, customer in sorted(whose) for survey in surveys[place]]
    return listed(connection, rows, "place", "customer", "survey")


def _own(whose: Subquery) -> ColumnElement[bool]:
    return and_(response.c.customer == whose.c.customer, response.c.survey == whose.c.survey)


def _thinned(part: float) -> ColumnElement[bool]:
    """Return the condition that leaves that part of all responses among those that are drawn."""
    letters = max(1, round(part * DRAWN_OF * len(LETTERS)))
    return func.substr(response.c.id, 3, 1).in_(list(LETTERS[:letters])) if letters < len(LETTERS) else true()
