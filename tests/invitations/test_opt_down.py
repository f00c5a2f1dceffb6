"""Fewer invitations instead of none: at an unsubscribe link, and wherever somebody is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from surveyengine.app import create_app
from surveyengine.engine import Engine
from surveyengine.events.event import Customer
from surveyengine.invitations.explain import explain
from surveyengine.invitations.planning import take
from surveyengine.people.caller import Caller
from surveyengine.privacy.access import access
from surveyengine.privacy.erasure import erase
from surveyengine.store import restored
from surveyengine.store.schema import invitation, opt_down, opt_out
from surveyengine.values.link_tokens import unsubscribe_token
from tests.invitations.test_delivery import DAY, DUE, NOW, Outbox, deliver
from tests.support.business import asking, change, delivered
from tests.support.samples import LANGUAGES, Tags

THIS, OFTEN, BACK, STOP = (
    {"less": "this"}, {"less": "often"}, {"back": "yes"}, {"List-Unsubscribe": "One-Click"},
)  # fmt: skip
TITLE = {"en": "Your visit", "he": "הביקור שלך", "fa": "بازدید شما"}


@pytest.fixture
def way(engine: Engine) -> str:
    """The unsubscribe link of an invitation to c-17 that was sent today."""
    files = {"purchase/delivery": asking(after="12 hours"), "purchase/paid": asking(on="order.paid")}
    change(engine, files)
    today = datetime.now(UTC)
    take(engine, [delivered(time=today)], today)
    deliver(engine, Outbox(), today + DAY / 2)
    with engine.database.read() as connection:
        (id,) = connection.execute(select(invitation.c.id)).scalars()
    return f"/u/{unsubscribe_token(engine.secret, id)}?lang=en"


@pytest.fixture
def client(engine: Engine) -> FlaskClient:
    return create_app(engine).test_client()


def asked(engine: Engine, at: timedelta, number: str, customer: str = "c-17", email: str = "") -> dict[str, Any]:
    """Why each survey does not ask about a delivery and an order so long from now; nothing where it does."""
    moment = datetime.now(UTC) + at
    event = delivered(number, moment, customer)
    event = replace(event, customer=Customer(customer, email)) if email else event
    both = [event, replace(event, id=f"p-{number}", type="order.paid")]
    return {one["survey"]: one["reason"] for outcome in take(engine, both, moment) for one in outcome["refused"]}


def rows(engine: Engine) -> int:
    with engine.database.read() as connection:
        return sum(len(connection.execute(select(table)).all()) for table in (opt_down, opt_out))


def offered(html: str) -> list[tuple[str, str]]:
    return [(one["name"], one["value"]) for one in Tags(html).named("button") if one.get("name")]


def test_a_wish_that_is_sent_twice_is_the_same_wish(engine: Engine, client: FlaskClient, way: str) -> None:
    for wish in (THIS, OFTEN):
        once, again = (client.post(way, data=wish).text for _ in range(2))
        assert "You will receive fewer survey invitations" in once
        assert again == once
    with engine.database.read() as connection:
        assert connection.execute(select(opt_out)).all() == []


def test_one_click_stops_everything_and_then_less_is_offered(engine: Engine, client: FlaskClient, way: str) -> None:
    assert offered(client.get(way).text) == []
    assert rows(engine) == 0
    assert offered(client.post(way, data=STOP).text) == [("less", "this"), ("less", "often"), ("back", "yes")]
    assert asked(engine, DAY, "2") == {"delivery": "opted_out", "paid": "opted_out"}


def test_whoever_declines_a_touchpoint_is_asked_about_the_others(
    engine: Engine, client: FlaskClient, way: str
) -> None:
    client.post(way, data=STOP)
    page = client.post(way, data=THIS).text
    assert "You will receive fewer survey invitations from us." in page
    assert "Your visit" in page
    assert offered(page) == [("less", "often"), ("List-Unsubscribe", "One-Click"), ("back", "yes")]
    assert client.get(way).text == page
    assert asked(engine, DAY, "2") == {"delivery": "declined"}
    assert asked(engine, DAY, "3", "c-99", "C-17@Example.com") == {"delivery": "declined"}
    assert asked(engine, DAY, "4", "c-18") == {}


def test_whoever_wants_less_is_asked_once_in_ninety_days(engine: Engine, client: FlaskClient, way: str) -> None:
    client.post(way, data=STOP)
    assert "at most once in" in client.post(way, data=OFTEN).text
    assert asked(engine, 60 * DAY, "2") == {"delivery": "rarely", "paid": "rarely"}
    assert asked(engine, 91 * DAY, "3") == {"paid": "rarely"}  # the delivery of that day was asked about
    change(engine, {"purchase/paid": asking(on="order.paid", exempt=True)})
    assert asked(engine, 92 * DAY, "4")["paid"] == "rarely"  # what the customer says stands above the business's limits


def test_the_way_back_undoes_all_of_it(engine: Engine, client: FlaskClient, way: str) -> None:
    for choice in (STOP, THIS, OFTEN):
        page = client.post(way, data=choice).text
    assert offered(page) == [("List-Unsubscribe", "One-Click"), ("back", "yes")]
    assert "receive survey invitations from us again" in client.post(way, data=BACK).text
    assert rows(engine) == 0
    assert asked(engine, DAY, "2") == {}
    client.post(way, data=THIS)
    assert "not receive any more" in client.post(way, data=STOP).text  # one click stops everything, also from there
    assert asked(engine, DAY, "3") == {"delivery": "opted_out", "paid": "opted_out"}


def test_a_machine_that_posts_anything_else_stops_everything(engine: Engine, client: FlaskClient, way: str) -> None:
    client.post(way, data={"less": "x"})
    assert asked(engine, DAY, "2") == {"delivery": "opted_out", "paid": "opted_out"}


def test_no_other_link_learns_of_it_or_weakens_an_opt_out(engine: Engine, client: FlaskClient, way: str) -> None:
    client.post(way, data=OFTEN)
    today = datetime.now(UTC)
    take(engine, [replace(delivered("9", today), customer=Customer("c-50", "c-17@example.com"))], today)
    with engine.database.read() as connection:
        id = connection.execute(select(invitation.c.id).where(invitation.c.customer == "c-50")).scalar_one()
    other = f"/u/{unsubscribe_token(engine.secret, id)}?lang=en"
    assert "Should" in client.get(other).text
    client.post(other, data=STOP)
    client.post(way, data=STOP)
    for data in (THIS, OFTEN, BACK):
        assert "not receive any more" in client.post(way, data=data).text
    assert asked(engine, DAY, "2") == {"delivery": "opted_out", "paid": "opted_out"}


def test_a_wish_outlives_erasure_a_new_import_and_an_old_backup(
    engine: Engine, client: FlaskClient, way: str
) -> None:
    client.post(way, data=THIS)
    erase(engine, "c-17", Caller(datetime.now(UTC) + DAY))
    assert client.get(way).status_code == 404
    assert asked(engine, 2 * DAY, "2") == {"delivery": "declined"}
    with engine.database.read() as connection:
        known = restored.wishes(connection)
    with engine.database.write() as connection:
        connection.execute(opt_down.delete())
        restored.keep(connection, known)
    assert asked(engine, 3 * DAY, "3") == {"delivery": "declined"}


def test_a_wish_goes_with_whoever_has_another_address_now(engine: Engine, client: FlaskClient, way: str) -> None:
    client.post(way, data=THIS)
    assert asked(engine, DAY, "2", email="new@example.com") == {"delivery": "declined"}


def test_what_is_planned_or_to_be_reminded_of_is_held_back(engine: Engine, client: FlaskClient) -> None:
    change(engine, {"purchase/delivery": asking(remind=["3 days"], expires="36500 days")})
    take(engine, [delivered(time=NOW)], NOW)
    sent = Outbox()
    deliver(engine, sent)
    with engine.database.read() as connection:
        (id,) = connection.execute(select(invitation.c.id)).scalars()
    client.post(f"/u/{unsubscribe_token(engine.secret, id)}", data=OFTEN)
    take(engine, [delivered("2", NOW, "c-18")], NOW)
    deliver(engine, sent, DUE + 4 * DAY)
    assert [mail.to for mail in sent.mails] == ["c-17@example.com", "c-18@example.com"]


def test_a_wish_is_told_to_whoever_asks(engine: Engine, client: FlaskClient, way: str) -> None:
    client.post(way, data=THIS)
    client.post(way, data=OFTEN)
    told = "\n".join(explain(engine, "c-17", datetime.now(UTC)))
    assert "asked for at most one invitation in 90 days." in told
    assert "asked not to be asked about delivery any more." in told
    assert "No invitation to delivery is possible now, because the customer asked not to be invited to this" in told
    assert "An invitation to paid is possible again from" in told
    kept = access(engine, "c-17", Caller(datetime.now(UTC))).customer
    assert (kept.asked_less_often_since is not None, kept.not_asked_about) == (True, ["הביקור שלך"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_speaks_every_language(client: FlaskClient, way: str, language: str) -> None:
    page = client.post(way.replace("lang=en", f"lang={language}"), data=STOP).text
    assert TITLE[language] in page
    assert "Set-Cookie" not in client.get(way).headers
