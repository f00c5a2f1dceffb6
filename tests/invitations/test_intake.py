"""From events to what is planned and refused, on both databases."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import func, select, update

from surveyengine.engine import Engine
from surveyengine.events.event import Customer, Event, Malformed
from surveyengine.events.event import event as parsed
from surveyengine.invitations.planning import take
from surveyengine.invitations.transactions import Outcome
from surveyengine.invitations.unsubscribe import opt_out
from surveyengine.results import query
from surveyengine.results.record import plain
from surveyengine.store import customers
from surveyengine.store.schema import account, event, invitation, sending
from surveyengine.values.link_tokens import unsubscribe_token
from tests.support.business import asking, change, delivered

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def rows(engine: Engine, *columns: Any) -> list[tuple[Any, ...]]:
    with engine.database.read() as connection:
        found = select(*columns).select_from(invitation.outerjoin(sending)).order_by(invitation.c.key)
        return [tuple(row) for row in connection.execute(found)]


def states(engine: Engine) -> list[tuple[Any, ...]]:
    return rows(engine, invitation.c.survey, invitation.c.state, invitation.c.reason)


def count(engine: Engine, table: Any) -> int:
    with engine.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def person(engine: Engine, id: str = "c-17") -> customers.Person:
    with engine.database.read() as connection:
        found = customers.person(connection, id)
    assert found
    return found


def returned(id: str = "1", time: datetime = NOW, order: str | None = "A-1", customer: str = "c-17") -> Event:
    data = {} if order is None else {"order": order}
    return Event("shop", f"r-{id}", "return.requested", time, data, Customer(customer), False)


# Once


def test_an_event_leads_to_an_invitation_and_says_so(engine: Engine) -> None:
    assert take(engine, [delivered()], NOW) == [
        {
            "outcome": "accepted", "source": "shop", "id": "o-1", "refused": [],
            "planned": [{"survey": "delivery", "due": "2026-11-21T00:00:00+00:00"}],
        }
    ]  # fmt: skip
    columns = (invitation.c.due_at, sending.c.next_at, invitation.c.language, invitation.c.probability)
    assert rows(engine, *columns) == [(NOW + 12 * HOUR, NOW + 12 * HOUR, "he", 1.0)]


def test_a_repeat_of_an_event_answers_as_the_first_did_and_does_nothing(engine: Engine) -> None:
    (first,) = take(engine, [delivered()], NOW)
    changed = replace(delivered(), time=NOW + DAY, customer=Customer("c-17", "new@example.com", account="acme"))
    assert take(engine, [changed, delivered()], NOW + DAY) == [{**first, "outcome": "duplicate"}] * 2
    assert (count(engine, event), count(engine, invitation), count(engine, account)) == (1, 1, 0)
    assert person(engine).email == "c-17@example.com"


def test_an_event_that_comes_twice_in_one_batch_counts_once(engine: Engine) -> None:
    first, second, other = take(engine, [delivered(), delivered(), delivered("2")], NOW)
    assert [first["outcome"], second["outcome"], other["outcome"]] == ["accepted", "duplicate", "accepted"]
    assert second["planned"] == first["planned"]
    assert count(engine, invitation) == 2


def test_the_same_id_from_another_source_is_another_event(engine: Engine) -> None:
    outcomes = take(engine, [delivered(), replace(delivered(), source="till")], NOW)
    assert [one["outcome"] for one in outcomes] == ["accepted", "accepted"]


def test_what_is_no_event_is_refused_and_holds_up_nothing(engine: Engine) -> None:
    outcomes = take(engine, [Malformed("id is missing"), delivered()], NOW)
    assert outcomes[0] == {"outcome": "refused", "reason": "id is missing"}
    assert outcomes[1]["outcome"] == "accepted"


def test_three_senders_of_the_same_events_in_any_order_store_each_once(engine: Engine) -> None:
    events = [delivered(str(number), customer=f"c-{number % 5}", time=NOW - number * HOUR) for number in range(20)]
    events += [replace(one, id=f"x-{one.id}", customer=None) for one in events[:4]]
    orders = [random.Random(seed).sample(events, len(events)) for seed in range(3)]
    with ThreadPoolExecutor(4) as pool:
        outcomes = [one for batch in pool.map(lambda order: take(engine, order, NOW), orders) for one in batch]
    by_event: dict[str, list[Outcome]] = {}
    for one in outcomes:
        by_event.setdefault(one["id"], []).append(one)
    for same in by_event.values():
        assert Counter(one["outcome"] for one in same) == {"accepted": 1, "duplicate": 2}
        assert all({**one, "outcome": ""} == {**same[0], "outcome": ""} for one in same)
    assert (count(engine, event), count(engine, invitation)) == (24, 24)


def test_two_events_about_a_customer_at_the_same_time_respect_each_others_cooldown(engine: Engine) -> None:
    change(engine, {}, cooldown="7 days")
    for round in range(5):
        events = [delivered(f"{round}-{number}", customer=f"new-{round}") for number in range(4)]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda one: take(engine, [one], NOW), events))
    assert Counter(states(engine)) == {("delivery", "planned", None): 5, ("delivery", "refused", "cooldown"): 15}


# Who somebody is


def told(id: str, time: datetime, **known: str) -> Event:
    return Event("crm", id, "customer.changed", time, {}, Customer("c-17", **known), False)


def test_a_newer_event_changes_a_customer_and_an_older_one_fills_gaps_only(engine: Engine) -> None:
    take(engine, [told("2", NOW, email="b@example.com", language="he")], NOW)
    take(engine, [told("1", NOW - DAY, email="a@example.com", name="Dana", account="acme")], NOW)
    take(engine, [told("3", NOW + HOUR, language="fa", account="bolt")], NOW + HOUR)
    take(engine, [told("4", NOW + HOUR / 2, language="en", account="acme", role="buyer")], NOW + HOUR)
    known = person(engine)
    assert (known.email, known.name, known.language) == ("b@example.com", "Dana", "fa")
    assert (known.account, known.role, known.changed_at) == ("bolt", "buyer", NOW + HOUR)
    assert count(engine, account) == 2


def test_what_an_event_does_not_tell_stays_as_it_was(engine: Engine) -> None:
    take(engine, [delivered(), replace(delivered("2", NOW + HOUR), customer=Customer("c-17"))], NOW)
    assert person(engine).email == "c-17@example.com"


def test_conditions_may_ask_about_the_customer(engine: Engine) -> None:
    change(engine, {"purchase/buyers": asking(on="order.paid", when={"role": "buyer", "language": "he"})})
    paid = replace(delivered(), type="order.paid", customer=Customer("c-1", "a@b.example", language="he", role="buyer"))
    take(engine, [paid, replace(paid, id="2", customer=replace(paid.customer, id="c-2", role="user"))], NOW)  # type: ignore[type-var]  # it has a customer
    assert states(engine) == [("buyers", "planned", None)]


# Refusals


@pytest.mark.parametrize(
    ("happened", "reason"),
    [
        (replace(delivered(), customer=None), "no_customer"),
        (replace(delivered(), customer=Customer("c-17")), "unreachable"),
        (delivered(time=NOW - 8 * DAY), "late"),
        (replace(delivered(), test=True), "test"),
    ],
)
def test_a_refusal_is_kept_with_its_reason(engine: Engine, happened: Event, reason: str) -> None:
    (outcome,) = take(engine, [happened], NOW)
    assert (outcome["planned"], outcome["refused"]) == ([], [{"survey": "delivery", "reason": reason}])
    assert rows(engine, invitation.c.state, invitation.c.reason, invitation.c.due_at) == [("refused", reason, None)]


def test_a_refusal_by_lot_is_kept_with_its_chance(engine: Engine) -> None:
    change(engine, {"purchase/delivery": asking(sample=0.25)})
    take(engine, [delivered(str(number), customer=f"c-{number}") for number in range(60)], NOW)
    kept = rows(engine, invitation.c.reason, invitation.c.probability)
    assert {*kept} == {("not_sampled", 0.25), (None, 0.25)}


def test_an_event_goes_to_one_survey_of_a_draw(engine: Engine) -> None:
    part = asking(on="order.paid", draw="paid", sample=0.5)
    change(engine, {"purchase/one": part, "purchase/other": part})
    events = [replace(delivered(str(number), customer=f"c-{number}"), type="order.paid") for number in range(30)]
    for outcome in take(engine, events, NOW):
        assert len(outcome["planned"]) == 1
        assert [one["reason"] for one in outcome["refused"]] == ["not_drawn"]


def test_of_the_surveys_of_one_event_the_most_important_is_asked(engine: Engine) -> None:
    low, high = asking(on="order.paid"), asking(on="order.paid", priority=5, after="2 hours")
    change(engine, {"purchase/a": low, "purchase/b": high, "purchase/c": asking(on="order.paid", exempt=True)},
           cooldown=0, at_most={"1 day": 1})  # fmt: skip
    take(engine, [replace(delivered(), type="order.paid")], NOW)
    assert states(engine) == [("b", "planned", None), ("a", "refused", "at_most"), ("c", "planned", None)]


def test_limits_reach_back_as_far_as_they_say(engine: Engine) -> None:
    change(engine, {"purchase/delivery": asking(cooldown="3 years")}, cooldown=0, late=0)
    times = [NOW - 1800 * DAY, NOW - 1000 * DAY, NOW, NOW + 96 * DAY]
    for number, time in enumerate(times):
        take(engine, [delivered(str(number), time)], time)
        with engine.database.write() as connection:
            sent = update(invitation).where(invitation.c.state == "planned", invitation.c.due_at <= time)
            connection.execute(sent.values(state="sent", sent_at=time, expires_at=time))
    assert [reason for _, _, reason in states(engine)] == [None, "survey_cooldown", None, "survey_cooldown"]
    change(engine, {"purchase/delivery": asking()}, cooldown=0, at_most={"5 years": 2}, late=0)
    take(engine, [delivered("y", NOW + DAY)], NOW)
    assert states(engine)[-1] == ("delivery", "refused", "at_most")


# Counter-events


GOODS = delivered(time=NOW)
LATER = NOW + HOUR


@pytest.mark.parametrize(
    ("counter", "expected"),
    [
        (returned(time=LATER), "cancelled"),
        (returned(time=NOW), "cancelled"),
        (returned(time=NOW - HOUR), None),
        (returned(time=LATER, order="A-2"), None),
        (returned(time=LATER, order=None), "cancelled"),
        (returned(time=LATER, customer="c-18"), None),
        (replace(returned(time=LATER), type="order.cancelled"), None),
        (replace(returned(time=LATER), data={"order": ""}), None),
    ],
)
def test_a_counter_event_undoes_the_invitation_in_whichever_order_they_come(
    engine: Engine, counter: Event, expected: str | None
) -> None:
    reasons = set()
    for number, order in enumerate(permutations([GOODS, counter])):
        mine = [replace(one, source=f"s{number}", customer=_of(one, number)) for one in order]
        for one in mine:
            take(engine, [one], LATER)
        take(engine, [replace(mine[0], id="other", type="nothing.happened")], LATER)
        reasons.add(states(engine)[-1][1:])
    assert reasons == {("refused", expected) if expected else ("planned", None)}


def _of(one: Event, number: int) -> Customer:
    assert one.customer
    return replace(one.customer, id=f"{one.customer.id}-{number}")


def test_without_an_order_an_event_is_undone_by_any_counter_event_of_the_customer(engine: Engine) -> None:
    take(engine, [replace(GOODS, data={}), returned(time=LATER, order="A-9")], LATER)
    assert states(engine) == [("delivery", "refused", "cancelled")]


def test_a_test_does_not_undo_a_customers_invitation(engine: Engine) -> None:
    take(engine, [GOODS, replace(returned(time=LATER), test=True)], LATER)
    assert states(engine) == [("delivery", "planned", None)]


# Opting out


def test_whoever_opted_out_is_not_invited_by_any_id(engine: Engine) -> None:
    take(engine, [delivered()], NOW)
    ((id,),) = rows(engine, invitation.c.id)
    link = unsubscribe_token(engine.secret, id)
    assert opt_out(engine, link, None)
    assert person(engine).opted_out_at is None
    assert opt_out(engine, link, NOW)
    assert opt_out(engine, link, NOW + HOUR)
    assert person(engine).opted_out_at == NOW
    same_address = replace(delivered("2"), customer=Customer("c-99", " C-17@Example.com"))
    new_address = replace(delivered("3"), customer=Customer("c-17", "new@example.com"))
    take(engine, [same_address, new_address, delivered("4", customer="c-18")], NOW)
    assert [reason for _, _, reason in states(engine)] == [None, "opted_out", "opted_out", None]


@pytest.mark.parametrize("link", ["", "x", "x" * 38, "é" * 38, "\ud800", "x" * 16])
def test_a_forged_link_opts_nobody_out(engine: Engine, link: str) -> None:
    assert opt_out(engine, link, NOW) is None


# Awkward, but allowed


def test_a_survey_may_be_answered_for_a_hundred_years(engine: Engine) -> None:
    change(engine, {"purchase/delivery": asking(expires="100 years")})
    take(engine, [delivered()], NOW)
    assert states(engine) == [("delivery", "planned", None)]


def test_an_event_may_be_as_old_as_events_and_limits_go(engine: Engine) -> None:
    change(engine, {"purchase/delivery": asking(cooldown="100 years", after="100 years")}, late=0)
    raw = {"specversion": "1.0", "type": "shipment.delivered", "source": "s", "data": {"customer": {"id": "c"}}}
    times = ["0001-01-01T00:00:00Z", "1926-12-16T00:00:00Z", "2026-11-21T12:00:00Z"]
    read = [parsed({**raw, "id": time, "time": time}, NOW) for time in times]
    assert [one["outcome"] for one in take(engine, read, NOW)] == ["refused", "accepted", "accepted"]


# Numbers


@pytest.mark.parametrize("seed", range(4))
def test_whoever_was_eligible_was_invited_or_refused_whatever_happens(engine: Engine, seed: int) -> None:
    chance = random.Random(seed)
    change(engine, {
        "purchase/delivery": asking(sample=0.8, cancel_on=["return.requested"], after="3 days", when={"country": "IL"}),
        "purchase/packing": asking(priority=1, cooldown="20 days", cancel_on=["return.requested"]),
    }, cooldown="2 days", at_most={"30 days": 3})  # fmt: skip
    events = [random_event(chance, number) for number in range(60)]
    for start in range(0, len(events), 7):
        take(engine, [*events[start : start + 7], *chance.sample(events, 2)], NOW)
    eligible: Mapping[str, int] = {
        "delivery": sum(one.type == "shipment.delivered" and one.data["country"] == "IL" for one in events),
        "packing": sum(one.type == "shipment.delivered" for one in events),
    }
    (stage,) = plain(query.report(engine, query.ReportQuery(), NOW))["stages"]
    assert {one["touchpoint"]: one["funnel"]["eligible"] for one in stage["touchpoints"]} == eligible
    for touchpoint in stage["touchpoints"]:
        funnel = touchpoint["funnel"]
        assert funnel["eligible"] == funnel["invited"] + sum(funnel["refused"].values())
        assert funnel["refused"]


def random_event(chance: random.Random, number: int) -> Event:
    time, customer = NOW - chance.random() * 9 * DAY, f"c-{chance.randrange(12)}"
    if chance.random() < 0.2:
        return returned(str(number), time, chance.choice([None, f"A-{chance.randrange(number + 1)}"]), customer)
    happened = delivered(str(number), time, customer, country=chance.choice(["IL", "IR"]))
    return replace(happened, customer=None) if chance.random() < 0.1 else happened
