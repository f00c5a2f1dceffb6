"""Responses as people look through them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from surveyengine.engine import Engine
from surveyengine.invitations.planning import take
from surveyengine.results import responses
from surveyengine.results.export.extract import extract
from surveyengine.results.responses import ResponseQuery, ResponseSummary
from surveyengine.store.export_rows import RowPlace
from surveyengine.store.schema import invitation
from surveyengine.values.enumeration import ScoreBand
from surveyengine.values.period import DateRange
from tests.results.test_export import NOW, give
from tests.support import business

OPEN = business.ASKING.replace("{closed}", "false").replace("[invite]\n{invite}\n", "")
ANY = ResponseQuery()
NAMED, SECRET = (f'mode = "{mode}"\n{OPEN}' for mode in ("identified", "anonymous"))


def listed(engine: Engine, wanted: ResponseQuery = ANY, limit: int = 2) -> list[ResponseSummary]:
    """All rows of a list, page by page."""
    found: list[ResponseSummary] = []
    before: RowPlace | None = None
    while True:
        page = responses.page(engine, responses.source(engine, wanted, NOW), before, limit)
        assert len(page.rows) <= limit
        found += page.rows
        if (before := page.behind) is None:
            return found


@pytest.fixture
def shop(engine: Engine) -> Engine:
    """Eight responses to three surveys, two of which say nothing in words."""
    business.change(engine, {"purchase/named": NAMED, "purchase/secret": SECRET})
    for number in range(5):
        given = {"satisfaction": str(number + 1), "reason": f"why {number}" if number < 3 else ""}
        give(engine, number, "delivery", given, NOW - timedelta(days=number // 2))
    for number in range(5, 8):
        give(engine, number, "named", {"satisfaction": "4"}, NOW - timedelta(days=number))
        give(engine, number + 10, "secret", {"satisfaction": "1"})
    return engine


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8, 50])
def test_pages_hold_every_row_once_the_newest_first(shop: Engine, limit: int) -> None:
    rows = listed(shop, limit=limit)
    assert rows == sorted(rows, key=lambda one: (one.day, one.id), reverse=True)
    assert {one.id for one in rows} == {f"r{number:06}" for number in range(8)}


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (ResponseQuery(survey="named"), {5, 6, 7}),
        (ResponseQuery(survey="secret"), set()),
        (ResponseQuery(survey="unknown"), set()),
        (ResponseQuery(band=ScoreBand.DISSATISFIED), {0, 1}),
        (ResponseQuery(band=ScoreBand.NEITHER), {2}),
        (ResponseQuery(band=ScoreBand.SATISFIED, survey="delivery"), {3, 4}),
        (ResponseQuery(language="he", days=DateRange(date(2026, 11, 19), date(2026, 11, 19))), {2, 3}),
        (ResponseQuery(language="fa"), set()),
    ],
)  # fmt: skip
def test_a_filter_chooses_the_rows_of_page_and_file(shop: Engine, wanted: ResponseQuery, numbers: set[int]) -> None:
    ids = {f"r{number:06}" for number in numbers}
    assert {one.id for one in listed(shop, wanted)} == ids
    if wanted.survey != "unknown":
        assert {row[0] for row in extract(responses.source(shop, wanted, NOW), "responses").rows} == ids


def test_a_row_holds_the_score_and_the_first_free_text(shop: Engine) -> None:
    found = {one.id: one for one in listed(shop)}
    assert found["r000000"] == ResponseSummary("r000000", "delivery", date(2026, 11, 20), 1, "why 0", "he", None)
    assert (found["r000004"].score, found["r000004"].comment) == (5, None)


@pytest.mark.parametrize(
    ("mode", "rows", "customer"), [("identified", 1, "c-17"), ("confidential", 0, None), ("anonymous", 0, None)]
)
def test_the_mode_says_who_is_shown(engine: Engine, mode: str, rows: int, customer: str | None) -> None:
    business.change(engine, {"purchase/delivery": f'mode = "{mode}"\n{business.DELIVERY}'})
    take(engine, [business.delivered("1")], NOW)
    with engine.database.read() as connection:
        id = connection.execute(select(invitation.c.id)).scalar_one()
    give(engine, 1, "delivery", {"satisfaction": "4"}, invitation=id)
    assert [one.customer for one in listed(engine)] == [customer] * rows
    found = responses.given(engine, "r000001")
    assert (found is not None) == bool(rows)
    assert found is None or (found.row.customer, bool(found.row.invitation)) == (customer, customer is not None)
    assert responses.given(engine, "nobody's") is None
