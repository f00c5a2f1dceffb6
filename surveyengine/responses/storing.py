"""Stores a form that was completed: response, answers and the invitation's state in one transaction, once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from ..definitions.shuffle import orders
from ..definitions.survey import Survey
from ..engine import Engine
from ..store import drafts, events, invitations, responses, sendings
from ..store.allowances import Allowance
from ..store.engine.database import ANSWER, Connection
from ..store.engine.direct import Direct
from ..store.invitations import BY_HAND, Invitation
from ..store.responses import Stored
from ..values.clean import spelled
from ..values.period import month_end
from .form import ParsedAnswers
from .ticket import FormToken


@dataclass(frozen=True)
class Stands:
    """Another answer stands, and a form is not stored; `at` is when it was saved, None where no time is kept."""

    at: datetime | None


@dataclass(frozen=True)
class Exhausted:
    """Too many answers came from a network, and a form is not stored."""


@dataclass(frozen=True)
class CompleteForm:
    """A form without errors; one without an invitation is taken from the allowance, where there is one."""

    ticket: FormToken
    survey: Survey
    parsed: ParsedAnswers
    language: str
    allowance: Allowance | None = None


def keep(engine: Engine, form: CompleteForm, now: datetime) -> Stands | Exhausted | None:
    """Store a form, and return what stands instead of it, or that its allowance is used up.

    When this returns None, the form is on disk: now, or since it arrived with the same answers the first time.
    """
    row, answers = response_row(engine, form, now), [vars(answer) for answer in form.parsed.answers]
    if not form.ticket.invitation:
        with engine.database.direct() as connection:
            is_new = responses.add(connection, row, answers, form.allowance)
        return None if is_new else _first(engine, form)
    with engine.database.write(ANSWER) as connection:
        invitation, anonymous = invitations.by_id(connection, form.ticket.invitation), form.survey.is_anonymous
        if invitation is None:
            return Stands(None)  # whoever was asked has been erased since the form was opened: nothing of them is kept
        if not invitations.answered(connection, invitation.key, moment_kept(now, anonymous), form.survey.digest):
            return _before(connection, form, invitation)
        row |= {"invited": True, "test": invitation.test}
        row |= {} if anonymous else circumstances(invitation, _facts(connection, invitation))
        drafts.drop(connection, invitation.key)
        sendings.drop_reminders(connection, invitation.key)
        responses.add(Direct.within(connection), row, answers)
    return None


def repeated(stored: Stored, parsed: ParsedAnswers, withheld: Collection[str] = ()) -> Stands | None:
    """Return None where a form says what is stored of it, and else what stands.

    What was answered to `withheld` questions stood in the draft, which is gone: a form that comes again lacks it.
    """
    said = {(one.question, one.position, one.series, one.value) for one in parsed.answers}
    lacking = {question.partition(".")[0] for question, *_ in stored.said - said}
    return None if said <= stored.said and lacking <= set(withheld) else Stands(stored.answered_at)


def _first(engine: Engine, form: CompleteForm) -> Stands | Exhausted | None:
    """Judge a form whose response was not new, by what is stored: the insert has waited for one on its way."""
    with engine.database.read(ANSWER) as connection:
        stored = responses.find(connection, form.ticket.submission)
    if stored:
        return repeated(stored, form.parsed, form.ticket.withheld)
    return Exhausted() if form.allowance else Stands(None)


def _before(connection: Connection, form: CompleteForm, invitation: Invitation) -> Stands | None:
    """Judge a form whose invitation was answered before, by the same form or by another one."""
    if stored := responses.find(connection, form.ticket.submission):
        return repeated(stored, form.parsed, form.ticket.withheld)
    answered = invitations.by_id(connection, invitation.id)  # once more: it may have been answered in between
    return Stands(answered.answered_at if answered and not form.survey.is_anonymous else None)


def response_row(engine: Engine, form: CompleteForm, now: datetime) -> dict[str, Any]:
    """Return what is known of a response without its invitation."""
    ticket, survey, anonymous = form.ticket, form.survey, form.survey.is_anonymous
    claims = {"context": dict(ticket.context), "claimed": ticket.claimed} if ticket.context and not anonymous else {}
    today = now.astimezone(engine.config.business.zone).date()
    return {
        "id": ticket.submission,
        "survey": survey.id,
        "digest": survey.digest,
        "language": form.language,
        "direction": engine.catalogs.speech(form.language).direction,
        "day": month_end(today) if anonymous else today,
        "context": {},
        **claims,
        "layout": ticket.layout,
        "shuffled": orders(survey, seed(survey, ticket)) or None,
        "answered_at": None if anonymous else now,
    }


def seed(survey: Survey, ticket: FormToken) -> str:
    """Return the seed of shuffled options: the invitation's id, or the form's where there is none.

    Of an anonymous survey it is always the form's, or the order would tell whose the answer is.
    """
    return (ticket.invitation if not survey.is_anonymous else "") or ticket.submission


def moment_kept(now: datetime, anonymous: bool) -> datetime:
    """Return when it was answered; of an anonymous answer only the day, so that no clock leads to its invitation."""
    return datetime.combine(now.date(), time(), now.tzinfo) if anonymous else now


def _facts(connection: Connection, invitation: Invitation) -> Mapping[str, Any]:
    return events.when_and_what(connection, invitation.event)[1] if invitation.event else {}


def circumstances(invitation: Invitation, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the invitation, customer and day that an answer is about, and the event's plain facts."""
    return {
        "invitation": invitation.key,
        "customer": invitation.customer,
        **({} if invitation.channel == BY_HAND else {"day": invitation.day}),
        "context": {key: spelled(value) for key, value in facts.items() if isinstance(value, str | int | float)},
    }
