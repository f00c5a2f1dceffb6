"""Gathers all that is kept of one customer; that it was handed out is told to the audit log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..engine import Engine
from ..i18n.language import choose
from ..i18n.speech import Speech
from ..invitations.explain import clock_of, tells
from ..invitations.explanation import Clock, outcome
from ..look.placeholders import Reader, placeholder_values
from ..look.replies import AnsweredQuestion, Interpreter
from ..people.caller import Caller, about_customer, noted
from ..results.disclosure import may_tell_themselves
from ..results.record import ABSENT
from ..store import addresses, drafts, export_rows, history, messages, optdowns, surveys
from ..store.customers import Person
from ..store.drafts import BegunAnswers
from ..store.engine.database import REPORT, Connection
from ..store.export_rows import AnswerRow, ResponseRow, RowFilter
from ..store.messages import FoundInvitation
from ..values.bidi import without
from ..values.enumeration import LESS_OFTEN, AuditAction, SurveyMode
from . import whom
from .record import (
    CustomerRecord,
    KeptEvent,
    KeptIdentity,
    KeptInvitation,
    KeptMessage,
    KeptReply,
    KeptResponse,
)

PAGE = 1000  # responses that are read at once


@dataclass(frozen=True)
class Gathering:
    """What the parts of a record are made with; `modes` are those of all versions, by their digests."""

    engine: Engine
    connection: Connection
    clock: Clock
    modes: Mapping[str, SurveyMode]

    @property
    def speech(self) -> Speech:
        """The language of the record's words."""
        return self.clock.speech

    def name(self, survey: str) -> str:
        """Return what a survey is called."""
        today = self.engine.library.survey(survey)
        return self.speech.words(today.name) if today else survey


def access(engine: Engine, name: str, caller: Caller, language: str | None = None) -> CustomerRecord:
    """Return all that is kept of the customer of that id, or the only one at that address.

    Its words are in the customer's language where the business speaks it, unless another of them is given. Raises
    NoCustomer where there is none.
    """
    with engine.database.read(REPORT) as connection:
        person = whom.found(engine, connection, name)
        spoken = engine.catalogs.speech(choose([language, person.language], engine.config.languages))
        known = surveys.imprints(connection)
        clock = replace(
            clock_of(engine, connection, spoken, caller.now), tells=tells(engine, known, may_tell_themselves)
        )
        gathering = Gathering(engine, connection, clock, {one.digest: one.mode for one in known})
        record = _record(gathering, person)
    noted(engine, caller, AuditAction.CUSTOMER_TOLD, about_customer(person.id))
    return record


def _record(gathering: Gathering, person: Person) -> CustomerRecord:
    connection, clock = gathering.connection, gathering.clock
    begun = drafts.begun(connection, person.id)
    invited = [messages.invitation_of(connection, id) for id in messages.invitations_of(connection, person.id)]
    asked = [one for one in invited if one]
    secret = {one.outcome.survey for one in asked if gathering.modes[one.digest] is SurveyMode.ANONYMOUS}
    return CustomerRecord(
        at=clock.now,
        business=gathering.speech.words(gathering.engine.config.business.name),
        language=gathering.speech.language,
        customer=_identity(gathering, person),
        events=[
            KeptEvent(source=one.source, id=one.id, type=one.type, time=one.time, test=one.test, data=one.data)
            for one in history.events_of(connection, person.id)
        ],
        invitations=[_invitation(gathering, one, begun.get(one.id)) for one in asked],
        responses=[_response(gathering, one) for one in _responses(connection, person.id)],
        anonymous=sorted({gathering.name(one) for one in secret}),
    )


def _identity(gathering: Gathering, person: Person) -> KeptIdentity:
    connection, hasher = gathering.connection, gathering.engine.hasher
    bounce = addresses.refused(connection, hasher, person.email) if person.email else None
    less = optdowns.at_address(connection, hasher, person.email)
    return KeptIdentity(
        id=person.id,
        email=person.email,
        phone=person.phone,
        name=person.name,
        language=person.language,
        timezone=person.timezone,
        account=person.account,
        role=person.role,
        known_at=person.known_at,
        opted_out_at=person.opted_out_at,
        address_opted_out_at=addresses.left_at(connection, hasher, person.email) if person.email else None,
        asked_less_often_since=less.get(LESS_OFTEN),
        not_asked_about=sorted(map(gathering.name, {*less} - {LESS_OFTEN})),
        undeliverable_since=bounce.at if bounce else None,
    )


def _invitation(gathering: Gathering, found: FoundInvitation, begun: BegunAnswers | None) -> KeptInvitation:
    one, happened = found.outcome, found.event
    return KeptInvitation(
        id=found.id,
        survey=one.survey,
        name=gathering.name(one.survey),
        event=f"{happened.source}/{happened.id}" if happened else None,
        test=one.test,
        state=one.state,
        reason=one.reason,
        outcome=without(outcome(one, gathering.clock)),
        planned_at=one.planned_at,
        due_at=one.due_at,
        sent_at=one.sent_at,
        expires_at=one.expires_at,
        answered_at=one.answered_at if gathering.clock.tells(one) else ABSENT,
        messages=[
            KeptMessage(
                number=each.number,
                channel=each.channel,
                state=each.state,
                due_at=each.due_at,
                sent_at=each.sent_at,
                reason=each.reason,
            )
            for each in found.messages
            if each.number == 1 or gathering.clock.tells(one)
        ],
        draft=_begun(gathering, begun) if begun else ABSENT,
    )


def _begun(gathering: Gathering, begun: BegunAnswers) -> list[KeptReply]:
    rows = [
        AnswerRow(question, position, "", value)
        for question, values in begun.given.items()
        for position, value in enumerate(values)
        if value
    ]
    return [one for one in _replies(gathering, begun.digest, rows, {}) if one.answers]


def _responses(connection: Connection, id: str) -> list[ResponseRow]:
    """Return all responses of a customer, whatever the mode: to hand them to themselves shows nobody else's."""
    found: list[ResponseRow] = []
    while rows := export_rows.responses(
        connection, RowFilter(customer=id, test=True), found[-1].id if found else "", PAGE
    ):
        found += rows
    return sorted(found, key=lambda one: (one.answered_at.timestamp() if one.answered_at else 0, one.id))


def _response(gathering: Gathering, row: ResponseRow) -> KeptResponse:
    return KeptResponse(
        id=row.id,
        survey=row.survey,
        name=gathering.name(row.survey),
        mode=gathering.modes[row.digest],
        day=row.day,
        answered_at=row.answered_at,
        language=row.language,
        test=row.test,
        context=row.context,
        replies=_replies(gathering, row.digest, row.answers, row.context),
    )


def _replies(
    gathering: Gathering, digest: str, answers: Sequence[AnswerRow], context: Mapping[str, object]
) -> list[KeptReply]:
    """Return the questions of a version with their answers, in words."""
    survey = gathering.engine.library.version(digest)
    speech = gathering.speech
    values = placeholder_values(gathering.engine.config, survey, context, Reader(speech)) if survey else {}
    return [_reply(one) for one in Interpreter(speech, values).questions(survey, answers)]


def _reply(one: AnsweredQuestion) -> KeptReply:
    """Return a question and its answers as plain text; a row of a table, and a number on its scale, stand before."""
    said = []
    for reply in one.replies:
        words = ", ".join(reply.words)
        chip = f"{reply.chip} ({words})" if reply.chip and words else reply.chip or words
        said.append(f"{reply.label}: {chip}" if reply.label else chip)
    return KeptReply(question=_text(one.text), answers=said)


def _text(markup: object) -> str:
    strip = getattr(markup, "striptags", None)
    return str(strip()) if strip else str(markup)
