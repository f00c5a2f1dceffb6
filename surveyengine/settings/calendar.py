"""When nothing is sent: quiet hours, days of the week, Shabbat, holidays and own days, by the recipient's clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple

from ..i18n.holiday import ISRAEL, Holiday, named, of_year
from ..i18n.speech import Speech
from ..values import period
from ..values.msgid import N_
from .value import HOLIDAYS, SHABBAT, WEEKDAYS

DAY, MIDNIGHT, FRIDAY = timedelta(days=1), time(), 4
# Wide enough for all of Israel all year: the earliest sunset is at 16:33, the latest nightfall at 20:35.
EVE, NIGHTFALL = time(15), time(21)
LONGEST = timedelta(days=366)  # that is waited for an open moment
NIGHT, SABBATH, OWN = N_("the quiet hours"), N_("Shabbat"), N_("a day without sending")


class Calendar(NamedTuple):
    """When a business sends nothing, to whomever, each by the clock where they are.

    `weekdays` count from 0 for Monday; `moved` has the listed day of each holiday that is on another one, and that.
    What is on a day of `opened` is not kept, with its eve, whatever else this says; quiet hours are.
    """

    quiet: tuple[time, ...] = ()  # from and to; the same twice, or nothing, for none
    weekdays: frozenset[int] = frozenset()
    has_shabbat: bool = False
    places: tuple[str, ...] = ()  # countries, or parts of them, whose holidays are kept
    days: frozenset[date] = frozenset()
    moved: tuple[tuple[date, date], ...] = ()
    opened: frozenset[date] = frozenset()


NEVER_CLOSED = Calendar()


class Closing(NamedTuple):
    """A closed time until a moment, and why: a msgid, or the holiday."""

    until: datetime
    why: str | Holiday


class _Hours(NamedTuple):
    """A closed time: by the clock of whoever is where it holds, or as moments."""

    since: datetime
    until: datetime
    why: str | Holiday


def calendar(closed: Iterable[str], country: str | None, quiet: Sequence[time], moved: Mapping[date, date]) -> Calendar:
    """Return the calendar of a business in that country; `closed` are the words and days of the setting."""
    words = [*closed]
    named = [word.partition(":")[2] or country for word in words if word.partition(":")[0] == HOLIDAYS]
    return Calendar(
        tuple(quiet),
        frozenset(WEEKDAYS.index(word) for word in words if word in WEEKDAYS),
        SHABBAT in words,
        tuple(dict.fromkeys(one for one in named if one)),
        frozenset(period.day(word) for word in words if period.is_day(word)),
        tuple(moved.items()),
    )


def next_open(moment: datetime, zone: tzinfo, calendar: Calendar) -> datetime:
    """Return the first moment from this one on at which something may be sent to somebody in that zone.

    Where the calendar leaves nothing open within `LONGEST`, it is a moment after that.
    """
    found = closings(moment, zone, calendar)
    return found[-1].until.astimezone(moment.tzinfo) if found else moment


def closings(moment: datetime, zone: tzinfo, calendar: Calendar) -> list[Closing]:
    """Return the closed times that follow on one another from this moment on; [] where it is open."""
    begin = at = moment.astimezone(UTC)
    found: list[Closing] = []
    while at - begin < LONGEST and (closing := _closing(at, zone, calendar)):
        at = closing.until
        found.append(closing)
    return found


def _closing(at: datetime, zone: tzinfo, calendar: Calendar) -> Closing | None:
    """Return the closed time around a moment that ends last; None where it is open."""
    found = [one for one in _around(calendar, at.astimezone(zone).date(), zone) if one.since <= at < one.until]
    last = max(found, key=lambda one: one.until) if found else None
    return Closing(last.until, last.why) if last else None


@lru_cache(maxsize=4096)
def _around(calendar: Calendar, day: date, zone: tzinfo) -> tuple[_Hours, ...]:
    """Return the closed times of a day in a zone, as moments; none lasts longer than until the next day's evening.

    When clocks are set back over an end, or a beginning, its first occurrence counts.
    """
    begun = (*_beginning(calendar, day - DAY), *_beginning(calendar, day))
    return tuple(_Hours(_moment(since, zone), _moment(until, zone), why) for since, until, why in begun)


def _moment(here: datetime, zone: tzinfo) -> datetime:
    return here.replace(tzinfo=zone).astimezone(UTC)


@lru_cache(maxsize=4096)
def _beginning(calendar: Calendar, day: date) -> tuple[_Hours, ...]:
    """Return the closed times that begin on a day, the most telling first."""
    midnight, next_day = datetime.combine(day, MIDNIGHT), datetime.combine(day + DAY, MIDNIGHT)
    eve, nightfall = datetime.combine(day, EVE), datetime.combine(day + DAY, NIGHTFALL)
    found = [_Hours(midnight, next_day, one) for one in holidays_on(calendar, day) if one.place != ISRAEL]
    found += [_Hours(eve, nightfall, one) for one in holidays_on(calendar, day + DAY) if one.place == ISRAEL]
    if calendar.has_shabbat and day.weekday() == FRIDAY and day + DAY not in calendar.opened:
        found.append(_Hours(eve, nightfall, SABBATH))
    if day not in calendar.opened and (day in calendar.days or day.weekday() in calendar.weekdays):
        found.append(_Hours(midnight, next_day, OWN))
    if calendar.quiet and calendar.quiet[0] != calendar.quiet[1]:
        begin, end = calendar.quiet
        wakes = datetime.combine(day if begin < end else day + DAY, end)
        found.append(_Hours(datetime.combine(day, begin), wakes, NIGHT))
    return tuple(found)


def holidays_on(calendar: Calendar, day: date) -> Iterator[Holiday]:
    """Yield the holidays that are kept on a day, and those beside it whose day is only estimated."""
    if day in calendar.opened:
        return
    moved = dict(calendar.moved)
    for here in (day - DAY, day, day + DAY, *(before for before, after in calendar.moved if after == day)):
        for one in _on(calendar.places, here):
            if here in moved:
                if moved[here] == day:
                    yield one
            elif here == day or (one.is_estimated and abs(here - day) == DAY and here not in calendar.opened):
                yield one


def _on(places: Sequence[str], day: date) -> Iterator[Holiday]:
    return (one for place in places for one in of_year(place, day.year) if one.day == day)


def because(found: Iterable[Closing], speech: Speech) -> str:
    """Return in words why nothing is sent: "Shabbat and the quiet hours"."""
    whys = (speech.gettext(one.why) if isinstance(one.why, str) else named(one.why, speech) for one in found)
    return speech.enumeration(list(dict.fromkeys(whys)))
