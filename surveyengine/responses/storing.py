"""Keeps a submission: response, answers and the invitation's state in one transaction, once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from ..definitions.shuffle import orders
from ..definitions.survey import Survey
from ..engine import Engine
from ..store import drafts, events, invitations, responses
from ..store.allowances import Allowance
from ..store.engine.database import ANSWER, Connection
from ..store.engine.direct import Direct
from ..store.invitations import BY_HAND, Invitation
from ..store.responses import Stored
from ..values.anonymity import month_end
from .form import ParsedAnswers
from .ticket import FormToken


@dataclass(frozen=True)
class Stands:
    """Another answer stands, and a submission is not stored; `at` is when it was saved, None where no time is kept."""

    at: datetime | None


@dataclass(frozen=True)
class Exhausted:
    """Too many answers came from a network, and a submission is not stored."""


def keep(
    engine: Engine,
    ticket: FormToken,
    survey: Survey,
    submission: ParsedAnswers,
    now: datetime,
    language: str,
    allowance: Allowance | None = None,
) -> Stands | Exhausted | None:
    """Store a submission without errors, and return what stands instead of it, or that the allowance is used up.

    When this returns None, the submission is on disk: now, or since it arrived with the same answers the first time.
    One without an invitation is taken from the allowance, where there is one.
    """
    row, answers = _row(engine, ticket, survey, now, language), [vars(answer) for answer in submission.answers]
    if not ticket.invitation:
        with engine.database.direct() as connection:
            is_new = responses.add(connection, row, answers, allowance)
        return None if is_new else _first(engine, ticket, submission, Exhausted() if allowance else Stands(None))
    with engine.database.write(ANSWER) as connection:
        if invitation := invitations.by_id(connection, ticket.invitation):
            anonymous = survey.is_anonymous
            if not invitations.answered(connection, invitation.key, _moment(now, anonymous), survey.digest):
                return _before(connection, ticket, invitation, anonymous, submission)
            row |= {"invited": True, "test": invitation.test}
            row |= {} if anonymous else _circumstances(connection, invitation)
            drafts.drop(connection, invitation.key)
        responses.add(Direct.within(connection), row, answers)
    return None


def repeated(stored: Stored, submission: ParsedAnswers, withheld: Collection[str] = ()) -> Stands | None:
    """Return None where a submission says what is stored of it, and else what stands.

    What was answered to `withheld` questions stood in the draft, which is gone: a form that comes again lacks it.
    """
    said = {(one.question, one.position, one.series, one.value) for one in submission.answers}
    lacking = {question.partition(".")[0] for question, *_ in stored.said - said}
    return None if said <= stored.said and lacking <= set(withheld) else Stands(stored.answered_at)


def _first(
    engine: Engine, ticket: FormToken, submission: ParsedAnswers, unknown: Stands | Exhausted
) -> Stands | Exhausted | None:
    """Judge what a form sends that was sent before; `unknown` where it was not.

    It is read after the insert, which waits for one on its way.
    """
    with engine.database.read(ANSWER) as connection:
        stored = responses.find(connection, ticket.submission)
    return repeated(stored, submission, ticket.withheld) if stored else unknown


def _before(
    connection: Connection, ticket: FormToken, invitation: Invitation, anonymous: bool, submission: ParsedAnswers
) -> Stands | None:
    """Judge what comes to an invitation that is answered: by this form, or by another one."""
    if stored := responses.find(connection, ticket.submission):
        return repeated(stored, submission, ticket.withheld)
    answered = invitations.by_id(connection, invitation.id)  # once more: it may have been answered in between
    return Stands(answered.answered_at if answered and not anonymous else None)


def _row(engine: Engine, ticket: FormToken, survey: Survey, now: datetime, language: str) -> dict[str, Any]:
    """Return what is known of a response without its invitation."""
    anonymous = survey.is_anonymous
    claims = {"context": dict(ticket.context), "claimed": ticket.claimed} if ticket.context and not anonymous else {}
    today = now.astimezone(engine.config.business.zone).date()
    return {
        "id": ticket.submission,
        "survey": survey.id,
        "digest": survey.digest,
        "language": language,
        "direction": engine.catalogs.speech(language).direction,
        "day": month_end(today) if anonymous else today,
        "context": {},
        **claims,
        "layout": ticket.layout,
        "shuffled": orders(survey, seed(survey, ticket)) or None,
        "answered_at": None if anonymous else now,
    }


def seed(survey: Survey, ticket: FormToken) -> str:
    """Return what the order of shuffled options depends on: one for each invitation, and else one for each form.

    An anonymous answer must not tell by its orders whose it is.
    """
    return (ticket.invitation if not survey.is_anonymous else "") or ticket.submission


def _moment(now: datetime, anonymous: bool) -> datetime:
    """Of an anonymous answer only the day is kept, so that it cannot be matched with its invitation by the clock."""
    return datetime.combine(now.date(), time(), now.tzinfo) if anonymous else now


def _circumstances(connection: Connection, invitation: Invitation) -> Mapping[str, Any]:
    """Return what the answer is about: its invitation, customer and day, and the plain facts of the event."""
    data = events.when_and_what(connection, invitation.event)[1] if invitation.event else {}
    return {
        "invitation": invitation.key,
        "customer": invitation.customer,
        **({} if invitation.channel == BY_HAND else {"day": invitation.day}),
        "context": {key: _plain(value) for key, value in data.items() if isinstance(value, str | int | float)},
    }


def _plain(value: str | int | float) -> str:
    """Return the value as both databases would spell it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
