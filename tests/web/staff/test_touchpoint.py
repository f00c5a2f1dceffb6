"""The page of a touchpoint: every figure is the report's, and everything that may be asked for is answered."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from surveyengine.engine import Engine, start
from surveyengine.settings.config import EventField
from surveyengine.store import surveys
from surveyengine.store.schema import survey_publication
from surveyengine.values.enumeration import Role
from surveyengine.web.staff import responses
from tests.support import business, staff
from tests.support.answers import csat, store
from tests.support.reading import figures, language, opened, report, words

OCTOBER = "?from=2026-10-01&to=2026-10-31"
PAGES = {
    "purchase/delivery": f"{OCTOBER}&by=courier", "pre-purchase/sales-service": OCTOBER,
    "post-purchase/returns": OCTOBER, "purchase/checkout": f"{OCTOBER}&against=none", "relationship/yearly": OCTOBER,
}


@pytest.mark.parametrize("place", PAGES)
def test_every_figure_of_a_touchpoint_is_the_reports(journey: Engine, reader: FlaskClient, place: str) -> None:
    said, html = language(reader), opened(reader, f"/staff/journey/{place}{PAGES[place]}")
    found = report(journey, PAGES[place], said.language)
    one = next(each for each in found.touchpoints if each.touchpoint == place.partition("/")[2])
    head = words(html.split('class="panel touchpoint')[1].split("</section>")[0])
    assert [each for each in figures(said, one.csat) if "csat" in one.asks and each not in head] == []
    if one.dsat.value is not None:
        assert [each for each in figures(said, one.dsat)[:2] if each not in head] == []
    for question in one.questions or ():
        part = words(html.split(">" + question.text.replace("\'", "&#39;") + "<")[1].split("</section>")[0])
        for value, n in (question.counts or {}).items():
            assert said.number(n) in part
            if question.n and value != "na":
                assert said.percent(100 * n / question.n) in part
    rows = re.findall(r"<tr><th scope=\"row\"><bdi>(.*?)</tr>", html.split('id="by"')[1])
    groups = one.by or {}
    assert len(rows) == len(groups)
    for row, group in zip(rows, groups.values(), strict=True):
        assert said.number(group.csat.n or 0) in words(row)
        assert [each for each in figures(said, group.csat)[:1] if group.csat.value and each not in words(row)] == []


def test_a_field_is_called_as_the_business_calls_it_in_the_language_of_the_page(
    journey: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = {"courier": EventField(name={"he": "חברת שליחויות", "fa": "شرکت حمل"})}
    monkeypatch.setattr(journey.library, "config", journey.config.model_copy(update={"fields": named}))
    for spoken, name in (("he", "חברת שליחויות"), ("fa", "شرکت حمل"), ("en", "חברת שליחויות")):
        browser = staff.client(journey, Role.OPERATOR, spoken)
        html = opened(browser, f"/staff/journey/purchase/delivery{OCTOBER}&by=courier")
        part = words(html.split('id="by"')[1].split("</thead>")[0])
        assert (part.count(name), "courier" in part) == (2, False)


LISTS = r'href="(/staff/responses/\?survey=[^"]+)"[^>]*>([^<]*)'


@pytest.mark.parametrize(("place", "ways"), [
    # all, the dissatisfied, and two answers that were given; too few have no share
    ("purchase/delivery", 4), ("post-purchase/returns", 3), ("pre-purchase/sales-service", 4),
])
def test_a_number_of_people_leads_to_exactly_these(
    journey: Engine, monkeypatch: pytest.MonkeyPatch, place: str, ways: int
) -> None:
    monkeypatch.setattr(responses, "PAGE", 1_000)
    operator = staff.client(journey, Role.OPERATOR)
    page = operator.get(f"/staff/journey/{place}{OCTOBER}").text
    found = re.findall(LISTS, page)
    assert len(found) == ways
    for url, shown in found:
        if number := re.search(r"\d+", shown):    # the one of the dissatisfied is a share
            listed = operator.get(unescape(url)).text
            assert len(set(re.findall(r'href="/staff/responses/([\w-]{16,})"', listed))) == int(number[0])
    assert not re.findall(LISTS, staff.client(journey, Role.VIEWER).get(f"/staff/journey/{place}{OCTOBER}").text)


@pytest.mark.parametrize("mode", ["confidential", "anonymous"])
def test_no_number_leads_to_people_who_were_promised_otherwise(tmp_path: Path, mode: str) -> None:
    asked = {name: f'mode = "{mode}"\n{business.asking()}' if name == "quiet" else business.asking()
             for name in ("quiet", "named")}
    engine = start(business.write(tmp_path / "shop", {f"purchase/{name}": each for name, each in asked.items()}))
    for name in asked:
        store(engine, name, date(2026, 10, 14), csat(30, 40))
    operator = staff.client(engine, Role.OPERATOR)
    pages = {name: operator.get(f"/staff/journey/purchase/{name}{OCTOBER}").text for name in asked}
    # A version of the other one was confidential: its numbers hold answers that no list shows.
    business.change(engine, {"purchase/named": f'mode = "{mode}"\n{business.asking()}'})
    after = operator.get(f"/staff/journey/purchase/named{OCTOBER}").text
    engine.close()
    assert {name: len(re.findall(LISTS, page)) for name, page in pages.items()} == {"quiet": 0, "named": 4}
    assert not re.findall(LISTS, after)


def test_the_words_say_what_may_be_concluded(journey: Engine) -> None:
    browser = staff.client(journey, Role.VIEWER)

    def answer(place: str) -> str:
        page = browser.get(f"/staff/journey/{place}{OCTOBER}").text
        return words(page.split('class="sentences"')[1].split("</p>")[0])

    assert "76% are satisfied. That is 10.0 points less than in September" in answer("purchase/delivery")
    assert "Even the upper end of the interval stays below the target of 85%." in answer("purchase/delivery")
    assert "There is no evidence of a change since September." in answer("purchase/checkout")
    assert "nothing is concluded from fewer than 30" in answer("pre-purchase/sales-service")
    assert "There are too few answers to show a score: at least 10 are needed." in answer("post-purchase/returns")


def test_the_same_as_data_and_as_a_picture(journey: Engine) -> None:
    browser = staff.client(journey, Role.VIEWER, "he")
    address = "/staff/journey/purchase/delivery"
    data = json.loads(browser.get(f"{address}.json{OCTOBER}").text)
    assert [[one["touchpoint"] for one in stage["touchpoints"]] for stage in data["stages"]] == [["delivery"]]
    sheet = browser.get(f"{address}.csv{OCTOBER}")
    assert sheet.headers["Content-Disposition"].endswith('"purchase-delivery.csv"')
    trend = browser.get(f"{address}{OCTOBER}").text.split('id="trend"')[1]
    rows = re.findall(r"<tr>.*?</tr>", trend.split("</table>")[0])
    points = data["stages"][0]["touchpoints"][0]["trend"]
    assert len(points) == len(rows) - 1 == sheet.text.count(",trend_csat,")
    for row, point in zip(rows[1:], reversed(points), strict=True):
        assert re.findall(r'<td class="n">([^<]*)</td>', row)[1] == str(point["csat"]["n"])
    picture = browser.get(f"{address}.svg{OCTOBER}")
    assert picture.mimetype == "image/svg+xml"
    assert picture.text.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert 'direction="rtl"' in picture.text


def test_a_field_that_there_is_not_leads_on_to_the_same_days(journey: Engine) -> None:
    page = staff.client(journey, Role.OPERATOR).get(f"/staff/journey/purchase/delivery{OCTOBER}&by=courrier").text
    assert f'href="/staff/journey/purchase/delivery{OCTOBER}"' in unescape(page)


@pytest.mark.parametrize(("path", "status", "sentence"), [
    ("purchase/teleport", 404, "There is no touchpoint “teleport” in this stage of the journey."),
    ("lunch/delivery", 404, "There is no touchpoint “delivery” in this stage"),
    ("purchase/<b>.svg", 404, "There is no touchpoint “<b>” in this stage"),
    ("purchase/delivery?every=hour", 400, "not for each “hour”"),
    ("purchase/delivery?to=soon", 400, "“soon” is no day."),
    ("purchase/delivery.csv?by=courrier", 400, "No event has a field “courrier”."),
])
def test_what_there_is_not_is_said_and_leads_on(journey: Engine, path: str, status: int, sentence: str) -> None:
    page = staff.client(journey, Role.VIEWER).get(f"/staff/journey/{path}")
    assert page.status_code == status
    assert sentence in unescape(re.sub(r"</?bdi[^>]*>", "", page.text))
    assert 'href="/staff/"' in page.text
    assert "<b>" not in page.text.partition("<main")[2]


@pytest.mark.parametrize(("every", "title", "last", "points"), [
    ("day", "Day by day", "October 31, 2026", 18), ("week", "Week by week", "October 25, 2026", 7),
    ("month", "Month by month", "October 2026", 2),
])
def test_a_trend_has_a_point_for_what_the_address_says(
    journey: Engine, every: str, title: str, last: str, points: int
) -> None:
    page = staff.client(journey, Role.VIEWER).get(f"/staff/journey/purchase/delivery{OCTOBER}&every={every}").text
    trend = page.split('id="trend"')[1].split("</section>")[0]
    assert f"<h2>{title}</h2>" in trend
    assert re.findall(r'aria-current="true">([^<]*)', trend) == [title]
    rows = re.findall(r'<th scope="row">([^<]*)', trend)
    assert (rows[0], len(rows)) == (last, points)
    assert len(re.findall(f"every={every}", page.partition('id="trend"')[0])) > 5    # every other control keeps it


def test_a_new_version_is_marked_with_its_day_and_breaks_no_line(tmp_path: Path) -> None:
    root = business.write(tmp_path / "shop", {"purchase/delivery": business.asking()})
    engine = start(root)
    for month in range(3, 10):
        store(engine, "delivery", date(2026, month, 14), csat(30, 40))
    with engine.database.write() as connection:
        connection.execute(update(survey_publication).values(at=datetime(2026, 1, 1, tzinfo=UTC)))
        [first] = surveys.current(connection)
        surveys.publish(connection, [first._replace(digest="a" * 64)], datetime(2026, 6, 12, 9, tzinfo=UTC))
    page = staff.client(engine, Role.VIEWER).get("/staff/journey/purchase/delivery?from=2026-09-01&to=2026-09-30").text
    trend = page.split('id="trend"')[1].split("</section>")[0]
    [june] = re.findall(r'<th scope="row">June 2026(.*?)</th>', trend)
    assert "new version of the survey since June 12, 2026" in words(june)
    for chart in re.findall(r'<svg class="large.*?</svg>', trend):
        assert "June 12, 2026</text>" in chart
        assert chart.count('class="upright"') == 1
        assert chart.count('class="smooth"') == 1    # the questions are the same
    engine.close()


def test_what_customers_wrote_is_for_operators(journey: Engine) -> None:
    address = f"/staff/journey/purchase/delivery{OCTOBER}"
    assert "What customers wrote is for operators." in staff.client(journey, Role.VIEWER).get(address).text
    assert "What customers wrote is for operators." not in staff.client(journey, Role.OPERATOR).get(address).text
