"""An event of a sender whose clock is ahead of ours."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from surveyengine.engine import Engine
from surveyengine.events.event import Event
from surveyengine.invitations.planning import take
from surveyengine.store import customers
from tests.support import business

NOW = datetime.now(UTC)


def told(id: str, time: datetime, address: str) -> Event:
    event = business.delivered(id, time)
    assert event.customer
    return replace(event, customer=replace(event.customer, email=address))


def address(engine: Engine) -> str | None:
    with engine.database.read() as connection:
        person = customers.person(connection, "c-17")
    return person.email if person else None


@pytest.mark.parametrize("ahead", [timedelta(seconds=90), timedelta(hours=23)])
def test_an_event_of_tomorrow_does_not_outrank_what_is_told_today(engine: Engine, ahead: timedelta) -> None:
    take(engine, [told("1", NOW, "first@example.com")], NOW)
    take(engine, [told("2", NOW + ahead, "ahead@example.com")], NOW)
    assert address(engine) == "ahead@example.com"
    later = NOW + timedelta(minutes=1)
    take(engine, [told("3", later, "right@example.com")], later)
    assert address(engine) == "right@example.com"
    take(engine, [told("4", NOW - timedelta(hours=1), "old@example.com")], later)
    assert address(engine) == "right@example.com"
