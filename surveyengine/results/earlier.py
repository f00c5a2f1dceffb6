"""Reads the earlier period that a report is compared with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from ..engine import Engine
from ..i18n.calendar import GREGORIAN, SOLAR, month_start, whole_months
from ..store import split
from ..store.engine.database import Connection
from ..values.enumeration import Against
from ..values.period import DateRange, preceding, year_before
from . import confidential, segments, versions
from .assembly import Before
from .change import ComparedPeriod
from .ledger import CSAT, Tally, ledger
from .regulars import regulars
from .split import LANGUAGE
from .versions import Seen
from .wanted import ReportQuery

EARLIER: Mapping[Against, Callable[[DateRange, date], DateRange | None]] = {
    Against.PREVIOUS: preceding,
    Against.YEAR: year_before,
    Against.NONE: lambda days, today: None,
}


def before(engine: Engine, connection: Connection, wanted: ReportQuery, now: datetime) -> Before | None:
    """Return what was counted in the period that the report is compared with; None where there is none."""
    today = now.astimezone(engine.config.business.zone).date()
    days = earlier(wanted, today)
    if days is None or days.since is None or days.until is None:
        return None
    seen, counted = versions.counted(engine, connection, days, now)
    answers = [*versions.totals(counted, seen.versions), *_languages(connection, wanted, days, seen)]
    again = regulars(engine, connection, seen, counted)
    return Before(ComparedPeriod(days.since, days.until), replace(ledger(answers, []), repeats=again))


def earlier(wanted: ReportQuery, today: date) -> DateRange | None:
    """Return the days that a period is compared with; None where there are none.

    Before whole months are as many, also before those of the Solar Hijri calendar: before Mehr, Shahrivar. It is the
    same in every language, so that a link is.
    """
    days = wanted.days
    if wanted.against is not Against.PREVIOUS or days.since is None or days.until is None or days.since > today:
        return EARLIER[wanted.against](days, today)
    many = whole_months(days.since, days.until, SOLAR)
    if not many or whole_months(days.since, days.until, GREGORIAN):
        return preceding(days, today)
    first, last = month_start(days.since, SOLAR, -many), days.since - timedelta(days=1)
    return DateRange(first, last if days.until <= today else min(first + (today - days.since), last))


def _languages(connection: Connection, wanted: ReportQuery, days: DateRange, seen: Seen) -> list[Tally]:
    """Return the counts by language, which alone are compared with those of the earlier period."""
    if wanted.by != LANGUAGE:
        return []
    meant = split.Split(LANGUAGE, CSAT, days, seen.blocked)
    named = segments.tallies(split.cells(connection, meant), seen.versions)
    return [*named, *confidential.groups(connection, meant, seen).tallies]
