"""How a customer can be reached, and when they were asked, as the limits count it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..channels import registry
from ..engine import Engine
from ..i18n.timezone import zone
from ..store import addresses, customers, invitations
from ..store.engine.database import Connection
from .decision import SELDOM, Contact


@dataclass(frozen=True)
class DecisionContext:
    """What decisions are made from: the engine's files, what is stored as one transaction sees it, and one moment."""

    engine: Engine
    connection: Connection
    now: datetime


def contact_of(context: DecisionContext, person: customers.Person) -> Contact:
    """Return how the customer can be reached, and when they were and will be asked, as far back as limits look."""
    return contacts_of(context, [person])[person.id]


def contacts_of(context: DecisionContext, persons: Collection[customers.Person]) -> dict[str, Contact]:
    """Return the same of several customers, by their ids."""
    config, told = context.engine.config, {one.id: registry.addresses(one) for one in persons}
    addressed = {address for each in told.values() for address in each.values()}
    standing = addresses.standing(context.connection, context.engine.hasher, addressed)
    asked, used, here = asked_of(context, persons), [*registry.used(config)], config.business.zone
    contacts = {}
    for one in persons:
        known = {name: standing[address] for name, address in told[one.id].items()}
        usable = [name for name in registry.reaching(used, one) if not known[name].undeliverable]
        reached = {name: told[one.id][name] for name in usable}
        opted_out = bool(one.opted_out_at) or any(status.opted_out for status in known.values())
        less = frozenset().union(*(status.less for status in known.values()))
        contacts[one.id] = Contact(reached, one.language, zone(one.timezone, here), opted_out, asked[one.id], less)
    return contacts


def recipient_of(engine: Engine, person: customers.Person) -> str | None:
    """Return the hash of the customer's first address, which all who share it have in common; None without one."""
    address = registry.first_address(person)
    return engine.hasher.hash(address) if address else None


def whom(engine: Engine, person: customers.Person) -> invitations.Recipient:
    """Return the customer with the hash of their address."""
    return invitations.Recipient(person.id, recipient_of(engine, person))


def asked_of(
    context: DecisionContext, persons: Collection[customers.Person], sent: bool = False
) -> dict[str, list[tuple[str, datetime]]]:
    """Return survey and moment of all invitations that limits look at, by the customer's id.

    A renamed survey has today's id.
    """
    engine, connection, now = context.engine, context.connection, context.now
    theirs, since = [whom(engine, one) for one in persons], now - memory(engine)
    found = invitations.sent(connection, theirs, since) if sent else invitations.asked(connection, theirs, since, now)
    return {id: [(engine.library.today(survey), at) for survey, at in each] for id, each in found.items()}


def memory(engine: Engine) -> timedelta:
    """Return how far back the limits look: the longest of all their spans."""
    sending, surveys = engine.config.sending, engine.library.surveys.values()
    invites = [survey.invite for survey in surveys if survey.invite]
    spans = [max(invite.cooldown, invite.every or timedelta(0)) for invite in invites]
    return max([SELDOM, sending.cooldown, *spans, *(window for window, _ in sending.at_most)])
