"""Changes of the net promoter score: published values, their sign, and when one is said."""

from __future__ import annotations

from datetime import date

import pytest

from surveyengine.results.assembly import Before, Terms
from surveyengine.results.change import ComparedPeriod
from surveyengine.results.ledger import VersionQuestion, ledger
from surveyengine.results.promoters import difference, of_promoters
from surveyengine.results.record import plain
from surveyengine.results.score import Histogram
from surveyengine.results.terminal.table import Look, table
from tests.results.test_report import assembled, survey, tally
from tests.results.test_table import ENGLISH

OCTOBER = ComparedPeriod(date(2026, 10, 1), date(2026, 10, 31))
NPS = VersionQuestion("recommend", "nps", "nps")
Classes = tuple[int, int, int]
"""Promoters, passives and detractors."""


def answers(classes: Classes) -> Histogram:
    return Histogram(dict(zip((9, 8, 2), classes, strict=True)))


@pytest.mark.parametrize(("before", "now", "raw", "expected", "limits"), [
    ((50, 30, 20), (60, 25, 15), 15, (14.5631, 10.6177, 0.170193), (-6.2473, 35.3735)),
    ((18, 12, 7), (96, 71, 45), -5.6731, (-3.7791, 13.2261, 0.775086), (-29.7017, 22.1436)),
])
def test_a_difference_has_the_reference_values(
    before: Classes, now: Classes, raw: float, expected: tuple[float, ...], limits: tuple[float, float]
) -> None:
    found = difference(answers(now), answers(before))
    assert (round(found.value, 4), round(found.error, 4), round(found.p, 6)) == expected
    change = of_promoters(answers(now), answers(before), OCTOBER)
    assert (round(change.value or 0, 4), round(change.low or 0, 4), round(change.high or 0, 4)) == (raw, *limits)
    back = of_promoters(answers(before), answers(now), OCTOBER)
    assert (back.value, round(back.low or 0, 4)) == (-(change.value or 0), -limits[1])    # the sign is kept


@pytest.mark.parametrize(("before", "now", "state"), [
    ((500, 300, 200), (300, 300, 400), "changed"),
    ((50, 30, 20), (45, 30, 25), "none"),
    ((40_000, 20_000, 40_000), (41_000, 20_000, 39_000), "small"),
    ((20, 5, 4), (0, 0, 900), "not_compared"),
    ((40, 0, 0), (40, 0, 0), "none"),
])
def test_a_change_is_said_only_where_it_is_one(before: Classes, now: Classes, state: str) -> None:
    assert of_promoters(answers(now), answers(before), OCTOBER).state == state


def test_a_report_tells_how_the_score_moved() -> None:
    asked = [survey("loyal", "relationship", questions=(NPS,))]
    before, now = ([tally("loyal", NPS, value, n) for value, n in counts] for counts in (
        [("10", 80), ("2", 20)], [("10", 20), ("2", 80)]))
    found = assembled(asked, now, terms=Terms(before=Before(OCTOBER, ledger(before, []))))
    [stage] = plain(found)["stages"]
    assert (stage["touchpoints"][0]["nps_change"]["value"], stage["touchpoints"][0]["nps_change"]["state"]) == (
        -120, "changed")
    assert "down 120.0 (" in table(found, ENGLISH, Look(100))
    assert "nps_change" not in plain(assembled(asked, now))["stages"][0]["touchpoints"][0]
