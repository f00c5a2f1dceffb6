from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cloudevents.core.bindings.http import HTTPMessage, to_binary_event, to_structured_event
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from surveyengine import keys
from surveyengine.app import create_app
from surveyengine.engine import Engine
from surveyengine.store.schema import event, invitation
from tests.support import business
from tests.support.business import answer
from tests.web.test_respond import OPEN, away, browser, content

NOW = datetime.now(UTC)
EVENTS, REPORT = "/api/v1/events", "/api/v1/report"
STRUCTURED, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
DATA = {"customer": {"id": "c-17", "email": "dana@example.com", "name": "דנה", "language": "he"}, "order": "A-1"}


class Api:
    """A machine that talks to an engine with a key."""

    def __init__(self, engine: Engine, scope: str = "admin") -> None:
        self.engine = engine
        self.client: FlaskClient = create_app(engine).test_client()
        self.key = keys.add(engine, f"key-{scope}", scope, NOW) or ""

    def call(self, method: str, path: str, body: Any = None, kind: str = STRUCTURED, **headers: str) -> TestResponse:
        sent = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        allowed = {"Authorization": f"Bearer {self.key}", **headers}
        return self.client.open(path, method=method, data=sent, content_type=kind, headers=allowed)

    def post(self, body: Any, kind: str = STRUCTURED, **headers: str) -> TestResponse:
        return self.call("POST", EVENTS, body, kind, **headers)

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.call("GET", path, **headers)


@pytest.fixture
def api(engine: Engine) -> Api:
    return Api(engine)


@pytest.fixture
def shop(tmp_path: Any) -> Iterator[Api]:
    """A business on SQLite, for what has nothing to do with the database."""
    from surveyengine.engine import start

    engine = start(business.write(tmp_path / "shop"))
    yield Api(engine)
    engine.close()


def raw(**changes: Any) -> dict[str, Any]:
    """An event as JSON; None takes an attribute away."""
    whole = {
        "specversion": "1.0", "type": "shipment.delivered", "source": "shop", "id": "o-1",
        "time": (NOW - timedelta(hours=1)).isoformat(), "data": DATA, **changes,
    }  # fmt: skip
    return {name: value for name, value in whole.items() if value is not None}


def problem(response: TestResponse, status: int) -> str:
    """What is said to be the problem."""
    assert (response.status_code, response.mimetype) == (status, "application/problem+json"), response.text
    found = json.loads(response.data)
    assert found["status"] == status
    assert found["title"]
    assert found["detail"]
    assert found["type"] == "about:blank"
    detail: str = found["detail"]
    return detail


def outcomes(response: TestResponse) -> list[str]:
    assert response.status_code == 202, response.text
    return [one["outcome"] for one in json.loads(response.data)["events"]]


def taken(engine: Engine) -> tuple[int, int]:
    """How many events and invitations there are."""
    with engine.database.read() as connection:
        return tuple(len(connection.execute(select(table)).all()) for table in (event, invitation))  # type: ignore[return-value]  # two


# ── Keys


@pytest.mark.parametrize("scope", ["events", "read", "admin"])
def test_a_key_opens_what_its_scope_says(api: Api, scope: str) -> None:
    machine = Api(api.engine, scope) if scope != "admin" else api
    may = keys.ALLOWS[scope]
    assert machine.post(raw()).status_code == (202 if "events" in may else 403)
    assert machine.get(REPORT).status_code == (200 if "read" in may else 403)
    if scope == "read":
        assert problem(machine.post(raw()), 403).endswith("needs the scope 'events' or 'admin'")
        assert problem(machine.get("/api/v1/customers/c-1/story"), 403).endswith("needs the scope 'admin'")
        assert taken(api.engine) == (0, 0)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Bearer se_wrong", "Basic {key}", "{key}", "Bearer {key}x",
                                    "Bearer \u00ff\u00fe", "Bearer {key} {key}", "Digest x"])
def test_without_a_valid_key_nothing_is_done(shop: Api, header: str) -> None:
    for response in (shop.post(raw(), Authorization=header.format(key=shop.key)),
                     shop.get(REPORT, Authorization=header.format(key=shop.key))):
        problem(response, 401)
        assert response.headers["WWW-Authenticate"] == "Bearer"
    assert taken(shop.engine) == (0, 0)


def test_the_word_bearer_may_be_written_anyhow(shop: Api) -> None:
    assert shop.get(REPORT, Authorization=f"bEARER  {shop.key} ").status_code == 200


def test_a_revoked_key_opens_nothing_any_more(api: Api) -> None:
    assert api.get(REPORT).status_code == 200
    assert keys.revoke(api.engine, "key-admin", NOW)
    problem(api.get(REPORT), 401)
    problem(api.post(raw()), 401)


def test_only_the_hash_of_a_key_is_stored(api: Api) -> None:
    assert api.key not in str(content(api.engine))


# ── Events


def message(made: HTTPMessage) -> tuple[bytes, str, dict[str, str]]:
    headers = {name.title(): value for name, value in made.headers.items()}
    return made.body or b"", headers.pop("Content-Type", ""), headers


def official(id: str = "o-1") -> CloudEvent:
    attributes = {"type": "shipment.delivered", "source": "shop", "id": id, "time": NOW, "specversion": "1.0",
                  "datacontenttype": "application/json", "subject": "הזמנה א"}
    return CloudEvent(attributes, DATA)


@pytest.mark.parametrize("convert", [to_structured_event, to_binary_event])
def test_the_official_client_is_understood(api: Api, convert: Any) -> None:
    body, kind, headers = message(convert(official()))
    first = api.post(body, kind, **headers)
    assert outcomes(first) == ["accepted"]
    (what,) = json.loads(first.data)["events"]
    assert [one["survey"] for one in what["planned"]] == ["delivery"]
    assert datetime.fromisoformat(what["planned"][0]["due"]) == NOW + timedelta(hours=12)
    again = api.post(body, kind, **headers)
    assert json.loads(again.data)["events"] == [{**what, "outcome": "duplicate"}]
    assert taken(api.engine) == (1, 1)


def test_the_official_clients_events_come_in_a_batch(api: Api) -> None:
    written = [json.loads(JSONFormat().write(official(id))) for id in ("o-1", "o-2", "o-1")]
    assert outcomes(api.post(written, BATCH)) == ["accepted", "accepted", "duplicate"]
    assert taken(api.engine) == (2, 2)


def test_a_bad_event_in_a_batch_is_refused_alone_and_by_its_place(api: Api) -> None:
    response = api.post([raw(id=None), raw(), 7, raw(id="o-2", type="order.paid")], BATCH)
    assert outcomes(response) == ["refused", "accepted", "refused", "accepted"]
    events = json.loads(response.data)["events"]
    assert "`id` is missing" in events[0]["reason"]
    assert events[3]["planned"] == events[3]["refused"] == []
    assert taken(api.engine) == (2, 1)


def test_an_empty_batch_is_nothing_to_do(shop: Api) -> None:
    assert outcomes(shop.post([], BATCH)) == []


def test_a_refusal_is_told_with_its_reason(api: Api) -> None:
    response = api.post(raw(data={"order": "A-1"}))
    assert json.loads(response.data)["events"][0]["refused"] == [{"survey": "delivery", "reason": "no_customer"}]


MALFORMED: Mapping[str, tuple[Any, str]] = {
    "no id": (raw(id=None), "`id` is missing"), "an empty id": (raw(id=""), "`id` is empty"),
    "a number for an id": (raw(id=7), "`id` must be text"), "a list for a type": (raw(type=["a"]), "`type`"),
    "a control in a source": (raw(source="a\nb"), "`source` holds a control"), "NUL": (raw(id="a\0b"), "`id`"),
    "another version": (raw(specversion="0.3"), "`specversion`"),
    "no version": (raw(specversion=None), "`specversion`"),
    "a time without a zone": (raw(time="2026-11-20T10:00:00"), "`time`"),
    "a number for a time": (raw(time=7), "`time`"),
    "a time to come": (raw(time="2999-01-01T00:00:00Z"), "`time`"), "text for data": (raw(data="x"), "`data`"),
    "a list for a customer": (raw(data={"customer": []}), "`data.customer`"),
    "a customer without an id": (raw(data={"customer": {"email": "a@localhost"}}), "`data.customer.id` is missing"),
    "a bad address": (raw(data={"customer": {"email": "a@b\nBcc: x@y"}}), "`data.customer.email`"),
    "a mark in an account": (raw(data={"customer": {"id": "c", "account": "a\u200f"}}), "`data.customer.account`"),
    "half a character": (raw(data={"order": "\ud800"}), "`data.order`"), "a flag": (raw(test="maybe"), "`test`"),
    "a long id": (raw(id="x" * 256), "`id`"), "much data": (raw(data={"order": "x" * 70_000}), "`data`"),
    "two data": (raw(data_base64="e30="), "`data`"), "bad base64": (raw(data=None, data_base64="%"), "`data`"),
    "not an object": (7, "an event is a JSON object"), "null": (b"null", "an event is a JSON object"),
}  # fmt: skip


@pytest.mark.parametrize(("sent", "reason"), MALFORMED.values(), ids=MALFORMED.keys())
def test_an_event_that_is_none_is_refused_with_the_reason(shop: Api, sent: Any, reason: str) -> None:
    assert reason in problem(shop.post(sent), 400)
    assert taken(shop.engine) == (0, 0)


DEEP = b'{"a":' * 1000 + b"1" + b"}" * 1000
UNDECODABLE: Mapping[str, tuple[bytes, str, str]] = {
    "nothing": (b"", STRUCTURED, "empty"), "no JSON": (b"{", STRUCTURED, "line 1"),
    "NaN": (b'{"a": NaN}', STRUCTURED, "NaN"),
    "Infinity": (b'[{"a": -Infinity}]', BATCH, "Infinity"), "a huge number": (b'{"a": 1e999}', STRUCTURED, "1e999"),
    "a long number": (b'{"a": ' + b"9" * 5000 + b"}", STRUCTURED, "digits"), "deep": (DEEP, STRUCTURED, "deep"),
    "deep lists": (b"[" * 100_000, BATCH, "deep"), "Latin-1": (b'{"a": "\xe9"}', STRUCTURED, "UTF-8"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), STRUCTURED, "UTF-8"), "twice": (b'{"id": 1, "id": 2}', STRUCTURED, "twice"),
    "two values": (b"{} {}", STRUCTURED, "line 1"), "a list as one": (b"[]", STRUCTURED, "array"),
    "one as a list": (b"{}", BATCH, "array"), "XML": (b"<a/>", "application/xml", "application/xml"),
    "a form": (b"a=b", "application/x-www-form-urlencoded", "content type"), "no type": (b"{}", "", "content type"),
    "avro": (b"{}", "application/cloudevents+avro", "avro"),
    "latin": (b"{}", f"{STRUCTURED}; charset=latin-1", "latin-1"),
}  # fmt: skip


@pytest.mark.parametrize(("sent", "kind", "reason"), UNDECODABLE.values(), ids=UNDECODABLE.keys())
def test_a_body_that_cannot_be_read_is_refused_with_the_reason(shop: Api, sent: bytes, kind: str, reason: str) -> None:
    assert reason in problem(shop.post(sent, kind), 400)
    assert taken(shop.engine) == (0, 0)


def test_more_than_eight_megabytes_are_too_much(shop: Api) -> None:
    assert "8000000" in problem(shop.post(b" " * 10_000_000), 413)
    problem(shop.post(b" " * 8_000_001, BATCH), 413)
    assert "empty" in problem(shop.post(b" " * 8_000_000), 400)


@pytest.mark.parametrize(
    "time", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "0001-06-01T00:00:00-12:00", "1000-01-01T00:00:00Z",
             "1969-12-31T23:59:60Z"],
)  # fmt: skip
def test_an_event_of_long_ago_breaks_nothing(api: Api, time: str) -> None:
    response = api.post(raw(time=time))
    assert response.status_code in (202, 400), response.text
    assert api.get(REPORT).status_code == 200


@pytest.mark.parametrize(
    "data",
    [
        {"order": 10**30}, {"order": 1e308}, {"order": None}, {"order": [1, {"a": [None, True]}]}, {"": 1},
        {"ключ": "שלום"},
        {"order": "a\u202eb"}, {"order": -0.0}, {"customer": {"id": 7, "phone": "۰۵۰", "language": "xx-YY-zzzz"}},
        {"customer": {"id": "c", "account": "acme", "strange": {}}}, {"order": "'; DROP TABLE event; --"}, {},
    ],
)  # fmt: skip
def test_whatever_an_event_carries_is_kept_or_refused(api: Api, data: Any) -> None:
    response = api.post(raw(data={"customer": DATA["customer"], **data}))
    assert response.status_code in (202, 400), response.text
    assert taken(api.engine)[0] == (response.status_code == 202)


# ── Report


def test_the_report_is_json(api: Api) -> None:
    answer(browser(api.engine), OPEN, satisfaction="4")
    found = json.loads(api.get(REPORT).data)
    assert found["period"] == {"from": None, "to": None, "timezone": "Asia/Jerusalem"}
    assert found["stages"][0]["touchpoints"][0]["counts"]["4"] == 1


def test_the_report_is_of_the_days_asked_for_both_included(api: Api) -> None:
    answer(browser(api.engine), OPEN, satisfaction="4")
    today = datetime.now(api.engine.config.business.zone).date()
    spans = {(-1, -1): 0, (0, 0): 1, (-1, 0): 1, (0, 1): 1, (1, 2): 0}
    for (start, end), n in spans.items():
        days = [today + timedelta(days=shift) for shift in (start, end)]
        found = json.loads(api.get(f"{REPORT}?from={days[0]}&to={days[1]}").data)
        assert found["stages"][0]["touchpoints"][0]["csat"]["n"] == n, (start, end)


def test_the_report_is_split_by_a_field(api: Api) -> None:
    for language in ("he", "fa"):
        answer(browser(api.engine), f"{OPEN}?lang={language}", satisfaction="4")
    found = json.loads(api.get(f"{REPORT}?by=language&stage=purchase").data)
    groups = found["stages"][0]["touchpoints"][0]["by"]
    assert {group: one["counts"]["4"] for group, one in groups.items()} == {"he": 1, "fa": 1}


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("from=yesterday", "from"), ("to=2026-02-30", "to"), ("from=2026-11-20&to=2026-11-19", "after"),
        ("form=2026-11-20", "'form'"), ("by=", "by"), ("by=a%00b", "by"), ("by=%22%3B--", "by"), ("stage=moon", "moon"),
        ("stage=", "stage"), ("by=" + "a" * 100, "by"), ("from=%FF", "from"), ("from=9999999-01-01", "from"),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_named(shop: Api, query: str, reason: str) -> None:
    assert reason in problem(shop.get(f"{REPORT}?{query}"), 400)


@pytest.mark.parametrize("field", ["country", "a.b", "order", "channel", "_x", "a-b"])
def test_a_field_that_nobody_has_splits_into_nothing(api: Api, field: str) -> None:
    answer(browser(api.engine), OPEN, satisfaction="4")
    assert api.get(f"{REPORT}?by={field}").status_code == 200


# ── Whatever else


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1/", "/api/v1/events/1", "/api/v1/%00", "/api/v2/events"])
def test_an_unknown_address_is_a_problem_in_json(shop: Api, path: str) -> None:
    for response in (shop.get(path), shop.call("POST", path, b"{}")):
        problem(response, 404)


def test_a_wrong_method_is_a_problem_in_json(shop: Api) -> None:
    response = shop.get(EVENTS)
    problem(response, 405)
    assert "POST" in response.headers["Allow"]
    problem(shop.call("DELETE", REPORT), 405)


def test_while_the_database_is_away_a_machine_is_told_to_come_again(api: Api) -> None:
    with away(api.engine):
        for response in (api.post(raw()), api.get(REPORT), api.get(f"{REPORT}?by=channel")):
            assert "send it again" in problem(response, 503)
            assert response.headers["Retry-After"] == "5"
    assert outcomes(api.post(raw())) == ["accepted"]


def test_a_crash_is_a_problem_in_json_and_tells_no_secrets(shop: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: Any) -> Any:
        raise RuntimeError("a secret")

    monkeypatch.setattr("surveyengine.web.api.events_and_report.take", breaks)
    assert "secret" not in problem(shop.post(raw()), 500)
