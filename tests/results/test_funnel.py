"""What became of the events of a touchpoint, and the share of answers among what was sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from werkzeug.datastructures import MultiDict

from surveyengine.engine import Engine, start
from surveyengine.events.event import Customer, Event
from surveyengine.invitations.link import LinkRequest as Link
from surveyengine.invitations.link import path
from surveyengine.invitations.planning import take
from surveyengine.invitations.recurring import plan_turns
from surveyengine.responses import form
from surveyengine.responses.storing import CompleteForm, keep
from surveyengine.responses.ticket import FormToken
from surveyengine.results import query, response_rates
from surveyengine.results.record import plain
from surveyengine.store.schema import invitation, sending
from surveyengine.values.enumeration import Role, SendingState
from tests.support import business, staff
from tests.support.business import asking, change, delivered

NOW = datetime(2026, 9, 20, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Iterator[Engine]:
    surveys = {"purchase/delivery": asking(after="0 days")}
    engine = start(business.write(tmp_path / "shop", surveys, database=database_url))
    yield engine
    engine.close()


def mark(engine: Engine, state: str, number: int, at: datetime = NOW) -> None:
    """Note what became of so many planned invitations."""
    values: dict[str, Any] = {"state": state}
    values |= {"sent_at": at, "expires_at": at + 14 * DAY} if state in ("sent", "uncertain") else {}
    with engine.database.write() as connection:
        chosen = select(invitation.c.key).where(invitation.c.state == "planned").order_by(invitation.c.key)
        keys = list(connection.execute(chosen.limit(number)).scalars())
        connection.execute(update(invitation).where(invitation.c.key.in_(keys)).values(**values))
        end = {"state": state, "sent_at": values.get("sent_at"), "reason": "full" if state == "failed" else None}
        if state in tuple(SendingState):    # one that stayed planned would be late by now
            connection.execute(update(sending).where(sending.c.invitation.in_(keys)).values(**end))


def answer(engine: Engine, number: int, at: datetime = NOW, state: str = "sent") -> None:
    """Answer so many invitations of that state."""
    with engine.database.read() as connection:
        chosen = select(invitation.c.id, invitation.c.survey).where(
            invitation.c.state == state, invitation.c.answered_at.is_(None)
        )
        rows = connection.execute(chosen.order_by(invitation.c.key).limit(number)).all()
    for id, survey in rows:
        asked = engine.library.surveys[survey]
        read = form.read(asked, MultiDict({"satisfaction": "4"}))
        keep(engine, CompleteForm(FormToken(f"s-{id}", survey, asked.digest, id), asked, read, "he"), at)


def events(engine: Engine, count: int, time: datetime = NOW) -> None:
    take(engine, [delivered(f"{time:%m%d}-{number}", time, f"c-{number}") for number in range(count)], time)


def touchpoint(engine: Engine, now: datetime = NOW, name: str = "delivery", **wanted: Any) -> dict[str, Any]:
    report = plain(query.report(engine, query.ReportQuery(**wanted), now))
    return next(one for stage in report["stages"] for one in stage["touchpoints"] if one["touchpoint"] == name)


def test_an_event_of_a_draw_counts_once_at_its_touchpoint(shop: Engine) -> None:
    drawn: dict[str, Any] = {"draw": "shipment", "sample": 0.5, "after": "0 days"}
    long = "touchpoint = 'delivery'\n" + asking(**drawn)
    change(shop, {"purchase/delivery": asking(**drawn), "purchase/long": long})
    events(shop, 40)
    found = touchpoint(shop)["funnel"]
    assert (found["eligible"], found["invited"], found["refused"]) == (40, 40, {})


def test_a_refusal_by_lot_is_one_only_where_nobody_was_asked(shop: Engine) -> None:
    drawn: dict[str, Any] = {"draw": "shipment", "sample": 0.3, "after": "0 days"}
    change(shop, {"purchase/delivery": asking(**drawn), "purchase/long": "touchpoint = 'delivery'\n" + asking(**drawn)})
    events(shop, 60)
    found = touchpoint(shop)["funnel"]
    assert found["eligible"] == 60
    assert found["refused"] == {"not_drawn": 60 - found["invited"]}
    assert 0 < found["invited"] < 60


def test_what_failed_and_what_is_uncertain_is_shown(shop: Engine) -> None:
    events(shop, 40)
    mark(shop, "failed", 3)
    mark(shop, "uncertain", 2)
    mark(shop, "sent", 30)
    answer(shop, 12)
    found = touchpoint(shop)
    assert found["funnel"] == {
        "eligible": 40, "refused": {}, "invited": 40, "failed": 3, "sent": 32, "uncertain": 2, "answered": 12,
    }  # fmt: skip
    assert (found["response_rate"]["value"], found["response_rate"]["n"]) == (37.5, 32)


def test_an_answer_counts_in_the_rate_only_where_its_sending_does(shop: Engine) -> None:
    events(shop, 20)
    mark(shop, "failed", 10)
    mark(shop, "sent", 10)
    answer(shop, 4, state="failed")
    answer(shop, 5)
    found = touchpoint(shop)
    assert (found["funnel"]["answered"], found["response_rate"]["value"]) == (5, 50)
    assert found["csat"]["n"] == 9


def test_the_rate_is_provisional_while_answers_can_come(shop: Engine) -> None:
    events(shop, 12)
    mark(shop, "sent", 12)
    answer(shop, 6)
    found, later = touchpoint(shop), touchpoint(shop, NOW + 15 * DAY)
    assert (found["provisional_until"], found["provisional_open"]) == ("2026-10-04", 6)
    assert (later["provisional_until"], later["provisional_open"]) == (None, 0)


def test_fewer_answers_than_before_are_the_one_thing_to_look_at_once_none_can_come(shop: Engine) -> None:
    for time, answers in ((NOW - 40 * DAY, 40), (NOW, 16)):
        events(shop, 40, time)
        mark(shop, "sent", 40, time)
        answer(shop, answers, time)
    wanted = query.ReportQuery(date(2026, 9, 1), date(2026, 9, 30))
    for now, told in ((NOW + 2 * DAY, {}), (NOW + 15 * DAY, {"delivery": ("changed", -60)})):
        report = query.report(shop, wanted, now)
        found = response_rates.changes(shop, report, now)
        assert {name: (one.state, one.value) for name, one in found.items()} == told
    page = staff.client(shop, Role.VIEWER).get("/staff/?from=2026-09-01&to=2026-09-30").text
    said = re.sub(r"<[^>]+>|[\u2066-\u2069]", "", page)
    assert "Fewer customers answer about Your visit: 40% of the invitations, after 100% (August)." in said


def test_a_link_that_is_handed_out_is_no_invitation(shop: Engine) -> None:
    events(shop, 2)
    path(shop, Link("delivery", "c-1"), NOW)
    answer(shop, 1)
    found = touchpoint(shop)
    assert (found["funnel"]["invited"], found["funnel"]["answered"], found["csat"]["n"]) == (2, 0, 1)


def test_what_the_calendar_starts_counts_on_the_day_on_which_it_is_due(shop: Engine) -> None:
    yearly = asking(every="365 days", after="2 days").replace('on = "shipment.delivered"\n', "")
    change(shop, {"relationship/yearly": yearly}, cooldown="0 days")
    whom = Customer("c-1", "c-1@example.com")
    take(shop, [Event("shop", "e", "order.paid", NOW - 400 * DAY, {}, whom, False)], NOW - 400 * DAY)
    plan_turns(shop, NOW)
    mark(shop, "sent", 1, NOW + 2 * DAY)
    answer(shop, 1, NOW + 5 * DAY)
    due = date(2026, 9, 22)
    found = touchpoint(shop, NOW + 9 * DAY, "yearly", since=due, until=due)
    assert (found["funnel"]["sent"], found["funnel"]["answered"], found["counts"]["4"]) == (1, 1, 1)


def test_of_an_anonymous_survey_the_rate_comes_out_with_its_answers(shop: Engine) -> None:
    change(shop, {"purchase/delivery": asking(after="0 days").replace("closed = false", 'mode = "anonymous"')})
    events(shop, 20)
    mark(shop, "sent", 20)
    answer(shop, 12)
    before, after = touchpoint(shop), touchpoint(shop, NOW + 20 * DAY)
    assert (before["funnel"]["sent"], before["funnel"]["answered"], before["response_rate"]["n"]) == (20, None, None)
    assert before["response_rate"]["withheld"]
    assert (after["funnel"]["answered"], after["response_rate"]["value"]) == (12, 60)
