"""Spans of time in words."""

from __future__ import annotations

from datetime import timedelta

from .speech import Speech

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
YEAR = 365 * DAY


def span(length: timedelta, speech: Speech) -> str:
    """Return how long something takes, in the largest unit that says it exactly: "12 hours", "14 days"."""
    unit = next((unit for unit in (YEAR, DAY, HOUR, MINUTE) if length and not length % unit), timedelta(seconds=1))
    n = length // unit
    if unit == YEAR:
        return speech.ngettext("{count} year", "{count} years", n, count=n)
    if unit == DAY:
        return speech.ngettext("{count} day", "{count} days", n, count=n)
    if unit == HOUR:
        return speech.ngettext("{count} hour", "{count} hours", n, count=n)
    if unit == MINUTE:
        return speech.ngettext("{count} minute", "{count} minutes", n, count=n)
    return speech.ngettext("{count} second", "{count} seconds", n, count=n)
