"""Whether the lot gives every touchpoint its share, by the last two months."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from ..invitations.lottery import TICKETS
from ..invitations.scale import MOST, competing, whole_shares
from ..store import allotments, scales
from ..store.allotments import DrawnFigures
from ..store.scales import DayScale
from .deployment import Deployment
from .finding import Finding, warning

MEMORY = timedelta(days=60)
FEWEST = 50  # occasions of a survey, below which nothing is said
FAINT = 0.02  # a mean chance below which answers hardly come
SHUT = 0.05  # the part of occasions without any chance that is too large
OVERRULED = 0.01  # the part of planned invitations that limits refuse later
LESS = "lower another survey's `share`, or `cooldown` under [sending]"


@dataclass(frozen=True)
class Standings:
    """How the competing surveys stand in the lot, and the share of the invitations that each of them wants."""

    scales: Mapping[str, DayScale]
    wanted: Mapping[str, float]


def findings(deployment: Deployment) -> Iterator[Finding]:
    """Yield which touchpoints the lot does not get to their share, and where it does not help; nothing without it."""
    wanted = competing(deployment.project.surveys, deployment.config.sending)
    if not wanted:
        return
    today = deployment.now.astimezone(deployment.config.business.zone).date()
    with deployment.reading() as connection:
        last = scales.before(connection, today + timedelta(days=1))
        drawn = allotments.figures(connection, today - MEMORY)
    known = {one.survey: one for one in last if one.survey in wanted and one.occasions}
    shares = whole_shares({name: wanted[name] for name in known})
    yield from short(Standings(known, shares))
    for one in drawn:
        if one.survey in wanted and one.occasions >= FEWEST:
            yield from faulty(one)


def short(found: Standings) -> Iterator[Finding]:
    """Yield the surveys that get less than half of their share, though their chance is as high as it goes."""
    given = sum(one.given for one in found.scales.values())
    whole = sum(found.wanted.values())
    for name, one in sorted(found.scales.items()):
        wanted = found.wanted[name] / whole
        if one.occasions >= FEWEST and one.chance >= MOST and one.given < wanted * given / 2:
            words = f"{name} gets {one.given / given:.0%} of the invitations, and {wanted:.0%} are its share"
            yield warning("lot-short", f"{words}: few occasions, or customers who were just asked", LESS)


def faulty(one: DrawnFigures) -> Iterator[Finding]:
    """Yield what is wrong with the chances of a survey's occasions."""
    mean = one.allotted / TICKETS / one.occasions
    if mean < FAINT:
        yield warning("lot-faint", f"{one.survey} is asked about {mean:.1%} of its occasions", LESS)
    if one.shut > SHUT * one.occasions:
        words = f"{one.shut / one.occasions:.0%} of the occasions of {one.survey} have no chance of being asked about"
        yield warning("lot-shut", words, "the limits are reached: raise `at_most`, or lower `cooldown`")
    if one.overruled > OVERRULED * one.planned:
        words = f"limits refused {one.overruled} of {one.planned} invitations of {one.survey} after they were planned"
        yield warning("lot-overruled", words, "look at whether messages leave late: `surveyengine status`")
