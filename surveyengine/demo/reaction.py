"""What a customer does with an invitation: nothing, an answer, half of one, or the wish to be left alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from ..definitions.survey import Survey
from ..events.event import Event
from .luck import Luck, luck
from .opinion import Encounter, filled, lean
from .shopper import Shopper
from .year import Year

ANSWERED: Mapping[str, float] = {  # the share of invitations, where it is not the usual one
    "post-resolution": 0.48,
    "support": 0.46,
    "b2b-checkin": 0.5,
    "quiet-customer": 0.14,
    "advertising": 0.2,
    "yearly": 0.3,
}
USUALLY = 0.39
HALF, LEAVES = 0.05, 0.006  # the shares of invitations that end as a draft, or with an opt-out


class Deed(StrEnum):
    """What is done with an invitation."""

    ANSWER = "answer"
    DRAFT = "draft"
    LEAVE = "leave"


@dataclass(frozen=True)
class Reaction:
    """What is done, when, and with which fields of the form."""

    deed: Deed
    at: datetime
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Crowd:
    """How customers behave, by the seed of the demo."""

    seed: int
    year: Year

    def reaction(self, shopper: Shopper, survey: Survey, event: Event, sent: datetime) -> Reaction | None:
        """Return what a customer does with an invitation that reached them; None where they do nothing."""
        whom = shopper.customer.id
        chance = luck(self.seed, "reaction", whom, survey.id, event.id, sent.isoformat())
        how = lean(survey.id, event.data, self.year.day(event.time), self.year) + shopper.mood
        keen = ANSWERED.get(survey.id, USUALLY) * shopper.willing * (1.15 if how < -0.8 else 1.0)
        drawn = chance.random()
        at = sent + _after(chance)
        if drawn < keen:
            fields = filled(Encounter(survey, event.data, how, shopper.language, shopper.is_woman), chance)
            half = chance.random() < HALF and len(fields) > 1
            return Reaction(Deed.DRAFT if half else Deed.ANSWER, at, _first(fields) if half else fields)
        if drawn > 1 - LEAVES * (2 if how < -0.5 else 1):
            return Reaction(Deed.LEAVE, at)
        return None


def _after(chance: Luck) -> timedelta:
    """Return after how long a letter is answered: half of them within four hours."""
    return timedelta(seconds=round(chance.lognormvariate(9.6, 1.5)))


def _first(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the first half of what was filled in."""
    names = [*fields]
    return {name: fields[name] for name in names[: max(1, len(names) // 2)]}
