"""Changes of the mean of ratings against an earlier period."""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

from . import score
from .change import LEAST, RISK, Change, ChangeState, ComparedPeriod
from .interval import student_t, t_coverage
from .score import Histogram

WIDTH = 5 - 1
"""Of the scale, of which `LEAST` is a percentage here."""


class Moments(NamedTuple):
    """A mean, and the square of its standard error, of as many independent answers `n`."""

    mean: float
    variance: float
    n: float


class MeanDifference(NamedTuple):
    """How far two means are apart, later less earlier, with standard error, degrees of freedom and two-sided p."""

    value: float
    error: float
    df: float
    p: float


def of_means(now: Histogram, before: Histogram, against: ComparedPeriod) -> Change:
    """The change of a mean on a scale of 1 to 5, in points of the scale.

    It is not compared where one period has fewer than 30 answers, or no interval of its mean: its answers are all
    equal, or too few customers gave them. One of less than 3 % of the scale's width is small.
    """
    means = score.mean(now), score.mean(before)
    if any(one.state != "ok" or one.low is None for one in means):
        return Change(against=against)
    found = difference(now, before)
    half = _quantile(found.df) * found.error
    certain: ChangeState = "changed" if abs(found.value) >= LEAST / 100 * WIDTH else "small"
    state = "none" if found.p >= RISK else certain
    return Change(value=found.value, low=found.value - half, high=found.value + half, state=state, against=against)


def difference(now: Histogram, before: Histogram) -> MeanDifference:
    """Welch's test of two means, each of two independent answers or more that differ.

    Welch (1947), Biometrika 34:28-35.
    """
    one, other = _moments(now), _moments(before)
    error = sqrt(one.variance + other.variance)
    df = error**4 / sum(each.variance**2 / (each.n - 1) for each in (one, other))
    value = one.mean - other.mean
    return MeanDifference(value, error, df, 1 - t_coverage(value / error, df))


def _quantile(df: float) -> float:
    """The quantile of a fraction of degrees of freedom: between its neighbours', by 1/df; to 1e-6 from 25 on."""
    low = int(df)
    few, more = student_t(low), student_t(low + 1)
    return few + (more - few) * (1 / low - 1 / df) * low * (low + 1)


def _moments(answers: Histogram) -> Moments:
    counts = {value: count / answers.effect for value, count in answers.counts.items()}
    n = sum(counts.values())
    mean = sum(value * count for value, count in counts.items()) / n
    return Moments(mean, sum(count * (value - mean) ** 2 for value, count in counts.items()) / (n - 1) / n, n)
