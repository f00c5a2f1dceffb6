"""Who asked not to be invited, and by which link: mailboxes and links stand in one table, each by its hash."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, or_, select, update

from ..values.enumeration import InvitationState
from .engine.upsert import insert_new
from .schema import customer, invitation, opt_out


def note(connection: Connection, person: str | None, hashes: Collection[str], now: datetime) -> None:
    """Store the opt-out of this customer and of these mailboxes or links; an earlier one stays."""
    if person:
        still_in = update(customer).where(customer.c.id == person, customer.c.opted_out_at.is_(None))
        connection.execute(still_in.values(opted_out_at=now))
    for one in sorted(hashes):  # in one order, so that two transactions do not wait for each other
        insert_new(connection, opt_out, {"address_hash": one, "at": now})


def moments(connection: Connection, person: str | None, hashes: Collection[str]) -> set[datetime]:
    """Return when the customer, and any of these mailboxes or links, opted out; empty if none did."""
    found = [*connection.execute(select(opt_out.c.at).where(opt_out.c.address_hash.in_(hashes))).scalars()]
    if person:
        found += connection.execute(select(customer.c.opted_out_at).where(customer.c.id == person)).scalars()
    return {at for at in found if at}


def take_back(connection: Connection, person: str | None, hashes: Collection[str], at: datetime) -> None:
    """Undo the opt-out of the customer, and of these mailboxes or links, if it was made at that moment."""
    connection.execute(delete(opt_out).where(opt_out.c.address_hash.in_(hashes), opt_out.c.at == at))
    if person:
        out = update(customer).where(customer.c.id == person, customer.c.opted_out_at == at)
        connection.execute(out.values(opted_out_at=None))


def invitations_to(connection: Connection, person: str, recipients: Collection[str]) -> list[str]:
    """Return the ids of all invitations to the customer, or to one of these mailboxes."""
    theirs = or_(invitation.c.customer == person, invitation.c.recipient.in_(recipients))
    return list(
        connection.execute(
            select(invitation.c.id).where(theirs, invitation.c.state != InvitationState.REFUSED)
        ).scalars()
    )
