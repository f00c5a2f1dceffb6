"""Those who answer by an open link: on the website, by the code in a parcel, on the tablet in the shop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from ..definitions.survey import Survey
from ..values.context import Pairs
from ..values.enumeration import FormLayout
from .luck import Luck, luck, weighted
from .opinion import Encounter, filled, lean
from .reaction import Deed, Reaction
from .shopper import LANGUAGES
from .story import CAMPAIGNS, PAGES
from .year import Year

SHARES: Mapping[str, float] = {"website": 0.13, "feedback": 0.06}  # of the number of customers, answers a year
MOODS = 0.7  # how differently people see things, in logits


@dataclass(frozen=True)
class Visitor:
    """Somebody at an open link, and what the link says of them."""

    survey: str
    language: str
    layout: str
    context: Pairs
    is_claimed: bool  # whether nobody vouches for what the link says
    at: datetime


def visitors(year: Year, seed: int, customers: int) -> Iterator[Visitor]:
    """Yield those who answer by an open link in the year."""
    for survey, share in SHARES.items():
        for n in range(round(customers * share * year.length)):
            chance = luck(seed, "visitor", survey, n)
            at = year.some_moment(chance).replace(microsecond=0)
            if at < year.end:
                yield _website(chance, at) if survey == "website" else _feedback(chance, at)


def _website(chance: Luck, at: datetime) -> Visitor:
    said = {"campaign": weighted(chance, CAMPAIGNS), "channel": "web", "page": chance.choice(PAGES)}
    context = tuple(sorted(said.items()))
    return Visitor("website", weighted(chance, LANGUAGES), FormLayout.EMBED, context, True, at)


def _feedback(chance: Luck, at: datetime) -> Visitor:
    place = weighted(chance, {"parcel": 0.6, "shop": 0.4})
    layout = FormLayout.KIOSK if place == "shop" else FormLayout.PAGE
    return Visitor("feedback", weighted(chance, LANGUAGES), layout, (("place", place),), False, at)


def said(visitor: Visitor, survey: Survey, year: Year, seed: int) -> Reaction:
    """Return what a visitor answers."""
    chance = luck(seed, "said", visitor.survey, visitor.at.isoformat(), visitor.language)
    facts = dict(visitor.context)
    how = lean(survey.id, facts, year.day(visitor.at), year) + chance.gauss(0, MOODS)
    encounter = Encounter(survey, facts, how, visitor.language, chance.random() < 0.5)
    return Reaction(Deed.ANSWER, visitor.at, filled(encounter, chance))
