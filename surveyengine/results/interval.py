"""Confidence intervals, all from counts: proportions, net promoter scores, means and weighted sums."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi, sin, sqrt, tan
from statistics import NormalDist
from typing import NamedTuple

Z95 = 1.959963984540054
"""The two-sided 95 % quantile of the normal distribution."""


@dataclass(frozen=True)
class Interval:
    """Lower and upper limit, in the unit of what they surround."""

    low: float
    high: float

    def scaled(self, factor: float) -> Interval:
        """The same interval in another unit; the factor is positive."""
        return Interval(factor * self.low, factor * self.high)

    def within(self, lowest: float, highest: float) -> Interval:
        """The interval cut off at the ends of its scale."""
        return Interval(min(max(self.low, lowest), highest), max(min(self.high, highest), lowest))


class Part(NamedTuple):
    """One term of a weighted sum: its weight, its rate and the interval around the rate."""

    weight: float
    rate: float
    interval: Interval


def wilson(successes: int, n: int, z: float = Z95) -> Interval:
    """Wilson's score interval of a proportion, within 0..1; without observations it is the whole of 0..1.

    Newcombe (1998), Statistics in Medicine 17:857-872. ValueError unless 0 <= successes <= n.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes out of {n}: they must lie between 0 and the number of observations")
    centre = (successes + z * z / 2) / (n + z * z)
    half = z * sqrt(successes * (n - successes) / n + z * z / 4) / (n + z * z) if n else 0.5
    # At the ends the exact limit is 0 or 1; rounding alone would miss it by a hair.
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    return Interval(low, 1.0 if successes == n else min(1.0, centre + half))


def adjusted_wald_nps(promoters: int, passives: int, detractors: int, z: float = Z95) -> Interval:
    """Adjusted Wald interval of a net promoter score, within -100..100, centred on the adjusted score.

    Rocks (2016), The American Statistician 70:365-372: three answers are added, 3/4 of them promoters and 3/4
    detractors, before Wald's formula is applied.
    """
    n = promoters + passives + detractors + 3
    up, down = (promoters + 0.75) / n, (detractors + 0.75) / n
    half = z * sqrt((up + down - (up - down) ** 2) / n)
    return Interval(100 * (up - down - half), 100 * (up - down + half)).within(-100, 100)


def mean_interval(counts: Mapping[int, int]) -> Interval | None:
    """Student's 95 % interval of the mean of counted values (value -> n); None with fewer than two answers."""
    n = sum(counts.values())
    if n < 2:
        return None
    mean = sum(value * count for value, count in counts.items()) / n
    variance = sum(count * (value - mean) ** 2 for value, count in counts.items()) / (n - 1)
    half = student_t(n - 1) * sqrt(variance / n)
    return Interval(mean - half, mean + half)


def mover(parts: Iterable[Part]) -> Interval:
    """Interval of a weighted sum of independent rates, from the interval of each (MOVER, Zou and Donner 2008).

    With Wilson limits and the weights 1 and -1 it is Newcombe's interval of a difference. Sums of sums may be
    nested: the squared distances add up, so the result is that of the flat sum.
    """
    terms = tuple(parts)
    total = sum(part.weight * part.rate for part in terms)
    return Interval(total - sqrt(sum(_below(part) ** 2 for part in terms)),
                    total + sqrt(sum(_above(part) ** 2 for part in terms)))


def _below(part: Part) -> float:
    limit = part.interval.low if part.weight >= 0 else part.interval.high
    return part.weight * (part.rate - limit)


def _above(part: Part) -> float:
    limit = part.interval.high if part.weight >= 0 else part.interval.low
    return part.weight * (limit - part.rate)


@lru_cache(maxsize=1024)
def student_t(df: int, confidence: float = 0.95) -> float:
    """The two-sided quantile of Student's t; exact to 1e-9 for up to 100 degrees of freedom and beyond."""
    if df < 1:
        raise ValueError(f"{df} degrees of freedom: at least 1 is needed")
    return _t_by_bisection(df, confidence) if df <= 100 else _t_by_expansion(df, confidence)


def _t_by_bisection(df: int, confidence: float) -> float:
    low, high = 0.0, pi / 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _t_coverage(middle, df) < confidence else (low, middle)
    return sqrt(df) * tan((low + high) / 2)


def _t_coverage(angle: float, df: int) -> float:
    """P(|T| <= t) where t = sqrt(df) tan(angle): the finite series of Abramowitz and Stegun 26.7.3 and 26.7.4."""
    odd = df % 2
    term, total = cos(angle) if odd else 1.0, 0.0
    for k in range(1 + odd, df, 2):
        total += term
        term *= cos(angle) ** 2 * k / (k + 1)
    return 2 / pi * (angle + sin(angle) * total) if odd else sin(angle) * total


def _t_by_expansion(df: int, confidence: float) -> float:
    """Abramowitz and Stegun 26.7.5: the normal quantile and four corrections in 1/df."""
    x = NormalDist().inv_cdf((1 + confidence) / 2)
    corrections = (
        (x**3 + x) / 4,
        (5 * x**5 + 16 * x**3 + 3 * x) / 96,
        (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384,
        (79 * x**9 + 776 * x**7 + 1482 * x**5 - 1920 * x**3 - 945 * x) / 92160,
    )
    return x + sum(correction / float(df) ** power for power, correction in enumerate(corrections, start=1))
