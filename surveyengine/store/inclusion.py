"""Answers to invitations, and the occasions of these, summed by the chance with which each was asked about."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import CTE, Connection, Integer, Select, and_, case, cast, func, or_, select, tuple_

from ..values.enumeration import BEFORE_LOT, BY_LIMIT, InvitationState
from ..values.period import ALWAYS, DateRange
from .days import within
from .funnel_tallies import IS_REAL
from .schema import answer, invitation, response


class WeightsWanted(NamedTuple):
    """Which answers: to these questions of versions, of these days; `surveys` says at which place they count.

    An answer is a success where its value is one of `good`, and left out where it is none of `values`. No weight counts
    as more than `trim` times the mean one of its place.
    """

    surveys: Mapping[str, str]
    questions: Sequence[tuple[str, str]]
    values: Collection[str]
    good: Collection[str]
    trim: float
    days: DateRange = ALWAYS


class WeightSums(NamedTuple):
    """Sums over the answers at a place, each with the weight 1 / its chance: their number, w, w², w of the successes.

    And over its customers, with W the weight of one's answers and S that of one's successes: their number, W², WS, S².
    """

    n: int
    weights: float
    squares: float
    good: float
    customers: int
    own: float
    mixed: float
    own_good: float


class OccasionCount(NamedTuple):
    """How many occasions of a version had a chance, and whether a limit forbade to ask about them."""

    digest: str
    chance: float
    limited: bool
    n: int


def weighed(connection: Connection, wanted: WeightsWanted) -> dict[str, WeightSums]:
    """Return the sums of each place; answers without an invitation, and those to links handed out, are in none."""
    rows = connection.execute(_by_place(_by_customer(_given(wanted), wanted.trim)))
    return {place: WeightSums._make(sums) for place, *sums in rows}


def occasions(connection: Connection, digests: Collection[str], days: DateRange) -> list[OccasionCount]:
    """Return how many occasions of these versions a lot or a limit could decide about, by the chance of each."""
    limited = case((invitation.c.reason.in_(BY_LIMIT), 1), else_=0).label("limited")
    reached = or_(invitation.c.state != InvitationState.REFUSED, invitation.c.reason.not_in(BEFORE_LOT))
    query = select(invitation.c.digest, invitation.c.probability, limited, func.count())
    query = query.where(IS_REAL, reached, invitation.c.digest.in_(digests), *within(invitation.c.day, days))
    rows = connection.execute(query.group_by(invitation.c.digest, invitation.c.probability, "limited"))
    return [OccasionCount(digest, float(chance), bool(is_limited), int(n)) for digest, chance, is_limited, n in rows]


def _given(wanted: WeightsWanted) -> CTE:
    """Return each answer with its place, customer, weight, and whether it is a success."""
    place = case(dict(wanted.surveys), value=response.c.survey).label("place")
    whose = func.coalesce(response.c.customer, response.c.id).label("customer")
    weight = (1.0 / invitation.c.probability).label("weight")
    good = case((answer.c.value.in_(wanted.good), 1.0), else_=0.0).label("good")
    asked = tuple_(response.c.digest, answer.c.question).in_(wanted.questions)
    joined = response.join(answer, and_(answer.c.response == response.c.id, answer.c.value.in_(wanted.values)))
    joined = joined.join(invitation, invitation.c.key == response.c.invitation)
    query = select(place, whose, weight, good).select_from(joined).where(asked, answer.c.counted, ~response.c.test)
    theirs = response.c.survey.in_(sorted(wanted.surveys)), *within(response.c.day, wanted.days)
    given = query.where(*theirs, IS_REAL, invitation.c.probability > 0).cte("given")
    return given.prefix_with("MATERIALIZED")  # it is needed twice, and reading it is nearly all of the work


def _by_customer(given: CTE, trim: float) -> CTE:
    """Return the sums of each customer at a place, of trimmed weights."""
    most = select(given.c.place, (trim * func.avg(given.c.weight)).label("most")).group_by(given.c.place).cte("trim")
    weight = case((given.c.weight > most.c.most, most.c.most), else_=given.c.weight)
    sums = {"n": func.count(), "w": func.sum(weight), "ww": func.sum(weight * weight)}
    sums["good"] = func.sum(weight * given.c.good)
    query = select(given.c.place, *(each.label(name) for name, each in sums.items()))
    query = query.select_from(given.join(most, most.c.place == given.c.place))
    return query.group_by(given.c.place, given.c.customer).cte("own")


def _by_place(own: CTE) -> Select[Any]:
    one = own.c
    answers = (cast(func.sum(one.n), Integer), func.sum(one.w), func.sum(one.ww), func.sum(one.good))
    squares = (one.w * one.w, one.w * one.good, one.good * one.good)
    customers = (func.count(), *(func.sum(each) for each in squares))
    return select(one.place, *answers, *customers).group_by(one.place)
