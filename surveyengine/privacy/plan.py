"""What an erasure reaches, and what becomes of each thing: pure, from rows to changes of rows.

Whatever tells whom something was about goes: ids, links, facts of the occasion, what somebody wrote, exact moments. The
closed answers and the funnel's counts stay, with the day; or nothing stays of them either. An anonymous answer is
nobody's, and so is left alone, with the count of its invitation.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any

from ..store.erasing import HeldEvent, HeldInvitation, HeldResponse
from ..values.enumeration import InvitationState, Reason

NewId = Callable[[], str]
ERASED = "erased-"  # begins the id of what has lost its own


@dataclass(frozen=True)
class ErasurePlan:
    """Which rows go, by their keys or ids, and which stay as nobody's: the changes to each."""

    gone_invitations: Collection[int]
    gone_responses: Collection[str]
    unlinked_invitations: Sequence[Mapping[str, Any]]
    unlinked_responses: Collection[str]


@dataclass(frozen=True)
class ErasureWish:
    """Whether the closed answers go too; the versions that are anonymous, by their digests; the moment."""

    with_answers: bool
    anonymous: Collection[str]
    now: datetime


def plan(
    invitations: Sequence[HeldInvitation], responses: Sequence[HeldResponse], wish: ErasureWish, new_id: NewId
) -> ErasurePlan:
    """Return what becomes of a customer's invitations and responses; nothing of a test is kept."""
    kept = [one for one in invitations if not one.test and (not wish.with_answers or one.digest in wish.anonymous)]
    stay = {one.key for one in kept}
    staying = {one.id for one in responses if not one.test and not wish.with_answers}
    return ErasurePlan(
        [one.key for one in invitations if one.key not in stay],
        [one.id for one in responses if one.id not in staying],
        [unlinked(one, new_id, wish.now) for one in kept],
        staying,
    )


def unlinked(one: HeldInvitation, new_id: NewId, now: datetime) -> Mapping[str, Any]:
    """Return the values by which an invitation counts as before, and leads to nobody: no link of it works any more."""
    was_planned = one.state == InvitationState.PLANNED
    return {
        "at": one.key,
        "id": new_id(),
        **dict.fromkeys(("token_hash", "customer", "recipient", "occasion", "language")),
        "planned_at": day_of(one.planned_at, now),
        "due_at": day_of(one.due_at, now) if one.due_at else None,
        "sent_at": day_of(one.sent_at, now) if one.sent_at else None,
        "expires_at": day_of(one.expires_at, now) if one.expires_at else None,
        "answered_at": day_of(one.answered_at, now) if one.answered_at else None,
        "state": InvitationState.REFUSED if was_planned else one.state,
        "reason": Reason.ERASED if was_planned else one.reason,
    }


def emptied(one: HeldEvent, new_id: NewId, now: datetime) -> Mapping[str, Any]:
    """Return the values by which an event is nobody's: another id, and only the days."""
    return {
        "at": one.key,
        "id": ERASED + new_id(),
        "time": day_of(one.time, now),
        "received_at": day_of(one.received_at, now),
    }


def day_of(moment: datetime, now: datetime) -> datetime:
    """Return the beginning of a moment's day in UTC, today's for one to come: nothing is waited for any more."""
    return datetime.combine(min(moment, now).astimezone(UTC).date(), time(), UTC)
