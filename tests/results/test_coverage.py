"""That the intervals hold what their docstrings promise: a small part of `python -m benchmarks coverage`, seeded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import comb, prod
from random import Random

import pytest

from benchmarks import coverage
from benchmarks.coverage import CHANGES, PLACES, RATINGS, REPEATED, STAGES, Touchpoint
from surveyengine.results import score
from surveyengine.results.interval import wilson
from surveyengine.results.score import Histogram, Score, Weighted

COUNT = 1000
SLACK = 0.03    # more than four standard errors of a coverage of 95 % by so many


def counts(n: int, values: int) -> Iterator[tuple[int, ...]]:
    """Every way in which n answers fall on so many values."""
    if values == 1:
        yield (n,)
        return
    for first in range(n + 1):
        for others in counts(n - first, values - 1):
            yield first, *others


def chance(drawn: Sequence[int], rates: Sequence[float]) -> float:
    left = sum(drawn)
    ways = 1
    for k in drawn:
        ways, left = ways * comb(left, k), left - k
    return ways * prod(rate**k for k, rate in zip(drawn, rates, strict=True))


@pytest.mark.parametrize("rates", RATINGS.values(), ids=RATINGS)
def test_a_mean_of_ten_answers_is_covered_by_its_interval(rates: Sequence[float]) -> None:
    truth = sum(value * rate for value, rate in enumerate(rates, start=1))
    covered = estimable = 0.0
    for drawn in counts(10, 5):    # all there are: no simulation
        found, weight = score.mean(Histogram(dict(enumerate(drawn, start=1)))), chance(drawn, rates)
        if found.low is not None and found.high is not None:
            estimable += weight
            covered += weight * (found.low <= truth <= found.high)
    assert covered / estimable >= 0.93


@pytest.mark.parametrize("case", REPEATED)
def test_an_interval_holds_where_customers_answer_again(case: str) -> None:
    customers, times, rate, alike = REPEATED[case]
    ours, naive = coverage.repeated(Random(1), (customers, times), (rate, alike), COUNT)
    assert ours.covered >= 0.95 - SLACK
    assert (naive.covered < 0.9) == (alike > 0)


@pytest.mark.parametrize("n", [20, 50, 100])
@pytest.mark.parametrize("rates", RATINGS.values(), ids=RATINGS)
def test_the_interval_of_a_mean_holds(rates: Sequence[float], n: int) -> None:
    ours, _ = coverage.mean(Random(1), rates, n, COUNT)
    assert ours.covered >= 0.95 - SLACK


@pytest.mark.parametrize("places", PLACES)
@pytest.mark.parametrize("rates", RATINGS.values(), ids=RATINGS)
def test_the_interval_of_an_index_holds(rates: Sequence[float], places: Sequence[int]) -> None:
    equal, independent = coverage.csi(Random(2), rates, places, 50, COUNT // 2)
    assert equal.covered >= 0.95 - SLACK
    assert independent.covered >= equal.covered


@pytest.mark.parametrize("what", [what for what, (_, goal) in STAGES.items() if goal])
def test_the_interval_of_a_stage_holds_on_either_side(what: str) -> None:
    ours, movers = coverage.stage(Random(3), STAGES[what][0], COUNT)
    assert ours.covered >= 0.945 - SLACK
    assert ours.above / ours.n <= 0.04 + SLACK
    assert ours.above < movers.above


@pytest.mark.parametrize("what", CHANGES)
def test_the_interval_of_a_change_holds(what: str) -> None:
    assert coverage.change(Random(5), *CHANGES[what], COUNT).covered >= 0.95 - SLACK


@pytest.mark.parametrize("sizes", [(10, 10), (30, 30), (15, 40)])
def test_the_simulation_agrees_with_the_sum_over_all_outcomes(sizes: tuple[int, int]) -> None:
    one, other = (Touchpoint(n, 0.8) for n in sizes)
    covered = 0.0
    for ks in ((i, j) for i in range(one.n + 1) for j in range(other.n + 1)):
        found = score.stage(Weighted(1, score.proportion(k, n)) for k, n in zip(ks, sizes, strict=True))
        weight = prod(comb(n, k) * 0.8**k * 0.2 ** (n - k) for k, n in zip(ks, sizes, strict=True))
        covered += weight * (found.low is not None and found.high is not None and found.low <= 80 <= found.high)
    simulated, _ = coverage.stage(Random(4), (one, other), COUNT)
    assert simulated.covered == pytest.approx(covered, abs=SLACK)


def test_what_is_compared_with_gives_newcombes_difference() -> None:
    terms = []
    for weight, k, n in ((1, 56, 70), (-1, 48, 80)):
        limits = wilson(k, n)
        terms.append(Weighted(weight, Score(k / n, limits.low, limits.high, n, "ok")))
    difference = coverage.mover(terms)
    assert (round(difference.low, 4), round(difference.high, 4)) == (0.0524, 0.3339)
