"""The one thing of a report to look at first: chosen by rules, in their order, and with the rule that chose it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, NamedTuple

from .change import Change
from .difference import RATE, adjusted
from .report import Group, Report, Touchpoint
from .score import INDICATIVE

AttentionRule = Literal["missed_and_falling", "missed", "falling", "undelivered", "unanswered", "lowest"]
UNDELIVERED = 0.05
"""From this share of the invitations on it stands out that they did not leave; from ten of them on."""


NOTHING_LATE: Mapping[str, int] = MappingProxyType({})


class TouchpointPlace(NamedTuple):
    """A touchpoint of a stage."""

    stage: str
    touchpoint: Touchpoint


@dataclass(frozen=True)
class Attention:
    """What to look at first, and why: `lowest` says that nothing stands out.

    `rate` is how far fewer answered, and `late` how many invitations have not left in time.
    """

    rule: AttentionRule
    stage: str
    touchpoint: Touchpoint
    rate: Change | None = None
    late: int = 0

    @property
    def before(self) -> float | None:
        """The score, or rate, of the period before, in percent; None where there is nothing to compare."""
        one = self.touchpoint
        change, now = (self.rate, one.response_rate.value) if self.rate else (one.change, one.csat.value)
        return now - change.value if change and change.value is not None and now is not None else None


def first(report: Report, late: Mapping[str, int] = NOTHING_LATE) -> Attention | None:
    """Return what to look at first; None where no score has enough answers.

    `late` says of touchpoints how many invitations have not left in time.
    """
    places = [TouchpointPlace(stage.stage, one) for stage in report.stages for one in stage.touchpoints]
    rules = RULES | {"undelivered": lambda one: _undelivered(one, late.get(one.touchpoint, 0))}
    for rule, measure in rules.items():
        if found := _worst(places, measure):
            return Attention(rule, *found, late=late.get(found.touchpoint.touchpoint, 0))
    return None


def unanswered(report: Report, rates: Mapping[str, Change]) -> Attention | None:
    """Return where the response rate fell most, by 3 points or more and more than chance; None where none did.

    `rates` tells by touchpoint how it has changed.
    """
    places = [TouchpointPlace(stage.stage, one) for stage in report.stages for one in stage.touchpoints]
    found = _worst(places, lambda one: _less(rates.get(one.touchpoint)))
    return Attention("unanswered", *found, rates[found.touchpoint.touchpoint]) if found else None


class LowestGroup(NamedTuple):
    """A group of answers that is satisfied less than all others: the field, its value, and the group."""

    field: str
    name: str
    group: Group


def segment(splits: Mapping[str, Touchpoint]) -> LowestGroup | None:
    """Return the group of a touchpoint, split by each of these fields, that lies furthest below the others.

    It has passed the correction for the tests of all fields together, by 3 points or more; None where none has.
    """
    tested = [
        (LowestGroup(field, name, group), difference)
        for field, one in splits.items()
        for name, group in (one.by or {}).items()
        if (difference := group.difference) and difference.p is not None and difference.against == "rest"
    ]
    corrected = adjusted([difference.p or 0.0 for _, difference in tested])
    below = [
        (difference.value, at, found)
        for at, ((found, difference), p) in enumerate(zip(tested, corrected, strict=True))
        if difference.state == "changed" and p <= RATE and difference.value is not None and difference.value < 0
    ]
    return min(below, key=lambda one: one[:2])[2] if below else None


def _worst(places: Sequence[TouchpointPlace], measure: Callable[[Touchpoint], float | None]) -> TouchpointPlace | None:
    """Return the place of which the rule says most; the first of several."""
    said = [(weight, -at, one) for at, one in enumerate(places) if (weight := measure(one.touchpoint)) is not None]
    return max(said, key=lambda one: one[:2])[2] if said else None


def _missed(one: Touchpoint) -> float | None:
    """Return by how many points even the upper limit misses the target."""
    is_told = one.csat.state == "ok" and one.verdict == "missed"
    return one.target - one.csat.high if is_told and one.target is not None and one.csat.high is not None else None


def _fallen(one: Touchpoint) -> float | None:
    """Return by how many points it fell, where that is more than chance and worth it."""
    return _less(one.change or None)


def _less(change: Change | None) -> float | None:
    if change is None or change.state != "changed" or change.value is None or change.value > 0:
        return None
    return -change.value


def _missed_and_fallen(one: Touchpoint) -> float | None:
    return None if _missed(one) is None else _fallen(one)


def _undelivered(one: Touchpoint, late: int = 0) -> float | None:
    """Return the share of the invitations that failed or have not left in time, where they are many."""
    stuck = one.funnel.failed + late
    asked = max(one.funnel.invited, stuck)  # what was given up as late is not invited any more
    return stuck / asked if stuck >= INDICATIVE and stuck >= UNDELIVERED * asked else None


def _low(one: Touchpoint) -> float | None:
    return -one.csat.value if one.csat.state == "ok" and one.csat.value is not None else None


RULES: dict[AttentionRule, Callable[[Touchpoint], float | None]] = {
    "missed_and_falling": _missed_and_fallen,
    "missed": _missed,
    "falling": _fallen,
    "undelivered": _undelivered,
    "lowest": _low,
}
"""What each rule measures; of the first one that anything fulfils, the most."""
