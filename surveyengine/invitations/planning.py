"""Takes events: each is stored once, in one transaction with the invitations that it leads to."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, cast

from ..definitions.survey import Survey
from ..engine import Engine
from ..events.customer import identified
from ..events.erased import refused_because
from ..events.event import Event, Malformed
from ..events.fields import Faults, about
from ..settings.calendar import next_open
from ..store import allotments, customers, events, invitations, occasions, sendings
from ..store.engine.database import Collision, Connection
from ..store.erasures import Tombstone
from ..store.width import SECONDS
from ..values.enumeration import ABOUT_OCCASION, BY_LIMIT, InvitationState, Reason
from ..values.link_tokens import answer_token, new_id, token_hash
from . import lots
from .arrival import accepted, event_data, event_row, respelled, told_of
from .contact import DecisionContext, contact_of, recipient_of
from .decision import TURN, Contact, Occasion, Plan, Refusal, Rules, plan, shares
from .interaction import Interaction, condition_values
from .occasion import Counter, Trigger, counter, ended, trigger
from .past import Past, happened, pasts
from .precedence import Candidate, give_way
from .returning import come_back, tombstone_of
from .transactions import Outcome, Transactions

FORTNIGHT = timedelta(days=14)


def take(engine: Engine, incoming: Iterable[Event | Malformed], now: datetime, is_sure: bool = True) -> list[Outcome]:
    """Store events and what they lead to; return the outcome of each, in order, once all of it is on disk.

    An outcome is one of:

    - `accepted`, with what was planned and refused;
    - `duplicate`, with the outcome of the first;
    - `refused`, with the reason.

    It also tells which details were left `unused` or were `respelled`. While the clock is not sure (`is_sure`),
    nothing is refused as late: each event is planned as if it had come at once.
    """
    planner = Planner(engine, now, is_sure, lots.today(engine, now, is_sure))
    return Transactions(engine.database, planner.outcome).outcomes(list(incoming))


class Planner:
    """Decides what events lead to, and stores it; `scales` are those of the surveys that compete today."""

    def __init__(
        self, engine: Engine, now: datetime, is_sure: bool = True, scales: Mapping[str, float] | None = None
    ) -> None:
        self.engine, self.now, self._is_sure = engine, now, is_sure
        self.moved = False  # whether invitations were refused, or decided again, since a contact was read
        surveys = engine.library.live.values()
        self.rules = Rules(engine.config.sending, engine.config.calendar, shares(surveys), scales or {})
        self.by_type: dict[str, list[Survey]] = {}
        self.by_counter: dict[str, list[Survey]] = {}
        self.undoing: dict[str, set[str]] = {}  # the counter-events of each draw, or of a survey without one
        for survey in sorted(
            surveys, key=lambda survey: (-(survey.invite.priority if survey.invite else 0), survey.id)
        ):
            if survey.invite and survey.invite.on:
                self.by_type.setdefault(survey.invite.on, []).append(survey)
                for type in survey.invite.cancel_on:
                    self.by_counter.setdefault(type, []).append(survey)
                    self.undoing.setdefault(_lot(survey), set()).add(type)

    def outcome(self, connection: Connection, incoming: Event | Malformed) -> Outcome:
        """Store one event and what it leads to, and return what became of it.

        1. Refuse one that is malformed, or whose occasion cannot be recognised.
        2. Refuse one that tells of the time before its customer was erased.
        3. Store it; a duplicate gets the first one's outcome.
        4. Note what it tells of its customer.
        5. Undo what it is a counter-event to.
        6. Decide for each survey about its type.
        7. Store the outcome with the event, for duplicates.
        """
        if isinstance(incoming, Malformed):
            return {"outcome": "refused", "reason": incoming.reason}
        if reason := self._unrecognised(incoming):
            return {"outcome": "refused", "reason": reason}
        incoming = replace(incoming, customer=identified(incoming.customer, self.engine.hasher))
        stone = tombstone_of(self.engine, connection, incoming.customer)
        if reason := refused_because(stone.at if stone else None, incoming):
            return {"outcome": "refused", "reason": reason}
        key = events.add(connection, event_row(incoming, self.now))
        if key is None:
            first = events.outcome(connection, incoming.source, incoming.id, incoming.test)
            return {**first, "outcome": "duplicate", **respelled(incoming)}
        person = self._person(connection, incoming, stone)
        if person:
            self._undo(connection, incoming, person.id)
        planned, refused = self._decide(connection, Interaction(incoming, person), key)
        outcome = accepted(incoming, planned, refused)
        events.settle(connection, key, person.id if person else None, outcome)
        return outcome

    def _unrecognised(self, event: Event) -> str:
        """Return why a field that a survey's `about` names is not usable; "" where all are."""
        faults = Faults()
        surveys = (*self.by_type.get(event.type, ()), *self.by_counter.get(event.type, ()))
        for name in sorted({str(one.invite.about) for one in surveys if one.invite and one.invite.about}):
            faults.read(f"data.{name}", about, event.data.get(name), None)
            for reason in (one.reason for one in event.unused if one.name == name):
                faults.note(f"data.{name}", reason)
        return faults.reason()

    def _person(self, connection: Connection, event: Event, stone: Tombstone | None) -> customers.Person | None:
        if event.customer is None:
            return None
        if not event.test:
            details = customers.CustomerDetails(event.customer.id, told_of(event.customer), event.time)
            known = customers.note(connection, details, self.now, self.engine.hasher)
            if known.known_at == self.now and tombstone_of(self.engine, connection, event.customer) != stone:
                raise Collision("the customer was erased while the event arrived")  # it is decided about once more
            return come_back(connection, known, stone)
        known = customers.note(connection, customers.CustomerDetails(event.customer.id, {}, event.time), None)
        return customers.as_told(known, event_data(event))

    def _undo(self, connection: Connection, event: Event, customer: str) -> None:
        """Undo what the event is a counter-event to, survey by survey."""
        for survey in self.by_counter.get(event.type, ()):
            for test in {True, event.test}:  # test events undo nothing but tests
                self._follow(connection, survey, self._past(connection, survey, customer, test), counter(event))

    def _decide(self, connection: Connection, happened: Interaction, key: int) -> tuple[list[Outcome], list[Outcome]]:
        planned: list[Outcome] = []
        refused: list[Outcome] = []
        event, person, contact = happened.event, happened.person, happened.contact
        surveys = self.by_type.get(event.type, ())
        pasts = self._pasts(connection, surveys, person.id, event.test) if person and surveys else {}
        for survey in surveys:
            known = pasts.get(survey.id, Past())
            if person and (contact is None or self.moved):
                contact, self.moved = self._contact(connection, person, self._competes(surveys, event.test)), False
            decision = self._decision(connection, survey, Interaction(event, person, contact), known)
            if decision is None:
                continue
            row = decided(self.engine, survey, decision, happened)
            if contact and not event.test:
                contact = lots.noted(contact, survey.id, decision, row["occasion"])
            added = invitations.add(connection, {**row, "event": key, "planned_at": self.now})
            plan_sending(connection, added, survey, decision)
            lots.keep(connection, added, decision)
            if person and survey.invite and (decision.drawn or row.get("reason") in (None, *ABOUT_OCCASION)):
                self._follow(connection, survey, known, trigger(survey.invite, event))
            if isinstance(decision, Plan):
                planned.append({"survey": survey.id, "due": decision.due.isoformat()})
            else:
                refused.append({"survey": survey.id, "reason": decision.reason})
        return planned, refused

    def _follow(self, connection: Connection, survey: Survey, known: Past, arrived: Trigger | Counter) -> None:
        """Bring the customer's invitations to a survey in line with an event that arrived.

        1. Refuse what is undone now.
        2. Decide again what was refused as undone, or as a repeat, and no longer is: events may arrive in another
           order than they happened in.
        """
        before, gone = known.undone(), known.undone(arrived)
        undoing = [arrived] if isinstance(arrived, Counter) else []
        for key in gone.keys() & known.invited.keys() - before.keys():
            self._refuse(connection, known.invited[key].key, Reason.CANCELLED)
        for key in known.doubtful(before, gone):
            self.decide_again(connection, survey, known.customer, known.invited[key], *undoing)

    def decide_again(
        self, connection: Connection, survey: Survey, customer: str, row: occasions.Invited, *arriving: Counter
    ) -> Plan | Refusal | None:
        """Decide about a refused invitation as if its event came now; None where no survey asks about it any more."""
        person = customers.person(connection, customer)
        told = customers.as_told(person, row.data) if person else None
        current = self._past(connection, survey, customer, row.test).among(arriving)
        allotments.drop(connection, row.key)
        contact = self._contact(connection, told, self._competes([survey], row.test)) if told else None
        again = Interaction(happened(row, customer), told, contact)
        decision = self._decision(connection, survey, again, current)
        if decision:
            anew = decided(self.engine, survey, decision, again)
            occasions.decide_again(connection, row.key, {**anew, "planned_at": self.now})
            plan_sending(connection, row.key, survey, decision)
            lots.keep(connection, row.key, decision)
            self.moved = True
        return decision

    def _refuse(self, connection: Connection, key: int, reason: str) -> None:
        sendings.withdraw(connection, [key], reason)
        if reason == Reason.CANCELLED:
            allotments.empty(connection, key, self.now)
        self.moved = True

    def _contact(self, connection: Connection, person: customers.Person, competes: bool) -> Contact:
        """Return the customer's contact, with the book of what they drew where that matters."""
        context = self._context(connection)
        if competes:
            lots.hold(context, person)
        contact = contact_of(context, person)
        return lots.with_book(context, person, contact) if competes else contact

    def _competes(self, surveys: Collection[Survey], test: bool) -> bool:
        return not test and any(one.id in self.rules.scales for one in surveys)

    def _past(self, connection: Connection, survey: Survey, customer: str, test: bool) -> Past:
        return self._pasts(connection, [survey], customer, test)[survey.id]

    def _pasts(self, connection: Connection, surveys: Iterable[Survey], customer: str, test: bool) -> dict[str, Past]:
        wanted = [(survey, self.undoing.get(_lot(survey), set())) for survey in surveys]
        return pasts(self._context(connection), customer, wanted, test)

    def _context(self, connection: Connection) -> DecisionContext:
        return DecisionContext(self.engine, connection, self.now)

    def _decision(
        self, connection: Connection, survey: Survey, happened: Interaction, known: Past
    ) -> Plan | Refusal | None:
        occasion = self._occasion(survey, happened, known)
        decision = plan(survey, occasion, self.rules)
        # What was drawn keeps its place: where the newest event took it, no chance would be known.
        if isinstance(decision, Refusal) and decision.reason in BY_LIMIT and decision.drawn is None:
            contact = self._with_room(connection, survey, happened)
            return plan(survey, replace(occasion, contact=contact), self.rules)
        return decision

    def _with_room(self, connection: Connection, survey: Survey, happened: Interaction) -> Contact | None:
        """Refuse what gives way to an invitation about this event; return the customer's contact without it."""
        event, person, contact, invite = happened.event, happened.person, happened.contact, survey.invite
        if person is None or contact is None or invite is None:
            return contact
        found = occasions.waiting(connection, person.id, recipient_of(self.engine, person))
        waiting = [self._candidate(row) for row in found]
        overdue = [one for one in waiting if one and one.yields_to((event.source, event.id))]
        if not overdue:
            return contact
        due = next_open(max(event.time + invite.after, self.now), contact.zone, self.rules.calendar)
        mine = Candidate(None, survey.id, invite, (event.source, event.id), event.time, self.now, due)
        asked = Tally(contact.asked) - Tally((one.survey, one.leaves) for one in overdue)
        yielding = give_way([*overdue, mine], [*asked.elements()], self.rules.sending)
        if mine.key in yielding:
            return contact
        for key, reason in yielding.items():
            self._refuse(connection, cast(int, key), reason)
        staying = ((one.survey, one.leaves) for one in overdue if one.key not in yielding)
        return replace(contact, asked=[*asked.elements(), *staying])

    def _candidate(self, row: occasions.Invited) -> Candidate | None:
        version = self.engine.library.version(row.digest)
        if version is None or version.invite is None:
            return None
        survey, leaves = self.engine.library.today(row.survey), max(row.next_at or self.now, self.now)
        return Candidate(row.key, survey, version.invite, (row.source, row.id), row.time, row.planned_at, leaves)

    def _occasion(self, survey: Survey, happened: Interaction, known: Past) -> Occasion:
        event, person = happened.event, happened.person
        now = self.now if self._is_sure else event.time
        if person is None or survey.invite is None:
            return Occasion(event, None, event.data, False, now)
        mine = trigger(survey.invite, event)
        gone = known.undone(mine)
        lot = (person.id, mine.occasion, str(ended(mine, known.counters))) if mine.occasion else ()
        values, repeated = condition_values(person, event.data), known.repeats(mine, gone)
        return Occasion(event, happened.contact, values, mine.key in gone, now, repeated, lot)


def _lot(survey: Survey) -> str:
    return survey.invite.draw if survey.invite and survey.invite.draw else survey.id


def decided(engine: Engine, survey: Survey, decision: Plan | Refusal, happened: Interaction) -> dict[str, Any]:
    """Return the row of a decision; it counts on the day of its event, that of a recurring survey when it is due."""
    event, person = happened.event, happened.person
    at = decision.due if isinstance(decision, Plan) and event.type == TURN else event.time
    row = new_row(engine, survey, at, event.time)
    row |= {"customer": person.id if person else None, "test": event.test}
    row |= {"recipient": recipient_of(engine, person) if person else None}
    row |= {"occasion": trigger(survey.invite, event).occasion if survey.invite else None}
    row |= {"probability": decision.probability}
    if isinstance(decision, Refusal):
        return row | {"state": InvitationState.REFUSED, "reason": decision.reason, "due_at": decision.due}
    language = person.language if person else None
    return row | {
        "state": InvitationState.PLANNED,
        "channel": decision.channel,
        "language": language,
        "due_at": decision.due,
    }


def plan_sending(connection: Connection, key: int, survey: Survey, decision: Plan | Refusal) -> None:
    """Plan the message of a planned invitation; a refused one has none."""
    if isinstance(decision, Plan):
        priority = survey.invite.priority if survey.invite else 0
        values = {"channel": decision.channel, "priority": priority, "due_at": decision.ought, "next_at": decision.due}
        sendings.plan(connection, key, values)


def new_row(engine: Engine, survey: Survey, at: datetime, now: datetime) -> dict[str, Any]:
    """Return the columns of every new invitation: a random id, the hash of its token, its version, its day."""
    id = new_id()
    return {
        "id": id,
        "token_hash": token_hash(answer_token(engine.secret, id)),
        "survey": survey.id,
        "digest": survey.digest,
        "day": day(engine, at),
        "planned_at": now,
        "probability": 1.0,
        "expires_after": expires_after(survey),
    }


def expires_after(survey: Survey) -> int:
    """Return for how many seconds after it is sent an invitation can be answered."""
    return min(int((survey.invite.expires if survey.invite else FORTNIGHT).total_seconds()), SECONDS)


def day(engine: Engine, at: datetime) -> date:
    """Return the day of a moment in the business's time zone."""
    return at.astimezone(engine.config.business.zone).date()
