"""How a customer can be reached, and what the limits see of when they were asked."""

from __future__ import annotations

from datetime import datetime, timedelta

from ..channels import registry
from ..engine import Engine
from ..i18n.timezone import zone
from ..store import addresses, customers, invitations
from ..store.engine.database import Connection
from .decision import Contact


def contact_of(engine: Engine, connection: Connection, person: customers.Person, now: datetime) -> Contact:
    """Return how the customer can be reached, and when they were asked and will be, as far back as limits look."""
    told = registry.addresses(person)
    known = {name: addresses.standing(connection, engine.hasher, address) for name, address in told.items()}
    usable = registry.reaching(engine.config, person)
    reached = {name: told[name] for name in usable if not known[name].undeliverable}
    there = zone(person.timezone, engine.config.business.zone)
    asked = asked_of(engine, connection, person, now)
    opted_out = bool(person.opted_out_at) or any(status.opted_out for status in known.values())
    return Contact(reached, person.language, there, opted_out, asked)


def recipient_of(engine: Engine, person: customers.Person) -> str | None:
    """Return the hash of the address by which the customer is known, and whoever shares it; None without one."""
    address = next(iter(registry.addresses(person).values()), None)
    return engine.hasher.hash(address) if address else None


def asked_of(
    engine: Engine, connection: Connection, person: customers.Person, now: datetime, sent: bool = False
) -> list[tuple[str, datetime]]:
    """Return survey and moment of all invitations that limits look at; what was renamed stands under today's id."""
    whom, since = invitations.Recipient(person.id, recipient_of(engine, person)), now - memory(engine)
    rows = invitations.sent(connection, whom, since) if sent else invitations.asked(connection, whom, since, now)
    return [(engine.library.today(survey), moment) for survey, moment in rows]


def memory(engine: Engine) -> timedelta:
    """Return how far back the limits look at what was sent."""
    sending, surveys = engine.config.sending, engine.library.surveys.values()
    invites = [survey.invite for survey in surveys if survey.invite]
    spans = [max(invite.cooldown, invite.every or timedelta(0)) for invite in invites]
    return max([sending.cooldown, *spans, *(window for window, _ in sending.at_most)])
