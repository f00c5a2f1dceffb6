"""What is wrong with the times at which nothing is sent, where each of them is well-formed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from ..definitions.fault import Fault
from ..definitions.toml.document import Node
from ..i18n.holiday import Holiday, countries, of_year
from .calendar import LONGEST, Calendar, holidays_on, next_open
from .value import HOLIDAYS, nearby

WEEK = timedelta(days=7)
MONDAY = datetime(2001, 1, 1, tzinfo=UTC)
FARTHEST = timedelta(days=10)  # that a holiday is moved to be kept beside a weekend
TOLD = 3  # days that are named


def faults(node: Node, calendar: Calendar, closed: Sequence[str], country: str | None) -> Iterator[Fault]:
    """Yield the faults of `closed` and `moved` in the [sending] at a node."""
    if HOLIDAYS in closed:
        at = node.below("closed", [*closed].index(HOLIDAYS))
        if country is None:
            hint = 'write country = "IL" under [business], or "holidays:IL" here'
            yield at.fault(f"`{HOLIDAYS}` does not say of which country", hint)
        elif country not in countries():
            yield at.fault(f"the holidays of `{country}`, the country of the business, are not known", nearby(country))
    for day, other in calendar.moved:
        if abs(other - day) > FARTHEST:
            hint = "is it a slip? Holidays move by a day or two"
            yield node.below("moved", day.isoformat()).fault(f"{day} is moved to {other}", hint, "warning")
        if not any(one.day == day for one in holidays_on(replace(calendar, moved=()), day)):
            yield node.below("moved", day.isoformat()).fault(
                f"no holiday of `closed` is on {day}", _around(calendar, day)
            )
    weekly = replace(calendar, countries=(), days=frozenset(), moved=())
    if next_open(MONDAY, UTC, weekly) - MONDAY > WEEK:
        yield node.below("closed").fault("nothing is ever sent: all of the week is closed", "leave a day open")


def _around(calendar: Calendar, day: date) -> str:
    """Return a hint with the holidays that are nearest to a day."""
    years = (day.year - 1, day.year, day.year + 1)
    known = [one for country in calendar.countries for year in years for one in of_year(country, year)]
    near = sorted(known, key=lambda one: abs(one.day - day))[:TOLD]
    return f"near it are {_listed(sorted(near))}" if near else 'add "holidays" to `closed`'


def estimates(calendar: Calendar, today: date) -> Iterator[Fault]:
    """Yield a warning where holidays of the coming year are only estimated."""
    moved = dict(calendar.moved)
    known = sorted(one for country in calendar.countries for one in _coming(country, today))
    open_ones = [one for one in known if one.is_estimated and one.day not in moved]
    if open_ones:
        first = open_ones[0].day
        message = f"the moon may still move {len(open_ones)} holidays of the coming year: {_listed(open_ones)}"
        hint = (
            "nothing is sent on the days beside them either; once one is announced, write "
            f'moved = {{ "{first}" = "{first}" }} under [sending], with its day on the right'
        )
        yield Fault("config.toml", 1, 1, message, hint, "warning")


def _coming(country: str, today: date) -> Iterator[Holiday]:
    years = (today.year, today.year + 1)
    return (one for year in years for one in of_year(country, year) if today <= one.day <= today + LONGEST)


def _listed(found: Sequence[Holiday]) -> str:
    named = [f"{one.day} ({one.name})" for one in found[:TOLD]]
    return ", ".join([*named, "…"] if len(found) > TOLD else named)
