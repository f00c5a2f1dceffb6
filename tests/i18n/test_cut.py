"""Periods cut into days, weeks and months: the weeks of three countries, the months of two calendars."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.i18n.calendar import first_weekday
from surveyengine.i18n.cut import MOST, Cut
from surveyengine.values.enumeration import TrendUnit

MONDAY, SATURDAY, SUNDAY = 0, 5, 6


@pytest.mark.parametrize(("country", "language", "first"), [
    ("IL", "en", SUNDAY), ("IR", "he", SATURDAY), ("US", "en", SUNDAY), ("DE", "he", MONDAY), (None, "he", SUNDAY),
    (None, "fa", SATURDAY), (None, "en", MONDAY), ("XX", "he", MONDAY),
])
def test_weeks_begin_as_in_the_country_or_where_the_language_is_at_home(
    country: str | None, language: str, first: int
) -> None:
    assert first_weekday(country, language) == first


@pytest.mark.parametrize(("cut", "starts"), [
    (Cut(TrendUnit.WEEK, SUNDAY), ["12-20", "12-27", "01-03"]),
    (Cut(TrendUnit.WEEK, SATURDAY), ["12-20", "12-26", "01-02"]),
    (Cut(TrendUnit.WEEK, MONDAY), ["12-20", "12-21", "12-28", "01-04"]),    # 2026-W52, W53 and 2027-W01 of ISO 8601
    (Cut(TrendUnit.MONTH), ["12-20", "01-01"]),
    (Cut(TrendUnit.MONTH, language="fa"), ["12-20", "12-22"]),    # 1 Dey 1405
])
def test_pieces_begin_where_the_calendar_says(cut: Cut, starts: list[str]) -> None:
    found = cut.pieces(date(2026, 12, 20), date(2027, 1, 5))
    assert [f"{piece.since:%m-%d}" for piece in found] == starts


def test_a_solar_year_has_its_own_months() -> None:
    found = Cut(TrendUnit.MONTH, language="fa").pieces(date(2026, 3, 21), date(2027, 3, 20))    # 1405, no leap year
    assert [(one.until - one.since).days + 1 for one in found] == [31] * 6 + [30] * 5 + [29]


DAYS = st.dates(date(1990, 1, 1), date(2100, 1, 1))


@given(DAYS, st.integers(0, 900), st.sampled_from([*TrendUnit]), st.integers(0, 6), st.sampled_from(["en", "fa"]))
def test_pieces_are_the_period(since: date, more: int, every: TrendUnit, first: int, language: str) -> None:
    until = since + timedelta(days=more)
    found = Cut(every, first, language).pieces(since, until)
    assert (found[0].since, found[-1].until) == (since, until)
    assert all(one.until + timedelta(days=1) == two.since for one, two in zip(found, found[1:], strict=False))
    if every is TrendUnit.WEEK:
        assert all(one.since.weekday() == first for one in found[1:])


@pytest.mark.parametrize(("every", "since"), [(TrendUnit.DAY, date(2020, 1, 1)), (TrendUnit.MONTH, date(2, 1, 1))])
def test_too_many_pieces_are_refused(every: TrendUnit, since: date) -> None:
    with pytest.raises(ValueError, match="too long for a point every"):
        Cut(every).pieces(since, date(2027, 1, 1))
    assert len(Cut(every).pieces(date(2026, 1, 1), date(2026, 12, 31))) <= MOST
