"""The period of a page, as its address says it: parsed, stepped on, and put into words in the reader's calendar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple
from urllib.parse import urlencode

from ...i18n.calendar import month_start, parts, whole_months
from ...i18n.speech import Speech
from ...values.enumeration import Against, TrendUnit
from ...values.msgid import N_
from ...values.name import is_field
from ...values.period import day

DAY = timedelta(days=1)
NO_BREAK = "\u00a0"
"""The space within each date of a range, so that a narrow line breaks between the dates."""
SETTLING = timedelta(days=14)
"""How long a month goes on before it is the one that a page shows by itself; so long, most invitations are open."""
LONGEST_SHOWN = 40  # characters of what was not understood
NO_DAY = N_("“{value}” is no day. A day is written as in {example}.")
REVERSED = N_("The first day of the period, {from}, is after its last one, {to}.")
NO_AGAINST = N_("A period is compared with the one before, or the same days a year before; not with “{value}”.")
NO_FIELD = N_("“{value}” cannot be the name of a field.")
NO_EVERY = N_("A trend has a point for each day, week or month; not for each “{value}”.")
TOO_LONG = N_("A period of more than a year cannot be compared with the year before.")
PRESETS = {  # its word: from how many months before the first of this one, to how many after it began
    N_("This month"): (0, 1),
    N_("Last month"): (-1, 0),
    N_("Last three months"): (-3, 0),
    N_("Last twelve months"): (-12, 0),
}
AGAINST = {
    Against.PREVIOUS: N_("with the period before"),
    Against.YEAR: N_("with the year before"),
    Against.NONE: N_("no comparison"),
}


PARAMETERS = ("from", "to", "against", "by", "every")
"""What an address says of a period; one of a file behind a page takes all that the page takes."""


class UnknownPeriod(Exception):
    """A period that an address does not say; carries the sentence about it, and its values."""

    def __init__(self, msgid: str, **values: str) -> None:
        super().__init__(msgid)
        self.msgid, self.values = msgid, values


class PeriodLink(NamedTuple):
    """A link to the same page for something else."""

    words: str
    url: str
    is_current: bool = False


@dataclass(frozen=True)
class PagePeriod:
    """The days that a page shows, what they are compared with, and the field that answers are split by.

    `every` is how far apart the points of its trend are; None where the number of answers decides.
    """

    since: date
    until: date
    against: Against = Against.PREVIOUS
    by: str | None = None
    every: TrendUnit | None = None

    @property
    def query(self) -> str:
        """The period as the query of an address."""
        return "?" + urlencode({"from": self.since.isoformat(), "to": self.until.isoformat(), **self.kept})

    @property
    def kept(self) -> dict[str, str]:
        """What an address says beside the days."""
        said = {"against": self.against.value} if self.against != Against.PREVIOUS else {}
        said |= {"by": self.by} if self.by else {}
        return said | ({"every": self.every.value} if self.every else {})


def read(said: Mapping[str, str], language: str, today: date) -> PagePeriod:
    """Return the period that the parameters of an address say; raises UnknownPeriod.

    Where they say none it is the month in the reader's calendar that was running two weeks ago. Of one end alone,
    a period goes up to today, or begins with the month.
    """
    since, until = _day(said.get("from")), _day(said.get("to"))
    if since is None and until is None:
        found = month(today - SETTLING, language)
    else:
        since = since or month_start(until or today, language)
        found = PagePeriod(since, until or max(today, since))
    if found.since > found.until:
        raise UnknownPeriod(REVERSED, **{"from": found.since.isoformat(), "to": found.until.isoformat()})
    against, by, every = _against(said.get("against")), _field(said.get("by")), _every(said.get("every"))
    found = replace(found, against=against, by=by, every=every)
    if found.against == Against.YEAR and (found.until - found.since).days > 364:
        raise UnknownPeriod(TOO_LONG)
    return found


def month(within: date, language: str) -> PagePeriod:
    """Return the month of a day, in the calendar of the language."""
    return PagePeriod(month_start(within, language), month_start(within, language, 1) - DAY)


def stepped(period: PagePeriod, language: str, by: int) -> PagePeriod | None:
    """Return the period so many times its length later; whole months go on by months. None outside of all calendars."""
    with suppress(ValueError, OverflowError):
        if many := whole_months(period.since, period.until, language):
            first = month_start(period.since, language, many * by)
            return replace(period, since=first, until=month_start(first, language, many) - DAY)
        length = (period.until - period.since + DAY) * by
        return replace(period, since=period.since + length, until=period.until + length)
    return None


def presets(period: PagePeriod, speech: Speech, today: date) -> Iterator[PeriodLink]:
    """Yield the periods that people look at most, each as a link."""
    for words, (first, beyond) in PRESETS.items():
        since = month_start(today, speech.language, first)
        meant = replace(period, since=since, until=month_start(today, speech.language, beyond) - DAY)
        yield PeriodLink(speech.gettext(words), meant.query, meant == period)


def comparisons(period: PagePeriod, speech: Speech) -> Iterator[PeriodLink]:
    """Yield what the period can be compared with, each as a link."""
    for against, words in AGAINST.items():
        meant = replace(period, against=against)
        if against != Against.YEAR or (period.until - period.since).days <= 364:
            yield PeriodLink(speech.gettext(words), meant.query, meant == period)


def named(since: date, until: date, speech: Speech, beside: date | None = None) -> str:
    """Return the days in words: a whole month by its name, without its year `beside` a day of that year."""
    first, last = parts(since, speech.language), parts(until, speech.language)
    if (since, until) == _span(month(since, speech.language)):
        return _month_name(since, speech, beside)
    if whole_months(since, until, speech.language) == 12 and first.month == 1:
        return speech.digits(str(last.year))
    if since == until:
        return speech.date(since)
    if first[:2] == last[:2]:
        ends = {"from": first.day, "to": last.day, "month": _month_name(since, speech, beside)}
        return speech.gettext("{from} to {to} {month}", **ends)
    whole = {end: speech.date(day).replace(" ", NO_BREAK) for end, day in (("from", since), ("to", until))}
    return speech.gettext("{from} to {to}", **whole)


def _month_name(within: date, speech: Speech, beside: date | None) -> str:
    """Return the month of a day; without its year `beside` a day of that year."""
    year, month, _ = parts(within, speech.language)
    name = speech.months[month - 1]
    return name if beside and parts(beside, speech.language).year == year else f"{name} {speech.digits(str(year))}"


def _span(period: PagePeriod) -> tuple[date, date]:
    return period.since, period.until


def _day(text: str | None) -> date | None:
    if not text:
        return None
    try:
        return day(text)
    except ValueError as error:
        raise UnknownPeriod(NO_DAY, value=text[:LONGEST_SHOWN], example="2026-10-31") from error


def _against(text: str | None) -> Against:
    try:
        return Against(text or Against.PREVIOUS)
    except ValueError as error:
        raise UnknownPeriod(NO_AGAINST, value=(text or "")[:LONGEST_SHOWN]) from error


def _every(text: str | None) -> TrendUnit | None:
    try:
        return TrendUnit(text) if text else None
    except ValueError as error:
        raise UnknownPeriod(NO_EVERY, value=(text or "")[:LONGEST_SHOWN]) from error


def _field(text: str | None) -> str | None:
    if text and not is_field(text):
        raise UnknownPeriod(NO_FIELD, value=text[:LONGEST_SHOWN])
    return text or None
