"""Whether an invitation is still right: decided again by the newest files, with the newest clock, before it leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..definitions.condition import holds
from ..definitions.survey import Invite, Survey
from ..engine import Engine
from ..store import customers, events
from ..store.customers import Person
from ..store.engine import lock
from ..store.engine.database import Connection
from ..store.invitations import Invitation
from ..store.sendings import PUNCTUAL, ClaimedSending
from ..values.enumeration import Reason
from .contact import asked_of, contact_of, recipient_of
from .decision import TURN, Contact, after_quiet_hours, exceeded_limit, ineligible_because
from .past import past


@dataclass(frozen=True)
class Right:
    """The invitation may leave now for that address: what its message is made of."""

    survey: Survey
    person: Person
    values: Mapping[str, Any]  # what its event carried
    address: str


@dataclass(frozen=True)
class Wrong:
    """The invitation is not to leave, for a reason in a word of REASONS."""

    reason: str


@dataclass(frozen=True)
class Later:
    """The invitation has to wait for the end of quiet hours."""

    at: datetime


@dataclass(frozen=True)
class Gone:
    """What the invitation hangs on is not stored any more."""

    why: str = "the survey or the customer is gone"


Review = Right | Wrong | Later | Gone


def still_right(engine: Engine, connection: Connection, carried: ClaimedSending, now: datetime) -> Review:
    """Return whether an invitation may leave now by the channel that carries it, by its survey's newest version.

    Whoever else decides about the same recipient waits until the transaction ends.
    """
    invited = carried.invitation
    survey = engine.library.survey(invited.survey)
    person = customers.person(connection, invited.customer) if invited.customer else None
    if survey is None or person is None:
        return Gone()
    type, values = events.type_and_data(connection, invited.event) if invited.event else (TURN, {})
    person = customers.as_told(person, values)
    if recipient := recipient_of(engine, person):
        lock.hold_recipient(connection, recipient)
    contact = contact_of(engine, connection, person, now).by(carried.channel)
    if reason := _reason(engine, connection, invited, survey, person, contact, type, values, now):
        return Wrong(reason)
    later = after_quiet_hours(now, contact.zone, engine.config.sending.quiet_hours)
    return Later(later) if later > now else Right(survey, person, values, contact.reached[carried.channel])


def _reason(
    engine: Engine,
    connection: Connection,
    invited: Invitation,
    survey: Survey,
    person: Person,
    contact: Contact,
    type: str,
    values: Mapping[str, Any],
    now: datetime,
) -> str | None:
    """Return what has come between since the invitation was planned; None where nothing has."""
    invite, sending = survey.invite, engine.config.sending
    if engine.library.is_closed(survey):
        return Reason.CLOSED
    if invite is None or not _asks(invite, type, person, values):
        return Reason.NO_LONGER_ASKED
    if invited.due_at is None or (sending.late and now - invited.due_at > sending.late):
        return Reason.LATE
    if barred := ineligible_because(contact, invited.test, invite, sending):
        return barred
    if overtaken := _overtaken(engine, connection, invited, survey, invite):
        return overtaken
    if invited.test:
        return None
    asked = asked_of(engine, connection, person, now, sent=True)
    # What left so much late has not upset the distances to what was planned after it.
    return exceeded_limit(survey.id, invite, asked, now + PUNCTUAL, sending)


def _asks(invite: Invite, type: str, person: Person, values: Mapping[str, Any]) -> bool:
    """Whether a survey asks about such an event, and such a customer, as its file stands now."""
    about = {"language": person.language, "account": person.account, "role": person.role, **values}
    return (invite.on or TURN) == type and holds(invite.when, about)


def _overtaken(
    engine: Engine, connection: Connection, invited: Invitation, survey: Survey, invite: Invite
) -> str | None:
    """Return why there is nothing to ask about any more; None where there is."""
    if invited.event is None or invited.customer is None:
        return None
    known = past(engine, connection, invited.customer, survey.ids, invited.test, invite.cancel_on)
    known = known.undone_by(invite.cancel_on)
    gone = known.undone()
    mine = next((key for key, row in known.invited.items() if row.key == invited.key), None)
    if mine is None:
        return None
    return (
        Reason.CANCELLED
        if mine in gone
        else Reason.SAME_OCCASION
        if known.repeats(known.triggers[mine], gone, True)
        else None
    )
