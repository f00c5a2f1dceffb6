"""Pages of the staff, read as a person reads them, beside the report that they are made of."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, date, datetime

from flask.testing import FlaskClient

from surveyengine.engine import Engine
from surveyengine.i18n.speech import Speech, speech
from surveyengine.results import query
from surveyengine.results.report import Report
from surveyengine.results.score import Score
from surveyengine.values.enumeration import Against

ENGLISH = re.compile(r"\b(?!(?:CSV|JSON|SVG|CSAT|NPS|CES|CSI|EWMA)\b)[A-Za-z]{2,}")
DATA = re.compile(r"<bdi>[\w ]*</bdi>", re.ASCII)
"""Names that the business itself has given, in Latin letters."""
MARKS = dict.fromkeys(map(ord, "\u200e\u200f\u061c\u2068\u2069"))


def report(engine: Engine, page: str, language: str) -> Report:
    """The report of a page's address."""
    said = dict(re.findall(r"(\w+)=([\w-]+)", page))
    days = (date.fromisoformat(said["from"]), date.fromisoformat(said["to"]))
    against = Against(said.get("against", "previous"))
    wanted = query.ReportQuery(*days, said.get("by"), questions=True, language=language, against=against)
    return query.report(engine, wanted, datetime.now(UTC))


def words(html: str) -> str:
    """What is read, with one space between words, and without marks of direction."""
    return " ".join(re.sub(r"<[^>]+>", "", html.replace("><", "> <")).translate(MARKS).split())


def language(browser: FlaskClient) -> Speech:
    found = re.search(r'<html lang="(\w+)" dir="(\w+)"', browser.get("/staff/?from=2026-10-01&to=2026-10-31").text)
    assert found
    assert found[2] == ("ltr" if found[1] == "en" else "rtl")
    return speech(found[1])


def figures(said: Speech, score: Score) -> list[str]:
    """What has to stand there of a score: its value, its limits, and its base."""
    base = [] if not score.n else [said.ngettext("{count} answer", "{count} answers", score.n, count=score.n)]
    if score.value is None or score.low is None or score.high is None:
        return base
    fine = int(score.high - score.low < 2)
    ends = {"from": said.number(score.low, fine), "to": said.number(score.high, fine)}
    sign = "~" if score.state == "indicative" else ""
    return [sign + said.percent(score.value, fine), said.gettext("{from} to {to}", **ends), *base]


def opened(browser: FlaskClient, address: str) -> str:
    """Return a page that is as every page is: small, without script and style, and in its own language alone."""
    page = browser.get(address)
    assert page.status_code == 200
    assert len(page.data) < 60_000
    assert len(gzip.compress(page.data)) < 12_000
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert "style-src 'self';" in page.headers["Content-Security-Policy"]
    assert not re.search(r"<script|<style|\bstyle=|\bon\w+=", page.text)
    if '<html lang="en"' not in page.text:
        body = DATA.sub("", page.text.split("<body>")[1])
        assert ENGLISH.findall(words(body)) == []
    return page.text
