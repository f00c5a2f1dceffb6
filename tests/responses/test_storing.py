"""What is stored with an answer: on which day it counts, what it is about, and what an anonymous one leaves out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from surveyengine.engine import Engine, start
from surveyengine.invitations.link import LinkRequest, path
from surveyengine.responses.storing import seed
from surveyengine.responses.ticket import opened
from surveyengine.store.schema import response
from surveyengine.values.period import month_end
from tests.support import business
from tests.support.business import CONFIG, DELIVERY, answer
from tests.support.samples import TITLE, question, survey
from tests.web.test_respond import browser, invite, shop

__all__ = ["shop"]

OPEN = "/s/delivery"
ZONE = ZoneInfo("Asia/Jerusalem")
# By the business's clock the next day has begun.
EVENT = datetime.combine(datetime.now(UTC).date() - timedelta(days=5), time(22, 30), UTC)


def by_event(engine: Engine, **data: Any) -> str:
    return invite(engine, datetime.now(UTC) - EVENT, **data)


def by_hand(engine: Engine) -> str:
    """The link that somebody asked for three days ago, for a customer whom an event made known."""
    by_event(engine)
    return f"/{path(engine, LinkRequest('delivery', customer='c-17'), datetime.now(UTC) - timedelta(days=3))}"


def stored(engine: Engine) -> Any:
    with engine.database.read() as connection:
        return connection.execute(select(response)).one()


def test_an_answer_to_an_event_counts_on_the_day_of_the_event(engine: Engine) -> None:
    assert answer(browser(engine), by_event(engine), satisfaction="4").status_code == 303
    assert stored(engine).day == EVENT.astimezone(ZONE).date() == EVENT.date() + timedelta(days=1)


@pytest.mark.parametrize("link", [lambda engine: OPEN, by_hand])
def test_an_answer_to_no_event_counts_on_the_day_on_which_it_is_given(
    shop: Engine, link: Callable[[Engine], str]
) -> None:
    way, today = link(shop), {datetime.now(ZONE).date()}
    assert answer(browser(shop), way, satisfaction="4").status_code == 303
    assert stored(shop).day in today | {datetime.now(ZONE).date()}


@pytest.fixture
def far_away(tmp_path: Path) -> Iterator[Engine]:
    """A business where it is another day now than in UTC, at whatever hour this runs."""
    zone = "Pacific/Kiritimati" if datetime.now(UTC).hour >= 10 else "Pacific/Pago_Pago"
    started = start(business.write(tmp_path / "shop", config=CONFIG.replace("Asia/Jerusalem", zone)))
    yield started
    started.close()


def test_the_day_of_an_answer_is_that_of_the_business(far_away: Engine) -> None:
    assert answer(browser(far_away), OPEN, satisfaction="4").status_code == 303
    assert stored(far_away).day == datetime.now(far_away.config.business.zone).date() != datetime.now(UTC).date()


def test_an_answer_to_an_event_is_stored_with_its_facts(shop: Engine) -> None:
    facts = {"weight": 2.5, "parts": 3, "gift": True, "items": ["a", "b"], "language": "fa"}
    assert answer(browser(shop), by_event(shop, **facts), satisfaction="4").status_code == 303
    row = stored(shop)
    assert row.context == {"order": "A-1", "weight": "2.5", "parts": "3", "gift": "true"}
    assert (row.customer, row.invited, row.test, row.invitation is not None) == ("c-17", True, False, True)
    assert (row.language, row.direction, row.layout) == ("fa", "rtl", "page")


def test_an_anonymous_answer_keeps_its_month_and_nothing_that_leads_to_anybody(shop: Engine) -> None:
    business.change(shop, {"purchase/delivery": f'mode = "anonymous"\n{DELIVERY}'})
    assert answer(browser(shop), by_event(shop), satisfaction="4").status_code == 303
    row, now = stored(shop), datetime.now(ZONE).date()
    assert row.day in {month_end(now), month_end(now - timedelta(days=1))}
    assert (row.invitation, row.customer, row.answered_at, row.context) == (None, None, None, {})
    assert (row.invited, row.test) == (True, False)


def test_an_open_answer_is_stored_with_what_its_link_says(shop: Engine) -> None:
    before = datetime.now(UTC)
    assert answer(browser(shop), f"{OPEN}?shop=north&lang=en", satisfaction="4").status_code == 303
    row = stored(shop)
    assert (row.context, row.claimed, row.language, row.direction) == ({"shop": "north"}, True, "en", "ltr")
    assert (row.invitation, row.customer, row.invited) == (None, None, False)
    assert before <= row.answered_at <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("mode", "invitation", "orders"), [("identified", "i-1", 1), ("identified", "", 9), ("anonymous", "i-1", 9)]
)
def test_options_keep_their_order_for_an_invitation_and_else_change_with_each_form(
    mode: str, invitation: str, orders: int
) -> None:
    asked = survey(question("liked", "choices", "shuffle = true"), head=f'mode = "{mode}"\n{TITLE}')
    forms = [opened("sample", "d", datetime.now(UTC), invitation) for _ in range(9)]
    assert len({seed(asked, one) for one in forms}) == orders
