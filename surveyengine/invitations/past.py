"""What a survey asked a customer about so far, and what undid that."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..engine import Engine
from ..store import occasions
from ..store.database import Connection
from ..store.occasions import Invited
from .event import Customer, Event
from .occasion import Counter, EventKey, Trigger, trigger, undone


@dataclass(frozen=True)
class Past:
    """The customer's invitations to a survey by their events, and the events that may have undone them."""

    invited: Mapping[EventKey, Invited] = field(default_factory=dict)
    triggers: Mapping[EventKey, Trigger] = field(default_factory=dict)
    counters: tuple[Counter, ...] = ()

    def undone(self, *more: Trigger | Counter) -> dict[EventKey, Counter]:
        """Return which events were undone, by what; as if there were `more` of them."""
        triggers = {**self.triggers, **{one.key: one for one in more if isinstance(one, Trigger)}}
        return undone(triggers.values(), [*self.counters, *(one for one in more if isinstance(one, Counter))])

    def repeats(self, one: Trigger, gone: Collection[EventKey], sent: bool = False) -> bool:
        """Whether the survey asks about an event's occasion by another one, or (`sent`) has asked already.

        `gone` are the events that were undone: what comes after that is another occasion.
        """
        same = [key for key, other in self.triggers.items() if other.occasion == one.occasion and key != one.key]
        rows = [self.invited[key] for key in same if key not in gone]
        return one.occasion is not None and any(row.state != "refused" and (row.sent_at or not sent) for row in rows)

    def doubtful(self, before: Collection[EventKey], gone: Collection[EventKey]) -> list[EventKey]:
        """Return what was refused for what may be so no more, when `gone` is undone instead of what was `before`."""
        ended = {self.triggers[key].occasion for key in self.triggers if key in gone and key not in before}
        refused = [key for key, row in self.invited.items() if row.state == "refused" and key not in gone]
        found = [key for key in refused if key in before or self.triggers[key].occasion in ended - {None}]
        return sorted(found, key=lambda key: (self.triggers[key].at, key))

    def among(self, counters: Iterable[Counter]) -> Past:
        """Return the past with more events that undo others."""
        return replace(self, counters=(*self.counters, *counters))


def past(
    engine: Engine, connection: Connection, customer: str, surveys: Sequence[str], test: bool, types: Iterable[str]
) -> Past:
    """Return a customer's past with a survey, under all its ids; events of these types may have undone something."""
    invited: dict[EventKey, Invited] = {}
    triggers: dict[EventKey, Trigger] = {}
    for row in occasions.invited(connection, customer, surveys, test):
        version = engine.library.version(row.digest)
        if version and version.invite:
            seen = trigger(version.invite, happened(row, customer))
            invited[seen.key], triggers[seen.key] = row, seen
    found = occasions.counters(connection, customer, types, test)
    counters = (Counter((source, id), time, type, data) for source, id, time, type, data in found)
    return Past(invited, triggers, tuple(counters))


def happened(row: Invited, customer: str) -> Event:
    """Return the event of a stored invitation, without what a test told of its customer."""
    data = {name: value for name, value in row.data.items() if name != "customer"}
    return Event(row.source, row.id, row.type, row.time, data, Customer(customer), row.test)
