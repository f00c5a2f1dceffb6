"""Changes of the net promoter score against an earlier period."""

from __future__ import annotations

from math import hypot, sqrt
from statistics import NormalDist
from typing import NamedTuple

from . import score
from .change import LEAST, RISK, Change, ChangeState, ComparedPeriod
from .interval import Z95
from .score import Histogram

NPS = "nps"


class AdjustedNps(NamedTuple):
    """The net promoter score of answers to which three are added, 3/4 of them promoters and 3/4 detractors."""

    value: float
    error: float


class NpsDifference(NamedTuple):
    """How far two adjusted scores are apart, later less earlier, with its standard error and two-sided p."""

    value: float
    error: float
    p: float


def of_promoters(now: Histogram, before: Histogram, against: ComparedPeriod) -> Change:
    """The change of a net promoter score in points, signed; its interval lies around that of the adjusted scores."""
    later, earlier = score.nps(now), score.nps(before)
    if later.value is None or earlier.value is None or not later.state == earlier.state == "ok":
        return Change(against=against)
    found, value = difference(now, before), later.value - earlier.value
    low, high = (found.value + side * Z95 * found.error for side in (-1, 1))
    certain: ChangeState = "changed" if abs(value) >= LEAST else "small"
    state = "none" if found.p >= RISK else certain
    return Change(value=value, low=max(low, -200), high=min(high, 200), state=state, against=against)


def difference(now: Histogram, before: Histogram) -> NpsDifference:
    """The test of two net promoter scores.

    Rocks (2016), The American Statistician 70:365-372, adjusts each; here each with its own number of answers.
    """
    one, other = adjusted(now), adjusted(before)
    value, error = one.value - other.value, hypot(one.error, other.error)
    return NpsDifference(value, error, 2 * NormalDist().cdf(-abs(value) / error))


def adjusted(answers: Histogram) -> AdjustedNps:
    """The adjusted score and its standard error, of as many independent answers."""
    up, down = (answers.of(values) / answers.effect + 0.75 for values in ((9, 10), range(7)))
    n = answers.n / answers.effect + 3
    share = (up - down) / n
    return AdjustedNps(100 * share, 100 * sqrt(((up + down) / n - share**2) / n))
