"""What the page at an unsubscribe link offers and says, once invitations have stopped or are fewer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from markupsafe import Markup

from ...definitions.survey import Survey
from ...definitions.text import Values, told
from ...i18n.span import span
from ...i18n.speech import Speech
from ...invitations.decision import SELDOM
from ...invitations.unsubscribe import Leaving
from ...look.markup import sentence
from ...settings.config import Business
from ...values.enumeration import LESS_OFTEN
from ...values.msgid import N_


class LesserWish(NamedTuple):
    """What somebody can have instead of no invitations: the value of its button, and its scope."""

    value: str
    scope: str


class Offer(NamedTuple):
    """A choice as a button."""

    value: str
    words: Markup


WORDS = {"this": N_("Nothing more about this: {title}"), "often": N_("At most one in {span}")}
SAID = {"this": N_("You will not be asked about this any more: {title}"),
        "often": N_("You will be asked at most once in {span}.")}  # fmt: skip


def choices(found: Leaving) -> list[LesserWish]:
    """Return what can be had instead of no invitations, and is not had yet."""
    return [one for one in wishes(found) if one.scope not in found.less] if found.may_reduce else []


def offers(found: Leaving, speech: Speech, business: Business) -> list[Offer]:
    """Return the same as buttons."""
    return [Offer(one.value, _words(WORDS[one.value], found, speech, business)) for one in choices(found)]


def said(found: Leaving, speech: Speech, business: Business) -> list[Markup]:
    """Return what was asked for by this link, each in a sentence."""
    return [_words(SAID[one.value], found, speech, business) for one in wishes(found) if one.scope in found.less]


def wishes(found: Leaving) -> Iterator[LesserWish]:
    """Yield all that can be had instead of no invitations, whether it is had already or not."""
    if found.survey:
        yield LesserWish("this", found.survey.touchpoint)
    yield LesserWish("often", LESS_OFTEN)


def _words(msgid: str, found: Leaving, speech: Speech, business: Business) -> Markup:
    values = {"title": _title(found.survey, speech, business), "span": span(SELDOM, speech)}
    return sentence(speech.gettext(msgid), values, speech)


def _title(survey: Survey | None, speech: Speech, business: Business) -> str:
    """Return the survey's title without anything of an event: whoever has the link may not be who was asked."""
    values: Values = {"business": speech.words(business.name)}
    return told(speech.words(survey.head.title), values) if survey else ""
