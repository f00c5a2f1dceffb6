"""Periods of pages: read from addresses, stepped on in the reader's calendar, put into words."""

from __future__ import annotations

from datetime import date

import pytest

from surveyengine.i18n.speech import speech
from surveyengine.web.staff import period
from surveyengine.web.staff.period import PagePeriod

TODAY = date(2026, 11, 26)


def days(since: str, until: str) -> PagePeriod:
    return PagePeriod(date.fromisoformat(since), date.fromisoformat(until))


@pytest.mark.parametrize(("said", "language", "found"), [
    ({}, "en", ("2026-11-01", "2026-11-30")),
    ({}, "fa", ("2026-10-23", "2026-11-21")),    # Aban was running two weeks ago
    ({"from": "2026-11-20"}, "he", ("2026-11-20", "2026-11-26")),
    ({"from": "2027-01-01"}, "he", ("2027-01-01", "2027-01-01")),
    ({"to": "2026-10-15"}, "he", ("2026-10-01", "2026-10-15")),
    ({"to": "2026-10-15"}, "fa", ("2026-09-23", "2026-10-15")),
])
def test_an_address_says_its_period(said: dict[str, str], language: str, found: tuple[str, str]) -> None:
    assert period.read(said, language, TODAY) == days(*found)


def test_an_address_leads_to_the_same_period_in_every_language() -> None:
    shown = period.read({"from": "2026-10-01", "to": "2026-10-31", "against": "year", "by": "courier"}, "fa", TODAY)
    assert shown.query == "?from=2026-10-01&to=2026-10-31&against=year&by=courier"


@pytest.mark.parametrize(("shown", "language", "by", "found"), [
    (("2026-10-01", "2026-10-31"), "en", -1, ("2026-09-01", "2026-09-30")),
    (("2026-10-01", "2026-12-31"), "he", 1, ("2027-01-01", "2027-03-31")),
    (("2026-10-01", "2026-10-31"), "fa", -1, ("2026-08-31", "2026-09-30")),    # no month of theirs
    (("2026-09-23", "2026-10-22"), "fa", -1, ("2026-08-23", "2026-09-22")),    # Mehr, and Shahrivar of 31 days
    (("2026-10-05", "2026-10-11"), "en", 1, ("2026-10-12", "2026-10-18")),
    (("2026-01-01", "2026-12-31"), "en", -1, ("2025-01-01", "2025-12-31")),
])
def test_a_step_is_as_long_as_the_period(
    shown: tuple[str, str], language: str, by: int, found: tuple[str, str]
) -> None:
    assert period.stepped(days(*shown), language, by) == days(*found)


def test_there_is_nothing_before_the_calendars() -> None:
    assert period.stepped(days("0001-01-01", "0001-01-31"), "en", -1) is None
    assert period.stepped(days("0001-01-03", "0001-01-09"), "fa", -1) is None


@pytest.mark.parametrize(("shown", "language", "beside", "words"), [
    (("2026-10-01", "2026-10-31"), "en", None, "October 2026"),
    (("2026-09-01", "2026-09-30"), "en", "2026-10-01", "September"),
    (("2025-10-01", "2025-10-31"), "en", "2026-10-01", "October 2025"),
    (("2026-01-01", "2026-12-31"), "en", None, "2026"),
    (("2026-10-05", "2026-10-11"), "en", None, "5 to 11 October 2026"),
    (("2026-10-05", "2026-10-05"), "en", None, "October 5, 2026"),
    (("2026-10-05", "2026-11-04"), "en", None, "October\u00a05,\u00a02026 to November\u00a04,\u00a02026"),
    (("2026-10-01", "2026-10-31"), "he", None, "אוקטובר 2026"),
    (("2026-09-23", "2026-10-22"), "fa", None, "مهر ۱۴۰۵"),
    (("2026-08-23", "2026-09-22"), "fa", "2026-09-23", "شهریور"),
])
def test_a_period_is_called_as_people_call_it(
    shown: tuple[str, str], language: str, beside: str | None, words: str
) -> None:
    one = days(*shown)
    near = date.fromisoformat(beside) if beside else None
    assert period.named(one.since, one.until, speech(language), near) == words
