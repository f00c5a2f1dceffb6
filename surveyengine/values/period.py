"""Days, moments and periods as they are written: 2026-11-20, 2026-11-20T14:03:00Z, from one day to another."""

from __future__ import annotations

import re
from calendar import monthrange
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# ISO 8601, and the spellings that shops and databases export: 2026-11-20 14:03:00 +0200, … UTC, …+02
_MOMENT = re.compile(
    rf"(?P<day>{DAY.pattern})[Tt ](?P<minute>[0-2][0-9]:[0-5][0-9])"
    r"(?::(?P<second>[0-5][0-9]|60)(?P<fraction>[.,][0-9]+)?)?"
    r"(?: ?(?P<zone>[Zz]|UTC|GMT|[+-][0-2][0-9](?::?[0-5][0-9])?))?"
)


def day(text: str) -> date:
    """Return the day that is written like 2026-11-20. Raises ValueError, worded to follow the value's name, for others.

    Other spellings of ISO 8601, such as 20261120, are refused: they could as well be numbers.
    """
    if DAY.fullmatch(text):
        with suppress(ValueError):  # no such day
            return date.fromisoformat(text)
    raise ValueError("must be a date, such as 2026-11-20")


def is_day(text: str) -> bool:
    """Whether the text is a day."""
    with suppress(ValueError):
        return bool(day(text))
    return False


def moment(text: str) -> datetime | None:
    """Return the moment that is written in ISO 8601 or nearly so, naive without a zone; None for any other text."""
    found = _MOMENT.fullmatch(text)
    return _moment(found) if found else None


def exact_moment(text: str) -> datetime | None:
    """Return the same of one that is written with its seconds and its zone, as RFC 3339 demands; None for others."""
    found = _MOMENT.fullmatch(text)
    return _moment(found) if found and found["second"] and found["zone"] else None


def _moment(found: re.Match[str]) -> datetime | None:
    day, minute, second, fraction, zone = found.group("day", "minute", "second", "fraction", "zone")
    leap = second == "60"  # which Python does not know; it is the second after :59
    exact = ("59" if leap else second or "00") + (fraction or "")[:7]
    offset = (zone or "").upper().replace("UTC", "Z").replace("GMT", "Z")
    with suppress(ValueError, OverflowError):
        at = datetime.fromisoformat(f"{day}T{minute}:{exact}{offset}")
        return at + timedelta(seconds=1) if leap else at
    return None


@dataclass(frozen=True)
class DateRange:
    """The days from `since` to `until`, both included; None is an open end. Raises ValueError for reversed ends."""

    since: date | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        if self.since and self.until and self.since > self.until:
            raise ValueError(f"the first day, {self.since}, is after the last, {self.until}")

    def covers(self, day: date) -> bool:
        """Whether the day is one of them."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


ALWAYS = DateRange()


class Days(NamedTuple):
    """The days from `since` to `until`, both included."""

    since: date
    until: date


def whole_months(days: DateRange) -> DateRange | None:
    """Return the whole calendar months within a period, an open end included; None where there is none."""
    since, until = days.since, days.until
    with suppress(OverflowError):  # before the first year there is none, and after the last
        if since and since.day > 1:
            since = month_end(since) + timedelta(days=1)
        if until and until != month_end(until):
            until = until.replace(day=1) - timedelta(days=1)
        return DateRange(since, until) if since is None or until is None or since < until else None
    return None


def preceding(days: DateRange, today: date) -> DateRange | None:
    """Return the period before: of whole months as many months, else as many days; None where an end is open.

    A period that still runs is compared as far as it has come by `today`.
    """
    if days.since is None or days.until is None or days.since > today:
        return None
    come = min(days.until, today) - days.since
    with suppress(ValueError, OverflowError):  # before the first year there is none
        last = days.since - timedelta(days=1)
        if not _is_whole_months(days.since, days.until):
            return DateRange(last - come, last)
        first = _months_later(days.since, -_months(days.since, days.until))
        return DateRange(first, last if days.until <= today else min(first + come, last))
    return None


def year_before(days: DateRange, today: date) -> DateRange | None:
    """Return the same days a year earlier, as far as they have come by `today`; None where an end is open."""
    if days.since is None or days.until is None or days.since > today:
        return None
    with suppress(ValueError):
        return DateRange(_months_later(days.since, -12), _months_later(min(days.until, today), -12))
    return None


def _is_whole_months(since: date, until: date) -> bool:
    return since.day == 1 and until == month_end(until)


def _months(since: date, until: date) -> int:
    return 12 * (until.year - since.year) + until.month - since.month + 1


def _months_later(day: date, months: int) -> date:
    """Return the same day of another month, or its last one where it is shorter."""
    years, month = divmod(day.month - 1 + months, 12)
    first = day.replace(year=day.year + years, month=month + 1, day=1)
    return first.replace(day=min(day.day, month_end(first).day))


def month_end(day: date) -> date:
    """Return the last day of a day's month."""
    return day.replace(day=monthrange(day.year, day.month)[1])
