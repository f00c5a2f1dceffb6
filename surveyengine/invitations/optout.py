"""Ends invitations to a customer, at their word."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from ..engine import Engine
from ..store import customers, invitations
from .token import address_hash, unsubscribed_id


class Leaving(NamedTuple):
    """The customer whom an unsubscribe link belongs to."""

    customer: str
    language: str | None


def opt_out(engine: Engine, token: str, now: datetime | None) -> Leaving | None:
    """Return whom the link belongs to, and with `now` end all invitations to them; None for a forged link.

    Once is as good as twice.
    """
    id = unsubscribed_id(engine.secret, token)
    if id is None:
        return None
    with engine.database.write() if now else engine.database.read() as connection:
        invitation = invitations.by_id(connection, id)
        person = customers.person(connection, invitation.customer) if invitation and invitation.customer else None
        if person and now:
            customers.opt_out_of_all(
                connection, person.id, person.email and address_hash(engine.secret, person.email), now
            )
    return Leaving(person.id, person.language) if person else None
