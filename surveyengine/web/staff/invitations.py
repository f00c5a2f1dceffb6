"""One invitation: what it came from, what became of it, and every message that carried it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from flask import Response
from markupsafe import Markup, escape

from ...channels.registry import CHANNELS
from ...definitions.fault import visible
from ...engine import Engine
from ...i18n.speech import Speech
from ...invitations.decision import REASONS
from ...invitations.explain import clock_of
from ...invitations.explanation import Clock, outcome
from ...invitations.reminder import ENDS
from ...store import customers, messages
from ...store.engine.database import REPORT
from ...store.messages import FoundInvitation, MessageRow
from ...values.bidi import without
from ...values.enumeration import AuditAction, Role, SendingState
from ...values.msgid import N_
from ..services import services
from . import access, frame
from .access import allowed
from .coded import coded, failure
from .missing import missing
from .period import LONGEST_SHOWN
from .phrases import Phrases
from .sending import ONWARD

bp = access.addresses("invitations")

UNKNOWN = N_("There is no invitation “{value}”.")
FIRST, REMINDER = N_("Invitation"), N_("Reminder")
STATES = {
    SendingState.PLANNED: N_("is still to be sent"),
    SendingState.CLAIMED: N_("being sent at this moment"),
    SendingState.HANDED_OVER: N_("being sent at this moment"),
    SendingState.SENT: N_("sent"),
    SendingState.UNCERTAIN: N_("uncertain"),
    SendingState.FAILED: N_("failed"),
    SendingState.WITHDRAWN: N_("withdrawn"),
}


class ShownMessage(NamedTuple):
    """A message as a row: what it was, by which way, what became of it, when, and why."""

    name: str
    way: str
    state: str
    when: str
    reason: Markup
    attempts: int


@bp.get("/invitations/<id>")
@allowed(Role.OPERATOR)
def one(id: str) -> Response:
    """One invitation, with no more of its answer than its survey's mode tells; noted where it shows who was asked."""
    engine, speech = services().engine, access.speech()
    with engine.database.read(REPORT) as connection:
        found = messages.invitation_of(connection, id)
        clock = replace(clock_of(engine, connection, speech, datetime.now(UTC)), is_written=True)
        names = customers.names(connection, [found.customer]) if found and found.customer else {}
    if found is None:
        said = Phrases(speech).sentence(UNKNOWN, value=id[:LONGEST_SHOWN])
        return missing("sending", said, (frame.below("sending/"), speech.gettext(ONWARD)))
    if found.customer:
        access.noted(AuditAction.VIEWED, f"invitation {found.id}")
    return frame.page(
        "invitation.html", "sending", **_shown(engine, found, clock), name=names.get(found.customer or "")
    )


def _shown(engine: Engine, found: FoundInvitation, clock: Clock) -> dict[str, object]:
    speech, survey = clock.speech, engine.library.survey(found.outcome.survey)
    said = visible(without(outcome(found.outcome, clock)))
    return {
        "coded": coded,
        "back": frame.below("sending/"),
        "survey": speech.words(survey.name) if survey else found.outcome.survey,
        "survey_id": survey.id if survey else "",
        "customer": found.customer,
        "said": f"{said[:1].upper()}{said[1:]}.",
        "event": found.event,
        "happened": clock.on(found.event.time) if found.event else "",
        "tongue": speech.tongue(found.language) if found.language else "",
        "planned": clock.on(found.outcome.planned_at),
        "is_test": found.outcome.test,
        # That somebody was reminded says that they had not answered.
        "messages": [_message(one, clock) for one in found.messages if one.number == 1 or clock.tells(found.outcome)],
        "response": found.response if found.response and clock.tells(found.outcome) else "",
    }


def _message(one: MessageRow, clock: Clock) -> ShownMessage:
    speech, channel = clock.speech, CHANNELS.get(one.channel)
    return ShownMessage(
        speech.gettext(FIRST if one.number == 1 else REMINDER),
        speech.gettext(channel.how) if channel else one.channel,
        speech.gettext(STATES[SendingState(one.state)]),
        speech.moment((one.sent_at or one.next_at).astimezone(clock.zone)),
        _reason(one, speech),
        one.attempt,
    )


def _reason(one: MessageRow, speech: Speech) -> Markup:
    """Return why a message did not leave: the word of a refusal where it was withdrawn."""
    if word := {**REASONS, **ENDS}.get(one.reason or "") if one.state == SendingState.WITHDRAWN else None:
        return escape(speech.gettext(word))
    return failure(one.reason, speech)
