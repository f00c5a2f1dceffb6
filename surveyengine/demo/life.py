"""What the engine makes of one customer's year: decided by its own rules, kept in memory, and stored with all others.

To take every event and to send every letter through the database would take minutes. The decisions are the engine's;
only reading and writing between them is left out, and the lot of competing surveys, which goes day by day and not
customer by customer: whoever comes first is asked. A test has the engine itself live some of the lives, and compares.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import count

from ..channels import registry
from ..definitions.survey import Survey
from ..engine import Engine
from ..events.event import Event
from ..i18n.timezone import zone
from ..invitations.arrival import accepted, event_row
from ..invitations.decision import Contact, Occasion, Plan, Refusal, plan, turn
from ..invitations.interaction import Interaction, condition_values
from ..invitations.listeners import Listeners
from ..invitations.occasion import counter, drawn_from, trigger
from ..invitations.past import Past
from ..invitations.recurring import PAUSE
from ..invitations.storing import decided
from ..invitations.transactions import Outcome
from ..store.customers import Person
from ..store.invitations import COUNTED
from ..values.enumeration import ABOUT_OCCASION, Reason
from .answering import Answering
from .letter import Letter, planned
from .postman import Postman
from .reaction import Crowd
from .records import UNASKED, EventRecord, InvitationRecord, Records
from .shopper import Shopper
from .story import Happening


@dataclass(frozen=True)
class World:
    """What all lives share: the engine and its rules, how letters and customers fare, and what is to be stored."""

    engine: Engine
    listeners: Listeners
    postman: Postman
    crowd: Crowd
    answering: Answering
    records: Records = field(default_factory=Records)


class Life:
    """One customer's year, moment by moment. Nobody else has their mailbox, and no file changes in it."""

    def __init__(self, world: World, shopper: Shopper) -> None:
        self.world, self.shopper = world, shopper
        self.person: Person | None = None  # as far as the engine knows them
        self.is_undeliverable = False
        self.invitations: list[InvitationRecord] = []
        self._events: list[Event] = []
        self._addresses: Mapping[str, str] | None = None
        self._moments: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self._numbers = count()

    def at(self, moment: datetime, deed: Callable[[datetime], None]) -> None:
        """Have something happen at a moment; what is due after the end of the year never does."""
        heapq.heappush(self._moments, (moment, next(self._numbers), deed))

    def live(self, told: Iterable[Happening]) -> None:
        """Live until the end of the year."""
        for one in told:
            self.at(one.received, partial(self._hear, one.event))
        while self._moments and self._moments[0][0] < self.world.crowd.year.end:
            now, _, deed = heapq.heappop(self._moments)
            deed(now)
        if self.person:
            self.world.records.customers.append(self.person._asdict())

    def contact(self, now: datetime) -> Contact | None:
        """Return how the customer can be reached, and when they were and will be asked."""
        person, engine = self.person, self.world.engine
        if person is None:
            return None
        reached = {} if self.is_undeliverable else self._reached(person)
        there = zone(person.timezone, engine.config.business.zone)
        return Contact(reached, person.language, there, bool(person.opted_out_at), self.asked(now))

    def _reached(self, person: Person) -> Mapping[str, str]:
        """Return the customer's address by channel; it never changes."""
        if self._addresses is None:
            told, used = registry.addresses(person), registry.used(self.world.engine.config)
            self._addresses = {name: told[name] for name in registry.reaching(used, person)}
        return self._addresses

    def asked(self, now: datetime, sent: bool = False) -> list[tuple[str, datetime]]:
        """Return survey and moment of the invitations that limits look at; with `sent`, those alone that have left."""
        counted = (one for one in self.invitations if one.row["state"] in COUNTED)
        return [
            (one.survey.id, one.row["sent_at"] or max(one.next_at or now, now))
            for one in counted
            if one.row["sent_at"] or not sent
        ]

    def past(self, survey: Survey) -> Past:
        """Return what the survey has asked the customer about, and which events may have undone that."""
        if (invite := survey.invite) is None:
            return Past()
        mine = [one for one in self.invitations if one.survey.id == survey.id and one.cause]
        mine = [one for one in mine if one.row["state"] in COUNTED or one.row["reason"] in ABOUT_OCCASION]
        undoing = self.world.listeners.undoing(survey)
        triggers = {one.key: one for one in (trigger(invite, each.event) for each in mine)}
        counters = tuple(counter(event) for event in self._events if event.type in undoing)
        invited = {(one.event.source, one.event.id): one.invited() for one in mine}
        return Past(self.shopper.customer.id, invited, triggers, counters)

    def _hear(self, event: Event, now: datetime) -> None:
        """Take an event: who it is about, what it undoes, and who is asked because of it."""
        records, listeners = self.world.records, self.world.listeners
        self._know(event, now)
        cause = EventRecord(event, {**event_row(event, now), "customer": event.customer and event.customer.id})
        records.events.append(cause)
        for survey in listeners.by_counter.get(event.type, ()):
            self._undo(self.past(survey), event)
        outcomes: dict[bool, list[Outcome]] = {True: [], False: []}
        for survey in listeners.by_type.get(event.type, ()):
            occasion = self._occasion(survey, event, now)
            if decision := plan(survey, occasion, listeners.rules):
                asked = self._decided(InvitationRecord(survey, event, cause), decision)
                asked.row["planned_at"] = now
                outcomes[isinstance(decision, Plan)].append(_told(survey, decision))
        self._events.append(event)
        cause.row["outcome"] = accepted(event, outcomes[True], outcomes[False])

    def _know(self, event: Event, now: datetime) -> None:
        """Note what an event tells of the customer; the first one makes them known."""
        engine, records, whom = self.world.engine, self.world.records, event.customer
        if whom is None:
            return
        if self.person:
            self.person = self.person._replace(changed_at=max(event.time, self.person.changed_at))
            return
        hashed = engine.hasher.hash(whom.email) if whom.email else None
        self.person = Person(
            **asdict(whom), changed_at=event.time, opted_out_at=None, known_at=now, address_hash=hashed
        )
        if whom.account and all(one["id"] != whom.account for one in records.accounts):
            records.accounts.append({"id": whom.account, "seen_at": event.time})
        for survey in self.world.engine.library.live.values():
            if survey.invite and survey.invite.every:
                self.at(now + survey.invite.every, partial(self._turn, survey, None))

    def _undo(self, known: Past, event: Event) -> None:
        before, gone = known.undone(), known.undone(counter(event))
        for one in self.invitations:
            if (one.event.source, one.event.id) in gone.keys() & known.invited.keys() - before.keys():
                one.withdraw(Reason.CANCELLED)

    def _occasion(self, survey: Survey, event: Event, now: datetime) -> Occasion:
        invite = survey.invite
        if event.customer is None or self.person is None or invite is None:
            return Occasion(event, None, event.data, False, now)
        known, mine = self.past(survey), trigger(invite, event)
        gone = known.undone(mine)
        lot = drawn_from(self.person.id, mine, known.counters)
        values, repeated = condition_values(self.person, event.data), known.repeats(mine, gone)
        return Occasion(event, self.contact(now), values, mine.key in gone, now, repeated, lot)

    def _turn(self, survey: Survey, before: InvitationRecord | None, now: datetime) -> None:
        """Decide about the customer's turn in a recurring survey; one that is refused rests, and comes again."""
        person, every = self.person, survey.invite.every if survey.invite else None
        if person is None or person.known_at is None or every is None:
            return
        event = turn(survey, self.shopper.customer, person.known_at, now)
        occasion = Occasion(event, self.contact(now), condition_values(person, {}), False, now)
        decision = plan(survey, occasion, replace(self.world.listeners.rules, shares={}))
        if decision is None:
            return
        asked = before or InvitationRecord(survey, event, None)
        asked.event = event
        self._decided(asked, decision)
        if isinstance(decision, Refusal):
            self.at(now + min(every, PAUSE), partial(self._turn, survey, asked))

    def _decided(self, asked: InvitationRecord, decision: Plan | Refusal) -> InvitationRecord:
        """Keep a decision, instead of the one before if there was one, and have what carries it leave."""
        person, survey = self.person if asked.event.customer else None, asked.survey
        mine = trigger(survey.invite, asked.event) if survey.invite else None
        row = decided(self.world.engine, survey, decision, Interaction(asked.event, person))
        row |= {"occasion": mine.occasion if mine else None}
        if asked.row:
            row["id"] = asked.row["id"]
        else:
            self.invitations.append(asked)
            self.world.records.invitations.append(asked)
        asked.row = {**UNASKED, **row}
        if isinstance(decision, Plan) and survey.invite:
            asked.sending = planned(decision, survey.invite.priority)
            self.at(decision.due, Letter(self, asked).leave)
        return asked


def _told(survey: Survey, decision: Plan | Refusal) -> Outcome:
    """Return a decision as an event's outcome tells it."""
    if isinstance(decision, Plan):
        return {"survey": survey.id, "due": decision.due.isoformat()}
    return {"survey": survey.id, "reason": decision.reason}
