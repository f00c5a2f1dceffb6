from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.i18n.calendar import Parts, day, parts
from surveyengine.i18n.speech import speech

KNOWN = [    # from the official calendars of Iran
    ((1404, 1, 1), date(2025, 3, 21)), ((1403, 1, 1), date(2024, 3, 20)), ((1357, 11, 22), date(1979, 2, 11)),
    ((1403, 12, 30), date(2025, 3, 20)), ((1405, 9, 1), date(2026, 11, 22)), ((1399, 12, 30), date(2021, 3, 20)),
]  # fmt: skip


@pytest.mark.parametrize(("solar", "gregorian"), KNOWN)
def test_a_day_has_its_date_in_both_calendars(solar: tuple[int, int, int], gregorian: date) -> None:
    assert day(Parts(*solar)) == gregorian
    assert parts(gregorian, "fa") == solar
    assert parts(gregorian, "he") == (gregorian.year, gregorian.month, gregorian.day)


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.sampled_from(["fa", "he", "en"]))
def test_a_day_that_is_shown_and_read_is_the_same_day(one: date, language: str) -> None:
    assert day(parts(one, language)) == one


@pytest.mark.parametrize(
    "written",
    [(1404, 12, 30), (1404, 7, 31), (1403, 13, 1), (2025, 2, 29), (2026, 4, 31), (0, 1, 1), (26, 11, 22), (1199, 1, 1),
     (3000, 1, 1), (1404, 0, 1), (1404, 1, 0), (1599, 12, 31), (99999999, 1, 1)],
)  # fmt: skip
def test_a_day_that_does_not_exist_is_none(written: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # each calendar has words of its own
        day(Parts(*written))


@pytest.mark.parametrize(
    ("language", "first", "said"),
    [("en", "January", "November 22, 2026"), ("he", "ינואר", "22 בנובמבר 2026"), ("fa", "فروردین", "۱ آذر ۱۴۰۵")],
)
def test_a_day_is_said_in_the_calendar_of_the_language(language: str, first: str, said: str) -> None:
    assert speech(language).months[0] == first
    assert len(set(speech(language).months)) == 12
    assert speech(language).date(date(2026, 11, 22)) == said
