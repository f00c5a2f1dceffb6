from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cloudevents.core.bindings.http import HTTPMessage, to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.events.event import Customer, Event, Malformed
from surveyengine.events.http import BATCH, STRUCTURED, from_http
from surveyengine.values.strict_json import Undecodable

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
RAW: dict[str, Any] = {
    "specversion": "1.0", "type": "shipment.delivered", "source": "shop", "id": "o-1", "time": "2026-11-20T14:03:00Z",
    "data": {"customer": {"id": "c-17", "name": "דנה"}, "order": "A-1"},
}
EVENT = Event(
    source="shop", id="o-1", type="shipment.delivered", time=datetime(2026, 11, 20, 14, 3, tzinfo=UTC),
    data={"order": "A-1"}, customer=Customer("c-17", name="דנה"), test=False,
)
HEADERS = {"Ce-Specversion": "1.0", "CE-TYPE": "shipment.delivered", "ce-source": "shop", "ce-Id": "o-1",
           "ce-time": "2026-11-20T14%3A03%3A00Z", "Host": "example.com"}
DATA = json.dumps(RAW["data"]).encode()


def sent(value: object, content_type: str = STRUCTURED) -> list[Event | Malformed]:
    return from_http(content_type, {"Content-Type": content_type}, json.dumps(value).encode(), NOW)


def refusal(content_type: str, body: bytes, headers: dict[str, str] | None = None) -> str:
    with pytest.raises(Undecodable) as caught:
        from_http(content_type, headers or {}, body, NOW)
    return caught.value.reason


@pytest.mark.parametrize("content_type", [
    STRUCTURED, "Application/CloudEvents+JSON; charset=UTF-8", 'application/cloudevents+json;charset="utf-8"',
    "application/json", "application/json; charset=utf8",
])
def test_a_structured_event_is_read(content_type: str) -> None:
    assert sent(RAW, content_type) == [EVENT]


@pytest.mark.parametrize("content_type", [BATCH, f"{BATCH}; charset=utf-8", "application/json"])
def test_a_batch_tells_good_from_bad_by_their_place(content_type: str) -> None:
    first, second, third = sent([RAW, {**RAW, "id": ""}, 7], content_type)
    assert first == EVENT
    assert second == Malformed("`id` is empty", "event 2")
    assert isinstance(third, Malformed)
    assert third.where == "event 3"


def test_an_empty_batch_is_a_batch() -> None:
    assert sent([], BATCH) == []


def test_a_binary_event_is_read_from_its_headers() -> None:
    assert from_http("application/json; charset=utf-8", HEADERS, DATA, NOW) == [EVENT]


@pytest.mark.parametrize("body", [b"", b"\r\n"])
def test_a_binary_event_without_a_body_has_no_data(body: bytes) -> None:
    [event] = from_http("", HEADERS, body, NOW)
    assert isinstance(event, Event)
    assert (event.data, event.customer) == ({}, None)


def test_a_structured_event_may_have_headers_too() -> None:
    headers = {**HEADERS, "ce-id": "other"}
    assert from_http(STRUCTURED, headers, json.dumps(RAW).encode(), NOW) == [EVENT]


@pytest.mark.parametrize(("header", "value"), [
    ("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"),
    ("%d7%90", "א"),
    ("a%2525", "a%25"),
    ("%41", "A"),
    ('"a \\"b\\" %E2%82%AC"', 'a "b" €'),
    ("100%", "100%"),
    (" a ", "a"),
])
def test_headers_are_decoded_as_the_http_binding_says(header: str, value: str) -> None:
    [event] = from_http("application/json", {**HEADERS, "ce-id": header}, DATA, NOW)
    assert isinstance(event, Event)
    assert event.id == value


@pytest.mark.parametrize(("header", "reason"), [
    ("%C0%A0", "`id` is a header whose percent-encoding is not valid UTF-8"),
    ("%ED%A0%80", "`id` is a header whose percent-encoding is not valid UTF-8"),
    ("×\x90", "`id` is a header with characters that must be percent-encoded"),
    ("%00", "`id` holds a control character"),
    ("%0d%0aa", "`id` holds a control character"),
    ("", "`id` is empty"),
])
def test_headers_that_cannot_be_decoded_are_malformed(header: str, reason: str) -> None:
    [event] = from_http("application/json", {**HEADERS, "ce-id": header}, DATA, NOW)
    assert isinstance(event, Malformed)
    assert reason in event.reason


def test_data_comes_from_the_body_only() -> None:
    headers = {**HEADERS, "ce-data": "x", "ce-data_base64": "e30=", "ce-datacontenttype": "text/plain"}
    assert from_http("application/json", headers, DATA, NOW) == [EVENT]


@pytest.mark.parametrize(("content_type", "body", "reason"), [
    ("", b"{}", "content type '' is not understood; send application/cloudevents+json"),
    ("text/plain", b"{}", "content type 'text/plain' is not understood"),
    ("application/x-www-form-urlencoded", b"a=b", "is not understood"),
    ("application/cloudevents+avro", b"{}", "is not understood"),
    ("application/cloudevents", b"{}", "is not understood"),
    (f"{STRUCTURED}; charset=windows-1255", b"{}", "charset 'windows-1255' is not understood; send UTF-8"),
    (STRUCTURED, b"", "the body is empty"),
    (STRUCTURED, b"{", "the body is not JSON: line 1, column 2"),
    (STRUCTURED, b"[]", f"send several events as {BATCH}"),
    (STRUCTURED, b"[" * 100_000, "the body is nested"),
    (STRUCTURED, b'{"id": NaN}', "the body holds NaN"),
    (BATCH, b"{}", f"send one event as {STRUCTURED}"),
    (BATCH, b"[0" + b",0" * 50_000 + b"]", "the body holds 50,001 events; send at most 50,000 at once"),
    (BATCH, b"\xff", "the body is not valid UTF-8"),
])
def test_a_body_that_holds_no_events_is_refused(content_type: str, body: bytes, reason: str) -> None:
    assert reason in refusal(content_type, body)


@pytest.mark.parametrize(("content_type", "body"), [
    ("text/plain", DATA), ("application/xml", b"<a/>"), ("application/json", b"{"), ("application/json", b"\xff"),
    ("application/json; charset=cp1255", DATA), ("application/cloudevents+protobuf", DATA),
])
def test_a_binary_event_whose_body_is_not_json_is_refused(content_type: str, body: bytes) -> None:
    assert refusal(content_type, body, HEADERS)


def read(message: HTTPMessage) -> list[Event | Malformed]:
    headers = {name.title(): value for name, value in message.headers.items()}
    return from_http(headers.pop("Content-Type", ""), headers, message.body, NOW)


@pytest.mark.parametrize("convert", [to_structured_event, to_binary_event])
@pytest.mark.parametrize("data", [RAW["data"], DATA])
@pytest.mark.parametrize("extra", [{}, {"datacontenttype": "application/json"}, {"subject": "A-1", "comx": "דנה \"%"}])
def test_what_the_official_client_sends_is_read(convert: Any, data: Any, extra: dict[str, str]) -> None:
    attributes = {key: value for key, value in RAW.items() if key != "data"} | {"time": EVENT.time} | extra
    assert read(convert(CloudEvent(attributes, data))) == [EVENT]


@pytest.mark.parametrize("convert", [to_structured_event, to_binary_event])
def test_a_test_event_of_the_official_client_is_one(convert: Any) -> None:
    [event] = read(convert(CloudEvent({"type": "a", "source": "דוכן 1", "id": "%41", "time": NOW, "test": "true"}, {})))
    assert isinstance(event, Event)
    assert (event.source, event.id, event.test) == ("דוכן 1", "%41", True)


TYPES = st.sampled_from([STRUCTURED, BATCH, "application/json", "", "text/plain", f"{BATCH};charset=x"]) | st.text()
NAMES = st.sampled_from(["ce-id", "ce-source", "ce-type", "ce-specversion", "ce-time", "CE-", "x"]) | st.text()
VALUES = st.sampled_from(["1.0", "a", "%", "%ff", '"', '"\\"']) | st.text()


@given(TYPES, st.dictionaries(NAMES, VALUES), st.binary() | st.just(DATA))
def test_any_request_holds_events_or_is_refused(content_type: str, headers: dict[str, str], body: bytes) -> None:
    try:
        events = from_http(content_type, headers, body, NOW)
    except Undecodable:
        return
    assert all(isinstance(event, Event | Malformed) for event in events)
