"""Takes events: each is stored with all that comes of it in one transaction, once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ..definitions.survey import Survey
from ..engine import Engine
from ..store import customers, events, invitations
from ..store.database import Collision, Connection
from .decision import TURN, Contact, Occasion, Plan, Refusal, Rules, plan, shares, undone
from .event import Customer, Event, Malformed
from .token import address_hash, answer_token, new_id, token_hash

Outcome = Mapping[str, Any]
TRIES = 5  # of an event whose transaction and another one's waited for each other
FORTNIGHT = timedelta(days=14)
UNPUNCTUAL = timedelta(days=30)  # how much later than it was due an invitation may have left
LONGEST = 2**31 - 1  # seconds that the database can hold


def take(engine: Engine, incoming: Iterable[Event | Malformed], now: datetime) -> list[Outcome]:
    """Store events and what they lead to; return what became of each, in order, after all of it is on disk.

    An outcome is `accepted` (with what was planned and refused), `duplicate` (with what came of the first), `refused`.
    """
    intake, batch = _Intake(engine, now), list(incoming)
    try:
        return intake.outcomes(batch)
    except Collision:  # another sender has these events, or customers, in another order
        return [intake.alone(one) for one in batch]


class _Intake:
    """One transaction's worth of events."""

    def __init__(self, engine: Engine, now: datetime) -> None:
        self.engine, self.now = engine, now
        surveys = engine.library.live.values()
        self.rules = Rules(engine.config.sending, shares(surveys))
        self.by_type: dict[str, list[Survey]] = {}
        for survey in sorted(
            surveys, key=lambda survey: (-(survey.invite.priority if survey.invite else 0), survey.id)
        ):
            if survey.invite and survey.invite.on:
                self.by_type.setdefault(survey.invite.on, []).append(survey)

    def outcomes(self, batch: Sequence[Event | Malformed]) -> list[Outcome]:
        with self.engine.database.write() as connection:
            return [self.outcome(connection, one) for one in batch]

    def alone(self, one: Event | Malformed) -> Outcome:
        for _ in range(TRIES):
            with suppress(Collision):
                return self.outcomes([one])[0]
        return self.outcomes([one])[0]

    def outcome(self, connection: Connection, incoming: Event | Malformed) -> Outcome:
        if isinstance(incoming, Malformed):
            return {"outcome": "refused", "reason": incoming.reason}
        key = events.add(connection, _row(incoming, self.now))
        if key is None:
            return {**events.outcome(connection, incoming.source, incoming.id, incoming.test), "outcome": "duplicate"}
        person = self._person(connection, incoming)
        if person:
            self._cancel(connection, incoming, person.id)
        planned, refused = self._decide(connection, incoming, person, key)
        outcome = {
            "outcome": "accepted",
            "source": incoming.source,
            "id": incoming.id,
            "planned": planned,
            "refused": refused,
        }
        events.settle(connection, key, person.id if person else None, outcome)
        return outcome

    def _person(self, connection: Connection, event: Event) -> customers.Person | None:
        if event.customer is None:
            return None
        if not event.test:
            return customers.note(connection, event.customer.id, _told(event.customer), event.time, self.now)
        known = customers.note(connection, event.customer.id, {}, event.time, None)
        return customers.as_told(known, _data(event))

    def _cancel(self, connection: Connection, event: Event, customer: str) -> None:
        """Refuse what is still to be sent to the customer about something that this event undoes."""
        if not any(
            survey.invite and event.type in survey.invite.cancel_on for survey in self.engine.library.surveys.values()
        ):
            return
        for waiting, at, order in invitations.planned_after(connection, customer):
            survey = self.engine.library.version(waiting.digest)
            invite = survey.invite if survey else None
            if (
                invite
                and event.type in invite.cancel_on
                and event.test <= waiting.test
                and at <= event.time
                and undone(invite, order, [event.data.get("order")])
            ):
                invitations.refuse(connection, waiting.key, "cancelled")

    def _decide(
        self, connection: Connection, event: Event, person: customers.Person | None, key: int
    ) -> tuple[list[Outcome], list[Outcome]]:
        planned: list[Outcome] = []
        refused: list[Outcome] = []
        for survey in self.by_type.get(event.type, ()):
            decision = plan(survey, self._occasion(connection, event, person, survey), self.rules)
            if decision is None:
                continue
            row = decided(self.engine, survey, decision, event, person)
            invitations.add(connection, {**row, "event": key, "planned_at": self.now})
            if isinstance(decision, Plan):
                planned.append({"survey": survey.id, "due": decision.due.isoformat()})
            else:
                refused.append({"survey": survey.id, "reason": decision.reason})
        return planned, refused

    def _occasion(
        self, connection: Connection, event: Event, person: customers.Person | None, survey: Survey
    ) -> Occasion:
        if person is None or survey.invite is None:
            return Occasion(event, None, event.data, False, self.now)
        orders = events.counter_orders(connection, person.id, survey.invite.cancel_on, event.time, event.test)
        values = {"language": person.language, "account": person.account, "role": person.role, **event.data}
        contact = contact_of(self.engine, connection, person, event.time)
        return Occasion(event, contact, values, undone(survey.invite, event.data.get("order"), orders), self.now)


def decided(
    engine: Engine, survey: Survey, decision: Plan | Refusal, event: Event, person: customers.Person | None
) -> dict[str, Any]:
    """Return what is stored of a decision, as if it fell at the time of the event.

    What the calendar starts has no event, and counts on the day on which it is due.
    """
    at = decision.due if isinstance(decision, Plan) and event.type == TURN else event.time
    row = new_row(engine, survey, at, event.time)
    row |= {"customer": person.id if person else None, "test": event.test}
    row |= {"probability": decision.probability, "priority": survey.invite.priority if survey.invite else 0}
    if isinstance(decision, Refusal):
        return row | {"state": "refused", "reason": decision.reason}
    language = person.language if person else None
    return row | {
        "state": "planned",
        "channel": decision.channel,
        "language": language,
        "due_at": decision.due,
        "next_at": decision.due,
    }


def new_row(engine: Engine, survey: Survey, at: datetime, now: datetime) -> dict[str, Any]:
    """Return what every new invitation has: a random id, the hash of its token, its version, its day."""
    id = new_id()
    return {
        "id": id,
        "token_hash": token_hash(answer_token(engine.secret, id)),
        "survey": survey.id,
        "digest": survey.digest,
        "day": day(engine, at),
        "planned_at": now,
        "probability": 1.0,
        "priority": 0,
        "expires_after": min(int((survey.invite.expires if survey.invite else FORTNIGHT).total_seconds()), LONGEST),
    }


def day(engine: Engine, at: datetime) -> date:
    """Return the day of a moment in the business's time zone."""
    return at.astimezone(engine.config.business.zone).date()


def contact_of(engine: Engine, connection: Connection, person: customers.Person, since: datetime) -> Contact:
    """Return how the customer can be reached, and when they were asked since then, and before as far as limits look."""
    opted_out = person.opted_out_at is not None or (
        person.email is not None and customers.address_opted_out(connection, address_hash(engine.secret, person.email))
    )
    zone = ZoneInfo(person.timezone) if person.timezone else engine.config.business.zone
    asked = asked_since(engine, connection, person, since - memory(engine))
    return Contact(person.email, person.language, zone, opted_out, asked)


def asked_since(
    engine: Engine, connection: Connection, person: customers.Person, since: datetime, sent: bool = False
) -> list[tuple[str, datetime]]:
    """Return survey and moment of the customer's invitations since then; what was renamed stands under today's id."""
    rows = invitations.asked(connection, person.id, since, sent)
    return [(engine.library.today(survey), moment) for survey, moment in rows]


def memory(engine: Engine) -> timedelta:
    """Return how far back the limits look at invitations by the time they were due."""
    sending, surveys = engine.config.sending, engine.library.surveys.values()
    invites = [survey.invite for survey in surveys if survey.invite]
    spans = [max(invite.cooldown, invite.every or timedelta(0)) for invite in invites]
    return max([sending.cooldown, *spans, *(window for window, _ in sending.at_most)]) + UNPUNCTUAL


def _row(event: Event, now: datetime) -> dict[str, Any]:
    return {
        "source": event.source,
        "id": event.id,
        "type": event.type,
        "time": event.time,
        "data": _data(event),
        "test": event.test,
        "received_at": now,
    }


def _data(event: Event) -> dict[str, Any]:
    """Return what is kept of an event; of a test also its customer's details, which nobody else is to know."""
    told = {"customer": _told(event.customer)} if event.test and event.customer else {}
    return {**event.data, **told}


def _told(customer: Customer) -> dict[str, str]:
    return {name: value for name, value in asdict(customer).items() if name != "id" and value is not None}
