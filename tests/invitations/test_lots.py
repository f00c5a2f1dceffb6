"""The lot by tickets, from events to rows: who is asked, what is stored, and what makes it fall otherwise."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from random import Random
from typing import Any

import pytest
from sqlalchemy import select, update

from surveyengine.definitions.survey import Invite
from surveyengine.engine import Engine
from surveyengine.events.event import Customer, Event
from surveyengine.invitations import decision, lots
from surveyengine.invitations.decision import Limits, exceeded_limit
from surveyengine.invitations.explain import explain
from surveyengine.invitations.import_file import _tried
from surveyengine.invitations.lottery import includes
from surveyengine.invitations.planning import take
from surveyengine.people.caller import Caller
from surveyengine.privacy.erasure import erase
from surveyengine.settings.config import SendingSettings
from surveyengine.store import allotments
from surveyengine.store.invitations import Recipient
from surveyengine.store.schema import allotment, event, invitation, survey_scale
from tests.support.business import asking, change

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
TYPES = {"checkout": "order.paid", "delivery": "shipment.delivered", "support": "ticket.solved"}
COLUMNS = (
    invitation.c.survey, invitation.c.state, invitation.c.reason, invitation.c.probability, invitation.c.due_at,
    allotment.c.tickets, allotment.c.allotted, allotment.c.scale,
)  # fmt: skip


def compete(engine: Engine, surveys: Mapping[str, Mapping[str, Any]] | None = None, **sending: Any) -> None:
    """Let surveys of the three events compete."""
    invites = {name: {"on": TYPES[name]} for name in TYPES} if surveys is None else surveys
    files = {f"purchase/{name}": asking(**invite) for name, invite in invites.items()}
    change(engine, files, **{"cooldown": "7 days", "late": "0 days", **sending})


def happened(survey: str, number: int, customer: str = "c-1", at: datetime = NOW, **data: Any) -> Event:
    whom = Customer(customer, f"{customer}@example.com")
    return Event("shop", f"{survey}-{number}", TYPES[survey], at, {"order": f"A-{number}", **data}, whom, False)


def rows(engine: Engine) -> list[Any]:
    with engine.database.read() as connection:
        found = select(*COLUMNS).select_from(invitation.outerjoin(allotment)).order_by(invitation.c.key)
        return list(connection.execute(found))


def send(engine: Engine, now: datetime) -> None:
    """Count what is due as sent when it was due."""
    due = update(invitation).where(invitation.c.state == "planned", invitation.c.due_at <= now)
    with engine.database.write() as connection:
        connection.execute(due.values(state="sent", sent_at=invitation.c.due_at, expires_at=now))


def many(survey: str, n: int) -> list[Event]:
    return [happened(survey, number, f"c-{number}") for number in range(n)]


def test_about_three_in_ten_are_asked_at_first_and_every_row_says_its_chance(engine: Engine) -> None:
    compete(engine)
    take(engine, many("checkout", 100), NOW)
    found = rows(engine)
    assert Counter(row.reason for row in found)["lot"] == sum(row.state == "refused" for row in found)
    assert 15 < sum(row.state == "planned" for row in found) < 45
    assert {(row.probability, row.allotted, row.scale) for row in found} == {(77 / 256, 77, 0.3)}
    assert all(row.due_at for row in found)


def test_the_sample_is_part_of_the_chance(engine: Engine) -> None:
    compete(engine, {"checkout": {"on": "order.paid", "sample": 0.5}, "delivery": {"on": "shipment.delivered"}})
    take(engine, many("checkout", 30), NOW)
    assert {row.probability for row in rows(engine) if row.reason != "not_sampled"} == {0.5 * 77 / 256}


@pytest.mark.parametrize(
    ("surveys", "sending"),
    [
        ({}, {}),
        (None, {"cooldown": "0 days"}),
        ({"checkout": {"on": "order.paid"}, "delivery": {"on": "shipment.delivered", "exempt": True}}, {}),
        ({"checkout": {"on": "order.paid"}, "delivery": {"on": "shipment.delivered", "closed": True}}, {}),
    ],
)
def test_nothing_is_drawn_where_no_two_surveys_compete(
    engine: Engine, surveys: Mapping[str, Mapping[str, Any]] | None, sending: Mapping[str, Any]
) -> None:
    compete(engine, surveys, **sending)
    take(engine, many("delivery" if surveys == {} else "checkout", 20), NOW)
    assert {(row.state, row.probability, row.tickets) for row in rows(engine)} == {("planned", 1.0, None)}


def test_a_test_event_is_not_drawn(engine: Engine) -> None:
    compete(engine, test_only=["c-1@example.com"])
    take(engine, [replace(happened("checkout", n), test=True) for n in range(8)], NOW)
    assert {(row.state, row.tickets) for row in rows(engine)} == {("planned", None)}


def test_what_was_asked_before_there_was_a_lot_is_a_fact(engine: Engine) -> None:
    compete(engine, cooldown="0 days")
    take(engine, [happened("checkout", 1)], NOW)
    compete(engine)
    take(engine, [happened("delivery", 1, at=NOW + 3 * DAY)], NOW + 3 * DAY)
    before, after = rows(engine)
    assert (before.state, before.tickets) == ("planned", None)
    assert (after.reason, after.probability, after.allotted) == ("cooldown", 0, 0)


def drawn(engine: Engine, customers: Sequence[str]) -> str:
    """A customer who is asked about their first order."""
    take(engine, [happened("checkout", n, customer) for n, customer in enumerate(customers)], NOW)
    return customers[[row.state for row in rows(engine)].index("planned")]


def test_whoever_was_asked_is_left_alone_by_the_limits_and_others_hold_other_tickets(engine: Engine) -> None:
    compete(engine)
    names = [f"c-{n}" for n in range(30)]
    take(engine, [happened("checkout", n, name) for n, name in enumerate(names)], NOW)
    take(engine, [happened("delivery", n, name, NOW + DAY) for n, name in enumerate(names)], NOW + DAY)
    found = rows(engine)
    for first, second in zip(found[:30], found[30:], strict=True):
        assert not int.from_bytes(first.tickets) & int.from_bytes(second.tickets)
        assert first.state == "refused" or second.reason == "cooldown"
    assert any(row.state == "planned" for row in found[30:])


def test_customers_who_come_to_share_a_mailbox_are_asked_as_one_from_then_on(engine: Engine) -> None:
    compete(engine)
    pairs = [(f"c-{n}", f"d-{n}") for n in range(100)]
    take(engine, [happened("checkout", n, pair[0]) for n, pair in enumerate(pairs)], NOW)
    take(engine, [happened("checkout", n, pair[1]) for n, pair in enumerate(pairs, 200)], NOW)
    send(engine, NOW)
    first = {row.key: row for row in whose(engine)}
    moved = [
        replace(happened("delivery", n, pair[1], NOW + 3 * DAY), customer=Customer(pair[1], f"{pair[0]}@example.com"))
        for n, pair in enumerate(pairs)
    ]
    take(engine, moved, NOW + 3 * DAY)
    later = [row for row in whose(engine) if row.key not in first]
    asked = {row.customer[2:] for row in first.values() if row.state == "sent"}
    assert {row.customer[2:] for row in later if row.state == "planned"}.isdisjoint(asked)
    assert {row.reason for row in later if row.customer[2:] in asked} == {"cooldown"}
    assert any(row.state == "planned" for row in later)
    assert 0 < len(asked) < 100


def whose(engine: Engine) -> list[Any]:
    with engine.database.read() as connection:
        return list(connection.execute(select(*invitation.c["key", "customer", "state", "reason"])))


def test_a_counter_event_frees_the_tickets_of_asked_and_not_asked_alike(engine: Engine) -> None:
    undone_by = {"cancel_on": ["order.cancelled"], "after": "2 days"}
    events = {name: {"on": TYPES[name], **undone_by} for name in ("checkout", "delivery")}
    compete(engine, events)
    names = [f"c-{n}" for n in range(60)]
    drawn(engine, names)
    undo = [
        Event("shop", f"x-{n}", "order.cancelled", NOW + DAY, {"order": f"A-{n}"}, Customer(name), False)
        for n, name in enumerate(names)
    ]
    take(engine, undo, NOW + DAY)
    found = rows(engine)
    assert {row.tickets for row in found} == {bytes(32)}
    assert {row.allotted for row in found} == {77}
    assert {row.reason for row in found} == {"cancelled", "lot"}
    take(engine, [happened("delivery", n, name, NOW + 2 * DAY) for n, name in enumerate(names)], NOW + 2 * DAY)
    assert {row.allotted for row in rows(engine)[60:]} == {77}


def test_the_same_event_draws_the_same_on_any_node_and_once(engine: Engine) -> None:
    compete(engine)
    events = [happened(survey, n, f"c-{n % 7}", NOW + n * DAY / 4) for n, survey in enumerate([*TYPES] * 7)]
    with ThreadPoolExecutor(3) as pool:
        for outcomes in pool.map(lambda _: take(engine, events, NOW + 6 * DAY), range(3)):
            assert {one["outcome"] for one in outcomes} <= {"accepted", "duplicate"}
    assert len(rows(engine)) == len(events)
    with engine.database.read() as connection:
        assert len(connection.execute(select(survey_scale)).all()) == len(TYPES)


def test_an_id_of_too_many_is_decided_about_by_its_newest_occasions(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    compete(engine)
    monkeypatch.setattr(allotments, "MOST", 3)
    for day in range(8):
        take(engine, [happened("checkout", day, at=NOW + day * DAY / 4)], NOW + day * DAY / 4)
    with engine.database.read() as connection:
        book = allotments.books(connection, [Recipient("c-1", engine.hasher.hash("c-1@example.com"))], NOW)["c-1"]
    assert [one.due for one in book] == [NOW + day * DAY / 4 for day in (7, 6, 5)]
    assert sum(row.state == "planned" for row in rows(engine)) <= 1


def test_a_dry_run_says_what_would_be_and_makes_nothing(engine: Engine) -> None:
    compete(engine)
    events = many("checkout", 12)
    tried = _tried(engine, events, NOW, True)
    with engine.database.read() as connection:
        assert connection.execute(select(survey_scale)).all() == []
    assert take(engine, events, NOW) == tried


def test_a_clock_that_is_not_sure_makes_no_day(engine: Engine) -> None:
    compete(engine)
    take(engine, many("checkout", 30), NOW)
    tried = take(engine, [happened("checkout", 99, "c-99", NOW + 900 * DAY)], NOW + 900 * DAY, is_sure=False)
    assert tried[0]["outcome"] == "accepted"
    with engine.database.read() as connection:
        assert {*connection.execute(select(survey_scale.c.day)).scalars()} == {NOW.date()}
    assert rows(engine)[-1].scale


def test_a_night_moves_the_chances_towards_the_shares(engine: Engine) -> None:
    wanting: dict[str, Any] = {"on": "shipment.delivered", "share": 0.6}
    compete(engine, {"checkout": {"on": "order.paid"}, "delivery": wanting})
    take(engine, [*many("checkout", 40), *many("delivery", 40)], NOW)
    first = lots.today(engine, NOW)
    second = lots.today(engine, NOW + DAY)
    assert first == {"checkout": 0.3, "delivery": 0.3}
    assert second["checkout"] < second["delivery"]
    assert lots.today(engine, NOW + DAY) == second
    with engine.database.read() as connection:
        made = connection.execute(select(survey_scale).where(survey_scale.c.day == (NOW + DAY).date())).all()
    assert {round(row.occasions / 0.5 ** (1 / 60)) for row in made} == {40}


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_trial_of_420_orders_leaves_no_touchpoint_out(engine: Engine) -> None:
    """Half a year of a shop, in which first come, by the same limits, asks hardly anybody about a delivery."""
    sending: dict[str, Any] = {"cooldown": "7 days", "at_most": {"90 days": 3, "365 days": 8}}
    compete(engine, **sending)
    events = orders(420)
    days = [[*group] for _, group in groupby(events, lambda one: one.time.date())]
    for today in days:
        take(engine, today, today[-1].time)
        send(engine, today[-1].time)
    asked = Counter(row.survey for row in rows(engine) if row.state == "sent")
    assert is_fair(asked)
    assert not is_fair(first_come(events, SendingSettings.model_validate(sending)))


def orders(n: int) -> list[Event]:
    """So many orders in half a year; most customers have several, and some a ticket about their delivery."""
    luck, events = Random(420), list[Event]()  # noqa: S311  # a trial
    for number in range(n):
        ordered, customer = NOW + luck.uniform(0, 180) * DAY, f"c-{luck.randrange(300)}"
        delivered = ordered + luck.uniform(1, 5) * DAY
        events += [happened("checkout", number, customer, ordered), happened("delivery", number, customer, delivered)]
        if luck.random() < 0.36:
            solved = delivered + luck.uniform(0.2, 6) * DAY
            events.append(happened("support", number, customer, solved))
    return sorted(events, key=lambda one: one.time)


def first_come(events: Sequence[Event], sending: SendingSettings) -> Counter[str]:
    """How many of each touchpoint are asked where whoever comes first is asked; the control."""
    surveys, counts = {type: name for name, type in TYPES.items()}, Counter[str]()
    asked: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
    for one in events:
        theirs, survey = asked[one.customer.id if one.customer else ""], surveys[one.type]
        if exceeded_limit(Limits(survey, Invite(on=one.type), sending), theirs, one.time) is None:
            theirs.append((survey, one.time))
            counts[survey] += 1
    return counts


def is_fair(asked: Counter[str]) -> bool:
    """Whether deliveries are asked about nearly as often as orders, and enough tickets for a score."""
    return asked["delivery"] > 0.6 * asked["checkout"] and asked["support"] > 20


def test_an_erasure_leaves_no_tickets_that_would_tell_who_belongs_together(engine: Engine) -> None:
    compete(engine)
    take(engine, many("checkout", 2), NOW)
    assert sum(row.tickets is not None for row in rows(engine)) == 2
    erase(engine, "c-0", Caller(NOW + DAY))
    assert sum(row.tickets is not None for row in rows(engine)) == 1


def test_explain_says_the_chance_in_the_readers_language(engine: Engine) -> None:
    compete(engine)
    names = [f"c-{n}" for n in range(20)]
    take(engine, [happened("checkout", n, name) for n, name in enumerate(names)], NOW)
    place = [row.reason for row in rows(engine)].index("lot")
    said = "\n".join(explain(engine, f"checkout-{place}", NOW))
    assert "the lot, by which every touchpoint gets its share, fell on not asking this time (chance 1 in 3)" in said
    assert "1 ל" in "\n".join(explain(engine, f"checkout-{place}", NOW, "he"))


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_what_an_occasion_draws_depends_on_nobodys_ticket(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Customers with other tickets to whom the same happens, undone or come to light late too, draw the same."""
    undone = {"cancel_on": ["order.cancelled"], "cooldown": "20 days"}
    compete(engine, {name: {"on": type, **undone} for name, type in TYPES.items()}, at_most={"90 days": 3})
    held = {f"c-{n}": 32 * n for n in range(8)}
    by_address = {engine.hasher.hash(f"{name}@example.com"): ticket for name, ticket in held.items()}
    monkeypatch.setattr(lots, "ticket", lambda secret, person: by_address[person])
    monkeypatch.setattr(decision, "lot_of", lambda lot, event, occasion=(): random_of(lot, event.id.partition("/")[2]))
    events = sorted((one for name in held for one in story(name)), key=lambda one: one.time)
    for fortnight, chunk in groupby(events, lambda one: (one.time - NOW) // (14 * DAY)):
        now = NOW + (14 * fortnight + 14) * DAY
        take(engine, [*chunk], now)
        send(engine, now)
    columns = (event.c.id, invitation.c.survey, invitation.c.state, allotment.c.tickets)
    with engine.database.read() as connection:
        found = connection.execute(select(*columns).select_from(invitation.join(event).join(allotment))).all()
    drawn_by = defaultdict(set)
    for row in found:
        name, _, happening = row.id.partition("/")
        drawn_by[row.survey, happening].add(row.tickets)
        if int.from_bytes(row.tickets):  # else it was undone
            assert (row.state == "sent") == includes(int.from_bytes(row.tickets), held[name]), row
    assert len(drawn_by) > 10
    assert {key: len(tickets) for key, tickets in drawn_by.items() if len(tickets) > 1} == {}


def random_of(*words: str) -> float:
    return Random("\0".join(words)).random()  # noqa: S311  # a lot for a trial


def story(customer: str) -> list[Event]:
    """What happens to a customer in half a year; some of it is undone, and some comes to light late."""
    luck, whom, found = Random(15), Customer(customer, f"{customer}@example.com"), list[Event]()  # noqa: S311  # a trial
    for n in range(24):
        survey, at = luck.choice([*TYPES]), NOW + luck.uniform(0, 180) * DAY
        found.append(replace(happened(survey, n, customer, at), id=f"{customer}/{n}"))
        if luck.random() < 0.3:
            undone = Event("shop", f"{customer}/x{n}", "order.cancelled", at + DAY, {"order": f"A-{n}"}, whom, False)
            found.append(undone)
    return sorted(found, key=lambda one: one.time)
