"""A customer's record as a page that they can read, in its language: as HTML, or as plain text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any, NamedTuple

from ..definitions.fault import visible
from ..i18n.language import is_known
from ..i18n.speech import Speech
from ..look.markup import render
from ..look.placeholders import Telling
from ..values.bidi import without
from ..values.enumeration import SurveyMode
from ..values.msgid import N_
from .record import CustomerRecord, KeptEvent, KeptInvitation, KeptReply, KeptResponse

TITLE = N_("What {business} keeps about you")
MADE = N_("As of {when}. Times are those of {zone}.")
NARROW = "\u202f"  # the blank of English times, which a terminal would be shown as an escape
IDENTITY, EVENTS, ASKED, ANSWERS = (
    N_("Who you are"), N_("What happened"), N_("What you were asked"), N_("What you answered"),
)  # fmt: skip
NOTHING = N_("Nothing is kept.")
ANONYMOUS = N_(
    "Answers to anonymous surveys are kept without whose they are: nobody can find yours. These asked you: {names}."
)
FIELDS = {
    "id": N_("Identifier"),
    "email": N_("E-mail address"),
    "phone": N_("Telephone number"),
    "name": N_("Name"),
    "language": N_("Language"),
    "timezone": N_("Time zone"),
    "account": N_("Account"),
    "role": N_("Role at the account"),
    "known_at": N_("Known since"),
    "opted_out_at": N_("Wants no invitations since"),
    "address_opted_out_at": N_("No invitations to this address since"),
    "asked_less_often_since": N_("Wants fewer invitations since"),
    "not_asked_about": N_("Wants no invitations about"),
    "undeliverable_since": N_("No mail arrives at this address since"),
}


class SheetFact(NamedTuple):
    """Something that is kept, and what it is called; several values stand one below the other."""

    name: str
    values: tuple[str, ...]


class SheetEntry(NamedTuple):
    """One thing of a section: what it is, when it was, and what is kept of it."""

    title: str
    when: str
    facts: tuple[SheetFact, ...]


class SheetSection(NamedTuple):
    """A part of the page; `note` says what is not in it."""

    title: str
    entries: tuple[SheetEntry, ...]
    note: str = ""


class Sheet(NamedTuple):
    """The page in words."""

    title: str
    made: str
    sections: tuple[SheetSection, ...]


def html(record: CustomerRecord, speech: Speech, zone: tzinfo) -> str:
    """Return the page as HTML that needs nothing beside itself."""
    return render("customer.html", speech, sheet=sheet(record, speech, zone), nothing=speech.gettext(NOTHING))


def text(record: CustomerRecord, speech: Speech, zone: tzinfo) -> str:
    """Return the page as lines of text."""
    told = sheet(record, speech, zone)
    lines = (told.title, told.made, *_lines(told, speech))
    return "\n".join(visible(line.replace(NARROW, " ")) for line in lines) + "\n"


def sheet(record: CustomerRecord, speech: Speech, zone: tzinfo) -> Sheet:
    """Return the page of a record in words; moments are told in that time zone."""
    told = _Words(speech, Telling(speech, zone), zone)
    names = speech.enumeration(record.anonymous) if record.anonymous else ""
    return Sheet(
        speech.gettext(TITLE, business=record.business),
        speech.gettext(MADE, when=told.moment(record.at), zone=str(zone)),
        (
            SheetSection(speech.gettext(IDENTITY), (SheetEntry("", "", tuple(told.identity(record))),)),
            SheetSection(speech.gettext(EVENTS), tuple(map(told.event, record.events))),
            SheetSection(speech.gettext(ASKED), tuple(map(told.invitation, record.invitations))),
            SheetSection(
                speech.gettext(ANSWERS),
                tuple(map(told.response, record.responses)),
                speech.gettext(ANONYMOUS, names=names) if names else "",
            ),
        ),
    )


class _Words(NamedTuple):
    """Puts the parts of a record in words."""

    speech: Speech
    telling: Telling
    zone: tzinfo

    def moment(self, at: datetime) -> str:
        return self.speech.moment(at.astimezone(self.zone))

    def identity(self, record: CustomerRecord) -> Iterator[SheetFact]:
        for name, value in record.customer.said():
            if isinstance(value, list):
                value = self.speech.enumeration(value) if value else None
            if value is not None:
                said = self.moment(value) if isinstance(value, datetime) else str(value)
                if name == "language" and is_known(str(value)):
                    said = self.speech.tongue(str(value))
                yield SheetFact(self.speech.gettext(FIELDS[name]), (without(said),))

    def event(self, one: KeptEvent) -> SheetEntry:
        return SheetEntry(one.type, self.moment(one.time), tuple(self._data(one.data)))

    def invitation(self, one: KeptInvitation) -> SheetEntry:
        said = f"{one.outcome[:1].upper()}{one.outcome[1:]}."
        facts = [SheetFact(self.speech.gettext("What came of it"), (said,))]
        if isinstance(one.draft, Sequence):
            facts += [SheetFact("", (self.speech.gettext("Begun, and not sent:"),)), *self._replies(one.draft)]
        return SheetEntry(one.name, self.moment(one.sent_at or one.planned_at), tuple(facts))

    def response(self, one: KeptResponse) -> SheetEntry:
        when = self.moment(one.answered_at) if one.answered_at else self.speech.date(one.day) if one.day else ""
        answers, context = tuple(self._replies(one.replies)), tuple(self._data(one.context))
        if one.mode != SurveyMode.CONFIDENTIAL:
            return SheetEntry(one.name, when, (*answers, *context))
        hidden = SheetFact("", (self.speech.gettext("Confidential: nobody is shown that this answer is yours."),))
        return SheetEntry(one.name, when, (hidden, *answers, *context))

    def _replies(self, replies: Sequence[KeptReply]) -> Iterator[SheetFact]:
        for one in replies:
            yield SheetFact(one.question, tuple(one.answers) or (self.speech.gettext("not answered"),))

    def _data(self, data: Mapping[str, Any]) -> Iterator[SheetFact]:
        for name, value in sorted(data.items()):
            said = self.telling.said(value)
            words = said if isinstance(said, tuple) else (said or json.dumps(value, ensure_ascii=False),)
            yield SheetFact(visible(name), tuple(without(one) for one in words))


def _lines(told: Sheet, speech: Speech) -> Iterator[str]:
    for section in told.sections:
        yield from ("", section.title.upper(), *([section.note] if section.note else []))
        if not section.entries:
            yield f"  {speech.gettext(NOTHING)}"
        for entry in section.entries:
            if entry.title:
                yield f"  {entry.when}  {entry.title}"
            for fact in entry.facts:
                values = "; ".join(" ".join(one.split()) for one in fact.values)
                yield f"    {fact.name}: {values}" if fact.name else f"    {values}"
