"""Gathers what explains why a customer was asked, or was not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from ..definitions.model import closest
from ..engine import Engine
from ..store import customers, history
from ..store.customers import Person
from ..store.database import Connection
from ..store.history import Happened, Outcome
from .decision import barrier
from .explanation import (
    Bearing,
    Clock,
    Standing,
    about_customer,
    about_event,
    about_invitation,
    about_limits,
    free_from,
)
from .intake import contact_of
from .token import address_hash


class Unknown(Exception):
    """There is no such customer and no such event; says what may have been meant."""


def explain(engine: Engine, name: str, now: datetime) -> list[str]:
    """Return in lines what happened to a customer, or at an event (an id, or source/id), and what came of it.

    Raises Unknown where there is neither.
    """
    clock = Clock(now, engine.config.business.zone)
    with engine.database.read() as connection:
        if person := customers.person(connection, name):
            events = history.events_of(connection, name)
            outcomes = history.outcomes_of(connection, name)
            return [*_told(engine, events, outcomes, clock, _standing(engine, connection, person, now))]
        events = history.events_named(connection, name)
        if not events:
            raise Unknown(f"there is no customer and no event `{name}`{_hint(connection, name)}")
        outcomes = history.outcomes_after(connection, [one.key for one in events])
        whom = customers.person(connection, events[0].customer) if events[0].customer else None
        standing = _standing(engine, connection, whom, now) if whom else None
        return [*_told(engine, events, outcomes, clock, standing)]


def _told(
    engine: Engine, events: Sequence[Happened], outcomes: Sequence[Outcome], clock: Clock, standing: Standing | None
) -> Iterator[str]:
    told = [
        (happened.time, [*about_event(happened, _after(outcomes, happened), _bearing(engine, happened), clock)])
        for happened in events
    ]
    alone = [one for one in outcomes if one.event is None]
    told += [(one.due_at or one.planned_at, [*about_invitation(one, clock)]) for one in alone]
    if standing:
        yield from about_customer(standing, clock)
    for _, lines in sorted(told, key=lambda one: one[0]):
        yield from ("", *lines)
    if standing:
        yield from ("", *about_limits(standing, clock))


def _after(outcomes: Sequence[Outcome], happened: Happened) -> list[Outcome]:
    return [one for one in outcomes if one.event == happened.key]


def _bearing(engine: Engine, happened: Happened) -> Bearing:
    """Return what the surveys of today have to do with an event."""
    invites = {survey.id: survey.invite for survey in engine.library.live.values() if survey.invite}
    return Bearing(
        [survey for survey, invite in invites.items() if invite.on == happened.type],
        [survey for survey, invite in invites.items() if happened.type in invite.cancel_on],
    )


def _standing(engine: Engine, connection: Connection, person: Person, now: datetime) -> Standing:
    """Return what stands between the customer and the next invitation to each survey."""
    contact, sending = contact_of(engine, connection, person, now), engine.config.sending
    hashed = address_hash(engine.secret, person.email) if person.email else ""
    open_ones = [survey for survey in engine.library.live.values() if survey.invite and not survey.head.closed]
    return Standing(
        person.id,
        person.known_at,
        person.opted_out_at,
        history.address_left_at(connection, hashed) if hashed else None,
        {
            survey.id: barrier(contact, False, survey.invite, sending)
            or free_from(survey.id, survey.invite, contact.asked, now, sending)
            for survey in sorted(open_ones, key=lambda survey: survey.id)
            if survey.invite
        },
    )


def _hint(connection: Connection, name: str) -> str:
    hint = closest(name, [*customers.alike(connection, name), *history.events_alike(connection, name)])
    return f"; {hint}" if hint else ""
