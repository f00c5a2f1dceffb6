"""What is asked every so often: whose turn it is, what becomes of it, and that nobody is asked twice."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from surveyengine.app import create_app
from surveyengine.engine import Engine, start
from surveyengine.events.event import Customer, Event
from surveyengine.invitations.decision import lot_of, turn
from surveyengine.invitations.planning import take
from surveyengine.invitations.recurring import BATCH, PAUSE, plan_turns
from surveyengine.results import query
from surveyengine.results.record import plain
from surveyengine.serving.worker import work_once
from surveyengine.store import optouts
from surveyengine.store.schema import customer, invitation, survey_version
from tests.support.business import answer, asking, change, delivered
from tests.support.samples import TITLE, question, survey

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
YEAR = 365 * DAY


def yearly(**invite: Any) -> str:
    return asking(**{"every": "365 days", **invite}).replace('on = "shipment.delivered"\n', "")


@pytest.fixture
def shop(engine: Engine) -> Engine:
    change(engine, {"relationship/yearly": yearly()}, cooldown="7 days")
    return engine


def began(engine: Engine, at: datetime) -> None:
    """Let every survey be one that has been asking since then."""
    with engine.database.write() as connection:
        connection.execute(update(survey_version).values(published_at=at))


def meet(engine: Engine, at: datetime, *ids: str, **told: Any) -> None:
    """Make customers known by an event that no survey follows."""
    for id in ids or ("c-17",):
        whom = Customer(id, **{"email": f"{id}@example.com", **told})
        take(engine, [Event("shop", f"{id} {at}", "order.paid", at, {}, whom, False)], at)


def stored(engine: Engine, *columns: str) -> list[tuple[Any, ...]]:
    query = select(*(invitation.c[name] for name in columns)).where(invitation.c.survey == "yearly")
    with engine.database.read() as connection:
        return [tuple(row) for row in connection.execute(query.order_by(invitation.c.key))]


def sent(engine: Engine, at: datetime) -> None:
    """Note that what is planned was sent."""
    done = {"state": "sent", "sent_at": at, "expires_at": at + DAY}
    with engine.database.write() as connection:
        connection.execute(update(invitation).where(invitation.c.state == "planned").values(**done))


@pytest.mark.parametrize(
    ("known", "turns"), [(timedelta(0), 0), (YEAR - timedelta(seconds=1), 0), (YEAR, 1), (9 * YEAR, 1)]
)
def test_the_first_turn_comes_a_span_after_the_customer_was_first_heard_of(
    shop: Engine, known: timedelta, turns: int
) -> None:
    meet(shop, NOW - known)
    assert plan_turns(shop, NOW) == turns
    assert stored(shop, "state", "customer", "due_at") == [("planned", "c-17", NOW)] * turns


def test_the_history_that_a_new_business_brings_along_asks_nobody_on_the_first_day(shop: Engine) -> None:
    take(shop, [delivered(time=NOW - 5 * YEAR)], NOW)
    assert plan_turns(shop, NOW) == 0
    assert plan_turns(shop, NOW + YEAR) == 1


def test_a_new_survey_asks_nobody_on_its_first_day_and_then_some_each_day(engine: Engine) -> None:
    change(engine, {"relationship/monthly": yearly(every="31 days")}, cooldown="0 days")
    began(engine, NOW)
    meet(engine, NOW - 9 * YEAR, *(f"c-{number}" for number in range(60)))
    asked = [plan_turns(engine, NOW + days * DAY) for days in range(32)]
    assert (asked[:2], sum(asked)) == ([0, 0], 60)
    assert max(asked) < 12


def test_ids_of_one_mailbox_draw_one_lot(engine: Engine) -> None:
    change(engine, {"relationship/monthly": yearly(every="31 days")}, cooldown="0 days")
    began(engine, NOW)
    meet(engine, NOW - 9 * YEAR, "c-1", "c-2", "c-3", email="dana@example.com")
    for days in range(32):
        plan_turns(engine, NOW + days * DAY)
    with engine.database.read() as connection:
        states = connection.execute(select(invitation.c.state).where(invitation.c.survey == "monthly")).scalars().all()
    assert states.count("planned") == 1


def test_the_day_of_a_turn_is_the_day_of_its_planning(shop: Engine) -> None:
    meet(shop, NOW - 2 * YEAR)
    plan_turns(shop, datetime(2026, 11, 20, 23, 30, tzinfo=UTC))    # half past one in Jerusalem
    assert stored(shop, "day", "event", "reason") == [(date(2026, 11, 21), None, None)]


@pytest.mark.parametrize(("later", "turns"), [(timedelta(0), 0), (DAY, 0), (YEAR, 0), (YEAR + 3 * DAY, 1)])
def test_the_next_turn_comes_a_span_after_the_invitation_was_sent(shop: Engine, later: timedelta, turns: int) -> None:
    meet(shop, NOW - YEAR)
    assert plan_turns(shop, NOW) == 1
    sent(shop, NOW + 2 * DAY)
    assert plan_turns(shop, NOW + later) == turns
    assert len(stored(shop, "key")) == 1 + turns


CASES: list[tuple[Mapping[str, Any], Mapping[str, Any], str | None]] = [
    ({}, {}, None),
    ({}, {"email": None}, "unreachable"),
    ({"sample": 0}, {}, "not_sampled"),
    ({"when": {"role": "buyer"}}, {"role": "buyer"}, None),
    ({"when": {"language": ["he", "fa"]}}, {"language": "fa"}, None),
]


@pytest.mark.parametrize(("invite", "told", "reason"), CASES)
def test_a_turn_goes_through_the_decision_of_an_event(
    engine: Engine, invite: dict[str, Any], told: dict[str, Any], reason: str | None
) -> None:
    change(engine, {"relationship/yearly": yearly(**invite)})
    meet(engine, NOW - YEAR, **told)
    assert plan_turns(engine, NOW) == 1
    assert stored(engine, "state", "reason") == [("refused" if reason else "planned", reason)]


@pytest.mark.parametrize(
    ("invite", "closed"), [({"when": {"role": "buyer"}}, False), ({"every": "0 days"}, False), ({}, True)]
)
def test_nobody_has_a_turn_in_a_survey_that_is_not_for_them(
    engine: Engine, invite: dict[str, Any], closed: bool
) -> None:
    survey = yearly(**invite).replace("closed = false", f"closed = {str(closed).lower()}")
    change(engine, {"relationship/yearly": survey})
    meet(engine, NOW - 9 * YEAR)
    assert plan_turns(engine, NOW) == 0
    assert stored(engine, "state") == []


def test_who_opted_out_is_not_asked(shop: Engine) -> None:
    meet(shop, NOW - YEAR)
    with shop.database.write() as connection:
        optouts.note(connection, "c-17", (), NOW)
    plan_turns(shop, NOW)
    assert stored(shop, "state", "reason") == [("refused", "opted_out")]


@pytest.mark.parametrize(
    ("invite", "sending", "ago", "reason"),
    [
        ({}, {"cooldown": "7 days"}, 8, None),
        ({}, {"cooldown": "7 days"}, 6, "cooldown"),
        ({"cooldown": "90 days"}, {"cooldown": "7 days"}, 89, "cooldown"),
        ({"cooldown": "90 days"}, {"cooldown": "7 days"}, 90, None),
        ({"cooldown": "90 days", "exempt": True}, {"cooldown": "7 days"}, 1, None),
        ({}, {"cooldown": "0 days", "at_most": {"30 days": 1}}, 29, "at_most"),
        ({}, {"cooldown": "0 days", "at_most": {"30 days": 1}}, 30, None),
    ],
)
def test_a_turn_keeps_its_distance_from_all_other_invitations(
    engine: Engine, invite: dict[str, Any], sending: dict[str, Any], ago: int, reason: str | None
) -> None:
    change(engine, {"relationship/yearly": yearly(**invite)}, **sending)
    meet(engine, NOW - YEAR)
    event = delivered(time=NOW - ago * DAY - timedelta(hours=12))    # asked about twelve hours later
    take(engine, [event], event.time)
    sent(engine, NOW - ago * DAY)
    plan_turns(engine, NOW)
    assert stored(engine, "reason") == [(reason,)]


def test_a_refused_turn_is_tried_again_after_a_pause_and_counts_once(shop: Engine) -> None:
    meet(shop, NOW - YEAR, email=None)
    assert [plan_turns(shop, NOW + after) for after in (timedelta(0), DAY, PAUSE - DAY)] == [1, 0, 0]
    assert plan_turns(shop, NOW + PAUSE) == 1
    assert stored(shop, "state", "reason", "day") == [("refused", "unreachable", date(2026, 11, 27))]
    meet(shop, NOW + PAUSE + DAY, email="dana@example.com")
    assert plan_turns(shop, NOW + 2 * PAUSE) == 1
    assert stored(shop, "state", "reason", "due_at") == [("planned", None, NOW + 2 * PAUSE)]
    stages = plain(query.report(shop, query.ReportQuery(), NOW))["stages"]
    [stage] = [one for one in stages if one["stage"] == "relationship"]
    assert stage["touchpoints"][0]["funnel"]["eligible"] == stage["touchpoints"][0]["funnel"]["invited"] == 1


def test_refused_turns_are_told_in_the_report(shop: Engine) -> None:
    meet(shop, NOW - YEAR, "a", "b", email=None)
    plan_turns(shop, NOW)
    stages = plain(query.report(shop, query.ReportQuery(), NOW))["stages"]
    [stage] = [one for one in stages if one["stage"] == "relationship"]
    assert stage["touchpoints"][0]["funnel"]["refused"] == {"unreachable": 2}


def test_an_invitation_that_failed_is_tried_again_after_the_pause(shop: Engine) -> None:
    meet(shop, NOW - YEAR)
    plan_turns(shop, NOW)
    with shop.database.write() as connection:
        connection.execute(update(invitation).values(state="failed"))
    assert [plan_turns(shop, NOW + after) for after in (PAUSE - DAY, PAUSE)] == [0, 1]


def test_where_the_span_is_shorter_than_the_pause_it_is_the_pause(engine: Engine) -> None:
    change(engine, {"relationship/yearly": yearly(every="2 days")})
    meet(engine, NOW - 2 * DAY, email=None)
    assert [plan_turns(engine, NOW + after * DAY) for after in range(5)] == [1, 0, 1, 0, 1]


def test_a_lot_is_drawn_once_in_a_span() -> None:
    asked = survey(question("satisfaction", "csat"), head=f'{TITLE}[invite]\nevery = "365 days"\n')

    def lot(after: timedelta) -> float:
        return lot_of("yearly", turn(asked, Customer("c-17"), NOW, NOW + after))

    assert len({lot(YEAR + after * DAY) for after in range(365)}) == 1
    assert len({lot(year * YEAR) for year in range(1, 6)}) == 5


def test_a_sample_is_a_share_of_the_customers(engine: Engine) -> None:
    change(engine, {"relationship/yearly": yearly(sample=0.3)})
    with engine.database.write() as connection:
        connection.execute(insert(customer), [
            {"id": f"c-{n}", "email": f"x{n}@example.com", "changed_at": NOW - YEAR, "known_at": NOW - YEAR}
            for n in range(2 * BATCH)
        ])  # fmt: skip
    assert plan_turns(engine, NOW) == 2 * BATCH
    planned = stored(engine, "state", "probability").count(("planned", 0.3))
    assert 0.15 * 2 * BATCH < planned < 0.45 * 2 * BATCH


def test_a_turn_is_taken_in_bounded_batches_between_which_a_worker_may_stop(shop: Engine) -> None:
    with shop.database.write() as connection:
        connection.execute(insert(customer), [
            {"id": f"c-{n:04}", "changed_at": NOW - YEAR, "known_at": NOW - YEAR - n % 7 * DAY}
            for n in range(2 * BATCH + 5)
        ])  # fmt: skip
    looked = count()
    assert plan_turns(shop, NOW, lambda: next(looked) == 1) == BATCH
    assert plan_turns(shop, NOW) == BATCH + 5
    assert len(set(stored(shop, "customer"))) == len(stored(shop, "key")) == 2 * BATCH + 5


def test_several_workers_at_once_decide_about_each_customer_once(shop: Engine) -> None:
    with shop.database.write() as connection:
        connection.execute(insert(customer), [
            {"id": f"c-{n:04}", "email": "x@example.com", "changed_at": NOW - YEAR, "known_at": NOW - YEAR}
            for n in range(3 * BATCH)
        ])  # fmt: skip
    others = [start(shop.root) for _ in range(2)]
    with ThreadPoolExecutor(4) as pool:
        done = sum(pool.map(lambda engine: plan_turns(engine, NOW), [shop, *others, shop]))
    for other in others:
        other.close()
    done += plan_turns(shop, NOW)    # who was busy in the hands of another worker
    assert done == len(set(stored(shop, "customer"))) == len(stored(shop, "key")) == 3 * BATCH


def test_a_turn_becomes_a_mail_and_an_answer(engine: Engine) -> None:
    change(engine, {"relationship/yearly": yearly()})
    meet(engine, datetime.now(UTC) - 400 * DAY, language="fa")
    assert work_once(engine, "https://feedback.example.com").total() == 1
    assert work_once(engine, "https://feedback.example.com").total() == 0
    [mail] = (engine.root / "data/outbox").glob("*.eml")
    link = mail.read_text(encoding="utf-8").partition("https://feedback.example.com/r/")[2].split("?")[0]
    client = create_app(engine).test_client()
    assert answer(client, f"/r/{link}", satisfaction="5").status_code in (200, 303)


def stamp(at: datetime) -> str:
    """A moment as both databases take it in plain SQL."""
    return f"{at:%Y-%m-%d %H:%M:%S}.000000"
