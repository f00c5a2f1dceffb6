"""Whether an invitation is still right: decided again before it leaves, by today's files and clock."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..channels.failure import GONE
from ..definitions.condition import holds
from ..definitions.survey import Invite, Survey
from ..settings.calendar import next_open
from ..store import customers, events
from ..store.customers import Person
from ..store.invitations import Invitation
from ..store.sendings import PUNCTUAL, ClaimedSending
from ..values.enumeration import Reason, ReminderEnd
from . import lots, reminder
from .contact import DecisionContext, asked_of, contact_of
from .decision import TURN, Limits, exceeded_limit, ineligible_because, longest_wait
from .interaction import condition_values
from .past import histories


@dataclass(frozen=True)
class Right:
    """The invitation may leave now for that address; holds what its message is made of."""

    survey: Survey
    person: Person
    values: Mapping[str, Any]  # what its event carried
    address: str


@dataclass(frozen=True)
class Wrong:
    """The invitation, or a reminder, must not leave; the reason is a word of REASONS, or of a reminder's ENDS."""

    reason: str


@dataclass(frozen=True)
class Later:
    """The invitation has to wait until something is sent again."""

    at: datetime


@dataclass(frozen=True)
class Gone:
    """The survey or the customer of the invitation is not stored any more."""

    why: str = GONE


Review = Right | Wrong | Later | Gone


def still_right(context: DecisionContext, carried: ClaimedSending) -> Review:
    """Return whether an invitation may leave now by the channel that carries it, by its survey's newest version.

    1. Without its survey or its customer, the invitation is Gone.
    2. Whoever else decides about the same recipient waits until the transaction ends.
    3. An invitation that today's rules refuse is Wrong; so is a reminder once there is nothing to remind of. Limits do
       not count reminders.
    4. Where nothing is sent now, it leaves Later, or is Wrong if that is too late; else it is Right.
    """
    engine, connection, invited = context.engine, context.connection, carried.invitation
    survey = engine.library.survey(invited.survey)
    person = customers.person(connection, invited.customer) if invited.customer else None
    if survey is None or person is None:
        return Gone()
    type, values = events.type_and_data(connection, invited.event) if invited.event else (TURN, {})
    person = customers.as_told(person, values)
    lots.hold(context, [person])
    invite, sending = survey.invite, engine.config.sending
    if engine.library.is_closed(survey):
        return Wrong(Reason.CLOSED)
    if invite is None or not _asks(invite, carried, type, condition_values(person, values)):
        return Wrong(Reason.NO_LONGER_ASKED)
    if carried.is_reminder and (end := reminder.ended_because(context, carried)):
        return Wrong(end)
    if invited.due_at is None or (sending.late and context.now - carried.promised_at > sending.late):
        return Wrong(Reason.LATE)
    contact = contact_of(context, person).by(carried.channel)
    reason = ineligible_because(contact, invited.test, survey, sending)
    reason = reason or _overtaken(context, invited, survey, invite.cancel_on)
    limits = Limits(survey.id, invite, sending, contact.apart)
    if reason := reason or _exceeded(context, carried, person, limits):
        return Wrong(reason)
    leaves = next_open(context.now, contact.zone, engine.config.calendar)
    if carried.is_reminder and reminder.is_over(invited, leaves):
        return Wrong(ReminderEnd.EXPIRED)
    if leaves <= context.now:
        return Right(survey, person, values, contact.reached[carried.channel])
    is_too_late = not carried.is_reminder and leaves - carried.due_at > longest_wait(invite, sending)
    return Wrong(Reason.NO_OPEN_TIME) if is_too_late else Later(leaves)


def _asks(invite: Invite, carried: ClaimedSending, type: str, values: Mapping[str, object]) -> bool:
    """Whether a survey asks, or reminds, about such an event and such a customer, as its file stands now."""
    is_wanted = reminder.is_wanted(invite, carried.number)
    return is_wanted and (invite.on or TURN) == type and holds(invite.when, values)


def _exceeded(context: DecisionContext, carried: ClaimedSending, person: Person, limits: Limits) -> str | None:
    """Return the limit that was reached since the invitation was planned; None for tests.

    No limit counts reminders, and whoever wants less is not reminded.
    """
    if carried.is_reminder:
        return Reason.RARELY if limits.apart else None
    if carried.invitation.test:
        return None
    # An invitation that left up to PUNCTUAL late must not upset the distance to the next one.
    return exceeded_limit(limits, asked_of(context, [person], sent=True)[person.id], context.now + PUNCTUAL)


def _overtaken(context: DecisionContext, invited: Invitation, survey: Survey, cancel_on: Collection[str]) -> str | None:
    """Return why there is nothing to ask about any more; None where there is."""
    if invited.event is None or invited.customer is None:
        return None
    history = histories(context, [invited.customer], [survey], cancel_on)[invited.customer]
    known = history.past(survey, cancel_on, invited.test).undone_by(cancel_on)
    gone = known.undone()
    mine = next((key for key, row in known.invited.items() if row.key == invited.key), None)
    if mine is None:
        return None
    if mine in gone:
        return Reason.CANCELLED
    return Reason.SAME_OCCASION if known.repeats(known.triggers[mine], gone, True) else None
