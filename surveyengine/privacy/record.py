"""All that is kept of one customer, as they are entitled to get it: typed, so that JSON and its document follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from ..results.record import ABSENT, Absent, Record

Words = Annotated[str, "In the language that the customer's record names, or the one that was asked for."]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptIdentity(Record):
    """Who the customer is, and whether they may be written to."""

    id: str
    email: str | None
    phone: str | None
    name: str | None
    language: str | None
    timezone: str | None
    account: str | None
    role: str | None
    known_at: Annotated[datetime | None, "Null where only test events tell of them."]
    opted_out_at: datetime | None
    address_opted_out_at: Annotated[datetime | None, "When somebody at their address asked not to be invited."]
    asked_less_often_since: Annotated[datetime | None, "When somebody there asked for at most one in 90 days."]
    not_asked_about: Annotated[Sequence[str], "The touchpoints that somebody at their address declined."]
    undeliverable_since: Annotated[datetime | None, "When a mail server said that nobody receives at their address."]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptEvent(Record):
    """Something that happened, as it was sent to us."""

    source: str
    id: str
    type: str
    time: datetime
    test: bool
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMessage(Record):
    """A message that carries, or was to carry, an invitation."""

    number: Annotated[int, "1 for the first, more for reminders."]
    channel: str
    state: str
    due_at: datetime
    sent_at: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReply(Record):
    """A question as it was asked, and what was answered."""

    question: Words
    answers: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptInvitation(Record):
    """That the customer was asked, or why not; of an anonymous survey it is not told whether they answered."""

    id: str
    survey: str
    name: Words
    event: Annotated[str | None, "Its source and id, with a slash between them."]
    test: bool
    state: str
    reason: str | None
    outcome: Words
    planned_at: datetime
    due_at: datetime | None
    sent_at: datetime | None
    expires_at: datetime | None
    answered_at: datetime | None | Absent = ABSENT
    messages: Sequence[KeptMessage]
    draft: Annotated[Sequence[KeptReply], "What they have begun to answer, and not sent."] | Absent = ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptResponse(Record):
    """What the customer answered, to an identified survey or to a confidential one."""

    id: str
    survey: str
    name: Words
    mode: str
    day: date | None
    answered_at: datetime | None
    language: str | None
    test: bool
    context: Mapping[str, Any]
    replies: Sequence[KeptReply]


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRecord(Record):
    """All that is kept of a customer; answers to anonymous surveys are nobody's, and so are not in it."""

    at: datetime
    business: Words
    language: str
    customer: KeptIdentity
    events: Sequence[KeptEvent]
    invitations: Sequence[KeptInvitation]
    responses: Sequence[KeptResponse]
    anonymous: Annotated[Sequence[str], "The surveys that asked them anonymously."]
