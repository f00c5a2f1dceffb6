"""Events that are decided about together lead to what they lead to one by one: real surveys, lot and limits on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf
from random import Random
from typing import Any

import pytest
from sqlalchemy import delete, select

from surveyengine.engine import Engine
from surveyengine.events.event import Customer, Event, Malformed
from surveyengine.invitations import lots
from surveyengine.invitations.listeners import Listeners
from surveyengine.invitations.planning import outcomes, take
from surveyengine.invitations.round import MOST, rounds
from surveyengine.invitations.transactions import Outcome
from surveyengine.store.schema import account, allotment, customer, event, invitation, sending
from tests.support.business import asking, change

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
TABLES = (allotment, sending, invitation, event, customer, account)
COUNTERS = ("order.cancelled", "ticket.reopened")
PARCEL = {"on": "shipment.delivered", "after": "2 days", "cancel_on": ["order.cancelled"], "priority": 2}
SURVEYS: Mapping[str, Mapping[str, Any]] = {
    "purchase/checkout": {"on": "order.paid", "cancel_on": ["order.cancelled"]},
    "purchase/delivery": PARCEL,
    "purchase/parcel": {"on": "shipment.delivered", "draw": "parcel", "sample": 0.5},
    "purchase/box": {"on": "shipment.delivered", "draw": "parcel", "sample": 0.4},
    "post-purchase/support": {"on": "ticket.solved", "cooldown": "3 days", "cancel_on": ["ticket.reopened"]},
}
TYPES = ("order.paid", "shipment.delivered", "ticket.solved", *COUNTERS)
PEOPLE = (
    Customer("c-1", "dana@example.com", language="he"),
    Customer("c-2", "dana@example.com", name="Dana"),  # who shares a mailbox with the first
    Customer("c-3", "reza@example.com", timezone="Asia/Tehran", account="a-1"),
    Customer("c-3", "reza@example.net", account="a-2"),  # the same, who has moved
    Customer("c-4", "noor@example.com"),
    Customer("c-5"),  # who cannot be reached
    None,
)


def story(seed: int, length: int = 60) -> list[Event | Malformed]:
    """Events of a few customers as systems send them: often about the same, out of order, twice, tests among them."""
    chance = Random(seed)
    found: list[Event | Malformed] = []
    for number in range(length):
        whom, type = chance.choice(PEOPLE), chance.choice(TYPES)
        about = {"order": f"A-{chance.randrange(8)}", "ticket": f"T-{chance.randrange(8)}"}
        at = NOW - chance.random() * 20 * DAY
        found.append(Event("shop", f"e-{number}", type, at, about, whom, chance.random() < 0.1))
        if chance.random() < 0.1:
            found.append(chance.choice(found))
        if chance.random() < 0.05:
            found.append(Malformed("is no event"))
    return found


def stored(engine: Engine) -> dict[str, list[str]]:
    """What is stored, with names in place of keys and of what is drawn by chance."""
    with engine.database.read() as connection:
        rows = {one.name: [*map(dict, connection.execute(select(one)).mappings())] for one in TABLES}
    told = {row["key"]: f"{row['source']} {row['id']} {row['test']}" for row in rows["event"]}
    asked = {row["key"]: f"{row['survey']} {told[row['event']]}" for row in rows["invitation"]}
    for row in (one for each in rows.values() for one in each):
        row |= {"event": told[row["event"]]} if "event" in row else {}
        row |= {"invitation": asked[row["invitation"]]} if "invitation" in row else {}
    for row in rows["invitation"]:
        del row["token_hash"], row["id"]
    return {name: sorted(map(_told, each)) for name, each in rows.items()}


def _told(row: Mapping[str, Any]) -> str:
    return str({name: value for name, value in row.items() if name != "key"})


def together(engine: Engine, batch: Sequence[Event | Malformed]) -> list[Outcome]:
    """Take all of them in one transaction."""
    listeners = Listeners(engine, NOW, scales=lots.today(engine, NOW))
    found: dict[int, Outcome] = {}
    with engine.database.write() as connection:
        for some in outcomes(listeners, connection, batch, inf):
            found |= some
    return [found[place] for place in range(len(batch))]


def emptied(engine: Engine) -> None:
    with engine.database.write() as connection:
        for table in TABLES:
            connection.execute(delete(table))


@pytest.mark.parametrize("cooldown", ["0 days", "7 days"])  # without the lot, and with it
@pytest.mark.parametrize("seed", range(4))
def test_events_taken_together_lead_to_what_they_lead_to_one_by_one(engine: Engine, seed: int, cooldown: str) -> None:
    files = {name: asking(**invite) for name, invite in SURVEYS.items()}
    change(engine, files, cooldown=cooldown, late="0 days", at_most={"10 days": 2})
    batch = story(seed)
    told = together(engine, batch)
    found = stored(engine)
    emptied(engine)
    assert told == [take(engine, [one], NOW)[0] for one in batch]
    assert found == stored(engine)
    assert {row["outcome"] for row in told} >= {"accepted", "duplicate"}
    assert all(found[one.name] for one in (invitation, sending, event, customer, account))
    assert bool(found[allotment.name]) == (cooldown != "0 days")


def places(incoming: Sequence[Event | Malformed]) -> Iterator[list[int]]:
    return ([*round] for round in rounds(incoming))


def one(id: str, customer: str, email: str | None = None, **changed: Any) -> Event:
    whom = Customer(customer, email) if customer else None
    return replace(Event("shop", id, "order.paid", NOW, {}, whom, False), **changed)


@pytest.mark.parametrize(
    ("incoming", "expected"),
    [
        ([], []),
        ([one("1", "a"), one("2", "b"), Malformed("no"), one("3", "")], [[0, 1, 2, 3]]),
        ([one("1", "a"), one("2", "a"), one("3", "b"), one("4", "a")], [[0, 2], [1], [3]]),
        ([one("1", ""), one("1", ""), one("1", "", test=True), one("1", "", source="till")], [[0, 3], [1], [2]]),
        ([one(str(n), f"c-{n}") for n in range(MOST + 2)] + [one("x", "c-1")],
         [[*range(MOST)], [MOST, MOST + 1, MOST + 2]]),
        ([Malformed("no")] * (2 * MOST + 1), [[*range(MOST)], [*range(MOST, 2 * MOST)], [2 * MOST]]),
        ([one("1", "a", "d@example.com"), one("2", "b", "D@example.com"), one("3", "b")], [[0], [1], [2]]),
    ],
)  # fmt: skip
def test_in_a_round_nobody_has_two_events_and_their_order_stays(
    incoming: list[Event | Malformed], expected: list[list[int]]
) -> None:
    assert [*places(incoming)] == expected


def test_a_round_that_lasts_too_long_leaves_the_rest_as_if_it_had_not_come(engine: Engine) -> None:
    batch = [Event("shop", f"o-{n}", "shipment.delivered", NOW, {}, Customer(f"c-{n}"), False) for n in range(4)]
    listeners = Listeners(engine, NOW)
    with engine.database.write() as connection:
        [came] = outcomes(listeners, connection, batch, seconds=0)
    assert [*came] == [0]
    with engine.database.read() as connection:
        assert [row.id for row in connection.execute(select(event))] == ["o-0"]
    assert [one["outcome"] for one in take(engine, batch, NOW)] == ["duplicate", *["accepted"] * 3]
