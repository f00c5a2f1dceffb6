"""What is wrong with the times at which nothing is sent, where each of them is well-formed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from ..definitions.fault import Fault
from ..definitions.toml.document import Node
from ..i18n.calendar import SATURDAY
from ..i18n.holiday import Holiday, is_known, of_year
from .calendar import LONGEST, Calendar, holidays_on, next_open
from .value import HOLIDAYS, nearby

WEEK = timedelta(days=7)
MONDAY = datetime(2001, 1, 1, tzinfo=UTC)
FARTHEST = timedelta(days=10)  # that a holiday is moved to be kept beside a weekend
TOLD = 3  # days that are named


class ClosedDays(Protocol):
    """The words for when nothing is sent, and the days that are open whatever they say."""

    @property
    def closed(self) -> Sequence[str]: ...
    @property
    def open(self) -> Sequence[date]: ...


def faults(node: Node, calendar: Calendar, said: ClosedDays, country: str | None) -> Iterator[Fault]:
    """Yield the faults of `closed`, `moved` and `open` in the [sending] at a node."""
    always = calendar._replace(moved=(), opened=frozenset())
    if HOLIDAYS in said.closed:
        at = _entry(node, said.closed, HOLIDAYS)
        if country is None:
            hint = 'write country = "IL" under [business], or "holidays:IL" here'
            yield at.fault(f"`{HOLIDAYS}` does not say of which country", hint)
        elif not is_known(country):
            yield at.fault(f"the holidays of `{country}`, the country of the business, are not known", nearby(country))
    for day, other in calendar.moved:
        if abs(other - day) > FARTHEST:
            hint = "is it a slip? Holidays move by a day or two"
            yield node.below("moved", day.isoformat()).fault(f"{day} is moved to {other}", hint, "warning")
        if not any(one.day == day for one in holidays_on(always, day)):
            yield node.below("moved", day.isoformat()).fault(
                f"no holiday of `closed` is on {day}", _around(calendar, day)
            )
    yield from _opened(node, calendar, said)
    weekly = calendar._replace(places=(), days=frozenset(), moved=(), opened=frozenset())
    if next_open(MONDAY, UTC, weekly) - MONDAY > WEEK:
        yield node.below("closed").fault("nothing is ever sent: all of the week is closed", "leave a day open")


def _opened(node: Node, calendar: Calendar, said: ClosedDays) -> Iterator[Fault]:
    """Yield the faults of the days that are open."""
    for at, day in enumerate(said.open):
        here = node.below("open", at)
        if day in calendar.days:
            yield here.fault(f"{day} is open here, and closed by `closed`", "take it out of one of them")
        elif not _is_closed(calendar._replace(opened=frozenset()), day):
            hint = f"it is open anyway; {_around(calendar, day)}"
            yield here.fault(f"nothing of `closed` is on {day}", hint, "warning")


def _is_closed(calendar: Calendar, day: date) -> bool:
    is_shabbat = calendar.has_shabbat and day.weekday() == SATURDAY
    return is_shabbat or day.weekday() in calendar.weekdays or any(holidays_on(calendar, day))


def _entry(node: Node, closed: Sequence[str], word: str) -> Node:
    """Return the place of a word in `closed`."""
    return node.below("closed", [*closed].index(word))


def _around(calendar: Calendar, day: date) -> str:
    """Return a hint with the holidays that are nearest to a day."""
    years = (day.year - 1, day.year, day.year + 1)
    known = [one for place in calendar.places for year in years for one in of_year(place, year)]
    near = sorted(known, key=lambda one: abs(one.day - day))[:TOLD]
    return f"near it are {_listed(sorted(near))}" if near else 'add "holidays" to `closed`'


def estimates(node: Node, calendar: Calendar, closed: Sequence[str], today: date) -> Iterator[Fault]:
    """Yield a warning at each word of `closed`, in the [sending] at a node, whose coming holidays are estimates."""
    settled = {*dict(calendar.moved), *calendar.opened}
    for place in calendar.places:
        open_ones = [one for one in _coming(place, today) if one.is_estimated and one.day not in settled]
        if open_ones:
            first, named = open_ones[0].day, f"{HOLIDAYS}:{place}"
            message = f"the moon may still move {len(open_ones)} holidays of the coming year: {_listed(open_ones)}"
            hint = (
                "nothing is sent on the days beside them either; once one is announced, write "
                f'moved = {{ "{first}" = "{first}" }} under [sending], with its day on the right'
            )
            yield _entry(node, closed, named if named in closed else HOLIDAYS).fault(message, hint, "warning")


def _coming(place: str, today: date) -> Iterator[Holiday]:
    years = (today.year, today.year + 1)
    return (one for year in years for one in of_year(place, year) if today <= one.day <= today + LONGEST)


def _listed(found: Sequence[Holiday]) -> str:
    named = [f"{one.day} ({one.name})" for one in found[:TOLD]]
    return ", ".join([*named, "…"] if len(found) > TOLD else named)
