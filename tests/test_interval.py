from __future__ import annotations

from math import sqrt, tan
from statistics import NormalDist, pvariance, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.results.interval import (
    Interval,
    Part,
    adjusted_wald_nps,
    mean_interval,
    mover,
    student_t,
    wilson,
)

counts_of = st.tuples(st.integers(0, 5000), st.integers(0, 5000)).map(lambda pair: (min(pair), max(pair)))
classes = st.tuples(st.integers(0, 2000), st.integers(0, 2000), st.integers(0, 2000))


@pytest.mark.parametrize(("successes", "n", "low", "high"), [
    (81, 263, 0.2553, 0.3662),  # Newcombe 1998
    (0, 20, 0.0000, 0.1611),
    (15, 148, 0.0624, 0.1605),
    (1, 29, 0.0061, 0.1718),
    (80, 100, 0.7112, 0.8666),
    (615, 710, 0.839, 0.889),
])
def test_wilson_gives_the_published_limits(successes: int, n: int, low: float, high: float) -> None:
    interval = wilson(successes, n)
    digits = 3 if n == 710 else 4
    assert (round(interval.low, digits), round(interval.high, digits)) == (low, high)


@pytest.mark.parametrize(("successes", "n", "low", "high"), [
    (18, 20, 0.6989664, 0.9721335),
    (4, 20, 0.0806577, 0.4160174),
])
def test_wilson_agrees_with_r_binom_to_seven_digits(successes: int, n: int, low: float, high: float) -> None:
    interval = wilson(successes, n)
    assert interval.low == pytest.approx(low, abs=5e-8)
    assert interval.high == pytest.approx(high, abs=5e-8)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 10, 20, 29, 100, 263, 999, 10**7])
def test_all_and_none_reach_the_ends_exactly(n: int) -> None:
    assert wilson(n, n).high == 1
    assert wilson(0, n).low == 0


def test_without_observations_nothing_is_known() -> None:
    assert wilson(0, 0) == Interval(0, 1)


@pytest.mark.parametrize(("successes", "n"), [(-1, 5), (6, 5), (0, -1)])
def test_impossible_counts_are_refused(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="successes out of"):
        wilson(successes, n)


@given(counts_of)
def test_wilson_surrounds_the_rate_inside_the_range_and_mirrors(pair: tuple[int, int]) -> None:
    successes, n = pair
    interval, mirrored = wilson(successes, n), wilson(n - successes, n)
    assert 0 <= interval.low <= interval.high <= 1
    assert not n or interval.low <= successes / n <= interval.high
    assert interval.low == pytest.approx(1 - mirrored.high, abs=1e-12)


@pytest.mark.parametrize(("promoters", "passives", "detractors", "low", "high"), [
    (50, 30, 20, 14.05, 44.20),
    (9, 0, 2, 8.00, 92.00),
    (10, 0, 0, 47.50, 100.00),
    (0, 0, 10, -100.00, -47.50),
])
def test_the_adjusted_wald_interval_of_a_net_promoter_score(
    promoters: int, passives: int, detractors: int, low: float, high: float,
) -> None:
    interval = adjusted_wald_nps(promoters, passives, detractors)
    assert interval.low == pytest.approx(low, abs=0.005)
    assert interval.high == pytest.approx(high, abs=0.005)


@given(classes)
def test_a_net_promoter_interval_stays_inside_the_range_and_mirrors(three: tuple[int, int, int]) -> None:
    interval, mirrored = adjusted_wald_nps(*three), adjusted_wald_nps(*three[::-1])
    assert -100 <= interval.low < interval.high <= 100
    assert interval.low == pytest.approx(-mirrored.high, abs=1e-9)


@given(classes.filter(lambda three: sum(three) >= 2))
def test_a_net_promoter_interval_surrounds_the_raw_score(three: tuple[int, int, int]) -> None:
    interval = adjusted_wald_nps(*three)
    assert interval.low - 1e-9 <= 100 * (three[0] - three[2]) / sum(three) <= interval.high + 1e-9


@given(st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50)).filter(any))
def test_the_variance_of_a_net_promoter_score_is_that_of_its_recode(three: tuple[int, int, int]) -> None:
    promoters, passives, detractors = three
    n = sum(three)
    up, down = promoters / n, detractors / n
    recode = [1] * promoters + [0] * passives + [-1] * detractors
    assert up + down - (up - down) ** 2 == pytest.approx(pvariance(recode), abs=1e-12)


@pytest.mark.parametrize(("df", "quantile"), [
    (1, tan(0.475 * 3.141592653589793)),
    (2, 0.95 * sqrt(2 / (1 - 0.95**2))),
    (3, 3.182446305284263),
    (4, 2.776445105197799),
    (5, 2.570581835636314),
    (10, 2.2281388519649385),
    (20, 2.0859634472658364),
    (30, 2.0422724563012373),
    (60, 2.0002978210582616),
    (99, 1.9842169515086827),
    (100, 1.9839715184496334),
    (120, 1.9799304050824413),
    (1000, 1.9623390808264078),
])
def test_the_quantiles_of_students_t(df: int, quantile: float) -> None:
    assert student_t(df) == pytest.approx(quantile, abs=2e-9)


def test_the_quantile_has_no_seam_and_ends_in_the_normal_one() -> None:
    assert student_t(99) > student_t(100) > student_t(101) > student_t(10**9)
    assert student_t(10**9) == pytest.approx(NormalDist().inv_cdf(0.975), abs=1e-8)


def test_another_confidence_gives_another_quantile() -> None:
    assert student_t(10, 0.99) == pytest.approx(3.169272672, abs=1e-8)


def test_no_freedom_gives_no_quantile() -> None:
    with pytest.raises(ValueError, match="degrees of freedom"):
        student_t(0)


@pytest.mark.parametrize(("counts", "low", "high"), [
    ((3, 5, 12, 40, 40), 3.892, 4.288),
    ((2, 3, 5, 10, 20, 35, 25), 5.197, 5.763),
])
def test_the_interval_of_a_mean(counts: tuple[int, ...], low: float, high: float) -> None:
    interval = mean_interval(dict(enumerate(counts, start=1)))
    assert interval
    assert (round(interval.low, 3), round(interval.high, 3)) == (low, high)


@pytest.mark.parametrize("counts", [{}, {4: 0}, {4: 1}])
def test_fewer_than_two_answers_have_no_interval_of_the_mean(counts: dict[int, int]) -> None:
    assert mean_interval(counts) is None


@given(st.lists(st.integers(1, 7), min_size=2, max_size=60))
def test_the_interval_of_a_mean_is_that_of_the_listed_values(values: list[int]) -> None:
    interval = mean_interval({value: values.count(value) for value in values})
    assert interval
    half = student_t(len(values) - 1) * stdev(values) / sqrt(len(values))
    assert interval.low == pytest.approx(sum(values) / len(values) - half, abs=1e-9)
    assert interval.high == pytest.approx(sum(values) / len(values) + half, abs=1e-9)


def rate(weight: float, successes: int, n: int) -> Part:
    return Part(weight, successes / n, wilson(successes, n))


def test_the_weights_one_and_minus_one_give_newcombes_difference() -> None:
    difference = mover([rate(1, 56, 70), rate(-1, 48, 80)])
    assert (round(difference.low, 4), round(difference.high, 4)) == (0.0524, 0.3339)


@pytest.mark.parametrize(("weights", "low", "high"), [
    ((1 / 3, 1 / 3, 1 / 3), 0.804, 0.879),
    ((0.2, 0.5, 0.3), 0.775, 0.860),
])
def test_the_interval_of_a_weighted_stage(weights: tuple[float, ...], low: float, high: float) -> None:
    rates = ((450, 500), (120, 160), (45, 50))
    interval = mover(rate(weight, *counts) for weight, counts in zip(weights, rates, strict=True))
    assert (round(interval.low, 3), round(interval.high, 3)) == (low, high)


def test_one_rate_keeps_its_own_interval() -> None:
    interval = mover([rate(1, 45, 50)])
    assert interval.low == pytest.approx(wilson(45, 50).low)
    assert interval.high == pytest.approx(wilson(45, 50).high)


@given(st.lists(counts_of.filter(lambda pair: pair[1] > 0), min_size=1, max_size=6))
def test_a_mean_of_rates_stays_inside_the_range(pairs: list[tuple[int, int]]) -> None:
    interval = mover([rate(1 / len(pairs), *pair) for pair in pairs])
    assert -1e-12 <= interval.low <= interval.high <= 1 + 1e-12


def test_an_interval_is_cut_off_at_the_ends_of_its_scale() -> None:
    assert Interval(-3, 7).within(1, 5) == Interval(1, 5)
    assert Interval(6, 7).within(1, 5) == Interval(5, 5)
