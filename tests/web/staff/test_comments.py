"""What customers wrote about a touchpoint: all of it, for whom it is, and no more than the mode lets out."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from surveyengine.engine import Engine, start
from surveyengine.invitations.planning import take
from surveyengine.results.export.extract import RowFilter, Source
from surveyengine.store.schema import invitation
from surveyengine.values.enumeration import Role
from surveyengine.web.staff import comments
from tests.results.test_export import give
from tests.support import business, staff
from tests.support.reading import words
from tests.support.samples import LANGUAGES, question

NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
OCTOBER = "?from=2026-10-01&to=2026-10-31"
PLACE = "/staff/journey/purchase/delivery"
PAGE = f"{PLACE}/comments"
SURVEY = business.DELIVERY + question("wish", "text")
TEXT = re.compile(r'class="quote"[^>]*>([^<]*)')


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Comments of two customers and of two others by an open link, a response without one, and one of September."""
    engine = start(business.write(tmp_path_factory.mktemp("comments") / "shop", {"purchase/delivery": SURVEY}))
    take(engine, [business.delivered(str(n), NOW - timedelta(days=n), f"c-{n}") for n in (1, 2)], NOW)
    with engine.database.read() as connection:
        ids = list(connection.execute(select(invitation.c.id).order_by(invitation.c.key)).scalars())
    for number, id in enumerate(ids, 1):
        give(engine, number, "delivery", {"satisfaction": "2", "reason": f"why {number}"}, NOW, invitation=id)
    give(engine, 3, "delivery", {"satisfaction": "5", "wish": "tea"}, NOW - timedelta(days=5))
    give(engine, 4, "delivery", {"satisfaction": "1", "reason": "rain", "wish": "sun"}, NOW - timedelta(days=6))
    give(engine, 6, "delivery", {"satisfaction": "3"}, NOW)
    give(engine, 7, "delivery", {"satisfaction": "3", "wish": "earlier"}, NOW - timedelta(days=40))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def operator(shop: Engine) -> FlaskClient:
    return staff.client(shop, Role.OPERATOR)


def texts(page: str) -> list[str]:
    return [unescape(one) for one in TEXT.findall(page)]


def test_every_comment_is_there_the_newest_first_with_what_belongs_to_it(shop: Engine, operator: FlaskClient) -> None:
    page = operator.get(PAGE + OCTOBER).text
    assert texts(page) == ["why 1", "why 2", "tea", "rain", "sun"]
    first = words(page.split('<li class="said-of">')[1])
    for told in ("What is the reason?", "2 of 5", "Dissatisfied", "Dana", "October 19, 2026", "Hebrew"):
        assert told in first
    assert re.findall(r'href="/staff/responses/(r\d+)"', page) == [f"r{n:06}" for n in range(1, 5)]
    assert "earlier" in operator.get(f"{PAGE}?from=2026-09-01&to=2026-10-31").text
    assert staff.told(shop)[-2][1:] == ("viewed", f"comments purchase/delivery{OCTOBER}")


def test_a_page_leads_to_the_next_and_keeps_what_was_chosen(
    operator: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comments, "PAGE", 1)
    found, query = [], f"{OCTOBER}&score=dissatisfied&language=he"
    while query:
        page = operator.get(PAGE + query).text
        found += texts(page)
        older = re.search(r'class="onward" href="(\?[^"]+after=[^"]+)"', page)
        query = unescape(older[1]) if older else ""
        assert not query or "score=dissatisfied&language=he" in query
    assert found == ["why 1", "why 2", "rain", "sun"]
    control = page.partition('class="period"')[2].partition("</nav>")[0]
    assert control.count("score=dissatisfied&amp;language=he") >= 5    # the steps and the presets keep it
    assert 'name="score" value="dissatisfied"' in control


def test_the_files_hold_what_the_page_holds(shop: Engine, operator: FlaskClient) -> None:
    query = f"{OCTOBER}&score=1"
    rows = list(csv.DictReader(io.StringIO(operator.get(f"{PAGE}.csv{query}").text[1:])))
    assert [row["comment"] for row in rows] == texts(operator.get(PAGE + query).text) == ["rain", "sun"]
    assert staff.told(shop)[-1][1:] == ("exported", f"purchase-delivery-comments.csv{query}")
    told = json.loads(operator.get(f"{PAGE}.json{OCTOBER}").data)["purchase-delivery-comments"]
    assert told[0] == {"day": "2026-10-19", "score": 2, "question": "reason", "comment": "why 1",
                       "language": "he", "customer": "c-1", "survey": "delivery", "response": "r000001"}  # fmt: skip
    assert len(told) == 5


def test_the_touchpoint_shows_the_newest_and_leads_to_all(shop: Engine, operator: FlaskClient) -> None:
    page = operator.get(f"{PLACE}{OCTOBER}&by=language").text
    assert [one for one in ("why 1", "why 2", "tea", "rain") if one not in page] == []
    assert f'href="{PAGE}{OCTOBER.replace("&", "&amp;")}"' in page
    assert staff.told(shop)[-1][1:] == ("viewed", f"comments purchase/delivery{OCTOBER}")
    assert PAGE not in staff.client(shop, Role.VIEWER).get(PLACE + OCTOBER).text


@pytest.mark.parametrize(("path", "status", "sentence"), [
    (f"{PLACE}x/comments", 404, "There is no touchpoint"), (f"{PAGE}?score=happy", 400, "is no satisfaction"),
    (f"{PAGE}?to=soon", 400, "is no day"), (f"{PAGE}.csv?language=xx", 400, "is no language of the business"),
    (f"{PAGE}?after=here", 400, "is no place in this list"),
    (f"{PAGE}{OCTOBER}&score=neither", 200, "No comment is like this"),
    (f"{PAGE}?from=2020-01-01&to=2020-01-31", 200, "There is no comment to show"),
])  # fmt: skip
def test_what_there_is_not_is_said_and_leads_on(operator: FlaskClient, path: str, status: int, sentence: str) -> None:
    page = operator.get(path)
    assert (page.status_code, sentence in words(page.text)) == (status, True)
    assert 'class="onward" href="/staff/' in page.text


# ── Comments that were promised to be nobody's


def quiet(engine: Engine, mode: str) -> None:
    """Have the survey promise a mode, and twelve customers answer it, of whom nine write something."""
    business.change(engine, {"purchase/delivery": f'mode = "{mode}"\n{SURVEY}'})
    take(engine, [business.delivered(f"q{n}", NOW - timedelta(days=1), f"q-{n}") for n in range(12)], NOW)
    with engine.database.read() as connection:
        query = select(invitation.c.id).where(invitation.c.customer.startswith("q-")).order_by(invitation.c.key)
        ids = list(connection.execute(query).scalars())
    for n, id in enumerate(ids):
        said = {"satisfaction": "45"[n % 2], **({"wish": f"quiet {n}"} if n < 9 else {})}
        give(engine, f"q{7 * n % 12:02}", "delivery", said, NOW + timedelta(hours=n), invitation=id)


def shown(engine: Engine, query: str = OCTOBER) -> list[str]:
    return texts(staff.client(engine, Role.ADMIN).get(PAGE + query).text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_confidential_comments_come_out_together_without_whose_they_are(engine: Engine, language: str) -> None:
    quiet(engine, "confidential")
    assert shown(engine) == []    # nine
    give(engine, "r99", "delivery", {"satisfaction": "5", "wish": "quiet 9"}, NOW - timedelta(days=1))
    browser = staff.client(engine, Role.ADMIN, language)
    page = browser.get(PAGE + OCTOBER).text
    assert texts(page) == ["quiet 9", *(f"quiet {n}" for n in sorted(range(9), key=lambda n: -(7 * n % 12)))]
    assert not re.search(r"q-\d|Dana|/staff/responses/[rq]\d", page.partition("<main")[2])
    assert shown(engine, f"{OCTOBER}&score=5") == []    # fewer than ten of them
    assert shown(engine, f"{OCTOBER}&language=he") == []
    assert shown(engine, "?from=2026-10-01&to=2026-10-18") == []    # their block ends a day later
    rows = json.loads(browser.get(f"{PAGE}.json{OCTOBER}").data)["purchase-delivery-comments"]
    days = RowFilter(datetime(2026, 10, 1).date(), datetime(2026, 10, 31).date())
    exported = {row.id: row for _, row in Source(engine, days, datetime.now(UTC)).responses()}
    for row in rows:    # nothing that the export of these days does not tell
        told = exported[row["response"]]
        assert (row["day"], row["customer"], row["language"]) == (str(told.day), None, None)
        assert row["comment"] in [one.value for one in told.answers]
    assert "viewed" not in [action for _, action, _ in staff.told(engine)]


def test_pages_of_confidential_comments_go_on_where_the_last_one_ended(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    business.change(engine, {"purchase/delivery": f'mode = "confidential"\n{SURVEY}'})
    for n in range(24):
        give(engine, f"q{7 * n % 24:02}", "delivery", {"satisfaction": "5", "wish": f"w {n}"}, NOW - timedelta(days=n))
    whole = shown(engine)
    assert len(whole) == 20    # two blocks of ten days; four wait
    monkeypatch.setattr(comments, "PAGE", 3)
    found, query, browser = [], OCTOBER, staff.client(engine, Role.ADMIN)
    while query:
        page = browser.get(PAGE + query).text
        found += texts(page)
        older = re.search(r'class="onward" href="(\?[^"]+after=[^"]+)"', page)
        query = unescape(older[1]) if older else ""
    assert found == whole


def test_an_anonymous_comment_changes_nothing_on_the_page(engine: Engine) -> None:
    business.change(engine, {"purchase/delivery": f'mode = "anonymous"\n{SURVEY}'})
    browser = staff.client(engine, Role.ADMIN)

    def seen() -> list[str]:
        return [re.sub(r'value="[^"]*"', "", browser.get(path + OCTOBER).text) for path in (PAGE, f"{PAGE}.csv")]

    before = seen()
    for n in range(12):
        give(engine, n, "delivery", {"satisfaction": "5", "wish": f"secret {n}"}, NOW)
    assert seen() == before
    assert "promised to be anonymous" in before[0]
