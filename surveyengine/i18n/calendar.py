"""The calendar of a language. The only door to jdatetime."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from typing import NamedTuple

import jdatetime
from babel import Locale, UnknownLocaleError
from babel.dates import get_month_names

SOLAR_HIJRI = {
    "fa": ("فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور", "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند"),
}
GREGORIAN, SOLAR = "en", "fa"
"""A language of each calendar."""
HOMES = {"he": "IL", "fa": "IR"}
"""The country whose weeks a language has."""
MONDAY, SATURDAY, SUNDAY = 0, 5, 6
FIRST_SOLAR, FIRST_GREGORIAN, LAST = 1200, 1600, 2999  # the years of each calendar; they do not overlap


class Parts(NamedTuple):
    """The numbers of a day in a calendar: year, month and day."""

    year: int
    month: int
    day: int


def day(parts: Parts) -> date:
    """Return the day; a year of 1200 to 1599 is Solar Hijri, one of 1600 to 2999 Gregorian.

    Raises ValueError where there is no such day.
    """
    if not FIRST_SOLAR <= parts.year <= LAST:
        raise ValueError(f"not a year of the Gregorian or Solar Hijri calendar: {parts.year}")
    if parts.year >= FIRST_GREGORIAN:
        return date(*parts)
    found: date = jdatetime.date(*parts).togregorian()
    return found


def first_weekday(country: str | None, language: str) -> int:
    """Return the day on which weeks begin in a country, without one where the language is at home; 0 is Monday.

    Where neither is known to begin them on a Saturday or a Sunday, they begin on a Monday, as in ISO 8601.
    """
    try:
        home = Locale.parse(f"und_{country or HOMES.get(language, '001')}")
    except UnknownLocaleError:
        return MONDAY
    return home.first_week_day if home.first_week_day in (SATURDAY, SUNDAY) else MONDAY


def is_gregorian(language: str) -> bool:
    """Whether the calendar of the language is the Gregorian one."""
    return language not in SOLAR_HIJRI


def parts(day: date, language: str) -> Parts:
    """Return the day in the calendar of the language."""
    if is_gregorian(language):
        return Parts(day.year, day.month, day.day)
    solar = jdatetime.date.fromgregorian(date=day)
    return Parts(solar.year, solar.month, solar.day)


def month_start(within: date, language: str, later: int = 0) -> date:
    """Return the first day of the month of a day, or of one that many months later, in the calendar of the language.

    Raises ValueError or OverflowError outside of the years that are known.
    """
    year, month, _ = parts(within, language)
    years, month = divmod(month - 1 + later, 12)
    return day(Parts(year + years, month + 1, 1))


def whole_months(since: date, until: date, language: str) -> int:
    """Return of how many whole months these days are made, in the calendar of the language; 0 of none."""
    with suppress(ValueError, OverflowError):  # outside of the years that are known
        end = until + timedelta(days=1)
        if since == month_start(since, language) and end == month_start(end, language):
            first, last = parts(since, language), parts(end, language)
            return 12 * (last.year - first.year) + last.month - first.month
    return 0


def months(locale: Locale) -> tuple[str, ...]:
    """Return the names of the twelve months in the calendar of the language."""
    if locale.language in SOLAR_HIJRI:
        return SOLAR_HIJRI[locale.language]
    names = get_month_names("wide", context="stand-alone", locale=locale)
    return tuple(names[month] for month in range(1, 13))
