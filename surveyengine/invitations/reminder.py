"""Reminders: further messages of an invitation that was sent and not answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from ..definitions.survey import Invite
from ..i18n.timezone import zone
from ..settings.calendar import next_open
from ..store import customers, drafts, events, invitations, sendings
from ..store.invitations import Invitation
from ..store.sendings import FIRST, ClaimedSending
from ..values.enumeration import InvitationState, ReminderEnd
from ..values.msgid import N_
from .contact import DecisionContext

ENDS: Mapping[str, str] = {
    ReminderEnd.ANSWERED: N_("it was answered"),
    ReminderEnd.BEGUN: N_("its form was begun"),
    ReminderEnd.EXPIRED: N_("its link would have expired first"),
}


def message_key(id: str, number: int) -> str:
    """Return the key of an invitation's message: its id, and for a reminder its number too."""
    return id if number == FIRST else f"{id}.{number}"


def wait_after(invite: Invite | None, number: int) -> timedelta | None:
    """Return how long after the first message the reminder leaves that follows this one; None where none does."""
    spans = invite.remind if invite else ()
    return spans[number - FIRST] if number - FIRST < len(spans) else None


def is_wanted(invite: Invite, number: int) -> bool:
    """Whether the survey's file, as it stands now, has a message of this number."""
    return number == FIRST or wait_after(invite, number - 1) is not None


def ended_because(context: DecisionContext, reminding: ClaimedSending) -> str | None:
    """Return why a reminder must not leave any more, as a word of ENDS; None where it may.

    Nobody answers, or begins to, until the transaction ends.
    """
    current = invitations.held(context.connection, reminding.invitation.key)
    return _end(context, current) if current else ReminderEnd.EXPIRED


def _end(context: DecisionContext, current: Invitation) -> str | None:
    if current.answered_at:
        return ReminderEnd.ANSWERED
    if drafts.version(context.connection, current.key):
        return ReminderEnd.BEGUN
    return ReminderEnd.EXPIRED if is_over(current, context.now) else None


def is_over(invited: Invitation, at: datetime) -> bool:
    """Whether the invitation cannot be answered any more at that moment."""
    return invited.expires_at is not None and at >= invited.expires_at


def plan_next(context: DecisionContext, left: ClaimedSending) -> None:
    """Plan the reminder that follows a message that left, or may have left; nothing where none does.

    It leaves by the same channel, and not once the invitation has expired. A message that is uncertain is followed like
    one that arrived: a reminder is another message, and reaches whom the first one may have missed.
    """
    engine, connection = context.engine, context.connection
    survey, current = engine.library.survey(left.invitation.survey), invitations.held(connection, left.invitation.key)
    wait = wait_after(survey.invite if survey else None, left.number)
    if survey is None or survey.invite is None or current is None or current.sent_at is None or wait is None:
        return
    person = customers.person(connection, current.customer) if current.customer else None
    if person is None or current.state not in (InvitationState.SENT, InvitationState.UNCERTAIN):
        return
    told = customers.as_told(person, events.when_and_what(connection, current.event)[1]) if current.event else person
    there = zone(told.timezone, engine.config.business.zone)
    wished = max(current.sent_at + wait, context.now)
    leaves = next_open(wished, there, engine.config.calendar)
    if _end(context, current) is None and not is_over(current, leaves):
        moments = {"due_at": wished, "next_at": leaves}
        of = {"invitation": current.key, "number": left.number + 1}
        sendings.plan(connection, [{**of, "channel": left.channel, "priority": survey.invite.priority, **moments}])
