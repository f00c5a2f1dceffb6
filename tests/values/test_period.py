"""Days, moments and periods: one reading, by whichever door they come."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import surveyengine
from surveyengine.values.period import DateRange, day, exact_moment, is_day, moment, preceding, year_before

NO_DAYS = ["", "20261120", "2026-W47-5", "2026-2-3", "2026-02-30", "2026-11-20 ", "2026-11-20T00:00", "۲۰۲۶-11-20",
           "0000-01-01"]    # fmt: skip


@given(st.dates())
def test_a_day_reads_as_it_is_written(one: date) -> None:
    assert day(one.isoformat()) == one
    assert is_day(one.isoformat())


@pytest.mark.parametrize("text", NO_DAYS)
def test_what_is_no_day_is_told_what_would_be_right(text: str) -> None:
    assert not is_day(text)
    with pytest.raises(ValueError, match="must be a date, such as 2026-11-20"):
        day(text)


@given(st.datetimes(), st.integers(-23 * 60, 23 * 60))
def test_a_moment_reads_as_it_is_written(at: datetime, minutes: int) -> None:
    zoned = at.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert moment(at.isoformat()) == at
    assert moment(zoned.isoformat(" ")) == zoned
    assert exact_moment(zoned.isoformat()) == zoned
    assert exact_moment(at.isoformat()) is None


@pytest.mark.parametrize(
    ("text", "at", "exact"),
    [
        ("2026-11-20T14:03Z", datetime(2026, 11, 20, 14, 3, tzinfo=UTC), False),
        ("2026-11-20 14:03:00,5 UTC", datetime(2026, 11, 20, 14, 3, 0, 500_000, UTC), True),
        ("2026-12-31t23:59:60z", datetime(2027, 1, 1, tzinfo=UTC), True),
        ("2026-11-20 14:03", datetime(2026, 11, 20, 14, 3), False),
        ("2026-11-20 24:00", None, False),
        ("2026-02-30T10:00:00Z", None, False),
        ("2026-11-20", None, False),
    ],
)
def test_a_moment_is_read_as_others_export_it(text: str, at: datetime | None, exact: bool) -> None:
    assert moment(text) == at
    assert exact_moment(text) == (at if exact else None)


@given(st.none() | st.dates(), st.none() | st.dates())
def test_a_period_does_not_end_before_it_begins(first: date | None, last: date | None) -> None:
    if first and last and last < first:
        with pytest.raises(ValueError, match=f"the first day, {first}, is after the last, {last}"):
            DateRange(first, last)
    else:
        DateRange(first, last)


@pytest.mark.parametrize(("since", "until", "covered"), [
    (None, None, [1, 2, 3, 4]), (2, None, [2, 3, 4]), (None, 2, [1, 2]), (2, 3, [2, 3]), (3, 3, [3]),
])
def test_a_period_has_both_its_ends(since: int | None, until: int | None, covered: list[int]) -> None:
    ends = [date(2026, 11, end) if end else None for end in (since, until)]
    assert [day for day in range(1, 5) if DateRange(*ends).covers(date(2026, 11, day))] == covered


def test_no_other_module_spells_a_day() -> None:
    package = Path(surveyengine.__file__).parent
    spelled = re.compile(r"\[0-9\]\{4\}-|%Y-%m-%d\"\]|fromisoformat")
    found = {path.name for path in package.rglob("*.py") if spelled.search(path.read_text(encoding="utf-8"))}
    assert found == {"period.py"} | ({"table.py"} & found)    # which reads the days of its own report


def days(since: str, until: str) -> DateRange:
    return DateRange(day(since), day(until))


@pytest.mark.parametrize(
    ("asked", "before", "a_year"),
    [
        (days("2026-10-01", "2026-10-31"), days("2026-09-01", "2026-09-30"), days("2025-10-01", "2025-10-31")),
        (days("2026-01-01", "2026-03-31"), days("2025-10-01", "2025-12-31"), days("2025-01-01", "2025-03-31")),
        (days("2024-02-01", "2024-02-29"), days("2024-01-01", "2024-01-31"), days("2023-02-01", "2023-02-28")),
        (days("2026-10-05", "2026-10-11"), days("2026-09-28", "2026-10-04"), days("2025-10-05", "2025-10-11")),
        (days("2026-10-05", "2026-10-05"), days("2026-10-04", "2026-10-04"), days("2025-10-05", "2025-10-05")),
        # They still run, until the 26th of November.
        (days("2026-11-01", "2026-11-30"), days("2026-10-01", "2026-10-26"), days("2025-11-01", "2025-11-26")),
        (days("2026-11-20", "2026-12-10"), days("2026-11-13", "2026-11-19"), days("2025-11-20", "2025-11-26")),
        (days("2026-12-01", "2026-12-31"), None, None),
        (DateRange(None, day("2026-10-31")), None, None),
        (DateRange(day("2026-10-01")), None, None),
        (days("0001-01-01", "0001-01-31"), None, None),
    ],
)
def test_a_period_has_one_before(asked: DateRange, before: DateRange | None, a_year: DateRange | None) -> None:
    today = date(2026, 11, 26)
    assert preceding(asked, today) == before
    assert year_before(asked, today) == a_year


@given(st.dates(date(1990, 1, 1)), st.integers(0, 800), st.integers(-900, 900))
def test_a_period_and_the_one_before_share_no_day(since: date, length: int, come: int) -> None:
    asked = DateRange(since, since + timedelta(days=min(length, (date.max - since).days)))
    today = since + timedelta(days=min(come, (date.max - since).days))
    if before := preceding(asked, today):
        assert before.until is not None
        assert before.until < since
