"""The filters of the list of responses: read from an address, put into words, and taken off one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from urllib.parse import urlencode

from ...engine import Engine
from ...i18n.speech import Speech
from ...look.scales import shown
from ...results.responses import BANDS as VALUES
from ...results.responses import ResponseQuery
from ...values.enumeration import ScoreBand
from ...values.msgid import N_
from ...values.period import ALWAYS, DateRange, day
from .period import LONGEST_SHOWN, NO_DAY, REVERSED, UnknownPeriod, named

BANDS = {
    ScoreBand.DISSATISFIED: N_("Dissatisfied: 1 or 2 of 5"),
    ScoreBand.NEITHER: N_("Neither: 3 of 5"),
    ScoreBand.SATISFIED: N_("Satisfied: 4 or 5 of 5"),
    ScoreBand.RATED: N_("Any from 1 to 5"),
}
STEPS = VALUES[ScoreBand.RATED]
EXAMPLE = "2026-10-31"
NO_BAND = N_("“{value}” is no satisfaction. There are dissatisfied, neither, satisfied, rated, and 1 to 5.")
NO_SURVEY = N_("There is no survey “{value}”.")
NO_LANGUAGE = N_("“{value}” is no language of the business.")


class FilterChoice(NamedTuple):
    """A value that a filter offers, in words, and whether it is the one that is chosen."""

    value: str
    words: str
    is_current: bool


class ChosenFilter(NamedTuple):
    """A filter in words, and the address of the page without it."""

    words: str
    url: str


@dataclass(frozen=True)
class ResponseFilters:
    """What the address of the list says, and what that means."""

    said: Mapping[str, str]
    meant: ResponseQuery

    @property
    def query(self) -> str:
        """The filters as the query of an address."""
        return f"?{urlencode(self.said)}" if self.said else ""

    def without(self, *names: str) -> str:
        """Return the query without these filters."""
        left = {name: value for name, value in self.said.items() if name not in names}
        return f"?{urlencode(left)}" if left else ""


NAMES = ("survey", "from", "to", "score", "language")


def read(said: Mapping[str, str], engine: Engine) -> ResponseFilters:
    """Return the filters that an address says; raises UnknownPeriod for what nobody can mean."""
    given = {name: said[name] for name in NAMES if said.get(name)}
    since, until = _day(given.get("from")), _day(given.get("to"))
    if since and until and since > until:
        raise UnknownPeriod(REVERSED, **{"from": since.isoformat(), "to": until.isoformat()})
    days = DateRange(since, until) if since or until else ALWAYS
    survey, language = _survey(given.get("survey"), engine), _language(given.get("language"), engine)
    step = given.get("score") if given.get("score") in STEPS else None
    band = None if step else _band(given.get("score"))
    return ResponseFilters(given, ResponseQuery(days, survey, band, language, int(step) if step else None))


def chosen(filters: ResponseFilters, engine: Engine, speech: Speech) -> Iterator[ChosenFilter]:
    """Yield each filter in words, with the address of the list without it."""
    meant = filters.meant
    if meant.survey:
        yield ChosenFilter(speech.words(engine.library.surveys[meant.survey].name), filters.without("survey"))
    if meant.days != ALWAYS:
        yield ChosenFilter(days(meant.days, speech), filters.without("from", "to"))
    if meant.band:
        yield ChosenFilter(speech.gettext(BANDS[meant.band]), filters.without("score"))
    if meant.step:
        yield ChosenFilter(shown(speech, meant.step), filters.without("score"))
    if meant.language:
        yield ChosenFilter(speech.tongue(meant.language), filters.without("language"))


def days(days: DateRange, speech: Speech) -> str:
    """Return the days in words; one end may be open."""
    if days.since and days.until:
        return named(days.since, days.until, speech)
    if days.since:
        return speech.gettext("from {from}", **{"from": speech.date(days.since)})
    return speech.gettext("up to {to}", to=speech.date(days.until)) if days.until else ""


def _day(text: str | None) -> date | None:
    try:
        return day(text) if text else None
    except ValueError as error:
        raise UnknownPeriod(NO_DAY, value=_shown(text), example=EXAMPLE) from error


def _survey(id: str | None, engine: Engine) -> str | None:
    if id and (found := engine.library.survey(id)) is None:
        raise UnknownPeriod(NO_SURVEY, value=_shown(id))
    return found.id if id and found else None


def _language(code: str | None, engine: Engine) -> str | None:
    if code and code not in engine.config.languages:
        raise UnknownPeriod(NO_LANGUAGE, value=_shown(code))
    return code


def _band(word: str | None) -> ScoreBand | None:
    if word and word not in [*ScoreBand]:
        raise UnknownPeriod(NO_BAND, value=_shown(word))
    return ScoreBand(word) if word else None


def _shown(text: str | None) -> str:
    return (text or "")[:LONGEST_SHOWN]
