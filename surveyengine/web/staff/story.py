"""One response, told: what was said, who said it, how it came, and what it is about."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ...channels.registry import CHANNELS
from ...definitions.fault import visible
from ...definitions.survey import Survey
from ...engine import Engine
from ...i18n.speech import Speech
from ...look.placeholders import Reader, Telling, placeholder_values
from ...look.replies import AnsweredQuestion, Interpreter
from ...look.scales import satisfaction, shown
from ...results.responses import GivenResponse, core_score, first_comment
from ...store import customers
from ...store.customers import Person
from ...store.engine.database import REPORT
from ...store.export_rows import ResponseRow
from ...store.invitations import BY_HAND
from ...values.enumeration import FormLayout
from ...values.msgid import N_
from .quotation import Quotation, quotation

OPEN = N_("by an open link")
PERSONAL = N_("by a link that was made for them")
LAYOUTS = {
    FormLayout.PAGE: N_("a page of its own"),
    FormLayout.EMBED: N_("inside a website"),
    FormLayout.KIOSK: N_("on a tablet"),
}
LONGEST = 300  # characters of a fact


class Fact(NamedTuple):
    """What is known of the occasion: a name as the event or the link wrote it, and a value in words."""

    name: str
    value: str


@dataclass(frozen=True)
class ResponseStory:
    """All that a page tells of a response; `person` is None where nobody knows who answered."""

    survey: str
    survey_id: str
    day: str
    chip: str
    words: str
    comment: Quotation | None
    questions: tuple[AnsweredQuestion, ...]
    language: str
    tongue: str
    person: Person | None
    invitation: str | None
    facts: tuple[Fact, ...]
    claimed: bool
    came: tuple[Fact, ...]


def story(engine: Engine, found: GivenResponse, speech: Speech) -> ResponseStory:
    """Return a response in the words of the reader's language."""
    row, today = found.row, engine.library.survey(found.row.survey)
    with engine.database.read(REPORT) as connection:
        person = customers.person(connection, row.customer) if row.customer else None
    score, comment = core_score(row.answers, found.survey), first_comment(row.answers, found.survey)
    values = placeholder_values(engine.config, found.survey, row.context, Reader(speech)) if found.survey else {}
    name = today.name if today else found.survey.name if found.survey else {"": row.survey}
    return ResponseStory(
        survey=speech.words(name),
        survey_id=today.id if today else "",
        day=speech.date(row.day) if row.day else "",
        chip=shown(speech, score) if score else "",
        words=satisfaction(speech, score) if score else "",
        comment=quotation(comment, row.language) if comment else None,
        questions=tuple(Interpreter(speech, values).questions(found.survey, row.answers)),
        language=row.language or "",
        tongue=speech.tongue(row.language) if row.language else "",
        person=person,
        invitation=row.invitation,
        facts=tuple(_facts(engine, row, found.survey, speech)),
        claimed=row.claimed,
        came=tuple(_came(engine, found, speech)),
    )


def _facts(engine: Engine, row: ResponseRow, survey: Survey | None, speech: Speech) -> Iterator[Fact]:
    """Yield what the event or the link said, in words, as far as it is kept; amounts with their separators."""
    amounts = engine.config.amounts(survey.invite.on if survey and survey.invite else None)
    telling = Telling(speech, engine.config.business.zone)
    for name, value in sorted(row.context.items()):
        if value != "":
            called = engine.config.called(name, speech.language)
            yield Fact(visible(called), _shortened(_told(value, telling, name in amounts)))


def _told(value: object, telling: Telling, is_amount: bool) -> str:
    if isinstance(value, bool):
        return telling.speech.gettext("Yes") if value else telling.speech.gettext("No")
    said = telling.said(value, is_amount)
    if isinstance(said, tuple):
        return telling.speech.enumeration([visible(one) for one in said])
    return visible(said if said is not None else json.dumps(value, ensure_ascii=False))


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _came(engine: Engine, found: GivenResponse, speech: Speech) -> Iterator[Fact]:
    """Yield by which way the response came, and how it was shown."""
    row, channel = found.row, CHANNELS.get(found.channel or "")
    way = channel.how if channel else PERSONAL if found.channel == BY_HAND else OPEN
    yield Fact(speech.gettext("Way"), speech.gettext(way))
    if row.layout:
        yield Fact(speech.gettext("Shown"), speech.gettext(LAYOUTS[FormLayout(row.layout)]))
    if row.language:
        yield Fact(speech.gettext("Language"), speech.tongue(row.language))
    if row.day:
        yield Fact(speech.gettext("Counts for"), speech.date(row.day))
    if row.answered_at:
        local = row.answered_at.astimezone(engine.config.business.zone)
        yield Fact(speech.gettext("Answered"), speech.moment(local))
    yield Fact(speech.gettext("Version"), row.digest[:12])
