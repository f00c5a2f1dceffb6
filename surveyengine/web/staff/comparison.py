"""Where a touchpoint's score differs: the answers split by one field, each group against the rest."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from markupsafe import Markup

from ...definitions.survey import Survey
from ...results.report import Group, Touchpoint
from ...results.terminal.table import HIDDEN, compared
from ...settings.config import Config
from ..services import services
from . import charts
from .period import PagePeriod, PeriodLink
from .phrases import Phrases, capital

LANGUAGE = "language"
MOST_FIELDS = 8


class GroupRow(NamedTuple):
    """A group with its score, and how far that is from the others; `kind` is the state of that difference."""

    name: str
    n: str
    score: str
    drawn: Markup
    words: str
    kind: str


def fields(config: Config, surveys: Collection[Survey]) -> list[str]:
    """Return the fields that answers can be split by: those declared of the events, which group what they happened to.

    What the occasion is called by, such as the number of an order, and amounts are no groups.
    """
    events = [survey.invite.on for survey in surveys if survey.invite and survey.invite.on]
    return [*_grouping(config, events)[:MOST_FIELDS], LANGUAGE]


def is_offered(config: Config, field: str) -> bool:
    """Whether a page offers to split by the field; any other may name an order or a customer, and each one's answer."""
    return field in {*_grouping(config, list(config.events)), LANGUAGE}


def _grouping(config: Config, events: Collection[str]) -> list[str]:
    declared = [config.events[name] for name in dict.fromkeys(events) if name in config.events]
    alone = {name for one in declared for name in one.amounts} | {name.partition(".")[0] for name in events} | {"order"}
    return list(dict.fromkeys(name for one in declared for name in one.fields if name not in alone))


def tabs(names: Sequence[str], shown: PagePeriod, phrases: Phrases) -> list[PeriodLink]:
    """Return a link to the same page for each field, and for the one that is shown the way back."""
    every = dict.fromkeys([*names, *([shown.by] if shown.by else [])])
    return [PeriodLink(called(name, phrases), replace(shown, by=name).query, name == shown.by) for name in every]


def called(field: str, phrases: Phrases) -> str:
    """Return what the business calls a field in the language of the page."""
    if field == LANGUAGE:
        return phrases.speech.gettext("language")
    return services().engine.config.called(field, phrases.speech.language)


def rows(one: Touchpoint, phrases: Phrases) -> list[GroupRow]:
    """Return the groups, on a scale that they share."""
    groups: Mapping[str, Group] = one.by or {}
    low = charts.lowest(group.csat for group in groups.values())
    return list(_rows(groups, phrases, low))


def family(one: Touchpoint, phrases: Phrases) -> str:
    """Return against what the groups were compared, and in how many tests; nothing where none was made."""
    found = [group.difference for group in (one.by or {}).values() if group.difference]
    tested = next((each for each in found if each.family), None)
    if tested is None:
        return ""
    return capital(compared(phrases.speech, tested.against, tested.family))


def _rows(groups: Mapping[str, Group], phrases: Phrases, low: float) -> Iterator[GroupRow]:
    for name, group in groups.items():
        score = group.csat
        n = phrases.speech.number(score.n) if score.n is not None else "–"
        drawn = charts.point(phrases.speech, score, low)
        yield GroupRow(phrases.writer.group(name), n, phrases.value(score), drawn, *_difference(group, phrases))


def _difference(group: Group, phrases: Phrases) -> tuple[str, str]:
    """Return how far a group is from the others, and the state of that."""
    if group.hidden and group.csat.withheld:
        return phrases.capital(HIDDEN), ""
    if lack := phrases.lack(group.csat):
        return lack, ""
    if group.csat.state == "indicative":
        return phrases.speech.gettext("Indicative only"), ""
    if not group.difference:
        return phrases.limits(group.csat), ""
    return capital(phrases.writer.moved(group.difference)), group.difference.state
