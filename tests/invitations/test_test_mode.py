"""Test events lead to mails for testers and to nothing else: no score, no funnel, no limit, no change of a customer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from werkzeug.datastructures import MultiDict

from surveyengine.app import create_app
from surveyengine.engine import Engine, start
from surveyengine.events.event import Customer, Event
from surveyengine.invitations.link import LinkRequest, path
from surveyengine.invitations.planning import take
from surveyengine.invitations.recurring import plan_turns
from surveyengine.invitations.unsubscribe import opt_out
from surveyengine.responses import form
from surveyengine.responses.storing import CompleteForm, keep
from surveyengine.responses.ticket import FormToken
from surveyengine.results import query
from surveyengine.results.record import plain
from surveyengine.store import tallies
from surveyengine.store.schema import account, answer, customer, event, invitation, response
from surveyengine.store.schema import opt_out as opted_out
from surveyengine.values.link_tokens import answer_token, unsubscribe_token
from tests.invitations.test_delivery import Outbox, deliver
from tests.support import business
from tests.support.business import CONFIG, asking, change, delivered, toml
from tests.support.counting import COUNTS, unfold

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TESTERS = ["qa@example.com", "c-0@example.com"]
KNOWN = ("id", "email", "phone", "name", "language", "timezone", "account", "role", "changed_at", "known_at")
DETAILS = customer.c[KNOWN]


def trial(id: str = "t", time: datetime = NOW, email: str | None = "qa@example.com", **data: Any) -> Event:
    """A parcel that has arrived, as a test, at a tester's."""
    happened = delivered(id, time, **data)
    whom = replace(happened.customer or Customer("c-17"), email=email, name="Quentin", language="en")
    return replace(happened, customer=whom, test=True)


def rows(engine: Engine, *columns: Any) -> list[tuple[Any, ...]]:
    with engine.database.read() as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(columns[0]))]


def details(engine: Engine) -> list[tuple[Any, ...]]:
    """What is known of everybody who is known."""
    return [row for row in rows(engine, *DETAILS) if row[-1]]


def empty(engine: Engine) -> bool:
    """Whether the report knows of nothing."""
    report = plain(query.report(engine, query.ReportQuery(), NOW))
    points = [point for stage in report["stages"] for point in stage["touchpoints"]]
    return not any(point["csat"]["n"] or point["funnel"]["eligible"] for point in points)


def sent(engine: Engine) -> list[tuple[Any, ...]]:
    return rows(engine, invitation.c.key, invitation.c.state, invitation.c.reason)


# What comes of a test event


def test_a_test_event_reaches_a_tester_and_its_answer_counts_nowhere(engine: Engine) -> None:
    change(engine, {}, test_only=TESTERS)
    take(engine, [trial()], NOW)
    outbox = Outbox()
    deliver(engine, outbox, NOW + 12 * HOUR)
    [mail] = outbox.mails
    assert (mail.to, mail.to_name, mail.language) == ("qa@example.com", "Quentin", "en")
    link = next(word for word in mail.text.split() if "/r/" in word).removeprefix("https://feedback.example.com")
    reply = business.answer(create_app(engine).test_client(), link, satisfaction="5")
    assert reply.status_code == 303
    assert rows(engine, response.c.test) == [(True,)]
    assert empty(engine)
    with engine.database.write() as connection:
        tallies.fold(connection, 10)
    assert empty(engine)
    with engine.database.write() as connection:
        unfold(connection)
    assert empty(engine)


@pytest.mark.parametrize("testers", [[], ["somebody@example.com"]])
def test_a_test_event_reaches_nobody_else(engine: Engine, testers: list[str]) -> None:
    change(engine, {}, test_only=testers)
    take(engine, [trial()], NOW)
    assert [row[1:] for row in sent(engine)] == [("refused", "test")]
    assert empty(engine)


def test_a_tester_who_is_one_no_more_is_not_written_to(engine: Engine) -> None:
    change(engine, {}, test_only=TESTERS)
    take(engine, [trial()], NOW)
    change(engine, {}, test_only=[])
    deliver(engine, Outbox(), NOW + 12 * HOUR)
    assert [row[1:] for row in sent(engine)] == [("refused", "test")]


def test_a_test_event_with_a_customers_own_address_reaches_nobody(engine: Engine) -> None:
    take(engine, [delivered(), trial(email="c-17@example.com")], NOW)
    assert [row[1:] for row in sent(engine)] == [("planned", None), ("refused", "test")]


# What a test event leaves alone


def test_a_real_customer_stays_as_they_are(engine: Engine) -> None:
    change(engine, {}, test_only=TESTERS)
    take(engine, [delivered()], NOW)
    before = details(engine)
    take(engine, [trial(time=NOW + HOUR)], NOW + HOUR)
    assert details(engine) == before
    outbox = Outbox()
    deliver(engine, outbox, NOW + 13 * HOUR)
    assert [mail.to for mail in outbox.mails] == ["qa@example.com"]


def test_what_is_missing_of_a_real_customer_is_not_filled_from_a_test(engine: Engine) -> None:
    real = delivered()
    take(engine, [replace(real, customer=Customer("c-17"))], NOW)
    before = details(engine)
    take(engine, [trial()], NOW)
    assert details(engine) == before


@pytest.mark.parametrize("later", [-HOUR, HOUR])
def test_a_customer_who_was_only_tried_is_known_by_the_first_real_event(engine: Engine, later: timedelta) -> None:
    take(engine, [trial(), trial("u")], NOW)
    assert details(engine) == []
    take(engine, [delivered(time=NOW + later)], NOW + HOUR)
    told = ("c-17", "c-17@example.com", None, "Dana", "he", None, None, None, NOW + later, NOW + HOUR)
    assert details(engine) == [told]


def test_the_account_of_a_test_is_not_kept(engine: Engine) -> None:
    happened = trial()
    assert happened.customer
    take(engine, [replace(happened, customer=replace(happened.customer, account="acme"))], NOW)
    assert rows(engine, account.c.id) == []


def test_it_is_nobodys_turn_who_was_only_tried(engine: Engine) -> None:
    change(engine, {"relationship/yearly": asking().replace('on = "shipment.delivered"', 'every = "365 days"')})
    take(engine, [trial()], NOW)
    plan_turns(engine, NOW + 400 * DAY)
    assert [row for row in rows(engine, invitation.c.survey, invitation.c.state) if row[0] == "yearly"] == []


def test_a_real_event_is_no_repeat_of_a_test(engine: Engine) -> None:
    real = delivered()
    outcomes = take(engine, [replace(real, test=True), real, replace(real, test=True), real], NOW)
    assert [one["outcome"] for one in outcomes] == ["accepted", "accepted", "duplicate", "duplicate"]
    assert [bool(one["planned"]) for one in outcomes] == [False, True, False, True]


def test_who_leaves_by_a_test_mail_leaves_with_their_own_address(engine: Engine) -> None:
    change(engine, {}, test_only=TESTERS)
    take(engine, [trial()], NOW)
    [(_, id)] = rows(engine, invitation.c.key, invitation.c.id)
    change(engine, {}, cooldown="0 days")
    opt_out(engine, unsubscribe_token(engine.secret, id), NOW)
    take(engine, [delivered("1"), delivered("2", customer="qa")], NOW)
    assert [row[1:] for row in sent(engine)][1:] == [("planned", None), ("refused", "opted_out")]


def test_a_link_to_somebody_who_was_only_tried_is_a_test(engine: Engine) -> None:
    take(engine, [trial()], NOW)
    link = path(engine, LinkRequest("delivery", "c-17"), datetime.now(UTC))
    assert business.answer(create_app(engine).test_client(), f"/{link}", satisfaction="5").status_code == 303
    assert empty(engine)


# Mixes


def asks(**invite: Any) -> str:
    return asking(**{"after": "2 hours", **invite})


SURVEYS = {
    "purchase/delivery": asks(cancel_on=["return.requested"], sample=0.8, cooldown="3 days"),
    "purchase/accuracy": asks(draw="parcel", sample=0.5, after="1 day"),
    "post-purchase/returns": asks(on="return.requested", exempt=True),
    "post-purchase/support": asks(on="return.requested", when={"order": ["A-1", "A-2"]}),
}
TABLES = (answer, response, invitation, event, customer, account, opted_out, *COUNTS)
TYPES = ("shipment.delivered", "return.requested")


@st.composite
def events(draw: st.DrawFn) -> tuple[timedelta, Event, bool]:
    """How long after the last one it happened, the event, and whether mails are sent and answered afterwards."""
    who, number = draw(st.integers(0, 2)), draw(st.integers(1, 4))
    email = draw(st.sampled_from([f"c-{who}@example.com", "qa@example.com", None]))
    name, language = draw(st.sampled_from(["Dana", None])), draw(st.sampled_from(["he", "fa", None]))
    whom = Customer(f"c-{who}", email, None, name, language, None, None, None)
    kind, test = draw(st.sampled_from(TYPES)), draw(st.booleans())
    happened = Event("shop", f"{kind}-{number}", kind, NOW, {"order": f"A-{number}"}, whom, test)
    return timedelta(hours=draw(st.integers(0, 40))), happened, draw(st.booleans())


def walk(engine: Engine, steps: list[tuple[timedelta, Event, bool]], tests: bool) -> dict[str, Any]:
    """Take the events, send what is due and answer it; return all that can be seen of the real ones."""
    for table in TABLES:
        with engine.database.write() as connection:
            connection.execute(delete(table))
    now = NOW
    for pause, happened, delivers in steps:
        now += pause
        if tests or not happened.test:
            take(engine, [replace(happened, time=now)], now)
        if delivers:
            deliver(engine, Outbox(), now)
            answer_all(engine, now)
    with engine.database.write() as connection:
        tallies.fold(connection, 3)
    return seen(engine)


def answer_all(engine: Engine, now: datetime) -> None:
    waiting = select(invitation.c.id, invitation.c.survey, event.c.id).join(event, event.c.key == invitation.c.event)
    with engine.database.read() as connection:
        found = connection.execute(waiting.where(invitation.c.state == "sent", invitation.c.answered_at.is_(None)))
        asked = [tuple(row) for row in found]
    for id, name, happened in asked:
        survey = engine.library.surveys[name]
        score = crc32(f"{name} {happened}".encode()) % 6
        if score:
            read = form.read(survey, MultiDict({"satisfaction": str(score)}))
            ticket = FormToken(answer_token(b"", id), name, survey.digest, id)
            keep(engine, CompleteForm(ticket, survey, read, "he"), now)


def seen(engine: Engine) -> dict[str, Any]:
    told = invitation.c["survey", "state", "reason", "due_at", "sent_at", "answered_at", "probability", "language"]
    real = select(event.c.id, *told).join(event, event.c.key == invitation.c.event).where(~invitation.c.test)
    with engine.database.read() as connection:
        invited = sorted((tuple(row) for row in connection.execute(real)), key=str)
    return {
        "report": plain(query.report(engine, query.ReportQuery(), NOW)),
        "by order": plain(query.report(engine, query.ReportQuery(by="order"), NOW)),
        "customers": details(engine),
        "invitations": invited,
    }


@contextmanager
def started(url: str, testers: list[str]) -> Iterator[Engine]:
    sending = f'cooldown = "30 hours"\nat_most = {{ "20 days" = 3 }}\ntest_only = {toml(testers)}'
    config = CONFIG.replace('cooldown = "0 days"', sending)
    with TemporaryDirectory() as directory:
        engine = start(business.write(Path(directory) / "project", SURVEYS, config, database=url))
        yield engine
        engine.close()


@pytest.mark.parametrize("testers", [[], TESTERS], ids=["nobody tests", "somebody tests"])
@pytest.mark.parametrize(("database_url", "examples"), [("sqlite", 20), ("postgres", 8)], indirect=["database_url"])
def test_a_mix_is_seen_as_its_real_events_alone(database_url: str, examples: int, testers: list[str]) -> None:
    with started(database_url, testers) as engine:

        @settings(max_examples=examples)
        @given(st.lists(events(), min_size=4, max_size=14))
        def hold(steps: list[tuple[timedelta, Event, bool]]) -> None:
            assert walk(engine, steps, tests=True) == walk(engine, steps, tests=False)

        hold()
