"""Ends invitations to a customer, at their word."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from ..engine import Engine
from ..store import customers, events, invitations
from ..store.customers import Person
from ..store.database import Connection
from ..store.invitations import Invitation
from .token import unsubscribed_id


class Leaving(NamedTuple):
    """The customer whom an unsubscribe link belongs to."""

    customer: str
    language: str | None


def opt_out(engine: Engine, token: str, now: datetime | None) -> Leaving | None:
    """Return whom the link belongs to, and with `now` end all invitations to them; None for a forged link.

    Once is as good as twice. A test mail may have gone to somebody else than the customer, so that only the address it
    went to is left alone.
    """
    id = unsubscribed_id(engine.secret, token)
    if id is None:
        return None
    with engine.database.write() if now else engine.database.read() as connection:
        invitation = invitations.by_id(connection, id)
        person = _person(connection, invitation) if invitation else None
        if invitation and person and now:
            customers.opt_out_of_all(connection, None if invitation.test else person.id, invitation.recipient, now)
            if person.email:  # which may have changed since
                customers.opt_out_of_all(connection, None, engine.hasher.hash(person.email), now)
    return Leaving(person.id, person.language) if person else None


def _person(connection: Connection, invitation: Invitation) -> Person | None:
    """Return whom the invitation went to, as it reached them."""
    person = customers.person(connection, invitation.customer) if invitation.customer else None
    if person is None or invitation.event is None:
        return person
    return customers.as_told(person, events.when_and_what(connection, invitation.event)[1])
