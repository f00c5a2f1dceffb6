"""Differences between the groups of a split: each against all others, corrected for how many were tested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from .change import LEAST, RISK, ChangeState, difference, p_value
from .record import Record
from .score import Score

Against = Literal["rest", "before"]

RATE = 0.10
"""The share of chance finds, among all that are called a difference, that is not exceeded on average."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDifference(Record):
    """How far a group's score is, in points, from that `against` which it is compared, with its 95 % interval.

    That is the `rest`, all other answers of the split that are no claims; for languages, which answer in ways of their
    own, their own score `before`, in the earlier period. `p` is `adjusted` for the `family`, all tests that were
    possible in this split of the touchpoint. `changed`: by 3 points or more, and not by chance (p < 0.05, adjusted up
    to 0.10); `small`: not by chance, but by less; `none`: there is no evidence of a difference; `not_compared`: one
    of the two has fewer than 30 answers.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    adjusted: float | None = None
    state: ChangeState = "not_compared"
    against: Against = "rest"
    family: int


class ComparedScores(NamedTuple):
    """The scores of a group, and of what it is compared with."""

    one: Score
    other: Score

    @property
    def is_testable(self) -> bool:
        """Whether both stand without reserve."""
        return self.one.state == self.other.state == "ok"


def differences(pairs: Mapping[str, ComparedScores], against: Against) -> Mapping[str, GroupDifference]:
    """The difference of each group that is compared, by their names."""
    ps = {name: p_value(*pair) for name, pair in pairs.items() if pair.is_testable}
    corrected = dict(zip(ps, adjusted([*ps.values()]), strict=True))
    without = GroupDifference(family=len(ps), against=against)
    told = {name: _of(pairs[name], replace(without, p=ps[name], adjusted=corrected[name])) for name in ps}
    return {name: told.get(name, without) for name in pairs}


def adjusted(ps: Sequence[float]) -> list[float]:
    """Each p as it is after correction for all of them, in their order; equal ones stay equal.

    Benjamini and Hochberg (1995), Journal of the Royal Statistical Society B 57:289-300, made monotone.
    """
    found, least = [0.0] * len(ps), 1.0
    for rank, at in sorted(enumerate(sorted(range(len(ps)), key=lambda at: ps[at]), start=1), reverse=True):
        least = min(least, ps[at] * (len(ps) / rank))
        found[at] = least
    return found


def _of(pair: ComparedScores, tested: GroupDifference) -> GroupDifference:
    """What is said of a test."""
    found = difference(*pair)
    if found is None or tested.p is None or tested.adjusted is None:
        return tested
    is_chance = tested.p >= RISK or tested.adjusted > RATE or found.low <= 0 <= found.high
    certain: ChangeState = "changed" if abs(found.value) >= LEAST else "small"
    return replace(tested, **found._asdict(), state="none" if is_chance else certain)
