"""Invitations: planned or refused, claimed with a lease, handed over, recorded; each change from a known state."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, insert, or_, select, update

from . import lock
from .schema import invitation

BY_HAND = "link"  # the channel of an invitation that the operator carries to the customer
COUNTED = ("planned", "sending", "handed_over", "sent", "uncertain")  # what a cooldown remembers


class Invitation(NamedTuple):
    """An invitation as stored."""

    key: int
    id: str
    survey: str
    digest: str
    event: int | None
    customer: str | None
    test: bool
    state: str
    reason: str | None
    channel: str | None
    language: str | None
    priority: int
    day: date
    due_at: datetime | None
    expires_after: int
    attempt: int
    sent_at: datetime | None
    expires_at: datetime | None
    answered_at: datetime | None
    recipient: str | None


# Whoever shares a mailbox is one person.
SAME_PERSON = or_(invitation.c.customer == bindparam("customer"), invitation.c.recipient == bindparam("recipient"))
_THEIRS = select(invitation.c.survey, invitation.c.sent_at, invitation.c.next_at).where(
    SAME_PERSON, invitation.c.state.in_(COUNTED), ~invitation.c.test
)
SENT = _THEIRS.where(invitation.c.sent_at >= bindparam("since"))
ASKED = _THEIRS.where(invitation.c.sent_at.is_(None) | (invitation.c.sent_at >= bindparam("since")))
ADD = insert(invitation)
COLUMNS = tuple(invitation.c[name] for name in Invitation._fields)


def add(connection: Connection, values: Mapping[str, Any]) -> None:
    """Store a plan or a refusal; a second one for the same event and survey is an error."""
    connection.execute(ADD, values)


def asked(
    connection: Connection, customer_id: str, recipient: str | None, now: datetime, reach: timedelta, sent: bool = False
) -> list[tuple[str, datetime]]:
    """Return survey and moment of what was sent within `reach`, and is to be sent, to the customer or to their address.

    `recipient` is the hash of the address. What is to be sent leaves when it is tried next, and not before now; it is
    left out where only `sent` is asked for.
    """
    whom = {"customer": customer_id, "recipient": recipient, "since": now - reach}
    rows = connection.execute(SENT if sent else ASKED, whom)
    return [(survey, sent_at or max(next_at or now, now)) for survey, sent_at, next_at in rows]


def given(connection: Connection, customer_id: str, digest: str, channel: str, now: datetime) -> str | None:
    """Return the id of an invitation without an event, by that channel, that can still be answered; None without."""
    query = select(invitation.c.id).where(
        invitation.c.customer == customer_id,
        invitation.c.digest == digest,
        invitation.c.channel == channel,
        invitation.c.event.is_(None),
        invitation.c.state == "sent",
        invitation.c.answered_at.is_(None),
        invitation.c.expires_at > now,
    )
    return connection.execute(query.order_by(invitation.c.key.desc()).limit(1)).scalar_one_or_none()


def refuse(connection: Connection, key: int, reason: str) -> bool:
    """Turn a planned or claimed invitation into a refusal."""
    statement = update(invitation).where(invitation.c.key == key, invitation.c.state.in_(("planned", "sending")))
    return connection.execute(statement.values(state="refused", reason=reason, lease_until=None)).rowcount == 1


def refuse_all(connection: Connection, surveys: Collection[str], reason: str) -> int:
    """Turn all planned invitations to these surveys into refusals; return how many there were."""
    statement = update(invitation).where(invitation.c.survey.in_(surveys), invitation.c.state == "planned")
    return connection.execute(statement.values(state="refused", reason=reason)).rowcount


def claim(connection: Connection, now: datetime, lease: timedelta) -> Invitation | None:
    """Take the next due invitation for as long as the lease; the attempt's number is its fence. None if none is due.

    What is due to a customer, or an address, to whom something is just leaving waits for that, so that limits can count
    it. One claim waits for another, so that each sees what is leaving.
    """
    lock.hold(connection, lock.CLAIM)
    leaving = invitation.alias()
    same_person = or_(leaving.c.customer == invitation.c.customer, leaving.c.recipient == invitation.c.recipient)
    busy = select(leaving.c.key).where(leaving.c.lease_until.is_not(None), ~leaving.c.test, same_person)
    query = (
        select(invitation.c.key)
        .where(invitation.c.state == "planned", invitation.c.next_at <= now, ~busy.exists())
        .order_by(invitation.c.next_at, invitation.c.priority.desc(), invitation.c.key)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if (key := connection.execute(query).scalar_one_or_none()) is None:
        return None
    values = {"state": "sending", "lease_until": now + lease, "attempt": invitation.c.attempt + 1}
    row = connection.execute(
        update(invitation).where(invitation.c.key == key).values(**values).returning(*COLUMNS)
    ).one()
    return Invitation(*row)


def redirect(connection: Connection, customer_id: str, recipient: str) -> None:
    """Note that what is still to be sent to the customer goes to another address now."""
    waiting = update(invitation).where(invitation.c.customer == customer_id, invitation.c.state == "planned")
    connection.execute(waiting.where(~invitation.c.test).values(recipient=recipient))


def address(connection: Connection, claimed: Invitation, recipient: str) -> None:
    """Note to which address a claimed invitation goes, where that has changed."""
    if recipient != claimed.recipient:
        connection.execute(update(invitation).where(invitation.c.key == claimed.key).values(recipient=recipient))


def hand_over(connection: Connection, claimed: Invitation, lease_until: datetime) -> bool:
    """Note that the message is about to leave for good; False where the claim was lost to another worker."""
    return _move(connection, claimed, "sending", {"state": "handed_over", "lease_until": lease_until})


def sent(connection: Connection, claimed: Invitation, now: datetime, reference: str) -> bool:
    """Note that the message was accepted."""
    expires = now + timedelta(seconds=claimed.expires_after)
    values = {"state": "sent", "sent_at": now, "expires_at": expires, "lease_until": None, "reference": reference}
    return _move(connection, claimed, "handed_over", values)


def uncertain(connection: Connection, claimed: Invitation, now: datetime, why: str) -> bool:
    """Note that nobody can know whether the message was accepted; it is not sent again, and its link works."""
    expires = now + timedelta(seconds=claimed.expires_after)
    values = {"state": "uncertain", "sent_at": now, "expires_at": expires, "lease_until": None, "reference": why}
    return _move(connection, claimed, "handed_over", values)


def retry(connection: Connection, claimed: Invitation, at: datetime, why: str | None = None) -> bool:
    """Put a claimed invitation back, to be tried at that moment."""
    return _move(connection, claimed, None, {"state": "planned", "next_at": at, "lease_until": None, "reference": why})


def fail(connection: Connection, claimed: Invitation, why: str) -> bool:
    """Give an invitation up."""
    return _move(connection, claimed, None, {"state": "failed", "lease_until": None, "reference": why})


def _move(connection: Connection, claimed: Invitation, state: str | None, values: Mapping[str, Any]) -> bool:
    statement = update(invitation).where(invitation.c.key == claimed.key, invitation.c.attempt == claimed.attempt)
    states = ("sending", "handed_over") if state is None else (state,)
    return connection.execute(statement.where(invitation.c.state.in_(states)).values(**values)).rowcount == 1


def stranded(connection: Connection, now: datetime, all_of_them: bool = False) -> list[Invitation]:
    """Return the claimed invitations whose lease has run out, or all claimed ones."""
    query = select(*COLUMNS).where(invitation.c.lease_until.is_not(None))
    query = query if all_of_them else query.where(invitation.c.lease_until < now)
    return [Invitation(*row) for row in connection.execute(query.with_for_update(skip_locked=True))]


def by_token(connection: Connection, token_hash: str) -> Invitation | None:
    """Return the invitation that the token of that hash opens."""
    return _one(connection, select(*COLUMNS).where(invitation.c.token_hash == token_hash))


def by_id(connection: Connection, id: str) -> Invitation | None:
    """Return the invitation of that id."""
    return _one(connection, select(*COLUMNS).where(invitation.c.id == id))


def _one(connection: Connection, query: Select[Any]) -> Invitation | None:
    row = connection.execute(query).one_or_none()
    return Invitation(*row) if row else None


def answered(connection: Connection, key: int, at: datetime) -> bool:
    """Note the answer; False where the invitation was answered before."""
    statement = update(invitation).where(invitation.c.key == key, invitation.c.answered_at.is_(None))
    return connection.execute(statement.values(answered_at=at)).rowcount == 1
