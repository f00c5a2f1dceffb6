"""Periods cut into days, weeks or months, in the calendar of a language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from ..values.enumeration import TrendUnit
from ..values.period import Days
from .calendar import MONDAY, parts

MOST = 1_200
"""Pieces that a period is cut into at most: a hundred years of months, three of days."""
SHORTEST = {TrendUnit.DAY: 1, TrendUnit.WEEK: 7, TrendUnit.MONTH: 28}  # days
LONGER_THAN_A_MONTH = 32  # days


@dataclass(frozen=True)
class Cut:
    """How a period is cut: weeks begin on `first` (0 is Monday), months are those of the language's calendar."""

    every: TrendUnit
    first: int = MONDAY
    language: str = "en"

    def pieces(self, since: date, until: date) -> list[Days]:
        """Return the pieces in their order, the first and the last cut off at the ends of the period.

        Raises ValueError where there are more than MOST, or the calendar does not know the days.
        """
        if (until - since).days > MOST * SHORTEST[self.every]:
            raise ValueError(f"a period of {(until - since).days + 1} days is too long for a point every {self.every}")
        found: list[Days] = []
        while since <= until:
            last = min(self._end(since), until)
            found.append(Days(since, last))
            since = last + timedelta(days=1)
        return found

    def _end(self, day: date) -> date:
        """Return the last day of the week or month that the day is in."""
        if self.every is TrendUnit.DAY:
            return day
        if self.every is TrendUnit.WEEK:
            return day + timedelta(days=6 - (day.weekday() - self.first) % 7)
        later = day + timedelta(days=LONGER_THAN_A_MONTH - parts(day, self.language).day)
        return later - timedelta(days=parts(later, self.language).day)
