"""Events that come to light when it is long past their time: one mail within the limits, about the newest."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from surveyengine.engine import Engine
from surveyengine.events.event import Customer, Event
from surveyengine.invitations.delivery import LEASE
from surveyengine.invitations.planning import take
from surveyengine.invitations.precedence import Candidate, give_way
from surveyengine.settings.config import SendingSettings
from surveyengine.store import sendings
from surveyengine.store.schema import event, invitation, sending
from tests.invitations.test_decision import survey
from tests.invitations.test_delivery import Outbox, deliver, states
from tests.invitations.test_intake import returned, rows
from tests.support.business import asking, change, delivered

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OLD = [delivered(str(months), NOW - months * 30 * DAY) for months in (2, 3, 4, 5)]


@pytest.fixture
def shop(engine: Engine) -> Engine:
    change(engine, {}, cooldown="30 days", late=0)
    return engine


def asked(engine: Engine) -> list[Any]:
    """The ids of the events that a mail is to be sent about, or was."""
    query = select(event.c.id).join(invitation, invitation.c.event == event.c.key)
    with engine.database.read() as connection:
        return sorted(connection.execute(query.where(invitation.c.state != "refused")).scalars())


@pytest.mark.parametrize("size", [1, 2, 4])
@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 0, 3, 2), (2, 3, 0, 1)])
def test_of_four_old_events_the_newest_leads_to_one_mail(shop: Engine, order: tuple[int, ...], size: int) -> None:
    events = [OLD[index] for index in order]
    for begin in range(0, len(events), size):
        take(shop, events[begin : begin + size], NOW)
    assert asked(shop) == ["o-2"]
    outbox = Outbox()
    deliver(shop, outbox, NOW)
    assert (asked(shop), len(outbox.mails)) == (["o-2"], 1)
    assert sorted(states(shop)) == ["cooldown", "cooldown", "cooldown", "sent"]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_of_the_old_events_of_one_mailbox_it_is_the_newest_too(shop: Engine, order: tuple[int, ...]) -> None:
    people = [replace(one, customer=Customer(f"c-{n}", "dana@example.com")) for n, one in enumerate(OLD)]
    for index in order:
        take(shop, [people[index]], NOW)
    assert asked(shop) == ["o-2"]


def test_what_was_sent_about_an_old_event_counts_from_the_sending_on(shop: Engine) -> None:
    for days in (0, 1, 29, 30):
        take(shop, [delivered(f"old-{days}", NOW - 150 * DAY + days * HOUR)], NOW + days * DAY)
        deliver(shop, Outbox(), NOW + days * DAY)
    assert states(shop) == ["sent", "cooldown", "cooldown", "sent"]


def test_what_was_planned_for_the_past_leads_to_one_mail_too(shop: Engine) -> None:
    change(shop, {}, cooldown=0, late=0)
    take(shop, OLD, NOW)
    change(shop, {}, cooldown="30 days", late=0)
    with shop.database.write() as connection:
        connection.execute(update(invitation).values(due_at=NOW - 90 * DAY))
        connection.execute(update(sending).values(due_at=NOW - 90 * DAY, next_at=NOW - 90 * DAY))
    outbox = Outbox()
    deliver(shop, outbox, NOW)
    assert (len(outbox.mails), sorted(states(shop))) == (1, ["cooldown", "cooldown", "cooldown", "sent"])
    take(shop, [delivered("new", NOW + DAY)], NOW + DAY)
    assert states(shop)[-1] == "cooldown"


@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_what_comes_in_time_goes_before_what_does_not(shop: Engine, order: tuple[int, ...]) -> None:
    events = [delivered("fresh", NOW - HOUR), *OLD[:2]]
    take(shop, [events[index] for index in order], NOW)
    assert asked(shop) == ["o-fresh"]
    assert rows(shop, invitation.c.due_at)[order.index(0)] == (NOW + 11 * HOUR,)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_in_quiet_hours_too_it_is_the_newest(shop: Engine, order: tuple[int, ...]) -> None:
    change(shop, {}, cooldown="30 days", late=0, quiet_hours=["13:00", "16:00"])
    for index in order:
        take(shop, [OLD[index]], NOW + index * HOUR)
    assert asked(shop) == ["o-2"]
    outbox = Outbox()
    deliver(shop, outbox, NOW + 2 * HOUR)
    assert len(outbox.mails) == 1


def test_what_is_about_to_leave_does_not_give_way(shop: Engine) -> None:
    take(shop, OLD[1:2], NOW)
    with shop.database.write() as connection:
        sendings.claim(connection, NOW, LEASE)
    take(shop, OLD[:1], NOW)
    assert states(shop) == ["planned", "cooldown"]


def test_of_the_surveys_of_one_old_event_the_most_important_is_asked(shop: Engine) -> None:
    on: dict[str, Any] = {"on": "order.paid"}
    change(shop, {"purchase/a": asking(**on), "purchase/b": asking(**on, priority=5, after="2 hours"),
                  "purchase/c": asking(**on, after="300 days")},
           cooldown=0, at_most={"400 days": 1}, late=0)  # fmt: skip
    paid = [Event("shop", one.id, "order.paid", one.time, one.data, one.customer, False) for one in OLD]
    take(shop, paid[1:2], NOW)
    assert states(shop) == ["planned", "at_most", "at_most"]
    take(shop, paid[:1], NOW)
    assert rows(shop, invitation.c.survey, invitation.c.state) == [
        ("b", "refused"), ("a", "refused"), ("c", "refused"), ("b", "planned"), ("a", "refused"), ("c", "refused"),
    ]  # fmt: skip


@pytest.mark.parametrize("order", [*permutations(range(4))][::5])
def test_as_many_of_the_newest_are_asked_as_the_limits_allow(engine: Engine, order: tuple[int, ...]) -> None:
    change(engine, {}, cooldown=0, at_most={"30 days": 2}, late=0)
    take(engine, [OLD[index] for index in order], NOW)
    assert asked(engine) == ["o-2", "o-3"]


def test_late_refuses_as_before(engine: Engine) -> None:
    change(engine, {}, cooldown="30 days", late="100 days")
    take(engine, OLD, NOW)
    assert states(engine) == ["planned", "cooldown", "late", "late"]


def test_what_gave_way_stays_refused_when_the_newer_one_is_undone(shop: Engine) -> None:
    take(shop, [OLD[1], OLD[0], returned(time=NOW, order="A-2")], NOW)
    assert states(shop) == ["cooldown", "cancelled"]


def test_a_test_and_what_no_limit_holds_for_give_way_to_nothing(shop: Engine) -> None:
    change(shop, {"purchase/vip": asking(on="vip.visited", exempt=True)}, cooldown="30 days", late=0)
    visit = Event("shop", "v", "vip.visited", NOW - 100 * DAY, {}, OLD[0].customer, False)
    take(shop, [visit, OLD[0]], NOW)
    assert states(shop) == ["planned", "cooldown"]


INVITE = survey(after="12 hours").invite


@given(st.lists(st.tuples(st.integers(1, 400), st.integers(0, 3)), min_size=1, max_size=8, unique=True), st.integers())
def test_who_gives_way_does_not_depend_on_the_order(old: list[tuple[int, int]], seed: int) -> None:
    assert INVITE
    candidates = [
        Candidate(number, "delivery", INVITE.model_copy(update={"priority": priority}), ("shop", str(number)),
                  NOW - days * DAY, NOW, NOW)
        for number, (days, priority) in enumerate(old)
    ]  # fmt: skip
    sending = SendingSettings.model_validate({"cooldown": "30 days"})
    refused = give_way(random.Random(seed).sample(candidates, len(candidates)), [], sending)
    (kept,) = [one for one in candidates if one.key not in refused]
    assert kept.happened == max(one.happened for one in candidates)
    assert give_way(candidates, [], sending) == refused
