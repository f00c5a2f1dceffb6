"""How often the 95 % intervals cover the truth, and on which side they miss it: a simulation, the same in every run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import comb, hypot
from random import Random
from typing import NamedTuple

from surveyengine.results import score
from surveyengine.results.change import difference
from surveyengine.results.interval import Interval, shares, student
from surveyengine.results.repeat import RECODED, Repeats, design_effect, of_customer, together
from surveyengine.results.score import Histogram, Score, Weighted

from .bench import Bench
from .figure import Figure

GOAL = "≥ 93"
SIZES = (10, 20, 50, 100, 300)
RATINGS: Mapping[str, tuple[float, ...]] = {
    "1/1/3/15/80 %": (0.01, 0.01, 0.03, 0.15, 0.80),
    "0.5/0/0.5/4/95 %": (0.005, 0, 0.005, 0.04, 0.95),
    "3/5/12/40/40 %": (0.03, 0.05, 0.12, 0.40, 0.40),
}
"""How a scale's five values, or the five that are used of ten, are answered."""
PLACES = ((6, 7, 8, 9, 10), (1, 5, 8, 9, 10))
"""The five of ten values that are used."""
WEIGHTS = (0.3885, 0.3190, 0.2925)


class Touchpoint(NamedTuple):
    """What a stage is made of: so many answers, the true share of satisfied ones, and the weight."""

    n: int
    rate: float
    weight: float = 1


STAGES: Mapping[str, tuple[Sequence[Touchpoint], str]] = {
    "20 touchpoints of 15 answers at 97 %": ([Touchpoint(15, 0.97)] * 20, GOAL),
    "8 of 30 at 85 %": ([Touchpoint(30, 0.85)] * 8, GOAL),
    "3 of 10 at 95 %": ([Touchpoint(10, 0.95)] * 3, GOAL),
    "500, 160, 50 at 90, 75, 90 %": ([Touchpoint(500, 0.9), Touchpoint(160, 0.75), Touchpoint(50, 0.9)], GOAL),
    "the same, weights 2, 5, 3": ([Touchpoint(500, 0.9, 2), Touchpoint(160, 0.75, 5), Touchpoint(50, 0.9, 3)], GOAL),
    "a journey of 1, 3 and 4 of 30 at 90 %": (
        [Touchpoint(30, 0.9, 12), *[Touchpoint(30, 0.9, 4)] * 3, *[Touchpoint(30, 0.9, 3)] * 4], GOAL),
    "20 of 15 at 95 %, one weighs ten times the others": ([Touchpoint(15, 0.95, 10), *[Touchpoint(15, 0.95)] * 19], ""),
    "20 of 15 at 95 %, one weighs a hundred times the others": (
        [Touchpoint(15, 0.95, 100), *[Touchpoint(15, 0.95)] * 19], ""),
}
"""Stages, and what is promised of their intervals; nothing of those in which one of many weighs almost all."""
CHANGES: Mapping[str, tuple[Sequence[Touchpoint], Sequence[Touchpoint]]] = {
    "30 answers at 80 % against 30": ([Touchpoint(30, 0.8)], [Touchpoint(30, 0.8)]),
    "40 at 97 % against 400": ([Touchpoint(40, 0.97)], [Touchpoint(400, 0.97)]),
    "100 at 90 % against 400 at 80 %": ([Touchpoint(100, 0.9)], [Touchpoint(400, 0.8)]),
    "8 touchpoints of 30 at 85 % against 8 of 60": ([Touchpoint(30, 0.85)] * 8, [Touchpoint(60, 0.85)] * 8),
    "500, 160, 50 at 90, 75, 90 % against 50, 160, 500 at 85, 75, 95 %": (
        [Touchpoint(500, 0.9), Touchpoint(160, 0.75), Touchpoint(50, 0.9)],
        [Touchpoint(50, 0.85), Touchpoint(160, 0.75), Touchpoint(500, 0.95)]),
}
"""The touchpoints of two periods whose scores are compared."""
PROPORTIONS = ((0.5, 10), (0.8, 10), (0.8, 30), (0.9, 15), (0.9, 100), (0.97, 15), (0.97, 100))
REPEATED: Mapping[str, tuple[int, int, float, float]] = {
    "60 customers with 4 answers each at 80 %, alike by 0.3": (60, 4, 0.8, 0.3),
    "200 with 3 at 90 %, alike by 0.5": (200, 3, 0.9, 0.5),
    "60 with 4 at 80 %, not alike": (60, 4, 0.8, 0.0),
}
"""How many customers give how many answers, the true share of satisfied ones, and how alike a customer's are (ICC)."""
PROMOTERS: Mapping[str, tuple[float, ...]] = {
    "50 % promoters, 20 % detractors": (0.2, 0.3, 0.5),
    "70 %, 10 %": (0.1, 0.2, 0.7),
    "90 %, 2 %": (0.02, 0.08, 0.9),
}


@dataclass(frozen=True)
class Coverage:
    """How many intervals there were, how many had the truth above or below them, and how many were not estimable."""

    n: int
    above: int
    below: int
    without: int = 0

    @property
    def covered(self) -> float:
        """The share of the intervals that cover the truth; 1 where none was estimable, as happens in a quick look."""
        return 1 - (self.above + self.below) / max(self.n, 1)

    def __str__(self) -> str:
        without = f", {self.without / (self.n + self.without):.1%} without an interval" if self.without else ""
        n = max(self.n, 1)
        return f"truth above {self.above / n:.1%}, below {self.below / n:.1%}{without}"


def coverage(bench: Bench) -> Iterator[Figure]:
    """Every method on every case; intervals that are not estimable are left out."""
    count, rng = bench.size(5_000), Random(9)  # noqa: S311 (a simulation)
    for what, (touchpoints, goal) in STAGES.items():
        ours, theirs = stage(rng, touchpoints, count)
        yield _figure(f"Price-Bonett: {what}", ours, goal, f"; MOVER {theirs.covered:.1%}, {theirs}")
    for what, (now, before) in CHANGES.items():
        yield _figure(f"Change (MOVER): {what}", change(rng, now, before, count), GOAL)
    for rate, n in PROPORTIONS:
        yield _figure(f"Wilson: {n} answers at {rate:.0%}", proportion(rng, rate, n, count), "")
    for what, (customers, times, rate, alike) in REPEATED.items():
        ours, naive = repeated(rng, (customers, times), (rate, alike), count // 5)
        yield _figure(f"Wilson, {what}", ours, GOAL, f"; as if independent {naive.covered:.1%}, {naive}")
    for what, classes in PROMOTERS.items():
        for n in (10, 30, 100):
            yield _figure(f"NPS: {what}, {n} answers", nps(rng, classes, n, count))
    for what, rates in RATINGS.items():
        for n in SIZES:
            ours, theirs = mean(rng, rates, n, count)
            yield _figure(f"Mean: {what}, {n} answers", ours, GOAL, f"; Student {theirs.covered:.1%}, {theirs}")
    for what, rates in RATINGS.items():
        for places in PLACES:
            for n in SIZES:
                ours, apart = csi(rng, rates, places, n, count)
                used = ", ".join(map(str, places))
                yield _figure(f"CSI: {what} of {used}, {n} answers", ours, GOAL, f"; independent ratings {apart}")


def stage(rng: Random, touchpoints: Sequence[Touchpoint], count: int) -> tuple[Coverage, Coverage]:
    """Return the coverage of a stage's interval, and of MOVER's over the same Wilson limits."""
    truth, terms = _truth(touchpoints), drawn(rng, touchpoints, count)
    return _coverage((_limits(score.stage(one)) for one in terms), truth), _coverage(map(mover, terms), truth)


def change(rng: Random, now: Sequence[Touchpoint], before: Sequence[Touchpoint], count: int) -> Coverage:
    """Return the coverage of the interval of a difference between two periods."""
    periods = (map(score.stage, drawn(rng, one, count)) for one in (now, before))
    found = (difference(*pair) for pair in zip(*periods, strict=True))
    return _coverage((one and Interval(one.low, one.high) for one in found), _truth(now) - _truth(before))


def drawn(rng: Random, touchpoints: Sequence[Touchpoint], count: int) -> list[list[Weighted]]:
    """Draw the scores of a stage's touchpoints so many times."""
    draws = zip(*(binomials(rng, one.n, one.rate, count) for one in touchpoints), strict=True)
    parts = shares(one.weight for one in touchpoints)
    return [
        [Weighted(part, score.proportion(k, one.n)) for part, k, one in zip(parts, ks, touchpoints, strict=True)]
        for ks in draws
    ]


def _truth(touchpoints: Sequence[Touchpoint]) -> float:
    parts = shares(one.weight for one in touchpoints)
    return 100 * sum(part * one.rate for part, one in zip(parts, touchpoints, strict=True))


def proportion(rng: Random, rate: float, n: int, count: int) -> Coverage:
    """Return the coverage of a touchpoint's interval."""
    return _coverage((_limits(score.proportion(k, n)) for k in binomials(rng, n, rate, count)), 100 * rate)


def repeated(
    rng: Random, size: tuple[int, int], truth: tuple[float, float], count: int
) -> tuple[Coverage, Coverage]:
    """Return the coverage where customers answer several times, with the design effect and without."""
    given = [list(customers(rng, size, truth)) for _ in range(count)]
    hits = [(sum(map(sum, one)), size[0] * size[1]) for one in given]
    effects = [
        design_effect({5: k, 1: n - k}, RECODED["csat"], summed(one)) for one, (k, n) in zip(given, hits, strict=True)
    ]
    ours = (_limits(score.proportion(*pair, effect)) for pair, effect in zip(hits, effects, strict=True))
    naive = (_limits(score.proportion(*pair)) for pair in hits)
    return _coverage(ours, 100 * truth[0]), _coverage(naive, 100 * truth[0])


def customers(rng: Random, size: tuple[int, int], truth: tuple[float, float]) -> Iterator[list[int]]:
    """Draw the answers of each customer, 1 for a satisfied one; how satisfied customers are has a beta distribution."""
    (many, times), (rate, alike) = size, truth
    more = 1 / alike - 1 if alike else 0
    for _ in range(many):
        own = rng.betavariate(rate * more, (1 - rate) * more) if alike else rate
        yield [int(rng.random() < own) for _ in range(times)]


def summed(given: Iterable[Sequence[int]]) -> Repeats:
    """Return the sums over the customers with several answers, from what each of their answers adds."""
    return together(map(of_customer, given))


def nps(rng: Random, classes: Sequence[float], n: int, count: int) -> Coverage:
    """Return the coverage of a net promoter score's; the classes are the shares of detractors, passives, promoters."""
    found = (_limits(score.nps(one)) for one in histograms(rng, (0, 8, 10), classes, n, count))
    return _coverage(found, 100 * (classes[2] - classes[0]))


def mean(rng: Random, rates: Sequence[float], n: int, count: int) -> tuple[Coverage, Coverage]:
    """Return the coverage of the mean of ratings from 1 to 5, and of Student's interval where ours is estimable."""
    truth = sum(value * rate for value, rate in enumerate(rates, start=1))
    given = list(histograms(rng, range(1, 6), rates, n, count))
    alone = (student(one.counts) for one in given if len(one.counts) > 1)
    return _coverage((_limits(score.mean(one)) for one in given), truth), _coverage(alone, truth)


def csi(
    rng: Random, rates: Sequence[float], places: Sequence[int], n: int, count: int
) -> tuple[Coverage, Coverage]:
    """Return the coverage of an index of three ratings that are chosen alike, equal to each other and independent.

    A rating from 1 to 10 is one of the five places, each as often as the rates say.
    """
    truth = 100 * (sum(place * rate for place, rate in zip(places, rates, strict=True)) - 1) / 9
    given = [list(histograms(rng, places, rates, n, count)) for _ in WEIGHTS]
    equal = (_limits(_index([one] * len(WEIGHTS))) for one in given[0])
    return _coverage(equal, truth), _coverage((_limits(_index(three)) for three in zip(*given, strict=True)), truth)


def _index(ratings: Sequence[Histogram]) -> Score:
    return score.csi([Weighted(weight, score.item(one)) for weight, one in zip(WEIGHTS, ratings, strict=True)])


def mover(terms: Sequence[Weighted]) -> Interval:
    """Return the interval of a weighted sum of scores by MOVER (Zou and Donner 2008), from the limits of each.

    Over Wilson's limits and with the weights 1 and -1 it is Newcombe's interval of a difference.
    """
    below, above = [], []
    for weight, one in terms:
        value, low, high = one.value or 0, one.low or 0, one.high or 0
        distances = weight * (value - low), weight * (high - value)
        below.append(distances[weight < 0])
        above.append(distances[weight >= 0])
    total = sum(weight * (one.value or 0) for weight, one in terms)
    return Interval(total - hypot(*below), total + hypot(*above))


def binomials(rng: Random, n: int, rate: float, count: int) -> list[int]:
    """Draw so many numbers of successes out of n."""
    chances = [comb(n, k) * rate**k * (1 - rate) ** (n - k) for k in range(n + 1)]
    return rng.choices(range(n + 1), chances, k=count)


def histograms(
    rng: Random, values: Sequence[int], rates: Sequence[float], n: int, count: int
) -> Iterator[Histogram]:
    """Draw so many histograms of n answers."""
    for _ in range(count):
        yield Histogram(Counter(rng.choices(values, rates, k=n)))


def _limits(one: Score) -> Interval | None:
    return None if one.low is None or one.high is None else Interval(one.low, one.high)


def _coverage(found: Iterable[Interval | None], truth: float) -> Coverage:
    sides = Counter(_side(interval, truth) for interval in found)
    without = sides.pop("without", 0)
    return Coverage(sides.total(), sides["above"], sides["below"], without)


def _side(interval: Interval | None, truth: float) -> str:
    """Return where the truth lies; a hair's breadth of rounding does not count."""
    if interval is None:
        return "without"
    if truth > interval.high + 1e-9:
        return "above"
    return "below" if truth < interval.low - 1e-9 else "inside"


def _figure(what: str, found: Coverage, goal: str = "", beside: str = "") -> Figure:
    return Figure("coverage", what, (100 * found.covered,), "%", goal, f"{found}{beside}")
