"""Sendings: planned, claimed with a lease, handed over, recorded; each change from a known state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, delete, exists, func, or_, select, update

from ..values.enumeration import InvitationState, Reason, SendingState
from .engine import lock
from .engine.direct import Direct
from .engine.upsert import spelled
from .invitations import COLUMNS, LEAVING, Invitation
from .schema import invitation, sending

MOST_KEYS = 500  # in one query
FIRST = 1  # the number of what carries an invitation for the first time; reminders come after it
PUNCTUAL = timedelta(minutes=10)
"""How late something may be without being called late: an event that comes to light, an invitation that leaves."""

FUTURE = timedelta(hours=1)
"""How far ahead a lease may end: believed clocks may differ by as much, and a lease lasts minutes."""


class ClaimedSending(NamedTuple):
    """A message on its way, and the invitation that it carries; its fence names the claim."""

    key: int
    number: int
    channel: str
    state: str
    due_at: datetime
    attempt: int
    fence: int
    invitation: Invitation

    @property
    def is_reminder(self) -> bool:
        """Whether it is not the first that carries its invitation."""
        return self.number > FIRST

    @property
    def promised_at(self) -> datetime:
        """When it was to leave before anything held it up."""
        return self.due_at if self.is_reminder else self.invitation.due_at or self.due_at


AFRESH = {"state": str(SendingState.PLANNED), "attempt": 0, "reason": None, "sent_at": None, "reference": None}
_OWN = tuple(sending.c[name] for name in ClaimedSending._fields[:-1])
FAILED = and_(sending.c.state == SendingState.FAILED, invitation.c.state == InvitationState.FAILED)
UNKNOWN = and_(
    sending.c.state == SendingState.UNCERTAIN,
    sending.c.number == FIRST,
    invitation.c.state == InvitationState.UNCERTAIN,
    invitation.c.answered_at.is_(None),
)
ROWS = select(*_OWN, *COLUMNS).join(invitation, invitation.c.key == sending.c.invitation)


def plan(connection: Connection, messages: Collection[Mapping[str, Any]]) -> None:
    """Plan messages anew, each with its `invitation`, `channel` and `priority`, and its `number` but for the first.

    `due_at` is when it ought to leave, and `next_at`, where there is one, when it may.
    """
    rows = [{"number": FIRST, "next_at": one["due_at"], **AFRESH, **one} for one in messages]
    if rows:
        Direct.within(connection).run_all(_plan(connection.dialect.name), rows)


@cache
def _plan(dialect: str) -> Any:
    anew = ("channel", "priority", "due_at", "next_at", *AFRESH)
    insert = spelled(dialect, sending).values({name: bindparam(name) for name in ("invitation", "number", *anew)})
    again = {name: insert.excluded[name] for name in anew}
    return insert.on_conflict_do_update(index_elements=[sending.c.invitation, sending.c.number], set_=again)


def withdraw(connection: Connection, invitations: Select[Any] | Collection[int], reason: str) -> int:
    """Refuse these invitations, and send nothing of them that was not handed over; return how many were refused."""
    theirs = sending.c.invitation.in_(invitations)
    stopped = update(sending).where(theirs, sending.c.state.in_((SendingState.PLANNED, SendingState.CLAIMED)))
    values = {"state": SendingState.WITHDRAWN, "reason": reason, "lease_until": None}
    keys = connection.execute(stopped.values(**values).returning(sending.c.invitation)).scalars().all()
    refused = update(invitation).where(invitation.c.key.in_(keys), invitation.c.state == InvitationState.PLANNED)
    return connection.execute(refused.values(state=InvitationState.REFUSED, reason=reason)).rowcount


def drop_reminders(connection: Connection, key: int) -> None:
    """Forget the reminders of an invitation that still wait; one that is leaving is decided about once more."""
    waiting = and_(sending.c.number > FIRST, sending.c.state == SendingState.PLANNED)
    connection.execute(delete(sending).where(sending.c.invitation == key, waiting))


def planned(surveys: Collection[str]) -> Select[Any]:
    """Return the query of all invitations to these surveys that are still planned."""
    return select(invitation.c.key).where(
        invitation.c.survey.in_(surveys), invitation.c.state == InvitationState.PLANNED
    )


class ClaimFilter(NamedTuple):
    """Which due messages may be claimed: `with_late` ones or not, of any channel but the `resting` ones."""

    with_late: bool = True
    resting: Collection[str] = ()


ANY_DUE = ClaimFilter()


def claim(
    connection: Connection, now: datetime, lease: timedelta, wanted: ClaimFilter = ANY_DUE
) -> ClaimedSending | None:
    """Take the next due message for as long as the lease; None if none is due.

    What is on time goes first, and then what ought to have left before: the newest first, but what waited for the same
    open moment in the order in which it was due. What is due to a customer, or an address, to whom something is just
    leaving waits for that, so that limits can count it. One claim waits for another, so that each sees what is leaving.
    """
    lock.hold(connection, lock.CLAIM)
    moments = {"now": now, "late": now - PUNCTUAL}
    others = sending.c.channel.not_in(sorted(wanted.resting))
    on_time, late = (ON_TIME.where(others), LATE.where(others)) if wanted.resting else (ON_TIME, LATE)
    key = connection.execute(on_time, moments).scalar_one_or_none()
    if key is None and wanted.with_late:
        key = connection.execute(late, moments).scalar_one_or_none()
    if key is None:
        return None
    values = {"state": SendingState.CLAIMED, "lease_until": now + lease, "fence": sending.c.fence + 1}
    connection.execute(update(sending).where(sending.c.key == key).values(**values))
    return _read(connection.execute(ROWS.where(sending.c.key == key)).one())


def _is_free(name: str) -> ColumnElement[bool]:
    """The condition that nothing is being sent to whoever stands in that column of an invitation.

    It reads what is being sent once, which is little, and not all invitations of each person.
    """
    leaving, theirs = sending.alias(), invitation.alias()
    own, other = invitation.c[name], theirs.c[name]
    busy = select(other).join(leaving, theirs.c.key == leaving.c.invitation)
    busy = busy.where(leaving.c.lease_until.is_not(None), ~theirs.c.test, other.is_not(None))
    return or_(own.is_(None), own.not_in(busy))


def _due(*which: ColumnElement[Any]) -> Select[Any]:
    is_free = and_(_is_free("customer"), _is_free("recipient"))
    return (
        select(sending.c.key)
        .join(invitation, invitation.c.key == sending.c.invitation)
        .where(sending.c.state == SendingState.PLANNED, sending.c.next_at <= bindparam("now"), is_free)
        .where(*which)
        .limit(1)
        .with_for_update(of=(sending, invitation), skip_locked=True)
    )


_NOT_LATE = sending.c.due_at > bindparam("late")
_RECENT = sending.c.next_at > bindparam("late")  # implied, as nothing leaves before it is due; for the index
_FIRST_COME = (sending.c.next_at, sending.c.priority.desc(), sending.c.key)
# What waited for the same open moment leaves in the order in which it was due.
_NEWEST = (sending.c.next_at.desc(), sending.c.due_at, sending.c.priority.desc(), sending.c.key)
ON_TIME = _due(_NOT_LATE, _RECENT).order_by(*_FIRST_COME)
LATE = _due(~_NOT_LATE).order_by(*_NEWEST)


def hand_over(connection: Connection, claimed: ClaimedSending, lease_until: datetime) -> bool:
    """Note that the message is about to leave for good; False where the claim was lost to another worker."""
    return _move(
        connection, claimed, (SendingState.CLAIMED,), {"state": SendingState.HANDED_OVER, "lease_until": lease_until}
    )


def sent(connection: Connection, claimed: ClaimedSending, now: datetime, reference: str) -> bool:
    """Note that the message was accepted."""
    values = {"state": SendingState.SENT, "sent_at": now, "lease_until": None, "reference": reference}
    return _move(connection, claimed, (SendingState.HANDED_OVER,), values) and _reached(
        connection, claimed, InvitationState.SENT, now
    )


def uncertain(connection: Connection, claimed: ClaimedSending, now: datetime, why: str) -> bool:
    """Note that nobody can know whether the message was accepted; it is not sent again, and its link works."""
    values = {"state": SendingState.UNCERTAIN, "sent_at": now, "lease_until": None, "reason": why}
    return _move(connection, claimed, (SendingState.HANDED_OVER,), values) and _reached(
        connection, claimed, InvitationState.UNCERTAIN, now
    )


def retry(connection: Connection, claimed: ClaimedSending, at: datetime, why: str | None = None) -> bool:
    """Put a claimed message back, to be tried at that moment, and note why where something went wrong.

    No try was spent on it.
    """
    values = {"state": SendingState.PLANNED, "next_at": at, "lease_until": None}
    return _move(connection, claimed, LEAVING, {**values, "reason": why} if why else values)


def refused_for_now(connection: Connection, claimed: ClaimedSending, at: datetime, why: str) -> bool:
    """Put back a message that was refused for now, to be tried at that moment."""
    values = {
        "state": SendingState.PLANNED,
        "next_at": at,
        "lease_until": None,
        "attempt": claimed.attempt + 1,
        "reason": why,
    }
    return _move(connection, claimed, LEAVING, values)


def fail(connection: Connection, claimed: ClaimedSending, why: str) -> bool:
    """Give a message up, and its invitation where none reached the customer."""
    values = {"state": SendingState.FAILED, "lease_until": None, "reason": why}
    if not _move(connection, claimed, LEAVING, values):
        return False
    given_up = update(invitation).where(
        invitation.c.key == claimed.invitation.key, invitation.c.state == InvitationState.PLANNED
    )
    connection.execute(given_up.values(state=InvitationState.FAILED))
    return True


def failed(connection: Connection, surveys: Collection[str] | None, since: datetime | None) -> list[int]:
    """Return the keys of the messages that were given up, of these surveys or all, the newest first.

    `since` leaves out those that were to be tried for the last time before that moment.
    """
    return _ended(connection, FAILED, surveys, since)


def uncertain_ones(connection: Connection, surveys: Collection[str] | None, since: datetime | None) -> list[int]:
    """Return the same of those of which nobody knows whether they left, and which were not answered."""
    return _ended(connection, UNKNOWN, surveys, since)


def _ended(
    connection: Connection, which: ColumnElement[bool], surveys: Collection[str] | None, since: datetime | None
) -> list[int]:
    query = select(sending.c.key).join(invitation, invitation.c.key == sending.c.invitation).where(which)
    query = query if surveys is None else query.where(invitation.c.survey.in_(surveys))
    query = query if since is None else query.where(sending.c.next_at >= since)
    return list(connection.execute(query.order_by(sending.c.due_at.desc(), sending.c.key)).scalars())


def given_up(connection: Connection, key: int) -> ClaimedSending | None:
    """Return the message of that key, which nobody else changes meanwhile; None where it is not given up any more.

    It is where it failed, where it was withdrawn as late, and where nobody knows whether it left and no reminder is
    just leaving.
    """
    late = and_(
        sending.c.state == SendingState.WITHDRAWN,
        invitation.c.state == InvitationState.REFUSED,
        invitation.c.reason == Reason.LATE,
    )
    reminding = sending.alias()
    is_reminding = exists().where(reminding.c.invitation == invitation.c.key, reminding.c.lease_until.is_not(None))
    query = ROWS.where(sending.c.key == key, or_(FAILED, late, and_(UNKNOWN, ~is_reminding)))
    row = connection.execute(query.with_for_update(of=(sending, invitation))).one_or_none()
    return _read(row) if row else None


def revive(connection: Connection, given_up: ClaimedSending, at: datetime) -> None:
    """Plan a message that was given up, and its invitation, as if it had never been tried."""
    anew = {"state": SendingState.PLANNED, "next_at": at, "attempt": 0, "reason": None, "sent_at": None}
    connection.execute(update(sending).where(sending.c.key == given_up.key).values(**anew))
    carried = update(invitation).where(invitation.c.key == given_up.invitation.key)
    connection.execute(carried.values(state=InvitationState.PLANNED, reason=None, sent_at=None, expires_at=None))
    drop_reminders(connection, given_up.invitation.key)


def _reached(connection: Connection, claimed: ClaimedSending, state: str, now: datetime) -> bool:
    """Note that an invitation reached its customer; its time runs from the first message on.

    Where it is uncertain whether that one arrived, a reminder that did settles it.
    """
    values = {"state": state, "sent_at": now, "expires_at": now + timedelta(seconds=claimed.invitation.expires_after)}
    first = update(invitation).where(invitation.c.key == claimed.invitation.key, invitation.c.sent_at.is_(None))
    connection.execute(first.values(**values))
    if state == InvitationState.SENT and claimed.is_reminder:
        doubted = and_(invitation.c.key == claimed.invitation.key, invitation.c.state == InvitationState.UNCERTAIN)
        connection.execute(update(invitation).where(doubted).values(state=state))
    return True


def _move(connection: Connection, claimed: ClaimedSending, states: Collection[str], values: Mapping[str, Any]) -> bool:
    mine = and_(sending.c.key == claimed.key, sending.c.fence == claimed.fence, sending.c.state.in_(states))
    return connection.execute(update(sending).where(mine).values(**values)).rowcount == 1


def stranded(connection: Connection, now: datetime, all_of_them: bool = False) -> list[ClaimedSending]:
    """Return the claimed messages whose lease has run out, or all claimed ones.

    A lease that ends further ahead than `FUTURE` comes from a wrong clock, and counts as run out.
    """
    query = ROWS.where(sending.c.lease_until.is_not(None))
    run_out = or_(sending.c.lease_until < now, sending.c.lease_until > now + FUTURE)
    query = query if all_of_them else query.where(run_out)
    return [_read(row) for row in connection.execute(query.with_for_update(of=sending, skip_locked=True))]


def states(connection: Connection, keys: Collection[int]) -> Counter[str]:
    """Return how many of these messages are in each state."""
    found: Counter[str] = Counter()
    ordered = sorted(keys)
    for begin in range(0, len(ordered), MOST_KEYS):
        some = ordered[begin : begin + MOST_KEYS]
        query = select(sending.c.state, func.count()).where(sending.c.key.in_(some)).group_by(sending.c.state)
        found.update({state: n for state, n in connection.execute(query)})
    return found


def _read(row: Any) -> ClaimedSending:
    own, carried = row[: len(_OWN)], row[len(_OWN) :]
    return ClaimedSending._make((*own, Invitation(*carried)))
