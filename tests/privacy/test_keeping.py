"""What has had its time, as a table of examples, and what `check` says of spans that do not fit."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from surveyengine.privacy.keeping import answers_until, cutoff, is_past, kept_facts
from surveyengine.project.files import read
from surveyengine.values.anonymity import Block
from surveyengine.values.enumeration import SurveyMode
from tests.support import business

TODAY, ZONE = date(2026, 11, 27), ZoneInfo("Asia/Jerusalem")
BLOCKS = (Block(date(2026, 1, 1), date(2026, 1, 31), 12), Block(date(2026, 2, 1), date(2026, 4, 30), 10))


@pytest.mark.parametrize(
    ("span", "last"),
    [
        (timedelta(days=1), date(2026, 11, 25)),
        (timedelta(hours=1), date(2026, 11, 25)),
        (timedelta(days=395), date(2025, 10, 27)),
        (timedelta(0), None),
        (timedelta(days=1_000_000), None),
    ],
)
def test_a_day_is_the_last_that_is_not_kept(span: timedelta, last: date | None) -> None:
    assert cutoff(span, TODAY) == last


@pytest.mark.parametrize("days", [1, 30, 1095])
def test_nothing_goes_before_its_whole_span_is_over(days: int) -> None:
    last = cutoff(timedelta(days=days), TODAY)
    assert last
    end = datetime.combine(last + timedelta(days=1), time())
    assert datetime.combine(TODAY, time()) - end >= timedelta(days=days)


@pytest.mark.parametrize(
    ("hour", "expected"),
    [(21, True), (22, False)],    # midnight in Jerusalem
)
def test_a_moment_is_past_when_its_day_in_the_business_is(hour: int, expected: bool) -> None:
    moments = (datetime(2026, 11, 1, tzinfo=UTC), None, datetime(2026, 11, 20, hour, 30, tzinfo=UTC))
    assert is_past(moments, date(2026, 11, 20), ZONE) is expected


@pytest.mark.parametrize(
    ("mode", "until", "is_over", "last"),
    [
        (SurveyMode.IDENTIFIED, date(2026, 2, 14), False, date(2026, 2, 14)),
        (SurveyMode.ANONYMOUS, date(2026, 1, 30), False, None),
        (SurveyMode.ANONYMOUS, date(2026, 1, 31), False, date(2026, 1, 31)),
        (SurveyMode.ANONYMOUS, date(2026, 4, 29), True, date(2026, 1, 31)),
        (SurveyMode.CONFIDENTIAL, date(2026, 6, 1), False, date(2026, 4, 30)),
        (SurveyMode.CONFIDENTIAL, date(2026, 6, 1), True, date(2026, 6, 1)),
    ],
)
def test_answers_that_come_out_in_blocks_go_in_whole_ones(
    mode: SurveyMode, until: date, is_over: bool, last: date | None
) -> None:
    assert answers_until(mode, BLOCKS, until, is_over) == last


SAID = {"branch": "haifa", "order": "A-1", "email": "Dana@example.com"}
SHARED = {("branch", "haifa"), ("email", "Dana@example.com")}


@pytest.mark.parametrize(
    ("claimed", "theirs", "kept"),
    [
        (False, (), {"branch": "haifa", "order": "", "email": "Dana@example.com"}),
        (False, ("dana@example.com",), {"branch": "haifa", "order": "", "email": ""}),
        (True, (), {"branch": "", "order": "", "email": ""}),
    ],
)
def test_a_fact_stays_that_enough_share(claimed: bool, theirs: tuple[str, ...], kept: dict[str, str]) -> None:
    assert kept_facts(SAID, claimed, SHARED, theirs) == kept


SHORT = '\n[privacy]\nkeep_contacts = "30 days"\n'


@pytest.mark.parametrize(
    ("config", "survey", "said"),
    [
        ("", {}, []),
        (SHORT, {}, []),
        ('at_most = { "90 days" = 2 }\n' + SHORT, {}, [
            "config.toml: who was asked is forgotten after 30 days, and `at_most` looks back 90 days; customers "
            'would be asked again too early; write keep_contacts = "90 days" or longer',
        ]),
        ('at_most = { "2 years" = 2 }\n', {}, [
            "config.toml: who was asked is forgotten after 395 days, and `at_most` looks back 730 days; customers "
            'would be asked again too early; write keep_contacts = "730 days" or longer',
        ]),
        (SHORT, {"cooldown": "60 days"}, [
            "surveys/purchase/delivery.toml: who was asked is forgotten after 30 days, and `cooldown` looks back "
            '60 days; customers would be asked again too early; write keep_contacts = "60 days" or longer',
        ]),
        ('\n[privacy]\nkeep_contacts = 0\nkeep_answers = "10 days"\n', {"expires": "10 days"}, []),
        ('\n[privacy]\nkeep_answers = "10 days"\n', {"expires": "11 days"}, [
            "surveys/purchase/delivery.toml: answers go after 10 days, and customers can answer for 11 days; each "
            "counts, and is gone the night after; keep them for 11 days or longer",
        ]),
    ],
)    # fmt: skip
def test_check_warns_of_spans_that_are_too_short(
    tmp_path: Path, config: str, survey: dict[str, str], said: list[str]
) -> None:
    files = {"purchase/delivery": business.asking(False, on="shipment.delivered", **survey)}
    project = read(business.write(tmp_path, files, business.CONFIG + config), ("he", "fa", "en"), {})
    assert [f"{one.file}: {one.message}; {one.hint}" for one in project.faults] == said
    assert {one.level for one in project.faults} <= {"warning"}


@pytest.mark.parametrize("value", ['"3"', "-1", '"soon"', "true"])
def test_a_span_that_is_none_is_refused_where_it_stands(tmp_path: Path, value: str) -> None:
    files = {"purchase/delivery": f"keep_contacts = {value}\n" + business.asking(on="shipment.delivered")}
    (fault,) = read(business.write(tmp_path, files), ("he", "fa", "en"), {}).errors
    assert (fault.line, "`keep_contacts` must be a span of time" in fault.message) == (1, True)
