"""A channel is one module and one line of the registry: all that asks about channels knows it then."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

import surveyengine
from surveyengine.channels import registry
from surveyengine.channels.breaker import TOLERATED
from surveyengine.channels.email import WAYS
from surveyengine.channels.refusal import Blame, DeliveryError
from surveyengine.channels.registry import CHANNELS, open_all
from surveyengine.definitions.survey import Invite
from surveyengine.engine import Engine, start
from surveyengine.events.event import Event
from surveyengine.invitations import unsubscribe
from surveyengine.invitations.delivery import Post, deliver_one
from surveyengine.invitations.explain import explain
from surveyengine.invitations.planning import take
from surveyengine.project.files import read
from surveyengine.serving.supervisor import welcome
from surveyengine.store.schema import invitation, sending
from surveyengine.values.enumeration import MailScheme
from surveyengine.values.link_tokens import unsubscribe_token
from tests.support import business
from tests.support.business import asking, change, delivered
from tests.support.drafts import TITLE, errors, faults, question
from tests.support.pigeon import PigeonChannel

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
PACKAGE = Path(surveyengine.__file__).parent
ADDRESS = "https://feedback.example.com"
PHONE = "+972501234567"
EITHER = {"purchase/delivery": asking(channels=["pigeon", "email"])}


@pytest.fixture
def sqlite_engine(tmp_path: Path) -> Iterator[Engine]:
    """The business on SQLite, for what has nothing to do with the database."""
    engine = start(business.write(tmp_path / "shop"))
    yield engine
    engine.close()


@pytest.fixture
def pigeons(monkeypatch: pytest.MonkeyPatch) -> PigeonChannel:
    """The channel, with its line in the registry."""
    channel = PigeonChannel()
    monkeypatch.setitem(CHANNELS, channel.name, channel)
    return channel


def told(customer: str = "c-17", **details: Any) -> Event:
    """An event about a customer with these details."""
    event = delivered(customer, NOW, customer)
    assert event.customer
    return replace(event, customer=replace(event.customer, **details))


def settled(engine: Engine, now: datetime = LATER) -> Post:
    """What sent all that was due."""
    post = Post(engine, open_all(engine.config, engine.root), ADDRESS)
    while deliver_one(post, now):
        pass
    return post


def stored(engine: Engine) -> list[tuple[Any, ...]]:
    """Of each sending its customer, its channel and its state, and the channel of its invitation."""
    query = select(invitation.c.customer, sending.c.channel, invitation.c.channel, sending.c.state)
    query = query.join(invitation, invitation.c.key == sending.c.invitation).order_by(invitation.c.customer)
    with engine.database.read() as connection:
        return [tuple(row) for row in connection.execute(query)]


@pytest.mark.parametrize(
    ("details", "channel"),
    [
        ({"phone": PHONE}, "pigeon"),
        ({"phone": PHONE, "email": None}, "pigeon"),
        ({"phone": "0501234567"}, "email"),
        ({}, "email"),
        ({"phone": "0501234567", "email": None}, None),
    ],
)
def test_an_invitation_goes_by_the_first_channel_that_reaches_the_customer(
    sqlite_engine: Engine, pigeons: PigeonChannel, details: dict[str, Any], channel: str | None
) -> None:
    change(sqlite_engine, EITHER)
    take(sqlite_engine, [told(**details)], NOW)
    settled(sqlite_engine)
    assert stored(sqlite_engine) == ([("c-17", channel, channel, "sent")] if channel else [])
    assert [(note.to, f"{ADDRESS}/r/" in note.text) for note in pigeons.loft.notes] == [(PHONE, True)] * (
        channel == "pigeon"
    )
    how = CHANNELS[channel].how if channel else "no address in the survey's channels"
    assert how in "\n".join(explain(sqlite_engine, "c-17", LATER))


def test_who_cannot_be_reached_is_told_with_the_words_of_the_channel(
    sqlite_engine: Engine, pigeons: PigeonChannel
) -> None:
    take(sqlite_engine, [told(phone="0501234567", email="dana@")], NOW)
    said = explain(sqlite_engine, "c-17", LATER)
    assert {one.misspelt.format(example=one.example) for one in (pigeons, CHANNELS["email"])} <= set(said)


def test_who_asked_by_one_channel_not_to_be_invited_is_not_by_another(
    sqlite_engine: Engine, pigeons: PigeonChannel
) -> None:
    change(sqlite_engine, EITHER)
    take(sqlite_engine, [told(phone=PHONE)], NOW)
    settled(sqlite_engine)
    token = unsubscribe_token(sqlite_engine.secret, pigeons.loft.notes[0].key)
    assert unsubscribe.opt_out(sqlite_engine, token, LATER)
    take(sqlite_engine, [told("one", phone=PHONE, email=None), told("two", email="c-17@example.com")], LATER)
    settled(sqlite_engine)
    assert len(stored(sqlite_engine)) == 1


def test_a_channel_that_is_left_alone_holds_up_no_other(engine: Engine, pigeons: PigeonChannel) -> None:
    def storm(note: object) -> None:
        raise DeliveryError("the weather", permanent=False, blame=Blame.SERVER)

    pigeons.loft.before = storm
    change(engine, EITHER, cooldown="0 days")
    take(engine, [told(f"bird-{n}", phone=PHONE[:-1] + str(n)) for n in range(TOLERATED + 1)], NOW)
    take(engine, [told("mail", phone=None)], NOW + timedelta(seconds=1))
    post = settled(engine)
    assert post.resting(LATER) == {"pigeon"}
    assert ("mail", "email", "email", "sent") in stored(engine)
    pigeons.loft.before = lambda note: None
    settled(engine, LATER + timedelta(minutes=30))
    assert {state for *_, state in stored(engine)} == {"sent"}


def test_what_was_to_leave_by_a_channel_that_is_gone_is_withdrawn(engine: Engine, pigeons: PigeonChannel) -> None:
    change(engine, EITHER)
    take(engine, [told(phone=PHONE)], NOW)
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(CHANNELS, pigeons.name)
        settled(engine)
    assert stored(engine) == [("c-17", "pigeon", "pigeon", "withdrawn")]
    assert "no address in the survey's channels" in "\n".join(explain(engine, "c-17", LATER))


def test_a_channel_that_the_business_does_not_use_reaches_nobody(
    sqlite_engine: Engine, pigeons: PigeonChannel
) -> None:
    pigeons.place = None
    change(sqlite_engine, EITHER)
    take(sqlite_engine, [told(phone=PHONE)], NOW)
    assert "Notes" not in welcome(sqlite_engine, ADDRESS)
    assert stored(sqlite_engine) == [("c-17", "email", "email", "planned")]


def test_the_welcome_and_check_ask_each_channel(sqlite_engine: Engine, pigeons: PigeonChannel) -> None:
    last = welcome(sqlite_engine, ADDRESS).splitlines()[-1]
    assert last == "Mails leave by file:data/outbox. Notes leave by loft:roof. Stop with Ctrl-C."
    pigeons.place = "cage:cellar"
    assert [*map(str, read(sqlite_engine.root, ("he", "fa", "en")).errors)] == [
        "config.toml:2:1: error: a business with pigeons has a loft; build one"
    ]


def test_a_survey_can_name_a_channel_as_soon_as_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    survey = f'{TITLE}[invite]\non = "order.paid"\nchannels = ["pigeon", "sms"]\n' + question("a", "csat")
    assert errors(survey) == ["5:13: `channels` cannot be `pigeon`; known are `email`, `sms`"]
    monkeypatch.setitem(CHANNELS, "pigeon", PigeonChannel())
    assert errors(survey) == []
    monkeypatch.setitem(CHANNELS, "sms", PigeonChannel())
    assert faults(survey) == []


@pytest.mark.parametrize("name", CHANNELS)
def test_a_channel_stands_under_its_own_name_that_fits_its_columns(name: str) -> None:
    assert CHANNELS[name].name == name
    assert len(name) <= min(sending.c.channel.type.length, invitation.c.channel.type.length)  # type: ignore[attr-defined]


def test_what_a_survey_uses_without_saying_so_is_a_channel() -> None:
    assert set(Invite().channels) <= set(CHANNELS)


@pytest.mark.parametrize("room", ["cli", "invitations", "project", "serving"])
def test_who_plans_sends_checks_and_tells_knows_no_channel_by_name(room: str) -> None:
    for module in {*(PACKAGE / room).rglob("*.py")} - {PACKAGE / "cli" / "user.py"}:    # people sign in by an address
        nodes = [*ast.walk(ast.parse(module.read_text(encoding="utf-8")))]
        words = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
        words |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        assert words & {*CHANNELS} == set(), module


def test_the_settings_and_the_channel_know_the_same_ways_of_a_mail() -> None:
    assert set(WAYS) == set(MailScheme)


def test_no_password_is_told() -> None:
    assert registry.without_secret("smtp://me:secret@mail.example.com:587") == "mail.example.com:587"
