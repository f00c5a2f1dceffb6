"""What a survey has asked a customer about, and which events undid that."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from ..definitions.survey import Survey
from ..engine import Engine
from ..events.event import Customer, Event
from ..store import occasions
from ..store.occasions import CounterEvent, Invited
from ..values.enumeration import ABOUT_OCCASION, InvitationState
from .contact import DecisionContext
from .occasion import Counter, EventKey, Trigger, cancelled_by, trigger

NOTHING: Mapping[Any, Any] = MappingProxyType({})


class Past(NamedTuple):
    """The customer's invitations to a survey by their events, and the events that may have undone them."""

    customer: str = ""
    invited: Mapping[EventKey, Invited] = NOTHING
    triggers: Mapping[EventKey, Trigger] = NOTHING
    counters: tuple[Counter, ...] = ()

    def undone(self, *more: Trigger | Counter) -> dict[EventKey, Counter]:
        """Return which events were undone, and by what, if `more` events are added."""
        counters = [*self.counters, *(one for one in more if isinstance(one, Counter))]
        if not counters:
            return {}
        triggers = {**self.triggers, **{one.key: one for one in more if isinstance(one, Trigger)}}
        return cancelled_by(triggers.values(), counters)

    def repeats(self, one: Trigger, gone: Collection[EventKey], sent: bool = False) -> bool:
        """Whether another event made the survey ask about the same occasion; with `sent`, whether it was asked already.

        `gone` are the events that were undone; they do not count.
        """
        same = [key for key, other in self.triggers.items() if other.occasion == one.occasion and key != one.key]
        rows = [self.invited[key] for key in same if key not in gone]
        return one.occasion is not None and any(
            row.state != InvitationState.REFUSED and (row.sent_at or not sent) for row in rows
        )

    def doubtful(self, before: Collection[EventKey], gone: Collection[EventKey]) -> list[EventKey]:
        """Return the refused events to decide again, in order, when `gone` is undone instead of what was `before`."""
        ended = {self.triggers[key].occasion for key in self.triggers if key in gone and key not in before}
        refused = [key for key, row in self.invited.items() if row.state == InvitationState.REFUSED and key not in gone]
        again = [key for key in refused if self.invited[key].reason in ABOUT_OCCASION]  # the lot is not drawn twice
        found = [key for key in refused if key in before]
        found += [key for key in again if key not in before and self.triggers[key].occasion in ended - {None}]
        return sorted(found, key=lambda key: (self.triggers[key].at, key))

    def undone_by(self, types: Collection[str]) -> Past:
        """Return the past as if every version let events of these types undo what it asks about."""
        return self._replace(triggers={key: one._replace(undone_by=tuple(types)) for key, one in self.triggers.items()})

    def among(self, counters: Iterable[Counter]) -> Past:
        """Return the past with more counter-events."""
        return self._replace(counters=(*self.counters, *counters))


class History(NamedTuple):
    """A customer's invitations, and the events that may undo them, those of tests too."""

    customer: str
    invited: Sequence[tuple[Invited, Trigger]] = ()
    counters: Sequence[CounterEvent] = ()

    def past(self, survey: Survey, undoing: Collection[str], test: bool) -> Past:
        """Return what the survey has asked, in tests or in earnest; events of the types `undoing` may have undone it.

        Test events undo nothing but tests.
        """
        mine = {one.key: (row, one) for row, one in self.invited if row.survey in survey.ids and row.test is test}
        counters = (one for one in self.counters if one.type in undoing and (test or not one.test))
        return Past(
            self.customer,
            {key: row for key, (row, _) in mine.items()},
            {key: one for key, (_, one) in mine.items()},
            tuple(Counter((one.source, one.id), one.time, one.type, one.data) for one in counters),
        )


def histories(
    context: DecisionContext, customers: Collection[str], surveys: Iterable[Survey], types: Collection[str]
) -> dict[str, History]:
    """Return what these surveys asked each of the customers, and their events of these types."""
    ids, wanted = sorted(customers), {id for survey in surveys for id in survey.ids}
    rows = occasions.invited(context.connection, ids, wanted)
    counters = occasions.counters(context.connection, ids, types)
    return {id: History(id, _triggered(context.engine, rows.get(id, ()), id), counters.get(id, ())) for id in ids}


def _triggered(engine: Engine, rows: Iterable[Invited], customer: str) -> list[tuple[Invited, Trigger]]:
    return [(row, one) for row in rows if (one := _trigger(engine, row, customer))]


def _trigger(engine: Engine, row: Invited, customer: str) -> Trigger | None:
    version = engine.library.version(row.digest)
    return trigger(version.invite, happened(row, customer)) if version and version.invite else None


def happened(row: Invited, customer: str) -> Event:
    """Return the event of a stored invitation, without the customer's details that a test event carries."""
    data = {name: value for name, value in row.data.items() if name != "customer"}
    return Event(row.source, row.id, row.type, row.time, data, Customer(customer), row.test)
