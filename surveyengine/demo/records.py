"""What is stored of the year, as rows that are not numbered yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..definitions.survey import Survey
from ..events.event import Event
from ..store.occasions import Invited
from ..values.enumeration import InvitationState, SendingState

Row = dict[str, Any]
UNASKED: Mapping[str, Any] = {
    **dict.fromkeys(("token_hash", "reason", "channel", "language", "due_at", "sent_at", "expires_at", "answered_at")),
}


@dataclass(eq=False)
class EventRecord:
    """An event with its row; the row's outcome is filled in when it is decided about."""

    event: Event
    row: Row
    key: int = 0


@dataclass(eq=False)
class InvitationRecord:
    """An invitation with its row, and the row of what carries it; None where nothing does."""

    survey: Survey
    event: Event
    cause: EventRecord | None  # None for a turn in a recurring survey
    row: Row = field(default_factory=dict)
    sending: Row | None = None
    key: int = 0

    @property
    def is_planned(self) -> bool:
        """Whether it is still to be sent."""
        return bool(self.row["state"] == InvitationState.PLANNED)

    def invited(self) -> Invited:
        """Return it as the past of its customer is made of; keys are not told."""
        event, row = self.event, self.row
        own = (row["survey"], row["digest"], row["state"], row["reason"], row["test"], row["planned_at"])
        about = (event.source, event.id, event.type, event.time, event.data)
        return Invited(0, *own, row["sent_at"], 0, *about, self.next_at)

    @property
    def next_at(self) -> datetime | None:
        """When its message is tried next; None where nothing is on its way."""
        is_waiting = self.sending and self.sending["state"] == SendingState.PLANNED
        return self.sending["next_at"] if self.sending and is_waiting else None

    def withdraw(self, reason: str) -> None:
        """Refuse it, where its message has not left yet."""
        if self.is_planned and self.sending:
            self.sending |= {"state": SendingState.WITHDRAWN, "reason": reason}
            self.row |= {"state": InvitationState.REFUSED, "reason": reason}


@dataclass(eq=False)
class ResponseRecord:
    """A response with its answers, and the invitation that it is stored with; None where none is."""

    row: Row
    answers: list[Row]
    invitation: InvitationRecord | None = None


@dataclass
class Records:
    """All that is to be stored, each kind in the order in which it came about."""

    accounts: list[Row] = field(default_factory=list)
    customers: list[Row] = field(default_factory=list)
    events: list[EventRecord] = field(default_factory=list)
    invitations: list[InvitationRecord] = field(default_factory=list)
    responses: list[ResponseRecord] = field(default_factory=list)
    drafts: list[tuple[InvitationRecord, Row]] = field(default_factory=list)
    opt_outs: list[Row] = field(default_factory=list)
    undeliverable: list[Row] = field(default_factory=list)
