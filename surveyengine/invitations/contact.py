"""How a customer can be reached, and what the limits see of when they were asked."""

from __future__ import annotations

from datetime import datetime, timedelta

from ..engine import Engine
from ..i18n.timezone import zone
from ..store import addresses, customers, invitations
from ..store.engine.database import Connection
from ..values.email_address import is_address
from .decision import Contact


def contact_of(engine: Engine, connection: Connection, person: customers.Person, now: datetime) -> Contact:
    """Return how the customer can be reached, and when they were asked and will be, as far back as limits look."""
    email, hasher = person.email, engine.hasher
    mailbox = addresses.standing(connection, hasher, email) if email else addresses.AddressStatus(False, False)
    reached = email if email and is_address(email) and not mailbox.undeliverable else None
    there = zone(person.timezone, engine.config.business.zone)
    asked = asked_of(engine, connection, person, now)
    return Contact(reached, person.language, there, bool(person.opted_out_at) or mailbox.opted_out, asked)


def asked_of(
    engine: Engine, connection: Connection, person: customers.Person, now: datetime, sent: bool = False
) -> list[tuple[str, datetime]]:
    """Return survey and moment of all invitations that limits look at; what was renamed stands under today's id."""
    recipient = engine.hasher.hash(person.email) if person.email else None
    rows = invitations.asked(connection, person.id, recipient, now, memory(engine), sent)
    return [(engine.library.today(survey), moment) for survey, moment in rows]


def memory(engine: Engine) -> timedelta:
    """Return how far back the limits look at what was sent."""
    sending, surveys = engine.config.sending, engine.library.surveys.values()
    invites = [survey.invite for survey in surveys if survey.invite]
    spans = [max(invite.cooldown, invite.every or timedelta(0)) for invite in invites]
    return max([sending.cooldown, *spans, *(window for window, _ in sending.at_most)])
