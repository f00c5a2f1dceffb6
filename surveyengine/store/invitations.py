"""Invitations: planned or refused, and what became of them; what carries them are sendings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, exists, insert, or_, select, update

from ..values.enumeration import InvitationState, SendingState
from .engine.listed import any_of
from .engine.upsert import insert_numbered
from .schema import invitation, sending

BY_HAND = "link"  # the channel of an invitation that the operator carries to the customer
LEAVING = (SendingState.CLAIMED, SendingState.HANDED_OVER)
LIVE = (SendingState.PLANNED, *LEAVING)  # of a sending
COUNTED = (InvitationState.PLANNED, InvitationState.SENT, InvitationState.UNCERTAIN)  # what a cooldown remembers


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
    day: date
    due_at: datetime | None
    expires_after: int
    sent_at: datetime | None
    expires_at: datetime | None
    answered_at: datetime | None
    recipient: str | None
    token_hash: str | None


class Recipient(NamedTuple):
    """A customer, and whoever shares their address; `recipient` is the address's hash, None for no address."""

    customer: str
    recipient: str | None


# When what carries an invitation leaves next; null where nothing is on its way.
NEXT_AT = (
    select(sending.c.next_at)
    .where(sending.c.invitation == invitation.c.key, sending.c.state.in_(LIVE))
    .order_by(sending.c.number)
    .limit(1)
    .scalar_subquery()
    .label("next_at")
)
IS_LEAVING = exists().where(sending.c.invitation == invitation.c.key, sending.c.lease_until.is_not(None))
# Whoever shares a mailbox is one person.
SAME_PERSON = or_(invitation.c.customer == bindparam("customer"), invitation.c.recipient == bindparam("recipient"))
SAME_PERSONS = or_(
    any_of(invitation.c.customer, "customers"),
    any_of(invitation.c.recipient, "recipients"),
)
WHOSE = invitation.c["customer", "recipient"]
_THEIRS = select(*WHOSE, invitation.c.survey, invitation.c.sent_at, NEXT_AT).where(
    SAME_PERSONS, invitation.c.state.in_(COUNTED), ~invitation.c.test
)
SENT = _THEIRS.where(invitation.c.sent_at >= bindparam("since"))
ASKED = _THEIRS.where(invitation.c.sent_at.is_(None) | (invitation.c.sent_at >= bindparam("since")))
ADD = insert(invitation).returning(invitation.c.key)
COLUMNS = tuple(invitation.c[name] for name in Invitation._fields)


def add(connection: Connection, values: Mapping[str, Any]) -> int:
    """Store a plan, a refusal or a link, and return its key; a second one for an event and survey is an error."""
    return int(connection.execute(ADD, values).scalar_one())


def add_all(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> Sequence[int]:
    """Store plans and refusals, all with the same columns, and return their keys."""
    return insert_numbered(connection, invitation, rows)


class Whose:
    """Tells whose a row is, of several who are asked for at once: by its customer, or by the address it goes to."""

    def __init__(self, persons: Collection[Recipient]) -> None:
        self._receiving: dict[str, list[str]] = {}
        for one in persons:
            if one.recipient:
                self._receiving.setdefault(one.recipient, []).append(one.customer)
        self._customers = {one.customer for one in persons}
        self.names = {"customers": sorted(self._customers), "recipients": sorted(self._receiving)}

    def __call__(self, customer: str | None, recipient: str | None) -> set[str]:
        """Return the ids of the customers that the row concerns."""
        return {*self._receiving.get(recipient or "", ()), *({customer} & self._customers)}


Asked = dict[str, list[tuple[str, datetime]]]


def sent(connection: Connection, persons: Collection[Recipient], since: datetime) -> Asked:
    """Return survey and moment of what was sent since then, by the customer's id."""
    return _asked(connection.execute(SENT, {**Whose(persons).names, "since": since}), persons, since)


def asked(connection: Connection, persons: Collection[Recipient], since: datetime, now: datetime) -> Asked:
    """Return survey and moment of what was sent since then, and of what is to be sent, by the customer's id.

    What is to be sent leaves when it is tried next, and not before now.
    """
    return _asked(connection.execute(ASKED, {**Whose(persons).names, "since": since}), persons, now)


def _asked(rows: Iterable[Any], persons: Collection[Recipient], now: datetime) -> Asked:
    whose, found = Whose(persons), {one.customer: list[tuple[str, datetime]]() for one in persons}
    for customer, recipient, survey, sent_at, next_at in rows:
        for id in whose(customer, recipient):
            found[id].append((survey, sent_at or max(next_at or now, now)))
    return found


def by_hand(connection: Connection, customer_id: str, digest: str, now: datetime) -> Invitation | None:
    """Return an invitation that was made by hand and can still be answered; None without."""
    query = select(*COLUMNS).where(
        invitation.c.customer == customer_id,
        invitation.c.digest == digest,
        invitation.c.channel == BY_HAND,
        invitation.c.event.is_(None),
        invitation.c.state == InvitationState.SENT,
        invitation.c.answered_at.is_(None),
        invitation.c.expires_at > now,
    )
    return _one(connection, query.order_by(invitation.c.key.desc()).limit(1))


def redirect(connection: Connection, customer_id: str, recipient: str) -> None:
    """Update the address of the customer's invitations that are still to be sent."""
    waiting = update(invitation).where(
        invitation.c.customer == customer_id, invitation.c.state == InvitationState.PLANNED
    )
    connection.execute(waiting.where(~IS_LEAVING, ~invitation.c.test).values(recipient=recipient))


def renew(connection: Connection, leaving: Invitation, recipient: str, values: Mapping[str, Any]) -> None:
    """Update the address, version and link of an invitation that is being sent, unless it has another link by now."""
    changes = {**values, "recipient": recipient}
    if any(getattr(leaving, name) != value for name, value in changes.items()):
        seen = invitation.c.token_hash.is_not_distinct_from(leaving.token_hash)
        connection.execute(update(invitation).where(invitation.c.key == leaving.key, seen).values(**changes))


def by_token(connection: Connection, token_hash: str) -> Invitation | None:
    """Return the invitation that the token of that hash opens."""
    return _one(connection, select(*COLUMNS).where(invitation.c.token_hash == token_hash))


def by_id(connection: Connection, id: str) -> Invitation | None:
    """Return the invitation of that id."""
    return _one(connection, select(*COLUMNS).where(invitation.c.id == id))


def held(connection: Connection, key: int) -> Invitation | None:
    """Return an invitation as it stands; nobody answers it, or begins to, until the transaction ends."""
    return _one(connection, select(*COLUMNS).where(invitation.c.key == key).with_for_update())


def links_out(connection: Connection, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield id and hash of the personal links that were given out and can still be answered."""
    query = select(invitation.c.id, invitation.c.token_hash).where(
        invitation.c.sent_at.is_not(None), invitation.c.answered_at.is_(None), invitation.c.expires_at > now
    )
    for row in connection.execute(query.execution_options(yield_per=1000)):
        yield row.id, row.token_hash


def newest_links(connection: Connection, most: int) -> list[tuple[str, str]]:
    """Return the ids of the newest invitations with links, and the hashes of their tokens; of any revision's tables."""
    linked = select(invitation.c.id, invitation.c.token_hash).where(invitation.c.token_hash.is_not(None))
    rows = connection.execute(linked.order_by(invitation.c.key.desc()).limit(most))
    return [(id, token_hash) for id, token_hash in rows]


def _one(connection: Connection, query: Select[Any]) -> Invitation | None:
    row = connection.execute(query).one_or_none()
    return Invitation(*row) if row else None


def answered(connection: Connection, key: int, at: datetime, digest: str) -> bool:
    """Note the answer, and to which version it was given; False where it was answered before, or is nobody's by now."""
    statement = update(invitation).where(
        invitation.c.key == key, invitation.c.answered_at.is_(None), invitation.c.customer.is_not(None)
    )
    return connection.execute(statement.values(answered_at=at, digest=digest)).rowcount == 1
