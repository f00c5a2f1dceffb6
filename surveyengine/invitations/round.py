"""Decides about customers one after another, in one transaction; it reads and writes for all of them at once."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain, repeat
from time import perf_counter
from typing import Any, cast

from ..channels import registry
from ..definitions.survey import Invite, Survey
from ..events.event import Event, Malformed
from ..settings.calendar import next_open
from ..store import allotments, customers, events, occasions, sendings
from ..store.engine.database import Connection
from ..store.events import Settled
from ..values.enumeration import ABOUT_OCCASION, BY_LIMIT, Reason
from . import intake, lots
from .arrival import accepted, event_row
from .contact import DecisionContext, recipient_of
from .decision import Contact, Plan, Refusal, plan
from .facts import Concern, Facts, facts
from .intake import StoredEvent
from .interaction import Interaction
from .listeners import Listeners
from .occasion import Counter, Trigger, counter, trigger
from .past import Past, happened
from .precedence import Candidate, give_way
from .storing import KeyedDecision, Unstored, decided, keep
from .transactions import Outcome

MOST = 256  # events of a round, after which it is seen for how long others have waited


def rounds(incoming: Sequence[Event | Malformed]) -> list[dict[int, Event | Malformed]]:
    """Return events by their places, in rounds: in each, every customer has one event, and none comes twice.

    A round has at most MOST of them. The events of a customer, and of those who are told to share a mailbox, keep their
    order; of those who are only known to share one, either may be decided about first.
    """
    found: list[dict[int, Event | Malformed]] = []
    turns: dict[tuple[str, ...], int] = {}
    for place, one in enumerate(incoming):
        names = _names(one)
        turn = max((turns.get(name, 0) for name in names), default=0)
        while turn < len(found) and len(found[turn]) == MOST:
            turn += 1
        turns |= dict.fromkeys(names, turn + 1)
        found += [{}] if turn == len(found) else []
        found[turn][place] = one
    return found


def _names(one: Event | Malformed) -> list[tuple[str, ...]]:
    """Return what two events of a round must not have in common: themselves, their customer, and the mailbox."""
    if isinstance(one, Malformed):
        return []
    whom = one.customer
    addresses = registry.addresses(whom).values() if whom else ()
    names = [("customer", whom.id), *(("mailbox", address.casefold()) for address in addresses)] if whom else []
    return [("event", one.source, one.id), *names]


class Round:
    """Events of different customers that are decided about together.

    What is stored about the customers is read at once, and once more where something was decided about one meanwhile.
    """

    def __init__(self, listeners: Listeners, connection: Connection) -> None:
        self._listeners, self._connection, self._engine = listeners, connection, listeners.engine
        self._context = DecisionContext(listeners.engine, connection, listeners.now)
        self._unstored = Unstored()
        self._facts: dict[str, Facts] = {}  # by customer; what does not hold any more is not there

    def outcomes(self, incoming: Sequence[Event | Malformed], until: float) -> list[Outcome | None]:
        """Store the events and what they lead to, and return what became of each, in order.

        From then on (of `perf_counter`) no further event is decided about: its outcome is None, and only what it tells
        of its customer is stored.

        1. Refuse some of them, give duplicates the first one's outcome, and note the customers of the others.
        2. Read what is stored about these customers.
        3. One by one, undo what an event is a counter-event to, and decide for each survey about its type.
        4. Store the events with their outcomes, and what was decided.
        """
        received = intake.received(self._context, incoming, self._listeners.unrecognised)
        stored = [one for one in received if isinstance(one, StoredEvent)]
        concerns = [self._listeners.concern(one.event, one.person) for one in stored]
        self._read([one for one in concerns if one])
        came: list[Settled] = []
        for one, concern in zip(stored, self._apart(concerns), strict=True):
            if came and perf_counter() > until:
                break
            self._unstored.add_event(one.key, event_row(one.event, self._listeners.now))
            came.append(self._led_to(one, concern))
        rest = self._unstored.settle(came)
        self._unstored.store(self._connection)
        events.settle(self._connection, rest)
        outcomes = chain((one.outcome for one in came), repeat(None))
        return [next(outcomes) if isinstance(one, StoredEvent) else one for one in received]

    def _apart(self, concerns: Iterable[Concern | None]) -> Iterator[Concern | None]:
        """Yield all, one after another was decided about; forget what was read of whoever shares a mailbox with one."""
        mailboxes: set[str] = set()
        for one in concerns:
            mailbox = recipient_of(self._engine, one.person) if one else None
            if one and mailbox in mailboxes:
                self._facts.pop(one.person.id, None)
            mailboxes |= {mailbox} if mailbox else set()
            yield one

    def _read(self, concerns: Collection[Concern]) -> None:
        surveys = [survey for one in concerns for survey in (*one.asking, *one.undone)]
        self._facts |= facts(self._context, concerns, self._listeners.undoing(*surveys))

    def _facts_of(self, concern: Concern) -> Facts:
        """Return what is stored about a customer now."""
        if concern.person.id not in self._facts:
            self._unstored.store(self._connection)
            self._read([concern])
        return self._facts[concern.person.id]

    def _led_to(self, stored: StoredEvent, concern: Concern | None) -> Settled:
        """Decide what an event leads to."""
        event, key, person = stored
        if concern:
            self._undo(event, concern)
        decisions = [*self._decide(stored, concern)]
        planned = [{"survey": one.id, "due": plan.due.isoformat()} for one, plan in decisions if isinstance(plan, Plan)]
        refused = [{"survey": one.id, "reason": no.reason} for one, no in decisions if isinstance(no, Refusal)]
        return Settled(key, person.id if person else None, accepted(event, planned, refused))

    def _undo(self, event: Event, concern: Concern) -> None:
        """Undo what the event is a counter-event to, survey by survey."""
        for survey in concern.undone:
            for test in {True, event.test}:  # test events undo nothing but tests
                known = self._listeners.past(self._facts_of(concern).history, survey, test)
                self._follow(survey, known, counter(event))

    def _decide(self, stored: StoredEvent, concern: Concern | None) -> Iterator[tuple[Survey, Plan | Refusal]]:
        """Decide for each survey whether it asks about an event, and yield what was decided."""
        event, person = stored.event, stored.person
        surveys = self._listeners.by_type.get(event.type, ())
        read = self._facts_of(concern) if concern and surveys else None
        pasts = {one.id: self._listeners.past(read.history if read else None, one, event.test) for one in surveys}
        contact, seen = read.contact if read else None, dict[object, Trigger]()
        for survey in surveys:
            if concern and concern.person.id not in self._facts:
                contact = self._facts_of(concern).contact
            known, mine = pasts[survey.id], _trigger(survey.invite, event, seen) if survey.invite else None
            decision = self._decision(survey, Interaction(event, person, contact), known, mine)
            if decision is None:
                continue
            row = self._row(survey, decision, Interaction(event, person), mine)
            self._unstored.add(row | {"event": stored.key}, survey, decision)
            if contact and not event.test:
                contact = lots.noted(contact, survey.id, decision, row["occasion"])
            if person and mine and (decision.drawn or row["reason"] in (None, *ABOUT_OCCASION)):
                self._follow(survey, known, mine)
            yield survey, decision

    def _follow(self, survey: Survey, known: Past, arrived: Trigger | Counter) -> None:
        """Bring the customer's invitations to a survey in line with an event that arrived.

        1. Refuse what is undone now.
        2. Decide again what was refused as undone, or as a repeat, and no longer is: events may arrive in another
           order than they happened in.
        """
        if not known.invited:
            return
        before, gone = known.undone(), known.undone(arrived)
        undoing = [arrived] if isinstance(arrived, Counter) else []
        for key in gone.keys() & known.invited.keys() - before.keys():
            self._refuse(known.customer, known.invited[key].key, Reason.CANCELLED)
        for key in known.doubtful(before, gone):
            self.decide_again(survey, known.customer, known.invited[key], *undoing)

    def decide_again(
        self, survey: Survey, customer: str, row: occasions.Invited, *arriving: Counter
    ) -> Plan | Refusal | None:
        """Decide about a refused invitation as if its event came now; None where no survey asks about it any more."""
        self._unstored.store(self._connection)
        person = customers.person(self._connection, customer)
        told = customers.as_told(person, row.data) if person else None
        allotments.drop(self._connection, row.key)
        again = Interaction(happened(row, customer), told)
        known = Past(customer)
        if told:
            is_contest = self._listeners.is_contest([survey], row.test)
            concern = Concern(told, [survey], is_contest=is_contest)
            read = facts(self._context, [concern], self._listeners.undoing(survey))[customer]
            again = again._replace(contact=read.contact)
            known = self._listeners.past(read.history, survey, row.test).among(arriving)
        mine = trigger(survey.invite, again.event) if survey.invite else None
        decision = self._decision(survey, again, known, mine)
        if decision:
            occasions.decide_again(self._connection, row.key, self._row(survey, decision, again, mine))
            keep(self._connection, [KeyedDecision(row.key, survey, decision)])
            self._facts.pop(customer, None)
        return decision

    def _row(
        self, survey: Survey, decision: Plan | Refusal, happened: Interaction, mine: Trigger | None
    ) -> dict[str, Any]:
        occasion = mine.occasion if mine else None
        row = decided(self._engine, survey, decision, happened)
        return row | {"occasion": occasion, "planned_at": self._listeners.now}

    def _refuse(self, customer: str, key: int, reason: str) -> None:
        sendings.withdraw(self._connection, [key], reason)
        if reason == Reason.CANCELLED:
            allotments.empty(self._connection, key, self._listeners.now)
        self._facts.pop(customer, None)

    def _decision(
        self, survey: Survey, happened: Interaction, known: Past, mine: Trigger | None
    ) -> Plan | Refusal | None:
        occasion = self._listeners.occasion(happened, known, mine)
        decision = plan(survey, occasion, self._listeners.rules)
        # What was drawn keeps its place: where the newest event took it, no chance would be known.
        if isinstance(decision, Refusal) and decision.reason in BY_LIMIT and decision.drawn is None:
            contact = self._with_room(survey, happened)
            return plan(survey, occasion._replace(contact=contact), self._listeners.rules)
        return decision

    def _with_room(self, survey: Survey, happened: Interaction) -> Contact | None:
        """Refuse what gives way to an invitation about this event; return the customer's contact without it."""
        event, person, contact, invite = happened.event, happened.person, happened.contact, survey.invite
        if person is None or contact is None or invite is None:
            return contact
        found = occasions.waiting(self._connection, person.id, recipient_of(self._engine, person))
        waiting = [self._candidate(row) for row in found]
        overdue = [one for one in waiting if one and one.yields_to((event.source, event.id))]
        if not overdue:
            return contact
        now, rules = self._listeners.now, self._listeners.rules
        due = next_open(max(event.time + invite.after, now), contact.zone, rules.calendar)
        mine = Candidate(None, survey.id, invite, (event.source, event.id), event.time, now, due)
        asked = Tally(contact.asked) - Tally((one.survey, one.leaves) for one in overdue)
        yielding = give_way([*overdue, mine], [*asked.elements()], rules.sending)
        if mine.key in yielding:
            return contact
        for key, reason in yielding.items():
            self._refuse(person.id, cast(int, key), reason)
        staying = ((one.survey, one.leaves) for one in overdue if one.key not in yielding)
        return contact._replace(asked=[*asked.elements(), *staying])

    def _candidate(self, row: occasions.Invited) -> Candidate | None:
        version = self._engine.library.version(row.digest)
        if version is None or version.invite is None:
            return None
        now = self._listeners.now
        survey, leaves = self._engine.library.today(row.survey), max(row.next_at or now, now)
        return Candidate(row.key, survey, version.invite, (row.source, row.id), row.time, row.planned_at, leaves)


def _trigger(invite: Invite, event: Event, seen: dict[object, Trigger]) -> Trigger:
    """Return the event as a survey sees it; surveys that name its occasion alike have `seen` the same."""
    if invite.about not in seen:
        seen[invite.about] = trigger(invite, event)
    return seen[invite.about]._replace(undone_by=invite.cancel_on)
