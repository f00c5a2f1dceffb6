"""What a database that was brought back from an earlier moment does not know: what left since, and who asked what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, and_, or_, select, update

from ..values.enumeration import InvitationState, SendingState
from . import erasures, optdowns
from .engine.upsert import insert_new
from .erasures import Tombstone
from .schema import address_key, customer, invitation, opt_out, sending

WHY = "it may have been sent after the backup that was restored"


def may_have_left(connection: Connection, now: datetime) -> int:
    """Mark as uncertain what was on its way, or due until now, and return how many messages that are.

    The link of an uncertain invitation works, and it counts for limits, as if it had been sent.
    """
    due = and_(sending.c.state == SendingState.PLANNED, sending.c.next_at <= now)
    found = or_(due, sending.c.lease_until.is_not(None))
    theirs = select(sending.c.invitation).where(found)
    waiting = and_(invitation.c.state == InvitationState.PLANNED, invitation.c.key.in_(theirs))
    for seconds in connection.execute(select(invitation.c.expires_after).where(waiting).distinct()).scalars().all():
        alike = update(invitation).where(waiting, invitation.c.expires_after == seconds)
        expires_at = now + timedelta(seconds=seconds)
        connection.execute(alike.values(state=InvitationState.UNCERTAIN, sent_at=now, expires_at=expires_at))
    uncertain = {"state": SendingState.UNCERTAIN, "sent_at": now, "lease_until": None, "reason": WHY}
    return connection.execute(update(sending).where(found).values(**uncertain)).rowcount


class Wishes(NamedTuple):
    """What customers have asked for: to be erased, or to be invited less or not, by hashes with a key, and by ids."""

    key: str | None
    tombstones: Sequence[Tombstone] = ()
    addresses: Sequence[tuple[str, datetime]] = ()
    customers: Sequence[tuple[str, datetime]] = ()
    fewer: Sequence[tuple[str, str, datetime]] = ()


def wishes(connection: Connection) -> Wishes:
    """Return what customers have asked for so far."""
    left = select(customer.c.id, customer.c.opted_out_at).where(customer.c.opted_out_at.is_not(None))
    return Wishes(
        connection.execute(select(address_key.c.key)).scalar_one_or_none(),
        erasures.listed(connection),
        [(hashed, at) for hashed, at in connection.execute(select(opt_out.c.address_hash, opt_out.c.at))],
        [(id, at) for id, at in connection.execute(left)],
        optdowns.listed(connection),
    )


def keep(connection: Connection, asked: Wishes) -> None:
    """Store wishes from another moment of the same database; nothing, where it is of another business."""
    if asked.key != connection.execute(select(address_key.c.key)).scalar_one_or_none():
        return
    erasures.keep(connection, asked.tombstones)
    for hashed, at in asked.addresses:
        insert_new(connection, opt_out, {"address_hash": hashed, "at": at})
    optdowns.keep(connection, asked.fewer)
    for id, at in asked.customers:
        theirs = update(customer).where(customer.c.id == id, customer.c.opted_out_at.is_(None))
        connection.execute(theirs.values(opted_out_at=at))
