from __future__ import annotations

from collections.abc import Sequence
from math import sqrt, tan
from statistics import NormalDist, pvariance, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.results.interval import (
    Interval,
    Rate,
    adjusted_wald_nps,
    mean_interval,
    price_bonett,
    shares,
    student,
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
def test_students_interval_of_a_mean(counts: tuple[int, ...], low: float, high: float) -> None:
    interval = student(dict(enumerate(counts, start=1)))
    assert (round(interval.low, 3), round(interval.high, 3)) == (low, high)


@given(st.lists(st.integers(1, 7), min_size=2, max_size=60))
def test_students_interval_is_that_of_the_listed_values(values: list[int]) -> None:
    interval = student({value: values.count(value) for value in values})
    half = student_t(len(values) - 1) * stdev(values) / sqrt(len(values))
    assert interval.low == pytest.approx(sum(values) / len(values) - half, abs=1e-9)
    assert interval.high == pytest.approx(sum(values) / len(values) + half, abs=1e-9)


@pytest.mark.parametrize(("counts", "low", "high"), [    # the limits by numpy and scipy
    ({1: 3, 2: 5, 3: 12, 4: 40, 5: 40}, 3.892, 4.288),    # enough at both ends: Student's
    ({1: 2, 4: 8, 5: 40}, 4.384, 4.903),
    ({4: 1, 5: 9}, 4.068, 5.0),
    ({1: 3, 5: 40}, 4.404, 5.0),
])
def test_an_end_of_the_scale_that_few_chose_counts_half_an_answer_more(
    counts: dict[int, int], low: float, high: float,
) -> None:
    interval = mean_interval(counts, 1, 5)
    assert interval
    assert (round(interval.low, 3), round(interval.high, 3)) == (low, high)


@pytest.mark.parametrize("counts", [{}, {4: 0}, {4: 1}, {4: 50}, {1: 300}, {5: 10, 4: 0}])
def test_the_interval_of_a_mean_is_not_estimable_where_no_two_answers_differ(counts: dict[int, int]) -> None:
    assert mean_interval(counts, 1, 5) is None


@pytest.mark.parametrize("highest", [5, 10])
@given(data=st.data())
def test_the_interval_of_a_mean_has_a_width_surrounds_it_and_mirrors(highest: int, data: st.DataObject) -> None:
    drawn = data.draw(st.dictionaries(st.integers(1, highest), st.integers(1, 5000), min_size=2))
    interval = mean_interval(drawn, 1, highest)
    mirrored = mean_interval({highest + 1 - value: n for value, n in drawn.items()}, 1, highest)
    assert interval
    assert mirrored
    assert 1 <= interval.low < interval.high <= highest
    mean = sum(value * n for value, n in drawn.items()) / sum(drawn.values())
    assert interval.low - 1e-9 <= mean <= interval.high + 1e-9
    assert interval.low == pytest.approx(highest + 1 - mirrored.high, abs=1e-9)


RATES = ((450, 500), (120, 160), (45, 50))


def weighted(weights: Sequence[float], pairs: Sequence[tuple[int, int]] = RATES) -> Interval:
    return price_bonett(Rate(weight, k / n, n) for weight, (k, n) in zip(weights, pairs, strict=True))


@pytest.mark.parametrize(("weights", "low", "high", "digits"), [
    ((1, 1, 1), 0.808175, 0.882813, 5),    # the centre is 0.845493
    ((0.2, 0.5, 0.3), 0.778, 0.863, 3),
])
def test_the_interval_of_a_weighted_mean(weights: tuple[float, ...], low: float, high: float, digits: int) -> None:
    interval = weighted(weights)
    assert interval.low == pytest.approx(low, abs=0.51 * 10**-digits)
    assert interval.high == pytest.approx(high, abs=0.51 * 10**-digits)


def test_the_centre_of_the_interval_is_the_adjusted_mean() -> None:
    interval = weighted((1, 1, 1))
    assert 100 * (interval.low + interval.high) / 2 == pytest.approx(84.5493, abs=5e-5)


@pytest.mark.parametrize("unit", [5e-324, 1e-170, 1e-9, 1, 1e6, 1e300])
def test_only_the_ratio_of_weights_counts(unit: float) -> None:
    interval, equal = weighted((unit, unit, 2 * unit)), weighted((1, 1, 2))
    assert (interval.low, interval.high) == pytest.approx((equal.low, equal.high), abs=1e-12)
    assert shares([unit, unit, 2 * unit]) == pytest.approx([0.25, 0.25, 0.5])


sizes = st.integers(10, 3000)
observed = st.lists(sizes.flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=2, max_size=8)


@given(observed, st.data())
def test_the_interval_of_a_weighted_mean_has_a_width_surrounds_it_and_mirrors(
    pairs: list[tuple[int, int]], data: st.DataObject,
) -> None:
    weight = st.floats(1e-170, 1e6)
    weights = data.draw(st.lists(weight, min_size=len(pairs), max_size=len(pairs)))
    interval, mirrored = weighted(weights, pairs), weighted(weights, [(n - k, n) for k, n in pairs])
    assert 0 <= interval.low < interval.high <= 1
    mean = sum(share * k / n for share, (k, n) in zip(shares(weights), pairs, strict=True))
    assert interval.low - 1e-9 <= mean <= interval.high + 1e-9
    assert interval.low == pytest.approx(1 - mirrored.high, abs=1e-9)


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_proportions_are_no_weighted_mean(count: int) -> None:
    with pytest.raises(ValueError, match=f"of {count} proportions: at least 2"):
        weighted([1] * count, RATES[:count])


def test_an_interval_is_cut_off_at_the_ends_of_its_scale() -> None:
    assert Interval(-3, 7).within(1, 5) == Interval(1, 5)
    assert Interval(6, 7).within(1, 5) == Interval(5, 5)
