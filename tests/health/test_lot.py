"""What an examination says of the lot: a table of figures, and a project in which it is drawn."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from surveyengine.engine import Engine
from surveyengine.health import lot
from surveyengine.health.deployment import deployment
from surveyengine.health.lot import Standings, faulty, short
from surveyengine.invitations.planning import take
from surveyengine.store import allotments
from surveyengine.store.allotments import DrawnFigures
from surveyengine.store.scales import DayScale
from tests.support.business import asking, change, delivered

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("figures", "kinds"),
    [
        ((100, 7_680, 0, 30, 0), []),
        ((100, 500, 0, 2, 0), ["lot-faint"]),
        ((100, 7_680, 6, 30, 0), ["lot-shut"]),
        ((100, 7_680, 5, 30, 0), []),
        ((1_000, 76_800, 0, 300, 3), []),
        ((1_000, 76_800, 0, 300, 4), ["lot-overruled"]),
    ],
)
def test_chances_that_do_not_help_are_told(figures: tuple[int, ...], kinds: list[str]) -> None:
    assert [one.kind for one in faulty(DrawnFigures("delivery", *figures))] == kinds


@pytest.mark.parametrize(("chance", "given", "told"), [(0.75, 10, True), (0.75, 40, False), (0.6, 10, False)])
def test_a_survey_that_cannot_reach_its_share_is_told(chance: float, given: float, told: bool) -> None:
    scarce = DayScale("returns", date(2026, 11, 20), chance, 60, 50, given, 1)
    other = DayScale("checkout", date(2026, 11, 20), 0.3, 300, 100, 90, 1)
    found = [*short(Standings({"returns": scarce, "checkout": other}, {"returns": 0.5, "checkout": 0.5}))]
    assert [one.kind for one in found] == (["lot-short"] if told else [])


def test_what_was_drawn_is_counted_by_survey(engine: Engine) -> None:
    assert [*lot.findings(deployment(engine.root, NOW))] == []
    change(engine, {"purchase/checkout": asking(on="order.paid")}, cooldown="7 days")
    take(engine, [delivered(str(n), customer=f"c-{n}") for n in range(60)], NOW)
    with engine.database.read() as connection:
        (found,) = allotments.figures(connection, NOW.date())
    assert found[:4] == ("delivery", 60, 60 * 77, 0)
    assert 5 < found.planned < 35
    assert found.overruled == 0
    assert [*lot.findings(deployment(engine.root, NOW))] == []
