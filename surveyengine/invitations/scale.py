"""With which chance a survey's occasions begin, renewed each night so that every survey gets its share: pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ..definitions.survey import Survey
from ..settings.config import SendingSettings

BEGINNING = 0.3
LEAST, MOST = 0.02, 0.75
HALF_LIFE = 60  # nights after which an occasion counts half
FEWEST = 20  # occasions from which on a survey moves
GRANTED = 0.95  # the part of what is wished that is to be given: less, and occasions stand in each other's way
WIDTH = 0.05  # how far from it is as far as can be
DRIFT = 0.01  # the most that all move in a night, for that
STEP = 0.05  # the most that one survey moves in a night, for its share
SMALLEST = 0.01  # the share of a survey where the others' leave none


class SurveyScale(NamedTuple):
    """The chance of a survey's occasions when nothing stands against them, and what it rests on.

    `occasions` were decided by lot, `wished` is the sum of the chances that they would have had with room, `given` that
    of those that they had; the three fade.
    """

    chance: float = BEGINNING
    occasions: float = 0.0
    wished: float = 0.0
    given: float = 0.0

    def with_day(self, day: DaySums) -> SurveyScale:
        """Return the scale with what was decided in a day."""
        sums = (self.occasions + day.occasions, self.wished + day.wished, self.given + day.given)
        return SurveyScale(self.chance, *sums)

    def faded(self, chance: float) -> SurveyScale:
        """Return the scale of the day after, with that chance."""
        left = 0.5 ** (1 / HALF_LIFE)
        return SurveyScale(chance, self.occasions * left, self.wished * left, self.given * left)


class DaySums(NamedTuple):
    """How many occasions of a survey were decided by lot in a day, and the sums of their chances."""

    occasions: int
    wished: float
    given: float


def competing(surveys: Iterable[Survey], sending: SendingSettings) -> dict[str, float | None]:
    """Return the wanted share of each survey that competes for what customers can bear; {} where no two do."""
    found = {
        one.id: one.invite.share
        for one in surveys
        if one.invite and one.invite.on and not one.invite.exempt and not one.head.closed
    }
    return found if sending.cooldown and len(found) > 1 else {}


def renewed(
    scales: Mapping[str, SurveyScale], wanted: Mapping[str, float | None], number: int
) -> dict[str, SurveyScale]:
    """Return the scales after so many nights; surveys without any occasion claim nothing of what the others divide."""
    shares = whole_shares({name: wanted[name] for name, scale in scales.items() if scale.occasions} or wanted)
    return nights(scales, {**dict.fromkeys(wanted, 1.0), **shares}, number)


def night(scales: Mapping[str, SurveyScale], shares: Mapping[str, float]) -> dict[str, SurveyScale]:
    """Return the scales of the next day: what got less than its share gets a bit more, and the other way round.

    What cannot reach its share, because it has few occasions, leaves the rest to the others in proportion.
    """
    live = {name: one for name, one in scales.items() if one.occasions >= FEWEST and one.given > 0}
    chances = {name: one.chance for name, one in scales.items()}
    if live:
        given = sum(one.given for one in live.values())
        loose = [n for n, one in live.items() if one.chance < MOST or one.given >= shares[n] * given] or list(live)
        level = sum(live[name].given for name in loose) / sum(shares[name] for name in loose)
        push = DRIFT * _clip((given / sum(one.wished for one in live.values()) - GRANTED) / WIDTH)
        for name, one in live.items():
            moved = STEP * _clip(math.log(level * shares[name] / one.given)) + push
            chances[name] = min(MOST, max(LEAST, one.chance * math.exp(moved)))
    return {name: one.faded(chances[name]) for name, one in scales.items()}


def nights(scales: Mapping[str, SurveyScale], shares: Mapping[str, float], number: int) -> dict[str, SurveyScale]:
    """Return the scales after so many nights; of very many, those that still make a difference are enough."""
    found = dict(scales)
    for _ in range(min(number, 10 * HALF_LIFE)):
        found = night(found, shares)
    return found


def whole_shares(wanted: Mapping[str, float | None]) -> dict[str, float]:
    """Return the share of each survey, 1 together; those that want none in particular divide the rest equally."""
    named = sum(share for share in wanted.values() if share)
    others = sum(not share for share in wanted.values())
    rest = max(1 - named, 0) / others if others else 0
    shares = {name: share or max(rest, SMALLEST) for name, share in wanted.items()}
    whole = sum(shares.values())
    return {name: share / whole for name, share in shares.items()}


def _clip(value: float) -> float:
    return max(-1.0, min(1.0, value))
