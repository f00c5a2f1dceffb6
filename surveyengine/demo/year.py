"""The days that a demo fills, and what was special about some of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cached_property

from .luck import Luck

# How much is bought in a month, compared with the others: before Passover and Nowruz, in September and in November.
SEASONS = (0.85, 0.9, 1.5, 0.9, 1.0, 1.05, 0.9, 0.9, 1.2, 1.0, 1.55, 1.1)
WEEKDAYS = (1.0, 1.0, 1.05, 1.1, 0.75, 0.45, 1.15)  # from Monday on
BUSIEST = 1.55 * 1.15
HOURS = (10, 22)  # between which people buy
MENDED = (6, 8)  # month and day since when the checkout is better
BAD_MONTH = 3  # in which one courier is late


@dataclass(frozen=True)
class Year:
    """The days from `since` to `until`, in the business's time zone."""

    since: date
    until: date
    zone: tzinfo

    @cached_property
    def begin(self) -> datetime:
        """The first moment."""
        return self.moment(self.since, 0)

    @cached_property
    def end(self) -> datetime:
        """The moment after the last one."""
        return self.moment(self.until + timedelta(days=1), 0)

    @property
    def length(self) -> float:
        """How many years it has."""
        return ((self.until - self.since).days + 1) / 365

    @property
    def mended(self) -> date:
        """The day since when the checkout is better: the last 8 June before the end."""
        day = date(self.until.year, *MENDED)
        return day if day <= self.until else day.replace(year=day.year - 1)

    def moment(self, day: date, hour: float) -> datetime:
        """Return the moment of a local time."""
        local = datetime.combine(day, time(), self.zone) + timedelta(seconds=round(hour * 3600))
        return local.astimezone(UTC)

    def day(self, at: datetime) -> date:
        """Return the day of a moment."""
        return at.astimezone(self.zone).date()

    def some_moment(self, chance: Luck) -> datetime:
        """Return a moment at which somebody may buy: more often in season, less often on a Friday or Saturday."""
        while True:
            day = self.since + timedelta(days=chance.randrange((self.until - self.since).days + 1))
            if chance.random() * BUSIEST < SEASONS[day.month - 1] * WEEKDAYS[day.weekday()]:
                return self.moment(day, chance.triangular(*HOURS, 20))


def up_to(until: date, months: int, zone: tzinfo) -> Year:
    """Return that many whole months, and the one after them up to a day."""
    first = until.year * 12 + until.month - 1 - months
    return Year(date(first // 12, first % 12 + 1, 1), until, zone)
