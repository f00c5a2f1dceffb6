"""The journey map: what it says is what the report says, in every language."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from html import unescape

import pytest
from flask.testing import FlaskClient

from surveyengine.engine import Engine, start
from surveyengine.i18n.speech import Speech, speech
from surveyengine.project import scaffold
from surveyengine.results import query
from surveyengine.results.report import Report, Touchpoint
from surveyengine.results.score import Score
from surveyengine.values.enumeration import Against, Role
from surveyengine.web.staff.card import leading
from tests.support import staff
from tests.support.answers import csat, store
from tests.support.samples import LANGUAGES

OCTOBER = "?from=2026-10-01&to=2026-10-31"
FILTERS = (OCTOBER, "?from=2026-09-01&to=2026-10-31&against=none", "?from=2026-10-10&to=2026-10-20&against=year")
ENGLISH = re.compile(r"\b(?!CSV\b|JSON\b|SVG\b|CSAT\b|NPS\b|CES\b|CSI\b)[A-Za-z]{2,}")
MARKS = dict.fromkeys(map(ord, "\u200e\u200f\u061c\u2068\u2069"))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The example business, with answers of two months: enough, indicative, few, and none; a fall, and a target met."""
    root = tmp_path_factory.mktemp("journey") / "shop"
    scaffold.create(root)
    engine = start(root)
    for survey, (before, now) in {
        "delivery": ((430, 500), (380, 500)), "checkout": ((190, 200), (191, 200)), "support": ((40, 50), (42, 50)),
        "sales-service": ((33, 40), (15, 18)), "returns": ((9, 12), (5, 7)), "website": ((70, 100), (72, 100)),
        "post-resolution": ((8, 12), (9, 12)),
    }.items():
        store(engine, survey, date(2026, 9, 14), csat(*before), courier="Dror")
        store(engine, survey, date(2026, 10, 14), csat(*now), courier="Kav")
    yield engine
    engine.close()


@pytest.fixture(scope="module", params=LANGUAGES)
def browser(shop: Engine, request: pytest.FixtureRequest) -> FlaskClient:
    return staff.client(shop, Role.VIEWER, request.param)


def report(engine: Engine, page: str, language: str) -> Report:
    """The report of a page's address."""
    said = dict(re.findall(r"(\w+)=([\w-]+)", page))
    days = (date.fromisoformat(said["from"]), date.fromisoformat(said["to"]))
    against = Against(said.get("against", "previous"))
    return query.report(engine, query.ReportQuery(*days, language=language, against=against), datetime.now(UTC))


def words(html: str) -> str:
    """What is read, with one space between words, and without marks of direction."""
    return " ".join(re.sub(r"<[^>]+>", "", html.replace("><", "> <")).translate(MARKS).split())


def language(browser: FlaskClient) -> Speech:
    found = re.search(r'<html lang="(\w+)" dir="(\w+)"', browser.get(f"/staff/{OCTOBER}").text)
    assert found
    assert found[2] == ("ltr" if found[1] == "en" else "rtl")
    return speech(found[1])


def figures(said: Speech, score: Score) -> list[str]:
    """What has to stand there of a score: its value, its limits, and its base."""
    base = [] if score.n is None else [said.ngettext("{count} answer", "{count} answers", score.n, count=score.n)]
    if score.value is None or score.low is None or score.high is None:
        return base
    fine = int(score.high - score.low < 2)
    ends = {"from": said.number(score.low, fine), "to": said.number(score.high, fine)}
    sign = "~" if score.state == "indicative" else ""
    return [sign + said.percent(score.value, fine), said.gettext("{from} to {to}", **ends), *base]


def cards(html: str) -> dict[str, str]:
    """The cards of a page by their touchpoint."""
    found = re.findall(r'<article class="card[^>]*>.*?</article>', html, re.DOTALL)
    return {re.findall(r'href="[^"]*/(\w[\w-]*)\?', card)[0]: card for card in found}


@pytest.mark.parametrize("page", FILTERS)
def test_every_figure_of_the_map_is_the_reports(shop: Engine, browser: FlaskClient, page: str) -> None:
    said = language(browser)
    found, html = report(shop, page, said.language), browser.get(f"/staff/{page}").text
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


def test_the_map_keeps_to_its_limits(browser: FlaskClient) -> None:
    said = language(browser)
    page = browser.get(f"/staff/{OCTOBER}")
    assert len(page.data) < 60_000
    assert len(gzip.compress(page.data)) < 12_000
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert "style-src 'self';" in page.headers["Content-Security-Policy"]
    assert not re.search(r"<script|<style|\bstyle=|\bon\w+=", page.text)
    if said.language != "en":
        body = re.sub(r"<bdi>Dana</bdi>", "", page.text.split("<body>")[1])
        assert ENGLISH.findall(words(body)) == []


def test_the_same_as_data_obeys_the_same_filter(shop: Engine) -> None:
    browser = staff.client(shop, Role.VIEWER, "fa")
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
    ("?by=courrier", "no event has a field 'courrier'"),
])
def test_an_unknown_period_or_field_is_said_and_leads_on(shop: Engine, query: str, sentence: str) -> None:
    browser = staff.client(shop, Role.VIEWER)
    for path in ("/staff/", "/staff/journey.csv"):
        page = browser.get(f"{path}{query}")
        assert page.status_code == 400
        assert sentence in unescape(re.sub(r"</?bdi[^>]*>", "", page.text))
        assert "<b>" not in page.text.partition("<main")[2]
        assert 'href="/staff/"' in page.text


def test_the_style_sheet_knows_no_left_or_right(shop: Engine) -> None:
    css = re.sub(r"/\*.*?\*/", "", staff.stranger(shop).get("/static/staff.css").text, flags=re.DOTALL)
    assert re.findall(r"\b(?:left|right)\b", css) == []
    colours = staff.stranger(shop).get("/static/palette.css")
    assert colours.mimetype == "text/css"
    assert "--accent:#0a6c74" in colours.text
