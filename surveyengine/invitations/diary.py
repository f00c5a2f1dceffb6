"""What is remembered of a simulated customer, in two worlds: with the lot, and where whoever comes first asks: pure.

All customers of months are remembered at once, so each is packed into bytes while nothing happens to them.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from ..channels import registry
from ..events.event import Customer
from ..values.email_address import normal
from .lottery import Drawn
from .occasion import Counter, EventKey, Trigger

MOST = 1_000  # occasions of one customer that are looked at, as many as the engine does
EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


class Entry(NamedTuple):
    """What became of an occasion: when it is due, the tickets that it has, and whether first come asks about it.

    `scale` is None where nothing was drawn: then with all tickets it was asked about in either world, and with None in
    neither. `about` is the field that names the occasion, and `data` what counter-events are compared with.
    """

    survey: int
    due: int  # microseconds since EPOCH, as `at`
    tickets: int | None
    scale: float | None
    is_first: bool
    occasion: str | None
    at: int
    key: EventKey = ("", "")
    about: str | None = None
    data: Mapping[str, Any] = {}


@dataclass
class Diary:
    """A customer as their events told of them, what became of their occasions, and what may have undone these.

    `expected` is how many invitations they can expect, by the lot, and `first` how many by first come.
    """

    customer: Customer
    entries: list[Entry] = field(default_factory=list)
    counters: list[Counter] = field(default_factory=list)
    expected: float = 0.0
    first: int = 0

    @property
    def mailbox(self) -> str:
        """Where the customer receives, which others may share; their own id where nothing is known."""
        return _normal(address) if (address := address_of(self.customer)) else self.customer.id

    def learn(self, told: Customer) -> None:
        """Note what a newer event tells of the customer; what it does not tell stays as it was."""
        if told != self.customer:
            self.customer = replace(self.customer, **{name: one for name, one in vars(told).items() if one})

    def forget(self, before: datetime) -> None:
        """Leave out what no limit looks at any more, and of very many occasions the oldest not asked about."""
        since, last = micros(before), len(self.entries) - MOST
        self.entries = [
            one
            for place, one in enumerate(self.entries)
            if max(one.due, one.at) >= since and (place >= last or one.is_first)
        ]
        self.counters = [one for one in self.counters if one.at >= before][-MOST:]


def address_of(customer: Customer) -> str:
    """Return the first of a customer's addresses; "" where none is told."""
    return registry.first_address(customer) or ""


def packed(diary: Diary) -> bytes:
    """Return a diary in few bytes."""
    counters = [(*one.key, micros(one.at), one.type, dict(one.data)) for one in diary.counters]
    told = tuple(vars(diary.customer).values())
    return marshal.dumps((told, [tuple(one) for one in diary.entries], counters, diary.expected, diary.first))


def unpacked(kept: bytes) -> Diary:
    """Return the diary that was packed."""
    told, entries, counters, expected, first = marshal.loads(kept)  # noqa: S302  # nobody else has made it
    events = [Counter((source, id), moment(at), type, data) for source, id, at, type, data in counters]
    return Diary(Customer(*told), [Entry(*one) for one in entries], events, expected, first)


def remembered(entries: Iterable[Entry], surveys: Sequence[str]) -> tuple[list[tuple[str, datetime]], list[Drawn]]:
    """Return the invitations by first come, and the book that the lot looks at.

    What was asked about without drawing has all tickets.
    """
    asked, book = list[tuple[str, datetime]](), list[Drawn]()
    for one in entries:
        due = moment(one.due)
        if one.is_first:
            asked.append((surveys[one.survey], due))
        if one.tickets is not None:
            book.append(Drawn(surveys[one.survey], due, one.tickets, one.scale or 1.0, one.occasion))
    return asked, book


def triggers(entries: Sequence[Entry], undone_by: Sequence[str]) -> list[Trigger]:
    """Return the events that a survey asked about, as counter-events are compared with them."""
    types = tuple(undone_by)
    return [Trigger(one.key, moment(one.at), one.data, one.about, types, one.occasion) for one in entries]


def withdrawn(entry: Entry) -> Entry:
    """Return an entry whose occasion was undone before its invitation left: its tickets are free again."""
    return entry._replace(tickets=None if entry.scale is None else 0, is_first=False)


def micros(at: datetime) -> int:
    """Return a moment as a number."""
    return (at - EPOCH) // MICROSECOND


def moment(number: int) -> datetime:
    """Return the moment of a number."""
    return EPOCH + timedelta(microseconds=number)


@lru_cache(256)
def _normal(address: str) -> str:
    return normal(address)
