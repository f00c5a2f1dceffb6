"""Stores events and what they tell of their customers, before anything is decided about them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from ..engine import Engine
from ..events.customer import identified
from ..events.erased import refused_because
from ..events.event import Event, Malformed
from ..store import customers, events
from ..store.customers import CustomerDetails, Person
from ..store.engine.database import Collision
from ..store.erasures import Tombstone
from ..store.events import EventName
from .arrival import event_data, respelled, told_of
from .contact import DecisionContext
from .returning import come_back, tombstones_of
from .transactions import Outcome


class StoredEvent(NamedTuple):
    """An event that is stored under a key, and its customer as they are known; None where it names none."""

    event: Event
    key: int
    person: Person | None


def named(engine: Engine, incoming: Event | Malformed) -> Event | Malformed:
    """Return the event with its customer under the id that they have here."""
    if isinstance(incoming, Malformed) or incoming.customer is None or incoming.customer.id:
        return incoming
    return replace(incoming, customer=identified(incoming.customer, engine.hasher))


def received(
    context: DecisionContext, incoming: Sequence[Event | Malformed], unrecognised: Callable[[Event], str]
) -> list[StoredEvent | Outcome]:
    """Return events of different customers as they are to be stored; or the outcome where nothing more comes of one.

    1. Refuse what is malformed, and what is `unrecognised` for a reason.
    2. Refuse what tells of the time before its customer was erased.
    3. Give the others keys; a duplicate gets the first one's outcome.
    4. Note what they tell of their customers.
    """
    stones = tombstones_of(
        context.engine, context.connection,
        {one.customer.id for one in incoming if isinstance(one, Event) and one.customer},
    )  # fmt: skip
    judged = [one if isinstance(one, Malformed) else _judged(one, stones, unrecognised(one)) for one in incoming]
    usable = {_name(one): one for one in judged if isinstance(one, Event)}
    first = events.outcomes(context.connection, usable.keys())
    fresh = [one for name, one in usable.items() if name not in first]
    keys = dict(zip(map(_name, fresh), events.keys(context.connection, len(fresh)), strict=True))
    persons = _persons(context, fresh, stones)
    return [
        {"outcome": "refused", "reason": one.reason}
        if isinstance(one, Malformed)
        else StoredEvent(one, keys[name], persons.get(one.customer.id) if one.customer else None)
        if (name := _name(one)) in keys
        else {**first[name], "outcome": "duplicate", **respelled(one)}
        for one in judged
    ]


def _judged(event: Event, stones: Mapping[str, Tombstone], unrecognised: str) -> Event | Malformed:
    stone = stones.get(event.customer.id) if event.customer else None
    reason = unrecognised or refused_because(stone.at if stone else None, event)
    return Malformed(reason) if reason else event


def _name(event: Event) -> EventName:
    return EventName(event.source, event.id, event.test)


def _persons(
    context: DecisionContext, arrived: Collection[Event], stones: Mapping[str, Tombstone]
) -> dict[str, Person]:
    """Note what events tell of their customers, and return these by their ids; what a test tells is not kept."""
    engine, connection, now = context.engine, context.connection, context.now
    told = [CustomerDetails(one.customer.id, told_of(one.customer), one.time)
            for one in arrived if one.customer and not one.test]  # fmt: skip
    known = customers.note(connection, told, now, engine.hasher)
    new = [id for id, one in known.items() if one.known_at == now]
    if tombstones_of(engine, connection, new) != {id: stones[id] for id in new if id in stones}:
        raise Collision("a customer was erased while their event arrived")  # it is decided about once more
    tests = {one.customer.id: one for one in arrived if one.customer and one.test}
    tried = customers.note(connection, [CustomerDetails(id, {}, one.time) for id, one in tests.items()], None)
    return {
        **{id: come_back(connection, one, stones.get(id)) for id, one in known.items()},
        **{id: customers.as_told(one, event_data(tests[id])) for id, one in tried.items()},
    }
