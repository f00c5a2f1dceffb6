"""Confidence intervals, all from counts: proportions, net promoter scores, means and weighted means.

What is said here of how often they cover the truth is what `python -m benchmarks coverage` shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import cos, exp, fsum, lgamma, log, log1p, pi, sin, sqrt, tan
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


class Rate(NamedTuple):
    """One term of a weighted mean of proportions: its weight, its proportion and the observations behind it."""

    weight: float
    proportion: float
    n: float


def shares(weights: Iterable[float]) -> list[float]:
    """Each weight as a share of their sum; the weights are positive, and may be of any size, 1e-170 too."""
    given = tuple(weights)
    largest = max(given, default=1.0)
    total = fsum(weight / largest for weight in given)
    return [weight / largest / total for weight in given]


def wilson(successes: float, n: float, z: float = Z95) -> Interval:
    """Wilson's score interval of a proportion, within 0..1; without observations it is the whole of 0..1.

    Newcombe (1998), Statistics in Medicine 17:857-872. It covers 92 to 98 % of true proportions: for 15 answers at 97 %
    the fewest, for nearly equal answers fewer than for mixed ones. ValueError unless 0 <= successes <= n.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes out of {n}: they must lie between 0 and the number of observations")
    centre = (successes + z * z / 2) / (n + z * z)
    half = z * sqrt(successes * (n - successes) / n + z * z / 4) / (n + z * z) if n else 0.5
    # At the ends the exact limit is 0 or 1; rounding alone would miss it by a hair.
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    return Interval(low, 1.0 if successes == n else min(1.0, centre + half))


def adjusted_wald_nps(promoters: float, passives: float, detractors: float, z: float = Z95) -> Interval:
    """Adjusted Wald interval of a net promoter score, within -100..100, centred on the adjusted score.

    Rocks (2016), The American Statistician 70:365-372: three answers are added, 3/4 of them promoters and 3/4
    detractors, before Wald's formula is applied. It covers 93 to 97 % of true scores.
    """
    n = promoters + passives + detractors + 3
    up, down = (promoters + 0.75) / n, (detractors + 0.75) / n
    half = z * sqrt((up + down - (up - down) ** 2) / n)
    return Interval(100 * (up - down - half), 100 * (up - down + half)).within(-100, 100)


def student(counts: Mapping[int, float]) -> Interval:
    """Student's 95 % interval of the mean of counted values (value -> n); fewer than two are a ValueError.

    Counts may be fractions; the degrees of freedom are those of the whole observations.
    """
    n = sum(counts.values())
    mean = sum(value * count for value, count in counts.items()) / n
    variance = sum(count * (value - mean) ** 2 for value, count in counts.items()) / (n - 1)
    half = student_t(int(n) - 1) * sqrt(variance / n)
    return Interval(mean - half, mean + half)


def mean_interval(counts: Mapping[int, float], lowest: int, highest: int) -> Interval | None:
    """95 % interval of the mean of ratings from lowest to highest (value -> n); None where no two answers differ.

    It is Student's, but an end of the scale that fewer than three chose counts half an answer more. Alone, Student's is
    too narrow near an end: an answer at the other end, rare and yet heavy, was given once or never. Where answers from
    1 to 5 fall as 1/1/3/15/80 %, 0.5/0/0.5/4/95 % or 3/5/12/40/40 %, with n from 10 to 300 and not all equal, it covers
    95 to 100 % of true means, which lie above it in up to 2 % of cases and below it in up to 3 %. Student's alone
    covers 83 to 100 %.
    """
    if sum(count > 0 for count in counts.values()) < 2:
        return None
    more = {end: 0.5 for end in (lowest, highest) if counts.get(end, 0) < 3}
    return student({value: counts.get(value, 0) + more.get(value, 0) for value in {*counts, *more}}).within(
        lowest, highest
    )


def price_bonett(rates: Iterable[Rate], z: float = Z95) -> Interval:
    """Interval of a weighted mean of two or more independent proportions, within 0..1; fewer are a ValueError.

    Price and Bonett (2004), Computational Statistics & Data Analysis 45:449-456: four observations, half of them
    successes, are divided among the proportions before Wald's formula is applied.
    With equal weights it covers 94 to 96 % of true means, which lie above it in up to 4 % and below it in up to 3 % of
    cases. MOVER's over Wilson's limits, whose skews add up in a sum, covers 86 to 95 %, with up to 14 % above. It does
    not hold where one of many proportions has nearly all of the weight: of 20 with 15 observations at 95 %, one of
    which weighs ten times the others, it covers 92 %, and a hundred times 65 %.
    """
    terms = tuple(rates)
    if len(terms) < 2:
        raise ValueError(f"a weighted mean of {len(terms)} proportions: at least 2 are needed; one alone has Wilson's")
    more = 4 / len(terms)
    centre = variance = 0.0
    for share, (_, proportion, n) in zip(shares(term.weight for term in terms), terms, strict=True):
        adjusted = (proportion * n + more / 2) / (n + more)
        centre += share * adjusted
        variance += share**2 * adjusted * (1 - adjusted) / (n + more)
    return Interval(centre - z * sqrt(variance), centre + z * sqrt(variance)).within(0, 1)


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


def t_coverage(t: float, df: float) -> float:
    """P(|T| <= |t|) of Student's t, whose degrees of freedom may be a fraction, up to 100 000 of them to 1e-9."""
    share = t * t / (df + t * t)
    return _beta(share, 0.5, df / 2)


def _beta(x: float, a: float, b: float) -> float:
    """The regularized incomplete beta function: the continued fraction of Abramowitz and Stegun 26.5.8, by Lentz."""
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta(1 - x, b, a)
    if x <= 0:
        return 0.0
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    total, m = d, 0
    while abs(c * d - 1) > 1e-14:
        m += 1
        for term in (m * (b - m) / (a + 2 * m - 1), -(a + m) * (a + b + m) / (a + 2 * m + 1)):
            d = 1 / (1 + term * x / (a + 2 * m) * d)
            c = 1 + term * x / (a + 2 * m) / c
            total *= c * d
    return total * exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
