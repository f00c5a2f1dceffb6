"""From the event to the answer: how many customers were asked, why not the others, and how many answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from markupsafe import Markup

from ...results.report import Funnel
from ...results.terminal.reasons import REASONS
from ...values.msgid import N_
from . import charts
from .phrases import Phrases

EVENTS, REFUSED = N_("Events"), N_("Not asked")
SENT, ANSWERED = N_("Sent"), N_("Answered")
AMISS = {"pending": N_("not sent yet"), "failed": N_("could not be delivered"), "uncertain": N_("may not have arrived")}


StepUrl = Callable[[str, str], str]
"""Leads from a step, and from a reason for not asking, to the list of who is counted; nothing where there is none."""


class FunnelStep(NamedTuple):
    """A step with its number; one `below` belongs to the step before it."""

    words: str
    n: str
    drawn: Markup = Markup("")
    below: bool = False
    url: str = ""


def steps(funnel: Funnel, phrases: Phrases, url: StepUrl) -> list[FunnelStep]:
    """Return the steps from the event to the answer, each with the address of who is counted; none without an event."""
    return list(_steps(funnel, phrases, url)) if funnel.eligible else []


def _steps(funnel: Funnel, phrases: Phrases, url: StepUrl) -> Iterator[FunnelStep]:
    say, refused = phrases.speech, sum(funnel.refused.values())

    def step(words: str, n: int, name: str, fill: str) -> FunnelStep:
        drawn = charts.bar(say, n / funnel.eligible, fill)
        return FunnelStep(words, say.number(n), drawn, url=url(name, "") if n else "")

    def part(words: str, n: int, name: str, reason: str = "") -> FunnelStep:
        return FunnelStep(words, say.number(n), below=True, url=url(name, reason))

    yield step(say.gettext(EVENTS), funnel.eligible, "events", "bars")
    if refused:
        yield step(say.gettext(REFUSED), refused, "refused", "others")
    for reason, n in sorted(funnel.refused.items(), key=lambda one: -one[1]):
        words = say.gettext(REASONS[reason]) if reason in REASONS else reason.replace("_", " ")
        yield part(words, n, "refused", reason)
    yield step(say.gettext(SENT), funnel.sent, "sent", "bars")
    pending = max(funnel.invited - funnel.sent - funnel.failed, 0)
    for state, n in {"pending": pending, "failed": funnel.failed, "uncertain": funnel.uncertain}.items():
        if n:
            yield part(say.gettext(AMISS[state]), n, state)
    if funnel.answered is not None:
        yield step(say.gettext(ANSWERED), funnel.answered, "answered", "bars")
