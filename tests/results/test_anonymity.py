"""What is published of anonymous answers: between any two looks it differs by nobody, or by at least the minimum."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from surveyengine.engine import Engine, start
from surveyengine.responses import form
from surveyengine.responses.storing import CompleteForm, keep
from surveyengine.responses.ticket import FormToken
from surveyengine.results import query
from surveyengine.results.export.extract import RowFilter, Source
from surveyengine.results.record import plain
from surveyengine.store import tallies
from surveyengine.values.anonymity import blocks
from surveyengine.values.period import month_end
from tests.support import business

MINIMUM = 10
JERUSALEM = ZoneInfo("Asia/Jerusalem")
TEXT = '{ en = "T", he = "ט", fa = "ت" }'


def survey(head: str) -> str:
    return f'title = {TEXT}\n{head}\n[[question]]\nid = "csat"\nkind = "csat"\ncore = true\ntext = {TEXT}\n'


SECRET, OPEN = survey('mode = "anonymous"'), survey("")


def answer(engine: Engine, id: str, value: int, now: datetime, survey: str = "secret") -> None:
    asked = engine.library.surveys[survey]
    read = form.read(asked, MultiDict({"csat": str(value)}))
    keep(engine, CompleteForm(FormToken(id, survey, asked.digest), asked, read, "he"), now)


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Engine]:
    surveys = {"purchase/secret": SECRET, "purchase/open": OPEN}
    engine = start(business.write(tmp_path / "shop", surveys, business.CONFIG, database=database_url))
    yield engine
    engine.close()


def touchpoint(engine: Engine, now: datetime, name: str = "secret", **wanted: Any) -> dict[str, Any]:
    report = plain(query.report(engine, query.ReportQuery(**wanted), now))
    return next(one for stage in report["stages"] for one in stage["touchpoints"] if one["touchpoint"] == name)


def noon(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


def test_a_month_comes_out_whole_once_it_is_over(shop: Engine) -> None:
    for day in range(1, 13):
        answer(shop, f"happy-{day}", 5, noon(10, day))
    answer(shop, "unhappy", 1, noon(10, 13))
    for until in (date(2026, 10, 12), date(2026, 10, 13), date(2026, 10, 30), None):
        found = touchpoint(shop, noon(10, 14), until=until)
        assert (found["csat"]["n"], found["withheld"], "counts" in found) == (None, True, False)
    after = noon(11, 1)
    assert touchpoint(shop, after, until=date(2026, 10, 30))["withheld"]
    assert touchpoint(shop, after, until=date(2026, 10, 31))["counts"] == {"1": 1, "2": 0, "3": 0, "4": 0, "5": 12}
    assert touchpoint(shop, after, since=date(2026, 10, 31))["csat"]["n"] == 13


def test_months_wait_until_they_hold_enough_together(shop: Engine) -> None:
    for month, n in ((6, 4), (7, 4), (8, 12), (9, 10), (10, 3)):
        for number in range(n):
            answer(shop, f"{month}-{number}", 4, noon(month, 20))
    assert touchpoint(shop, noon(8, 1))["withheld"]
    assert touchpoint(shop, noon(9, 1))["csat"]["n"] == 20
    assert touchpoint(shop, noon(11, 1))["csat"]["n"] == 30
    assert touchpoint(shop, noon(11, 1), since=date(2026, 9, 1), until=date(2026, 9, 30))["csat"]["n"] == 10


def test_a_survey_that_is_anonymous_no_more_keeps_the_word_it_gave(shop: Engine) -> None:
    for number in range(9):
        answer(shop, f"before-{number}", 5, noon(9, 20))
    business.change(shop, {"purchase/secret": OPEN})
    answer(shop, "named", 1, noon(10, 2))
    found = touchpoint(shop, noon(11, 1))
    assert found["counts"] == {"1": 1, "2": 0, "3": 0, "4": 0, "5": 0}
    stored = [version.survey for version, _ in Source(shop, RowFilter(), noon(11, 1)).responses()]
    assert stored.count("secret") == 1


def test_anonymous_answers_are_in_no_group_of_a_split(shop: Engine) -> None:
    for number in range(12):
        answer(shop, f"a{number}", 5, noon(9, 20))
        answer(shop, f"b{number}", 4, noon(9, 20), "open")
    assert touchpoint(shop, noon(10, 2), by="language")["by"] == {}
    assert touchpoint(shop, noon(10, 2), by="language")["csat"]["n"] == 12
    assert touchpoint(shop, noon(10, 2), "open", by="language")["by"]["he"]["counts"]["4"] == 12


# ── Any two looks


MONTHS = [date(2026, month, 1) for month in range(1, 13)]


@given(st.dictionaries(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.integers(1, 12)), st.integers(1, 12))
def test_a_block_never_changes_once_it_is_out(sizes: dict[date, int], minimum: int) -> None:
    looks = [datetime(2026, month.month, 2, 3, tzinfo=JERUSALEM) for month in MONTHS]
    seen = [
        blocks({day: n for day, n in sizes.items() if day < look.date()}, minimum, look) for look in looks
    ]  # as it was then: an answer is of the month in which it is given
    for before, after in pairwise(seen):
        assert after[: len(before)] == before
    assert all(block.n >= minimum for block in seen[-1])
    assert all(one.until < other.since for one, other in pairwise(seen[-1]))


def published(engine: Engine, now: datetime, since: date | None, until: date | None) -> frozenset[str]:
    """Whose answers are told: the rows of the export, which the counts of the report must equal."""
    told = touchpoint(engine, now, since=since, until=until).get("counts", {})
    rows = [row for _, row in Source(engine, RowFilter(since, until, "secret"), now).responses()]
    assert Counter(one.value for row in rows for one in row.answers) == +Counter(told)
    return frozenset(row.id for row in rows)


def test_two_questions_differ_by_nobody_or_by_the_minimum(shop: Engine) -> None:
    chance = random.Random(7)
    moments = sorted(datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=chance.triangular(0, 300)) for _ in range(120))
    looks: list[frozenset[str]] = []
    for number, at in enumerate(moments):
        answer(shop, f"r{number}", chance.randint(1, 5), at)
        if chance.random() < 0.5:
            with shop.database.write() as connection:
                tallies.fold(connection, chance.randint(0, 3))
        if number % 2:    # to look costs most, and what two looks differ by is an answer or two the same
            continue
        since = chance.choice([None, at.date() - timedelta(days=chance.randint(0, 200))])
        until = chance.choice([None, at.date() + timedelta(days=chance.randint(-100, 40))])
        if since is None or until is None or since <= until:
            looks.append(published(shop, at + timedelta(seconds=1), since, until))
    assert len(set(looks)) > 5
    for one, other in combinations(set(looks), 2):
        for difference in (one - other, other - one):
            assert not difference or len(difference) >= MINIMUM


@pytest.mark.parametrize("day", [date(2026, 2, 3), date(2028, 2, 29), date(2026, 12, 31)])
def test_of_an_anonymous_answer_only_the_month_is_kept(day: date) -> None:
    assert (month_end(day).month, (month_end(day) + timedelta(days=1)).day) == (day.month, 1)
