"""The journey map: what it says is what the report says, in every language."""

from __future__ import annotations

import json
import re
from contextlib import closing
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from surveyengine.engine import Engine, start
from surveyengine.i18n.speech import Speech
from surveyengine.project import scaffold
from surveyengine.results.report import Touchpoint
from surveyengine.values.enumeration import Role
from surveyengine.web.staff import responses
from surveyengine.web.staff.card import leading
from tests.support import staff
from tests.support.answers import csat, store
from tests.support.reading import figures, language, opened, report, words

OCTOBER = "?from=2026-10-01&to=2026-10-31"
FILTERS = (OCTOBER, "?from=2026-09-01&to=2026-10-31&against=none", "?from=2026-10-10&to=2026-10-20&against=year")


def cards(html: str) -> dict[str, str]:
    """The cards of a page by their touchpoint."""
    found = re.findall(r'<article class="card[^>]*>.*?</article>', html, re.DOTALL)
    return {re.findall(r'href="[^"]*/(\w[\w-]*)\?', card)[0]: card for card in found}


@pytest.mark.parametrize("page", FILTERS)
def test_every_figure_of_the_map_is_the_reports(journey: Engine, reader: FlaskClient, page: str) -> None:
    said = language(reader)
    found, html = report(journey, page, said.language), reader.get(f"/staff/{page}").text
    shown = cards(html)
    assert shown.keys() == {one.touchpoint for one in found.touchpoints}
    for one in found.touchpoints:
        expect(said, one, words(shown[one.touchpoint]))
    heads = re.findall(r'<section class="stage.*?</header>', html, re.DOTALL)
    for stage, head in zip(found.stages[:3], heads, strict=True):
        assert [each for each in figures(said, stage.csat) if stage.csat.n and each not in words(head)] == []
    answer = words(html.split('class="answer">')[1].split("</p>")[0])
    assert [each for each in figures(said, found.journey.csat) if each not in answer] == []


def expect(said: Speech, one: Touchpoint, card: str) -> None:
    """What a card has to say of its touchpoint, and that nothing is concluded from few answers."""
    kind, score = leading(one)
    assert one.name in card
    if kind == "csat":
        assert [each for each in figures(said, score) if each not in card] == []
    if score.state != "ok":
        assert not re.search('class="verdict', card)
    if one.change and one.change.state == "changed" and one.change.low and one.change.high and one.change.value:
        limits = sorted(map(abs, (one.change.low, one.change.high)))
        assert [number for number in (abs(one.change.value), *limits) if said.number(number, 1) not in card] == []


def test_the_map_keeps_to_its_limits(reader: FlaskClient) -> None:
    opened(reader, f"/staff/{OCTOBER}")


@pytest.mark.parametrize("every", ["month", "week"])
def test_the_map_shows_how_stages_and_the_journey_went_as_the_report_says(
    journey: Engine, reader: FlaskClient, every: str
) -> None:
    said, page = language(reader), f"?from=2026-10-01&to=2026-10-31&every={every}"
    html, data = opened(reader, f"/staff/{page}"), json.loads(reader.get(f"/staff/journey.json{page}").text)
    panel = html.split('id="trend"')[1].split("</section>")[0]
    rows = re.findall(r"<tr>.*?</tr>", panel)[2:]
    trends = [data["journey"]["trend"], *(one["trend"] for one in data["stages"][:3])]
    assert 2 <= len(rows) <= len(trends[0]) == (12 if every == "month" else 13)
    for at, row in enumerate(rows, 1):
        values = re.findall(r'<td class="share"><bdi>(.*?)</bdi>', row)
        assert len(values) == len(trends)
        for shown, points in zip(values, trends, strict=True):
            score = points[-at]["csat"]
            figure = "–" if score["value"] is None else said.percent(score["value"])
            assert figure in unescape(shown).replace("\u061c", "")
            assert ("~" in shown) == (score["state"] == "indicative")
    known = [one for one in data["stages"][:3] if any(each["csat"]["value"] is not None for each in one["trend"])]
    headers = re.findall(r'<section class="stage.*?</header>', html, re.DOTALL)
    assert [('class="small"' in one) for one in headers].count(True) == len(known) > 0
    picture = reader.get(f"/staff/journey.svg{page}")
    assert picture.mimetype == "image/svg+xml"


def test_the_answers_of_a_card_lead_to_exactly_these(journey: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responses, "PAGE", 1_000)
    operator = staff.client(journey, Role.OPERATOR)
    shown = [re.findall(r'<a href="(/staff/responses/[^"]+)">([\d,]+) answer', card)
             for card in cards(operator.get(f"/staff/{OCTOBER}").text).values()]
    found = [way for ways in shown for way in ways]
    assert len(found) >= 6
    for url, n in found:
        listed = operator.get(unescape(url)).text
        assert len(set(re.findall(r'href="/staff/responses/([\w-]{16,})"', listed))) == int(n)
    assert "/staff/responses/?" not in staff.client(journey, Role.VIEWER).get(f"/staff/{OCTOBER}").text


def test_the_same_as_data_obeys_the_same_filter(journey: Engine) -> None:
    browser = staff.client(journey, Role.VIEWER, "fa")
    data = browser.get(f"/staff/journey.json{OCTOBER}&against=none")
    assert data.headers["Content-Disposition"] == 'attachment; filename="journey.json"'
    assert json.loads(data.text)["period"] == {"from": "2026-10-01", "to": "2026-10-31", "timezone": "Asia/Jerusalem"}
    assert "change" not in json.loads(data.text)["journey"]
    assert browser.get(f"/staff/journey.csv{OCTOBER}").mimetype == "text/csv"


@pytest.mark.parametrize(("query", "sentence"), [
    ("?from=yesterday", "“yesterday” is no day."),
    ("?from=2026-10-31&to=2026-10-01", "The first day of the period, 2026-10-31, is after its last one, 2026-10-01."),
    ("?from=2026-10-01&against=mars", "not with “mars”"),
    ("?from=2024-01-01&to=2026-10-31&against=year", "more than a year"),
    ("?by=<b>", "“<b>” cannot be the name of a field."),
    ("?by=courrier", "No event has a field “courrier”."),
])
def test_an_unknown_period_or_field_is_said_and_leads_on(journey: Engine, query: str, sentence: str) -> None:
    browser = staff.client(journey, Role.VIEWER)
    for path in ("/staff/", "/staff/journey.csv"):
        page = browser.get(f"{path}{query}")
        assert page.status_code == 400
        assert sentence in unescape(re.sub(r"</?bdi[^>]*>", "", page.text))
        assert "<b>" not in page.text.partition("<main")[2]
        assert 'href="/staff/"' in page.text


def test_the_style_sheet_knows_no_left_or_right(journey: Engine) -> None:
    css = re.sub(r"/\*.*?\*/", "", staff.stranger(journey).get("/static/staff.css").text, flags=re.DOTALL)
    assert re.findall(r"\b(?:left|right)\b", css) == []
    colours = staff.stranger(journey).get("/static/palette.css")
    assert colours.mimetype == "text/css"
    assert "--accent:#0a6c74" in colours.text


def test_before_the_first_answer_the_map_says_what_is_missing(tmp_path: Path) -> None:
    scaffold.create(tmp_path / "shop")
    with closing(start(tmp_path / "shop")) as engine:
        for language, event in (("en", "12 hours after the event shipment.delivered."), ("fa", "shipment.delivered")):
            page = staff.client(engine, Role.VIEWER, language).get("/staff/")
            assert event in words(cards(page.text)["delivery"])
            assert re.findall(r'<li class="(\w+)">', page.text) == ["done", "open", "open"]
        assert "A score needs 10 answers." in words(staff.client(engine, Role.VIEWER).get("/staff/").text)


def test_a_period_without_answers_leads_to_one_that_has_some(journey: Engine) -> None:
    page = staff.client(journey, Role.VIEWER).get("/staff/?from=2020-01-01&to=2020-01-31").text
    assert "No answer belongs to this period: January 2020." in words(page)
    assert re.search(r'class="onward" href="\?from=[\d-]+&amp;to=[\d-]+">Last twelve months', page)


def test_a_fall_is_told_with_the_group_that_lies_below_the_others(journey: Engine) -> None:
    for satisfied, courier in ((250, "Kav"), (130, "Dror")):
        store(journey, "order-accuracy", date(2025, 4, 10), csat(140, 150), channel="web")
        store(journey, "order-accuracy", date(2025, 5, 10), csat(satisfied // 2, 150), channel=courier)
    page = words(staff.client(journey, Role.VIEWER).get("/staff/?from=2025-05-01&to=2025-05-31").text)
    assert "Order accuracy misses its target and is falling: 63% satisfied, after 93% (April)." in page
    assert "The difference is greatest at channel Dror: 43% satisfied, 40.0 points below the rest" in page


def test_what_is_chosen_for_other_pages_is_said_and_can_be_taken_off(journey: Engine, reader: FlaskClient) -> None:
    html = opened(reader, f"/staff/{OCTOBER}&by=courier&every=week")
    chosen = html.split('class="filters')[1].split("</ul>")[0]
    assert chosen.count("<li>") == 1    # weeks are what the map's own charts show
    units = html.split('class="tabs"')[1].split("</nav>")[0]
    assert re.findall(r'every=(\w+)#trend" aria-current', units) == ["week"]
    assert "courier" in words(chosen)
    taken_off = [unescape(one) for one in re.findall(r'href="/staff/([^"]*)"', chosen)]
    assert taken_off == [f"{OCTOBER}&every=week"]
    assert ",Kav," in reader.get(f"/staff/journey.csv{OCTOBER}&by=courier").text
    assert 'class="filters' not in opened(reader, f"/staff/{OCTOBER}")
