"""The one thing to look at: which rule chooses it, from what a report says."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest

from surveyengine.results import attention
from surveyengine.results.assembly import Before, Terms, assemble
from surveyengine.results.change import Change, ChangeState, ComparedPeriod
from surveyengine.results.ledger import FunnelCounts, ledger
from surveyengine.results.report import Report, Touchpoint
from tests.results.test_report import answered, survey

Period = Mapping[str, tuple[int, int]]
STEADY: Period = {"checkout": (180, 200), "delivery": (160, 200), "returns": (24, 29)}


def report(now: Period, before: Period, target: float | None = None, failed: int = 0) -> Report:
    """A report of a purchase with so many satisfied answers of so many, in two periods; delivery has the target."""
    asked = [survey(name, target_csat=target if name == "delivery" else None) for name in {**now, **before}]
    counts = [[tally for name, one in period.items() for tally in answered(name, *one)] for period in (now, before)]
    earlier = Before(ComparedPeriod(date(2026, 10, 1), date(2026, 10, 31)), ledger(counts[1], []))
    days = (date(2026, 11, 1), date(2026, 11, 30))
    funnel = FunnelCounts("checkout", 200, 200 - failed, 100, {}, failed=failed)
    return assemble(asked, counts[0], [funnel], Terms(*days, today=date(2026, 12, 1), before=earlier))


@pytest.mark.parametrize(
    ("now", "before", "terms", "rule", "touchpoint"),
    [
        ({"checkout": (100, 200), "delivery": (130, 200)}, STEADY, {"target": 85.0}, "missed_and_falling", "delivery"),
        (STEADY, STEADY, {"target": 90.0}, "missed", "delivery"),
        ({**STEADY, "checkout": (150, 200)}, STEADY, {"target": 82.0}, "falling", "checkout"),
        (STEADY, STEADY, {"failed": 20}, "undelivered", "checkout"),
        (STEADY, STEADY, {"failed": 9}, "lowest", "delivery"),
        (STEADY, STEADY, {"target": 82.0}, "lowest", "delivery"),    # undecided
        ({"checkout": (40, 200), "delivery": (60, 200)}, {}, {}, "lowest", "checkout"),
        ({"checkout": (160, 200), "delivery": (20, 25)}, STEADY, {"target": 99.0}, "falling", "checkout"),
    ],
)
def test_the_first_rule_that_anything_fulfils_chooses(
    now: Period, before: Period, terms: Mapping[str, float], rule: str, touchpoint: str
) -> None:
    found = attention.first(report(now, before, **terms))  # type: ignore[arg-type]
    assert found
    assert (found.rule, found.touchpoint.touchpoint) == (rule, touchpoint)


@pytest.mark.parametrize(("failed", "late", "rule"), [
    (0, 10, "undelivered"), (0, 9, "lowest"), (9, 1, "undelivered"), (4, 5, "lowest"),
])
def test_what_has_not_left_in_time_does_not_arrive_either(failed: int, late: int, rule: str) -> None:
    found = attention.first(report(STEADY, STEADY, failed=failed), {"checkout": late})
    assert found
    assert (found.rule, found.late if rule == "undelivered" else late) == (rule, late)


def test_nothing_is_pointed_at_where_nothing_can_be_concluded() -> None:
    assert attention.first(report({"delivery": (10, 29)}, STEADY, 90.0)) is None


@pytest.mark.parametrize(("moved", "found"), [
    ({"checkout": (-4.0, "changed"), "delivery": (-9.0, "changed")}, "delivery"),
    ({"checkout": (-4.0, "changed"), "delivery": (-9.0, "none")}, "checkout"),
    ({"checkout": (4.0, "changed"), "delivery": (-2.0, "small")}, None),
    ({}, None),
])
def test_where_fewer_answer_is_named(moved: Mapping[str, tuple[float, ChangeState]], found: str | None) -> None:
    days = ComparedPeriod(date(2026, 10, 1), date(2026, 10, 31))
    rates = {name: Change(value=value, state=state, against=days) for name, (value, state) in moved.items()}
    told = attention.unanswered(report(STEADY, STEADY), rates)
    assert (told and told.touchpoint.touchpoint) == found
    assert told is None or told.rate == rates[told.touchpoint.touchpoint]


def test_what_it_was_before_goes_with_it() -> None:
    found = attention.first(report({"checkout": (100, 200)}, {"checkout": (180, 200)}))
    assert found
    assert found.before == pytest.approx(90.0)


def split(**groups: tuple[int, int]) -> Touchpoint:
    """A touchpoint of which each group had so many satisfied answers of so many."""
    counts = [tally for name, one in groups.items() for tally in answered("delivery", *one, group=name)]
    whole = answered("delivery", sum(one[0] for one in groups.values()), sum(one[1] for one in groups.values()))
    days = (date(2026, 11, 1), date(2026, 11, 30))
    found = assemble([survey("delivery")], [*whole, *counts], [], Terms(*days, by="courier", today=date(2026, 12, 1)))
    return found.touchpoints[0]


@pytest.mark.parametrize(
    ("splits", "found"),
    [
        ({"courier": split(Kav=(40, 100), Post=(85, 100))}, ("courier", "Kav")),
        ({"channel": split(web=(60, 100), shop=(80, 100)), "courier": split(Kav=(40, 100), Post=(85, 100))},
         ("courier", "Kav")),
        ({"courier": split(Kav=(80, 100), Post=(85, 100))}, None),
        ({"courier": split(Kav=(4, 20), Post=(85, 100))}, None),    # too few to compare
        ({}, None),
    ],
)
def test_the_group_that_lies_furthest_below_the_others_is_named(
    splits: Mapping[str, Touchpoint], found: tuple[str, str] | None
) -> None:
    segment = attention.segment(splits)
    assert (segment and segment[:2]) == found
