"""Names that are almost right, and what may be meant by them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.events.alias import attribute, detail
from surveyengine.events.event import Event, Malformed, event
from surveyengine.events.suggestion import MOST_HINTS, Suggestions
from surveyengine.events.vocabulary import Vocabulary

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
PAID = {"specversion": "1.0", "type": "order.paid", "source": "shop", "id": "o-1"}
FIELDS = frozenset({"order", "total", "country", "promised_at"})
WORDS = Vocabulary(frozenset({"order.paid", "shipment.delivered"}), {"order.paid": FIELDS})


def hints(data: Any = None, words: Vocabulary = WORDS, **changes: Any) -> list[str]:
    found = event({**PAID, "time": "2026-11-20T14:00:00Z", "data": data or {}, **changes}, NOW)
    assert isinstance(found, Event), found
    suggestions = Suggestions(words)
    for _ in range(3):
        suggestions.look(found)
    return suggestions.hints()


@pytest.mark.parametrize(("name", "meant"), [
    ("customer_id", "customer.id"), ("customerId", "customer.id"), ("Customer ID", "customer.id"),
    ("user_id", "customer.id"),
    ("customer_email", "customer.email"), ("customerEmail", "customer.email"), ("customer-e-mail", "customer.email"),
    ("costumer.email", "customer.email"), ("customer/email", "customer.email"), ("client_email", "customer.email"),
    ("customer_emailadress", "customer.email"), ("email", "customer.email"), ("e-mail", "customer.email"),
    ("E-Mail", "customer.email"), ("emailAddress", "customer.email"), ("email_address", "customer.email"),
    ("אימייל", "customer.email"), ("ایمیل", "customer.email"), ("buyer_phone", "customer.phone"),
    ("phoneNumber", "customer.phone"), ("mobile", "customer.phone"), ("טלפון", "customer.phone"), ("תלפון", None),
    ("customer_name", "customer.name"), ("fullName", "customer.name"), ("first_name", "customer.name"), ("name", None),
    ("locale", "customer.language"), ("customer_lang", "customer.language"), ("timeZone", "customer.timezone"),
    ("tz", "customer.timezone"), ("customer_account", "customer.account"), ("account", None), ("role", None),
    ("costumer", "customer"), ("Customer", "customer"), ("is_test", "test"), ("Total", "total"),
    ("promisedAt", "promised_at"),
    ("contry", "country"), ("channel", None), ("customer_segment", None), ("custom", None), ("product_id", None),
    ("id", None), ("username_of_nobody", None), ("x", None), ("", None), ("ordered", None),
])  # fmt: skip
def test_a_name_that_is_almost_right_is_told_once_with_what_is_meant(name: str, meant: str | None) -> None:
    told = f"`{name}` is taken for data of the event; did you mean `{meant}`?"
    assert hints({name: "x", "order": "A-1"}) == ([told] if meant else [])


@pytest.mark.parametrize("key", ["emailAddress", "e-mail", "Email", "mail", "e_mail"])
def test_a_key_of_the_customer_that_is_almost_right_is_told(key: str) -> None:
    assert hints({"customer": {"id": "c-1", key: "a@b.co"}}) == [
        f"`customer.{key}` is not read; did you mean `customer.email`?"
    ]


@pytest.mark.parametrize("key", ["client", "user", "Customer", "costumer", "buyer"])
def test_an_object_under_another_word_for_the_customer_is_told(key: str) -> None:
    assert hints({key: {"id": "c-1"}}) == [f"`{key}` is taken for data of the event; did you mean `customer`?"]
    assert hints({"client": "web", "guest": True}) == []


@pytest.mark.parametrize("data", [
    {"customer": {"id": "c-1", "email": "a@b.co", "emailAddress": "x", "loyalty": 7}, "customer_email": "y"},
    {"order": "A-1", "orders": 3, "total": 1, "Total": 2},
    {"customer": {"id": "c-1", "segment": "vip"}, "note": "x"},
])  # fmt: skip
def test_nothing_is_told_where_what_may_be_meant_is_there(data: dict[str, Any]) -> None:
    assert hints(data) == []


def test_what_the_project_knows_by_that_name_is_meant() -> None:
    words = Vocabulary(WORDS.types, {"order.paid": FIELDS | {"email", "mobile"}})
    assert hints({"email": "x", "mobile": True}, words) == []


def test_a_moment_under_another_name_is_told_where_there_is_none() -> None:
    assert hints({"created_at": "2026-11-20"}) == []
    told = "`created_at` is taken for data of the event; did you mean `time`?"
    assert hints({"created_at": "2026-11-20"}, time=None) == [told]


@pytest.mark.parametrize("name", ["customer", "total"])
def test_what_stands_beside_data_is_told(name: str) -> None:
    told = f"`{name}` stands beside `data`, where it is not read; put it into `data`"
    beside: dict[str, Any] = {name: {"id": "c-1"}, "traceparent": "00-ab", "subject": "x"}
    assert hints(**beside) == [told]


@pytest.mark.parametrize(("type", "meant"), [
    ("order.payed", "order.paid"), ("Order.Paid", "order.paid"), ("order_paid", "order.paid"), ("gift.wrapped", None),
])  # fmt: skip
def test_a_type_that_nobody_hears_is_told(type: str, meant: str | None) -> None:
    told = f"no survey is about `{type}`, and config.toml declares no such event"
    assert hints(type=type) == [f"{told}; did you mean `{meant}`?" if meant else told]


def test_very_many_names_are_counted_and_cost_little() -> None:
    suggestions = Suggestions(WORDS)
    for number in range(1_000):
        found = event({**PAID, "data": {f"customer_email_{number}": 1, "x" * number: 2}}, NOW)
        assert isinstance(found, Event)
        suggestions.look(found)
    assert len(suggestions.hints()) == MOST_HINTS + 1
    assert suggestions.hints()[-1].endswith("more names are not known")


@pytest.mark.parametrize(("raw", "hint"), [
    ({"eventType": "order.paid", "source": "shop", "id": "1"},
     "`type` is missing; did you mean `eventType` to be the `type`?"),
    ({**PAID, "id": None, "event_id": "1"}, "`id` is missing; did you mean `event_id` to be the `id`?"),
    ({**PAID, "data": {"customer": {"ID": "c-1"}}}, "did you mean `customer.ID` to be `customer.id`?"),
    ({**PAID, "data": {"customer": {"emailAddress": "a@b.co"}}},
     "did you mean `customer.emailAddress` to be `customer.email`?"),
])  # fmt: skip
def test_what_is_missing_is_refused_with_what_may_be_meant(raw: dict[str, Any], hint: str) -> None:
    found = event({"specversion": "1.0", **raw}, NOW)
    assert isinstance(found, Malformed)
    assert hint in found.reason


@given(st.text() | st.text("customer_.eEmMaAiIlL- "))
def test_any_name_is_something_or_nothing(name: str) -> None:
    assert detail(name) in (None, "email", "phone", "language", "timezone", "name", "id", "account", "role")
    assert isinstance(attribute("time", [name]), str)
