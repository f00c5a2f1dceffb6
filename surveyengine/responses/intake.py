"""Keeps a submission: response, answers and the invitation's state in one transaction, once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from enum import Enum, auto
from typing import Any

from ..definitions.order import orders
from ..definitions.survey import Survey
from ..engine import Engine
from ..results.anonymity import month_end
from ..store import drafts, events, invitations, responses
from ..store.database import Connection
from ..store.direct import Direct
from ..store.invitations import BY_HAND, Invitation
from .form import Submission
from .token import Ticket


class Kept(Enum):
    """What became of a submission."""

    STORED = auto()  # now, or when it arrived the first time
    ANSWERED = auto()  # the invitation had another answer already, which stands


def keep(engine: Engine, ticket: Ticket, survey: Survey, submission: Submission, now: datetime, language: str) -> Kept:
    """Store a submission without errors; when this returns, it is on disk."""
    row, answers = _row(engine, ticket, survey, now, language), [vars(answer) for answer in submission.answers]
    if not ticket.invitation:
        with engine.database.direct() as connection:
            responses.add(connection, row, answers)
        return Kept.STORED
    with engine.database.write() as connection:
        if invitation := invitations.by_id(connection, ticket.invitation):
            anonymous = survey.head.mode == "anonymous"
            if not invitations.answered(connection, invitation.key, _moment(now, anonymous)):
                return Kept.STORED if responses.exists(connection, ticket.submission) else Kept.ANSWERED
            row |= {"invited": True, "test": invitation.test}
            row |= {} if anonymous else _circumstances(connection, invitation)
            drafts.drop(connection, invitation.key)
        responses.add(Direct.within(connection), row, answers)
    return Kept.STORED


def _row(engine: Engine, ticket: Ticket, survey: Survey, now: datetime, language: str) -> dict[str, Any]:
    """Return what is known of a response without its invitation."""
    anonymous = survey.head.mode == "anonymous"
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


def seed(survey: Survey, ticket: Ticket) -> str:
    """Return what the order of shuffled options depends on: one for each invitation, and else one for each form.

    An anonymous answer must not tell by its orders whose it is.
    """
    return (ticket.invitation if survey.head.mode != "anonymous" else "") or ticket.submission


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
