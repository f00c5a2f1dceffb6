"""The rows of one customer, for erasing them; each is found by the customer, whose row the caller has locked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, bindparam, delete, exists, func, not_, or_, select, update

from ..definitions.kinds.registry import CONTACTS
from ..values.enumeration import SendingState
from .schema import account, allotment, answer, customer, draft, event, invitation, response, sending, undeliverable
from .tallies import INAPPLICABLE, RANKING

BATCH = 500  # keys in one statement
CLOSED = or_(answer.c.counted, answer.c.series == RANKING, INAPPLICABLE)
"""The answers that were chosen from what was offered, and not written."""


class HeldInvitation(NamedTuple):
    """An invitation of a customer, as far as it decides what becomes of it."""

    key: int
    id: str
    digest: str
    test: bool
    state: str
    reason: str | None
    planned_at: datetime
    due_at: datetime | None
    sent_at: datetime | None
    expires_at: datetime | None
    answered_at: datetime | None


class HeldResponse(NamedTuple):
    """A response of a customer."""

    id: str
    test: bool


class HeldEvent(NamedTuple):
    """An event about a customer."""

    key: int
    time: datetime
    received_at: datetime


class Holdings(NamedTuple):
    """How much there is of a customer; `texts` are answers that they wrote themselves."""

    events: int
    invitations: int
    sendings: int
    drafts: int
    responses: int
    texts: int


def holdings(connection: Connection, id: str) -> Holdings:
    """Return how much there is of a customer."""
    theirs = _invitations(id)
    own = select(response.c.id).where(response.c.customer == id)
    counted: Sequence[tuple[Any, ColumnElement[bool]]] = (
        (event, event.c.customer == id),
        (invitation, invitation.c.customer == id),
        (sending, sending.c.invitation.in_(theirs)),
        (draft, draft.c.invitation.in_(theirs)),
        (response, response.c.customer == id),
        (answer, answer.c.response.in_(own) & not_(CLOSED)),
    )
    queries = (select(func.count()).select_from(table).where(which) for table, which in counted)
    return Holdings(*(int(connection.execute(query).scalar_one()) for query in queries))


def invitations(connection: Connection, id: str) -> list[HeldInvitation]:
    """Return the customer's invitations; nobody else changes them until the transaction ends."""
    columns = (invitation.c[name] for name in HeldInvitation._fields)
    query = select(*columns).where(invitation.c.customer == id).order_by(invitation.c.key).with_for_update()
    return [HeldInvitation(*row) for row in connection.execute(query)]


def messages(connection: Connection, id: str) -> list[tuple[str, int]]:
    """Return of each message to the customer the id of its invitation, and its number."""
    query = select(invitation.c.id, sending.c.number).join(invitation, invitation.c.key == sending.c.invitation)
    return [(id, number) for id, number in connection.execute(query.where(invitation.c.customer == id))]


def responses(connection: Connection, id: str) -> list[HeldResponse]:
    """Return the customer's responses; nobody else changes them until the transaction ends."""
    query = select(response.c.id, response.c.test).where(response.c.customer == id).order_by(response.c.id)
    return [HeldResponse(*row) for row in connection.execute(query.with_for_update())]


def is_leaving(connection: Connection, id: str, now: datetime) -> bool:
    """Whether a message to the customer is with a mail server at this moment, and cannot be held back any more."""
    query = select(sending.c.key).where(
        sending.c.invitation.in_(_invitations(id)),
        sending.c.state == SendingState.HANDED_OVER,
        sending.c.lease_until >= now,
    )
    return connection.execute(query.limit(1)).first() is not None


def drop_messages(connection: Connection, keys: Collection[int]) -> None:
    """Forget the sendings and the drafts of these invitations."""
    for some in batches(keys):
        for table in (sending, draft):
            connection.execute(delete(table).where(table.c.invitation.in_(some)))


def drop_texts(connection: Connection, ids: Collection[str]) -> int:
    """Forget what was written in these responses, and return how many answers that were."""
    written = [delete(answer).where(answer.c.response.in_(some), not_(CLOSED)) for some in batches(ids)]
    return sum(connection.execute(one).rowcount for one in written)


def blank_contacts(connection: Connection, ids: Collection[str]) -> int:
    """Leave of the addresses and numbers in these responses only that they were given; return how many that were."""
    given = answer.c.series.in_(CONTACTS) & not_(INAPPLICABLE)
    blanked = [update(answer).where(answer.c.response.in_(some), given).values(value="") for some in batches(ids)]
    return sum(connection.execute(one).rowcount for one in blanked)


def drop_responses(connection: Connection, ids: Collection[str]) -> None:
    """Forget these responses with their answers."""
    for some in batches(ids):
        connection.execute(delete(answer).where(answer.c.response.in_(some)))
        connection.execute(delete(response).where(response.c.id.in_(some)))


def unlink_responses(connection: Connection, ids: Collection[str], contexts: Mapping[str, Mapping[str, str]]) -> None:
    """Keep of these responses only the answers, their language, their day, and the facts that `contexts` has."""
    nobody = dict.fromkeys(("invitation", "customer", "answered_at", "shuffled"))
    for some in batches([id for id in ids if not contexts.get(id)]):
        connection.execute(update(response).where(response.c.id.in_(some)).values(**nobody, context={}, claimed=False))
    theirs = update(response).where(response.c.id == bindparam("at"))
    theirs = theirs.values(**nobody, context=bindparam("facts", type_=response.c.context.type))
    if rows := [{"at": id, "facts": contexts[id]} for id in sorted(ids) if contexts.get(id)]:
        connection.execute(theirs, rows)


def drop_invitations(connection: Connection, keys: Collection[int]) -> None:
    """Forget these invitations, of which nothing else is left."""
    for some in batches(keys):
        connection.execute(delete(invitation).where(invitation.c.key.in_(some)))


def change_invitations(connection: Connection, changes: Iterable[Mapping[str, Any]]) -> None:
    """Give each of these invitations, by its key as `at`, other values; all of them have the same names.

    What their occasions drew goes: the tickets of one customer leave each other room, which would tell that they belong
    together.
    """
    if rows := list(changes):
        for some in batches([one["at"] for one in rows]):
            connection.execute(delete(allotment).where(allotment.c.invitation.in_(some)))
        values = {name: bindparam(name, type_=invitation.c[name].type) for name in rows[0] if name != "at"}
        connection.execute(update(invitation).where(invitation.c.key == bindparam("at")).values(values), rows)


def drop_events(connection: Connection, id: str) -> int:
    """Forget the customer's events that no invitation counts for, and return how many that were."""
    counted = exists().where(invitation.c.event == event.c.key)
    return connection.execute(delete(event).where(event.c.customer == id, ~counted)).rowcount


def events(connection: Connection, id: str) -> list[HeldEvent]:
    """Return the events about the customer."""
    query = select(*(event.c[name] for name in HeldEvent._fields)).where(event.c.customer == id)
    return [HeldEvent(*row) for row in connection.execute(query.order_by(event.c.key).with_for_update())]


def change_events(connection: Connection, changes: Iterable[Mapping[str, Any]]) -> None:
    """Let nothing of these events, by their keys as `at`, tell whom they were about: they get another id and time."""
    if rows := list(changes):
        new = {name: bindparam(name, type_=event.c[name].type) for name in rows[0] if name != "at"}
        emptied = update(event).where(event.c.key == bindparam("at")).values(**new, customer=None, data={}, outcome={})
        connection.execute(emptied, rows)


def drop_customer(connection: Connection, id: str) -> None:
    """Forget the customer's record, and what only they had: their account, and what is known of their mailbox."""
    row = connection.execute(select(*customer.c["account", "address_hash"]).where(customer.c.id == id)).one()
    connection.execute(delete(customer).where(customer.c.id == id))
    shared = exists().where(customer.c.account == row.account)
    connection.execute(delete(account).where(account.c.id == row.account, ~shared))
    shared = exists().where(customer.c.address_hash == row.address_hash)
    connection.execute(delete(undeliverable).where(undeliverable.c.address_hash == row.address_hash, ~shared))


def _invitations(id: str) -> Select[Any]:
    return select(invitation.c.key).where(invitation.c.customer == id)


def batches(keys: Collection[Any]) -> Iterator[Sequence[Any]]:
    """Yield keys in as many as one statement takes."""
    ordered = sorted(keys)
    return (ordered[begin : begin + BATCH] for begin in range(0, len(ordered), BATCH))
