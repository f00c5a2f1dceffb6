"""Changes of means: published values, when one is said, and where none can be told."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.results.assembly import Before, Terms
from surveyengine.results.change import ComparedPeriod
from surveyengine.results.interval import student_t, t_coverage
from surveyengine.results.ledger import VersionQuestion, ledger
from surveyengine.results.means import difference, of_means
from surveyengine.results.record import plain
from surveyengine.results.score import Histogram
from tests.results.test_report import assembled, survey, tally

OCTOBER = ComparedPeriod(date(2026, 10, 1), date(2026, 10, 31))
CSAT = VersionQuestion("satisfaction", "csat", "csat", core=True)


def answers(*counts: int, effect: float = 1.0) -> Histogram:
    return Histogram(dict(enumerate(counts, start=1)), effect)


@pytest.mark.parametrize(("now", "before", "t", "df", "p", "limits"), [
    ((3, 5, 12, 40, 40), (6, 10, 14, 40, 30), 2.027891, 193.5771, 0.0439420, (0.008499, 0.611501)),
    ((0, 1, 2, 9, 18), (4, 4, 10, 60, 72), 1.1678996, 46.284255, 0.24882837, (-0.13500333, 0.50833667)),
])
def test_welchs_test_has_the_reference_values(
    now: tuple[int, ...], before: tuple[int, ...], t: float, df: float, p: float, limits: tuple[float, float]
) -> None:
    found, change = difference(answers(*now), answers(*before)), of_means(answers(*now), answers(*before), OCTOBER)
    assert (found.value / found.error, found.df, found.p) == pytest.approx((t, df, p), abs=1e-4)
    assert (change.low, change.high) == pytest.approx(limits, abs=1e-6)
    assert found.p == pytest.approx(p, abs=5e-8)


@pytest.mark.parametrize(("before", "now", "state"), [
    ((6, 10, 14, 40, 30), (3, 5, 12, 40, 40), "changed"),
    ((0, 1, 2, 9, 18), (4, 4, 10, 60, 72), "none"),
    ((10_000, 0, 0, 0, 10_000), (9_800, 0, 0, 0, 10_200), "small"),
    ((0, 0, 0, 0, 29), (9, 9, 9, 9, 9), "not_compared"),
    ((0, 0, 0, 0, 40), (0, 0, 0, 0, 40), "not_compared"),
    ((0, 0, 0, 0, 40), (40, 0, 0, 10, 40), "not_compared"),
])
def test_a_change_is_said_only_where_it_is_one(before: tuple[int, ...], now: tuple[int, ...], state: str) -> None:
    assert of_means(answers(*now), answers(*before), OCTOBER).state == state


@pytest.mark.parametrize(("effect", "state"), [(1, "changed"), (2, "none"), (50, "none"), (100, "not_compared")])
def test_answers_of_the_same_customers_tell_less(effect: float, state: str) -> None:
    """Where one customer gave them all, they tell nothing of others."""
    now, before = answers(3, 5, 12, 40, 40, effect=effect), answers(6, 10, 14, 40, 30)
    assert of_means(now, before, OCTOBER).state == state


@given(st.integers(1, 3_000), st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_the_share_within_a_quantile_is_its_confidence(df: int, confidence: float) -> None:
    assert t_coverage(student_t(df, confidence), df) == pytest.approx(confidence, abs=1e-8)


def test_a_report_tells_how_the_mean_moved() -> None:
    asked = [survey("shop", "purchase", questions=(CSAT,))]
    before, now = ([tally("shop", CSAT, value, n) for value, n in counts] for counts in (
        [("5", 80), ("1", 20)], [("5", 20), ("1", 80)]))
    [stage] = plain(assembled(asked, now, terms=Terms(before=Before(OCTOBER, ledger(before, [])))))["stages"]
    moved = stage["touchpoints"][0]["mean_change"]
    assert (round(moved["value"], 4), moved["state"]) == (-2.4, "changed")
    assert "mean_change" not in plain(assembled(asked, now))["stages"][0]["touchpoints"][0]
