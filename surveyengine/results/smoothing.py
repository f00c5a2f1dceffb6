"""A course of scores, smoothed: an exponentially weighted moving average, and how far chance alone takes it.

NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.4, with the variance of proportions of which each has its own n.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

SHARE = 0.2
"""How much of a smoothed value the newest one makes."""
BASELINE = 4
"""The fewest points from which the level is taken that later ones are measured against."""


@dataclass(frozen=True)
class Smoothed:
    """A smoothed percentage, and the limits within which chance alone keeps it in 997 of 1000 cases."""

    value: float
    low: float
    high: float

    @property
    def signal(self) -> int:
        """-1 where it lies below what chance allows, 1 above, 0 within."""
        return (self.value > self.high) - (self.value < self.low)


def smoothed(points: Sequence[tuple[float, int]], baseline: int, share: float = SHARE) -> list[Smoothed]:
    """Return the smoothed course of percentages, each with its n above 0.

    The first `baseline` points, pooled, are the level that they are measured against. Raises ValueError without points.
    """
    level = _pooled(points[:baseline]) / 100
    found: list[Smoothed] = []
    value, variance = level, 0.0
    for percent, n in points:
        value = share * percent / 100 + (1 - share) * value
        variance = share**2 * level * (1 - level) / n + (1 - share) ** 2 * variance
        reach = 3 * sqrt(variance)
        found.append(Smoothed(100 * value, 100 * max(0.0, level - reach), 100 * min(1.0, level + reach)))
    return found


def since(course: Sequence[Smoothed]) -> int | None:
    """Return since which point the course lies outside of what chance allows; None where it does not at the end."""
    if not course or not course[-1].signal:
        return None
    at = len(course) - 1
    while at and course[at - 1].signal == course[-1].signal:
        at -= 1
    return at


def _pooled(points: Sequence[tuple[float, int]]) -> float:
    total = sum(n for _, n in points)
    if not total:
        raise ValueError("there is no point to begin with")
    return sum(percent * n for percent, n in points) / total
