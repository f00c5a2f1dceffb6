"""How long what belongs to a survey is kept, and what has had its time: pure.

Both spans count in days of the business's zone, a part of a day as a whole one. What goes does so when a day turns, and
none of it before its whole span is over.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from ..definitions.survey import Survey
from ..settings.config import Privacy
from ..values.anonymity import Block
from ..values.enumeration import SurveyMode

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Cutoffs:
    """The last day of which answers, and of which links to persons, go; None where they are kept without limit."""

    answers: date | None = None
    contacts: date | None = None


def cutoffs(survey: Survey | None, rule: Privacy, today: date) -> Cutoffs:
    """Return the cutoffs of a survey: by its own spans, else by the business's. A span of no time is no limit."""
    spans = (survey.head.keep_answers, survey.head.keep_contacts) if survey else (None, None)
    answers, contacts = (own if own is not None else usual for own, usual in zip(spans, _usual(rule), strict=True))
    return Cutoffs(cutoff(answers, today), cutoff(contacts, today))


def _usual(rule: Privacy) -> tuple[timedelta, timedelta]:
    return rule.keep_answers, rule.keep_contacts


def cutoff(span: timedelta, today: date) -> date | None:
    """Return the last day that is not kept; None where all are, or where the calendar has no such day.

    What happened at the end of that day has been kept for the span when today begins.
    """
    days = -(-span // DAY)
    return today - timedelta(days=days + 1) if 0 < days < today.toordinal() - 1 else None


def is_past(moments: Iterable[datetime | None], until: date, zone: tzinfo) -> bool:
    """Whether all these moments are on that day or before; those that never were do not count."""
    return all(one.astimezone(zone).date() <= until for one in moments if one)


def answers_until(mode: SurveyMode, released: Sequence[Block], until: date, is_over: bool) -> date | None:
    """Return the last day whose answers in that mode go; None where none do.

    Those that come out in blocks also go in whole ones: of a part that is left, the days would show. What is not out
    yet waits for its block; where a survey `is_over` none will come, and nobody is ever shown what is left.
    """
    if mode is SurveyMode.IDENTIFIED or is_over and all(block.until <= until for block in released):
        return until
    return max((block.until for block in released if block.until <= until), default=None)


def kept_facts(
    context: Mapping[str, str], claimed: bool, shared: Collection[tuple[str, str]], theirs: Collection[str]
) -> Mapping[str, str]:
    """Return what stays of the facts of an answer that is nobody's any more: all names, and "" for a value that goes.

    1. A value stays that enough answers share to be told as a group; but for what names the customer itself.
    2. Of what a link only claimed there stays that it was claimed, as reports count it, and not what.

    What has lost its value is still no answer of which nothing was known: else those of which nothing was would grow,
    and whoever kept an older report could tell how the few answered.
    """
    own = {one.casefold() for one in theirs}
    return {
        name: said if not claimed and (name, said) in shared and said.casefold() not in own else ""
        for name, said in context.items()
    }
