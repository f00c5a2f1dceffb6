"""What a simulation comes to: invitations to be expected, their shares, and how much the answers will tell: pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from math import ceil

from ..results.interval import wilson
from ..results.score import INDICATIVE
from ..results.weighting import TRIM, effective
from .lottery import TICKETS
from .response_rate import ResponseRate
from .scale import whole_shares
from .simulation import Simulation, SurveyCounts


@dataclass(frozen=True)
class WeekForecast:
    """A week of a survey: how many occasions, how many invitations by the lot, and how many by first come."""

    begins: date
    occasions: int
    invitations: float
    first_come: int


@dataclass(frozen=True)
class SurveyForecast:
    """What is to be expected of a survey.

    Of its `occasions`, `sampled` are left by `sample` and `draw`, and `uncovered` of these have no chance. `chance` is
    that of an occasion, in the mean, and `low` what nine in ten have at least. `share` and `wanted` are parts of the
    invitations, the latter None where nothing is drawn. `evenness` is which part of the answers tells as much if they
    are weighted. `margin` is by how many points a CSAT of `answers` may miss at worst (95 %); None below ten.
    """

    survey: str
    occasions: int
    sampled: int
    chance: float | None
    low: float | None
    invitations: float
    share: float | None
    wanted: float | None
    uncovered: int
    evenness: float | None
    first_come: int
    answers: float
    margin: float | None
    refused: dict[str, int]
    weeks: Sequence[WeekForecast]


@dataclass(frozen=True)
class AskedMost:
    """How often those are asked who are asked most: the tenth of all customers, each in the mean, and the first one."""

    tenth: float
    one: float
    customer: str


@dataclass(frozen=True)
class Forecast:
    """What the rules of a project would do about events; `percent` is that of first come's invitations.

    `recurring` surveys, which no event starts, are not simulated, and events of which nobody could tell what they are
    about (`unrecognised`) are refused.
    """

    events: int
    unrecognised: int
    customers: int
    since: date | None
    until: date | None
    is_drawn: bool
    response_rate: float
    is_own_rate: bool
    surveys: Sequence[SurveyForecast]
    recurring: Sequence[str]
    invitations: float
    first_come: int
    percent: float | None
    most: AskedMost | None
    most_first_come: AskedMost | None


def forecast(found: Simulation, rate: ResponseRate) -> Forecast:
    """Return what a simulation comes to, where such a part of those invited answers."""
    invitations = sum(_invitations(one) for one in found.counts.values())
    first = sum(_first(one) for one in found.counts.values())
    surveys = [_survey(found, id, invitations, rate.part) for id in found.surveys]
    asked = [*found.customers()]
    zone = found.config.business.zone
    return Forecast(
        events=found.events,
        unrecognised=found.unrecognised,
        customers=len(asked),
        since=found.since.astimezone(zone).date() if found.since else None,
        until=found.until.astimezone(zone).date() if found.until else None,
        is_drawn=bool(found.wanted),
        response_rate=rate.part,
        is_own_rate=rate.is_own,
        surveys=surveys,
        recurring=found.recurring,
        invitations=invitations,
        first_come=first,
        percent=100 * invitations / first if first else None,
        most=_most([(id, expected) for id, expected, _ in asked]),
        most_first_come=_most([(id, first) for id, _, first in asked]),
    )


def margin(answers: float) -> float | None:
    """Return by how many points a CSAT of so many answers may miss: half of the widest interval; None for a few."""
    if answers < INDICATIVE:
        return None
    widest = wilson(answers / 2, answers).scaled(100)
    return (widest.high - widest.low) / 2


def _survey(found: Simulation, id: str, invitations: float, rate: float) -> SurveyForecast:
    counts, survey = found.counts[id], found.surveys[id]
    sample = survey.invite.sample if survey.invite else 1.0
    own, chances = _invitations(counts), sorted((+counts.by_tickets).items())
    sampled = sum(n for _, n in chances)
    wanted = whole_shares({name: found.wanted[name] for name in found.wanted if found.counts[name].by_tickets})
    return SurveyForecast(
        survey=id,
        occasions=sum(one.occasions for one in counts.weeks.values()),
        sampled=sampled,
        chance=sample * own / sampled if sampled else None,
        low=sample * _tenth(chances, sampled) / TICKETS if sampled else None,
        invitations=own,
        share=own / invitations if invitations else None,
        wanted=wanted.get(id),
        uncovered=counts.by_tickets[0],
        evenness=_evenness(chances),
        first_come=_first(counts),
        answers=rate * own,
        margin=margin(rate * own),
        refused=dict(counts.refused.most_common()),
        weeks=[
            WeekForecast(begins, one.occasions, one.tickets / TICKETS, one.first)
            for begins, one in sorted(counts.weeks.items())
        ],
    )


def _invitations(counts: SurveyCounts) -> float:
    return sum(one.tickets for one in counts.weeks.values()) / TICKETS


def _first(counts: SurveyCounts) -> int:
    return sum(one.first for one in counts.weeks.values())


def _tenth(chances: Sequence[tuple[int, int]], sampled: int) -> int:
    """Return how many tickets nine in ten occasions have at least."""
    below = accumulate(n for _, n in chances)
    return next(tickets for (tickets, _), n in zip(chances, below, strict=True) if n >= sampled / 10)


def _evenness(chances: Sequence[tuple[int, int]]) -> float | None:
    """Return which part of the answers tells as much once they are weighted: the effective number by that of all.

    The weights are those of weighted scores, trimmed: an occasion with a chance answers with it, weighted by 1 / it.
    """
    asked = [(tickets / TICKETS, n) for tickets, n in chances if tickets]
    answers = sum(chance * n for chance, n in asked)
    if not answers:
        return None
    most = TRIM * sum(n for _, n in asked) / answers
    weights = [(min(1 / chance, most), chance * n) for chance, n in asked]
    return effective(sum(w * n for w, n in weights), sum(w * w * n for w, n in weights)) / answers


def _most(asked: Sequence[tuple[str, float]]) -> AskedMost | None:
    often = sorted(asked, key=lambda one: (-one[1], one[0]))
    tenth = often[: ceil(len(often) / 10)]
    return AskedMost(sum(n for _, n in tenth) / len(tenth), tenth[0][1], tenth[0][0]) if tenth else None
