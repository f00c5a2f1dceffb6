"""Webhooks of other systems, as their documentation and their own libraries send them."""

from __future__ import annotations

import gzip
import json
import logging
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient
from segment.analytics import request as segment_request
from segment.analytics.client import Client
from sqlalchemy import select
from werkzeug.test import TestResponse

from surveyengine.app import create_app
from surveyengine.engine import Engine, start
from surveyengine.events.imported import ImportFile
from surveyengine.events.mapping import flattened
from surveyengine.events.webhook import Delivery, Unsigned, messages
from surveyengine.invitations import import_file
from surveyengine.invitations.totals import Totals
from surveyengine.settings import ready_imports
from surveyengine.settings.hooks import HookSettings
from surveyengine.store.schema import customer, event, invitation
from surveyengine.values.enumeration import HookKind
from surveyengine.values.signing import body_signature, standard_key
from tests.support import business, exports

NOW = datetime.now(UTC)
NEW = timedelta(0)
AT = (NOW - timedelta(hours=1)).replace(microsecond=0)
ENVIRONMENT = {
    "SHOPIFY": "shopify-secret-0123456789", "OLD": "the-former-secret-012345", "WOO": "a&amp;b-woo-secret-012345",
    "SEGMENT": "write-key-0123456789abcd", "ZENDESK": "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==",
    "SIGNED": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
}  # fmt: skip
HOOKS = """
[hooks]
shop    = { kind = "shopify", secret = ["${SHOPIFY}", "${OLD}"] }
woo     = { kind = "woocommerce", secret = "${WOO}" }
segment = { kind = "segment", secret = "${SEGMENT}" }
tickets = { kind = "zendesk", secret = "${ZENDESK}" }
refunds = { kind = "shopify", secret = "${SHOPIFY}", import = "shopify-refunds" }
desk    = { kind = "signed", secret = "${SIGNED}", import = "desk" }

[import.desk]
type   = [{ type = "shipment.delivered", when = { event = "delivered" } }]
id     = "{webhook-id}"
time   = "at"
fields = { order = "order.number", "customer.email" = "order.mail" }
"""
SHOPIFY: dict[str, Any] = {
    "id": 6100000000041, "name": "#2041", "order_number": 2041, "email": "dana@example.org", "phone": None,
    "currency": "ILS", "total_price": "349.00", "financial_status": "paid", "fulfillment_status": None,
    "customer_locale": "he", "created_at": "2026-11-20T14:05:33+02:00", "updated_at": "2026-11-20T14:05:41+02:00",
    "processed_at": AT.isoformat(), "cancelled_at": None, "test": False,
    "customer": {"id": 7000000000008, "email": "dana@example.org", "first_name": "דנה", "last_name": "כהן"},
    "line_items": [{"id": 1, "title": "Oak shelf"}],
}  # fmt: skip
WOO: dict[str, Any] = {
    "id": 4415, "number": "4415", "status": "completed", "currency": "ILS", "total": "349.00", "customer_id": 0,
    "date_created_gmt": "2026-11-20T12:05:33", "date_modified_gmt": "2026-11-24T08:00:01", "refunds": [],
    "date_paid_gmt": f"{AT:%Y-%m-%dT%H:%M:%S}", "billing": {"first_name": "דנה", "last_name": "כהן",
    "email": "dana@example.org", "phone": "050-0000001", "country": "IL"},
}  # fmt: skip


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    started = start(business.write(tmp_path / "project", config=business.CONFIG + HOOKS), ENVIRONMENT)
    yield started
    started.close()


@pytest.fixture
def client(engine: Engine) -> FlaskClient:
    return create_app(engine).test_client()


TICKET = {
    "event": "ticket.solved", "ticket": "501", "at": AT.isoformat(), "group": "Support", "channel": "Mail",
    "requester": {"external_id": "C-17", "id": "3001", "email": "dana@example.org", "name": "Dana Cohen"},
}  # fmt: skip
REFUND = {
    "id": 929361464, "order_id": 6100000000041, "created_at": AT.isoformat(), "note": "wrong size", "restock": True,
    "refund_line_items": [{"id": 1, "quantity": 1, "line_item": {"title": "Oak shelf"}}],
    "transactions": [{"id": 2, "order_id": 6100000000041, "kind": "refund", "amount": "99.00", "currency": "ILS"}],
}  # fmt: skip


def shopify(client: FlaskClient, body: Any, secret: str = ENVIRONMENT["SHOPIFY"], **headers: str) -> TestResponse:
    raw = json.dumps(body, ensure_ascii=False).encode()
    signed = {"X-Shopify-Hmac-Sha256": body_signature(secret.encode(), raw), "X-Shopify-Topic": "orders/paid"}
    return client.post("/hooks/shop", data=raw, content_type="application/json", headers=signed | headers)


def woo(client: FlaskClient, body: Any) -> TestResponse:
    raw = json.dumps(body).encode()
    signed = {"X-WC-Webhook-Signature": body_signature(b"a&b-woo-secret-012345", raw)}
    return client.post("/hooks/woo", data=raw, content_type="application/json", headers=signed)


def standard(
    client: FlaskClient, body: Any, id: str = "m-1", ago: timedelta = timedelta(0), key: str = ""
) -> TestResponse:
    raw, stamp = json.dumps(body).encode(), str(int((datetime.now(UTC) - ago).timestamp()))
    right = body_signature(standard_key(ENVIRONMENT["SIGNED"]), f"{id}.{stamp}.".encode() + raw)
    headers = {"webhook-id": id, "webhook-timestamp": stamp, "webhook-signature": f"v1,AAAA v1,{key or right}"}
    return client.post("/hooks/desk", data=raw, content_type="application/json", headers=headers)


def zendesk(client: FlaskClient, body: Any, ago: timedelta = NEW, **headers: str) -> TestResponse:
    raw, stamp = json.dumps(body).encode(), f"{datetime.now(UTC) - ago:%Y-%m-%dT%H:%M:%SZ}"
    right = body_signature(ENVIRONMENT["ZENDESK"].encode(), stamp.encode() + raw)
    signed = {"X-Zendesk-Webhook-Signature": right, "X-Zendesk-Webhook-Signature-Timestamp": stamp}
    return client.post("/hooks/tickets", data=raw, content_type="application/json", headers=signed | headers)


def stored(engine: Engine) -> list[Any]:
    columns = (event.c.source, event.c.id, event.c.type, event.c.data, event.c.customer)
    with engine.database.read() as connection:
        return [tuple(row) for row in connection.execute(select(*columns).order_by(event.c.key))]


def outcomes(answer: TestResponse) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["outcome"] for one in answer.get_json()["events"]]


# Shopify


def test_an_order_of_shopify_becomes_an_event_once_whatever_is_sent_again(client: FlaskClient, engine: Engine) -> None:
    again = {**SHOPIFY, "updated_at": "2026-11-21T10:00:00+02:00", "fulfillment_status": "fulfilled"}
    said = [outcomes(shopify(client, body)) for body in (SHOPIFY, SHOPIFY, again)]
    assert said == [["accepted"], ["duplicate"], ["duplicate"]]
    said = [outcomes(shopify(client, SHOPIFY, **{"X-Shopify-Topic": "orders/cancelled", "X-Shopify-Webhook-Id": "z"}))]
    assert said == [["duplicate"]]  # headers are not signed: nothing depends on them
    [(source, id, type, data, whom)] = stored(engine)
    assert (source, id, type) == ("shopify", "#2041-paid", "order.paid")
    assert data == {"order": "#2041", "total": 349.0, "currency": "ILS"}
    with engine.database.read() as connection:
        known = connection.execute(select(customer.c.email, customer.c.name, customer.c.language)).one()
    assert tuple(known) == ("dana@example.org", "דנה כהן", "he")
    assert whom.startswith("guest-")


@pytest.mark.parametrize(("change", "told"), [
    ({"cancelled_at": AT.isoformat()}, ["order.cancelled"]),
    ({"financial_status": "refunded"}, ["return.refunded"]),
    ({"financial_status": "pending"}, []),
    ({"test": True}, []),
    ({"customer": None, "email": "", "contact_email": None}, ["order.paid"]),
])  # fmt: skip
def test_what_became_of_an_order_is_read_of_it(
    client: FlaskClient, engine: Engine, change: dict[str, Any], told: list[str]
) -> None:
    answer = shopify(client, SHOPIFY | change)
    assert (answer.status_code, answer.get_json()["passed_over"]) == (200, 1 - len(told))
    assert [row[2] for row in stored(engine)] == told


def test_a_former_secret_is_good_while_it_is_listed(client: FlaskClient) -> None:
    assert outcomes(shopify(client, SHOPIFY, ENVIRONMENT["OLD"])) == ["accepted"]


def test_the_signatures_of_the_documentations_are_right() -> None:
    body = b'{"id":820982911946154508,"name":"#1001","email":"dana@example.com"}'
    assert body_signature(b"s3cr3t", body) == "UGL66MnXaI/0GaPlXk8caRW/vtgVWydQvYw8X106qlI="
    words = '{"שם":"דנה"}'.encode()
    assert body_signature(b"s3cr3t", words) == "bEk8DjToyr5xZ6/dmUQZDQGTK78oLDIsld+qUtu2Jc4="
    hook = HookSettings.model_validate({"kind": "signed", "secret": ENVIRONMENT["SIGNED"], "import": "desk"})
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }  # fmt: skip
    delivery = Delivery(headers, b'{"test": 2432232314}')
    at = datetime.fromtimestamp(1614265330, UTC)
    assert messages(hook, delivery, at) == [{"test": 2432232314, "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek"}]
    with pytest.raises(Unsigned):
        messages(hook, delivery, at + timedelta(minutes=6))


REFUNDED = [
    ([], None), ([REFUND], "#2041-refund-929361464"), ([REFUND, REFUND | {"id": 929361465}], "#2041-refund-929361465"),
]  # fmt: skip


@pytest.mark.parametrize(("refunds", "id"), REFUNDED)
def test_each_refund_of_an_order_of_shopify_is_an_event_of_its_customer(
    client: FlaskClient, engine: Engine, refunds: list[Any], id: str | None
) -> None:
    body = SHOPIFY | {"financial_status": "partially_refunded", "refunds": refunds}
    raw = json.dumps(body).encode()
    signed = {"X-Shopify-Hmac-Sha256": body_signature(ENVIRONMENT["SHOPIFY"].encode(), raw)}
    for _ in range(2):
        assert client.post("/hooks/refunds", data=raw, headers=signed).status_code == 200
    right = (id, "return.refunded", {"order": "#2041", "currency": "ILS"})
    assert [row[1:4] for row in stored(engine)] == ([right] if id else [])


def test_a_refund_that_names_no_customer_is_passed_over(client: FlaskClient, engine: Engine) -> None:
    assert shopify(client, REFUND).get_json()["passed_over"] == 1
    assert stored(engine) == []


# Zendesk


def test_a_solved_ticket_of_zendesk_becomes_an_event_once(client: FlaskClient, engine: Engine) -> None:
    said = [zendesk(client, TICKET), zendesk(client, TICKET), zendesk(client, TICKET | {"event": "ticket.reopened"})]
    assert [outcomes(one) for one in said] == [["accepted"], ["duplicate"], ["accepted"]]
    assert outcomes(zendesk(client, {"event": "seen"})) == []
    (source, id, type, data, whom), (_, _, other, _, _) = stored(engine)
    assert (source, id, type, other) == ("zendesk", f"501-solved-{AT.isoformat()}", "ticket.solved", "ticket.reopened")
    assert (data, whom) == ({"ticket": "501", "group": "Support", "channel": "Mail"}, "C-17")


def test_a_message_of_zendesk_is_signed_with_its_moment_and_not_an_old_one(client: FlaskClient, engine: Engine) -> None:
    late, early = timedelta(minutes=6), timedelta(minutes=-6)
    moment = "X-Zendesk-Webhook-Signature-Timestamp"
    other = f"{datetime.now(UTC) + timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}"
    signed = body_signature(ENVIRONMENT["ZENDESK"].encode(), b"soon" + json.dumps(TICKET).encode())
    unread = {"X-Zendesk-Webhook-Signature": signed, moment: "soon"}
    refusals = [
        zendesk(client, TICKET, late), zendesk(client, TICKET, early), zendesk(client, TICKET, NEW, **{moment: other}),
        zendesk(client, TICKET, NEW, **{moment: ""}), zendesk(client, TICKET, NEW, **unread),
        client.post("/hooks/tickets", json=TICKET),
    ]  # fmt: skip
    assert [one.status_code for one in refusals] == [401] * 6
    assert stored(engine) == []


# WooCommerce


def test_an_order_of_woocommerce_becomes_an_event_once(client: FlaskClient, engine: Engine) -> None:
    said = [outcomes(woo(client, body)) for body in (WOO, WOO, WOO | {"date_modified_gmt": "2026-11-25T08:00:01"})]
    assert said == [["accepted"], ["duplicate"], ["duplicate"]]
    assert outcomes(woo(client, WOO | {"status": "cancelled"})) == ["accepted"]
    assert outcomes(woo(client, {"id": 4415})) == []  # order.deleted says no more
    assert [row[:3] for row in stored(engine)] == [
        ("woocommerce", "4415-paid", "order.paid"), ("woocommerce", "4415-cancelled", "order.cancelled"),
    ]  # fmt: skip


def test_the_ping_of_woocommerce_is_answered(client: FlaskClient, engine: Engine) -> None:
    answers = [client.post(f"/hooks/{hook}", data={"webhook_id": "7"}) for hook in ("woo", "shop", "nowhere")]
    assert [one.status_code for one in answers] == [200, 200, 200]  # so that nobody learns which of them there is
    assert stored(engine) == []


# Segment


class Wired(requests.adapters.BaseAdapter):
    """Carries what a library sends over HTTP to an application in this process."""

    def __init__(self, client: FlaskClient) -> None:
        super().__init__()
        self.client, self.sent = client, 0

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        self.sent += 1
        answer = self.client.open(
            request.path_url, method=request.method, data=request.body, headers=[*request.headers.items()]
        )
        response = requests.Response()
        response.status_code, response.raw, response.url = answer.status_code, BytesIO(answer.data), str(request.url)
        return response

    def close(self) -> None:
        pass


@pytest.mark.parametrize("zipped", [False, True])
def test_the_library_of_segment_is_a_client(client: FlaskClient, engine: Engine, zipped: bool) -> None:
    wire = Wired(client)
    segment_request._session.mount("http://hooks.example/", wire)
    library = Client(ENVIRONMENT["SEGMENT"], "http://hooks.example/hooks/segment", sync_mode=True, gzip=zipped)
    library.identify("C-1008", {"email": "dana@example.org", "name": "דנה"})
    bought = {"order_id": "2041", "total": 349.0, "currency": "ILS"}
    library.track("C-1008", "Order Completed", bought, {"locale": "he-IL"}, timestamp=AT, message_id="m-1")
    library.track("C-1008", "Order Completed", bought, timestamp=AT, message_id="m-1")
    library.page("C-1008", "Home")
    assert wire.sent == 4
    (_, first, second, data, whom), *_ = sorted(stored(engine), key=lambda row: row[2] != "order.paid")
    assert (first, second, data, whom) == (
        "m-1", "order.paid", {"order": "2041", "total": 349.0, "currency": "ILS"}, "C-1008"
    )
    assert len(stored(engine)) == 2
    with engine.database.read() as connection:
        known = connection.execute(select(customer.c.email, customer.c.name, customer.c.language)).one()
    assert tuple(known) == ("dana@example.org", "דנה", "he-IL")


SEGMENT: dict[str, Any] = {"batch": [
    {"type": "track", "messageId": "m-1", "userId": "C-1008", "event": "Order Completed", "timestamp": AT.isoformat(),
     "context": {"locale": "he-IL"}, "properties": {"order_id": "2041", "total": 349.0, "email": "dana@example.org"}},
    {"type": "page", "messageId": "m-2", "anonymousId": "a", "timestamp": AT.isoformat()},
], "sentAt": AT.isoformat()}  # fmt: skip


def basic(key: str) -> str:
    return f"Basic {b64encode(f'{key}:'.encode()).decode()}"


def test_segment_may_send_its_key_in_the_body_and_single_messages(client: FlaskClient, engine: Engine) -> None:
    path, key = "/hooks/segment/v1", ENVIRONMENT["SEGMENT"]
    assert outcomes(client.post(f"{path}/batch", json=SEGMENT | {"writeKey": key})) == ["accepted"]
    single = {name: value for name, value in SEGMENT["batch"][0].items() if name != "type"}
    headers = {"Authorization": basic(key)}
    assert outcomes(client.post(f"{path}/track", json=single | {"messageId": "m-3"}, headers=headers)) == ["accepted"]
    assert [row[1] for row in stored(engine)] == ["m-1", "m-3"]


# Standard Webhooks


def test_any_system_can_send_signed_json(client: FlaskClient, engine: Engine) -> None:
    body = {"event": "delivered", "at": AT.isoformat(), "order": {"number": "A-1", "mail": "dana@example.org"}}
    assert outcomes(standard(client, body)) == ["accepted"]
    assert outcomes(standard(client, body, ago=timedelta(seconds=-30))) == ["duplicate"]
    assert standard(client, {"event": "seen"}, "m-2").get_json()["passed_over"] == 1
    assert [row[:3] for row in stored(engine)] == [("desk", "m-1", "shipment.delivered")]
    with engine.database.read() as connection:
        assert connection.execute(select(invitation.c.survey)).scalars().all() == ["delivery"]


@pytest.mark.parametrize(("send", "body", "export", "name"), [
    (shopify, SHOPIFY, exports.SHOPIFY, "shopify-orders"), (woo, WOO, exports.WOOCOMMERCE, "woocommerce-orders"),
])  # fmt: skip
def test_what_came_by_a_webhook_is_a_duplicate_in_an_export(
    client: FlaskClient, engine: Engine, send: Any, body: Any, export: bytes, name: str
) -> None:
    assert outcomes(send(client, body)) == ["accepted"]
    how = ready_imports.named(name, {})
    assert how
    totals = Totals()
    file = ImportFile(BytesIO(export), name, how, engine.config.business.zone)
    found = import_file.placed(engine, file, engine.timekeeper.told, totals)
    assert [*import_file.take_all(engine, found, engine.timekeeper.told, totals)] == []
    assert totals.duplicate == 1
    (_, first, _, data, whom), *others = stored(engine)
    assert all(one[4] != whom for one in others)
    with engine.database.read() as connection:
        assert connection.execute(select(customer.c.email).where(customer.c.id == whom)).scalar() == "dana@example.org"
    assert data["order"] == str(first).removesuffix("-paid")


# What is not taken


def test_why_a_message_is_refused_is_told_to_its_sender_and_not_to_the_log(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    body = {"event": "delivered", "at": "Dana's birthday", "order": {"number": "A-1", "mail": "dana@example.org"}}
    said = standard(client, body)
    assert outcomes(said) == ["refused"]
    assert "birthday" in said.text
    assert "the webhook desk is refused" in caplog.text
    assert "birthday" not in caplog.text


def test_what_is_not_signed_right_is_refused_and_not_shown(
    client: FlaskClient, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    changed = {"X-Shopify-Hmac-Sha256": body_signature(ENVIRONMENT["SHOPIFY"].encode(), b"{}")}
    late, wrong = timedelta(minutes=6), body_signature(b"another", b"")
    refusals = [
        shopify(client, SHOPIFY, "another-secret-0123456789"), shopify(client, SHOPIFY, **changed),
        client.post("/hooks/shop", json=SHOPIFY), client.post("/hooks/woo", json=WOO),
        client.post("/hooks/segment/v1/batch", json=SEGMENT),
        client.post("/hooks/segment/v1/batch", json=SEGMENT, headers={"Authorization": basic("another")}),
        client.post("/hooks/segment/v1/batch", json=SEGMENT, headers={"Authorization": "Basic \u00e9"}),
        client.post("/hooks/desk", json={}), standard(client, {}, key=wrong), standard(client, {}, ago=late),
    ]  # fmt: skip
    assert [(one.status_code, one.mimetype) for one in refusals] == [(401, "application/problem+json")] * 10
    assert stored(engine) == []
    told = caplog.text + "".join(one.text for one in refusals)
    assert not [word for word in (*ENVIRONMENT.values(), "dana@", wrong) if word in told]


def test_a_network_that_guesses_is_told_to_wait_and_what_is_signed_is_taken(client: FlaskClient) -> None:
    there = {"REMOTE_ADDR": "192.0.2.9"}
    codes = [client.post("/hooks/shop", json={}, environ_base=there).status_code for _ in range(22)]
    assert (codes[0], codes[-1]) == (401, 429)
    raw = json.dumps(SHOPIFY).encode()
    signed = {"X-Shopify-Hmac-Sha256": body_signature(ENVIRONMENT["SHOPIFY"].encode(), raw)}
    assert client.post("/hooks/shop", data=raw, headers=signed, environ_base=there).status_code == 200


@pytest.mark.parametrize(("method", "path", "status"), [
    ("POST", "/hooks/nowhere", 401), ("POST", "/hooks/", 404), ("POST", "/hooks/shop/v1/batch", 401),
    ("POST", "/hooks/segment", 401), ("POST", "/hooks/segment/v1/nothing", 404), ("GET", "/hooks/shop", 405),
    ("POST", "/hooks/nowhere/v1/nothing", 404), ("GET", "/hooks/nowhere", 405),
])  # fmt: skip
def test_other_addresses_are_no_webhooks(client: FlaskClient, method: str, path: str, status: int) -> None:
    answer = client.open(path, method=method)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")


GUESSES: list[dict[str, Any]] = [
    {}, {"data": b"["}, {"data": b"x" * 200_000}, {"data": b"x" * 1_000_001}, {"json": {"writeKey": "guess"}},
    {"data": b"\x1f\x8b", "headers": {"Content-Encoding": "gzip"}}, {"headers": {"Authorization": basic("guess")}},
    {"data": b"[" + b"[]," * 100_000 + b"[]]"}, {"data": {"webhook_id": "7"}},
    {"headers": {"X-Shopify-Hmac-Sha256": "guess", "X-Zendesk-Webhook-Signature": "guess"}},
    {"headers": {"webhook-id": "1", "webhook-timestamp": "1", "webhook-signature": "v1,guess"}},
]  # fmt: skip


@pytest.mark.parametrize("guess", GUESSES)
def test_nobody_who_cannot_sign_learns_which_webhooks_there_are(client: FlaskClient, guess: dict[str, Any]) -> None:
    """By no answer: neither where the name is there, nor where it is not."""
    for ending in ("", "/v1/batch", "/v1/nothing"):
        told = {
            (answer.status_code, answer.text, tuple((name, value) for name, value in answer.headers if name != "Date"))
            for name in ("nowhere", "shop", "woo", "segment", "tickets", "desk", "NO%0aWHERE", "n" * 200)
            for answer in (client.post(f"/hooks/{name}{ending}", **guess),)
        }
        assert len(told) == 1, told


def test_the_log_says_what_the_sender_is_not_told(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("nowhere", "shop", "no%0awhere"):
        client.post(f"/hooks/{name}", json={})
    assert "the webhook nowhere is not taken: [hooks] of config.toml has no such name" in caplog.text
    assert "the webhook shop is not taken: there is no signature in x-shopify-hmac-sha256" in caplog.text
    assert "no\nwhere" not in caplog.text


@pytest.mark.parametrize("raw", [b"", b"[", b"7", b'["a"]', b"\xff", b'{"a": NaN}', json.dumps([{}] * 1_001).encode()])
def test_a_signed_body_that_cannot_be_read_is_said_to_be_so(client: FlaskClient, raw: bytes) -> None:
    headers = {"X-Shopify-Hmac-Sha256": body_signature(ENVIRONMENT["SHOPIFY"].encode(), raw)}
    assert client.post("/hooks/shop", data=raw, headers=headers).status_code == 400


def test_a_body_that_unfolds_without_end_is_refused(client: FlaskClient) -> None:
    headers = {"Authorization": basic(ENVIRONMENT["SEGMENT"]), "Content-Encoding": "gzip"}
    bodies = [gzip.compress(b" " * 5_000_000), gzip.compress(b"{}")[:-4], b"{}"]
    answers = [client.post("/hooks/segment/v1/batch", data=body, headers=headers) for body in bodies]
    assert [one.status_code for one in answers] == [400, 400, 400]
    assert client.post("/hooks/shop", data=b" " * 1_000_001).status_code == 413


@pytest.mark.parametrize("key", ["", ENVIRONMENT["SEGMENT"]])
def test_a_small_body_that_unfolds_to_very_many_values_is_refused_before_it_is_decoded(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setattr("surveyengine.events.webhook.decode_json", lambda body: pytest.fail("it was decoded"))
    headers = {"Content-Encoding": "gzip"} | ({"Authorization": basic(key)} if key else {})
    raw = gzip.compress(b"[" + b"[]," * 100_000 + b"[]]")
    assert client.post("/hooks/segment/v1/batch", data=raw, headers=headers).status_code == (400 if key else 401)


def test_a_long_name_is_not_repeated_for_all_that_is_below_it() -> None:
    told = {"n" * 200_000: [0] * 2_000, "a": {"b" * 253: 1, "b" * 254: 2}}
    assert list(flattened(told)) == [(f"a.{'b' * 253}", 1)]


def test_a_moment_beyond_the_calendar_is_an_old_one(client: FlaskClient) -> None:
    right = body_signature(standard_key(ENVIRONMENT["SIGNED"]), b"m-1.999999999999.{}")
    headers = {"webhook-id": "m-1", "webhook-timestamp": "9" * 12, "webhook-signature": f"v1,{right}"}
    assert client.post("/hooks/desk", data=b"{}", headers=headers).status_code == 401


def test_what_is_signed_and_no_event_is_answered_with_200_so_that_the_sender_goes_on(client: FlaskClient) -> None:
    assert outcomes(shopify(client, SHOPIFY | {"name": None})) == ["refused"]
    assert outcomes(shopify(client, SHOPIFY | {"processed_at": "03/04/2026"})) == ["refused"]


def test_every_kind_has_its_signature() -> None:
    for kind in HookKind:
        hook = HookSettings.model_validate({"kind": kind, "secret": "x" * 16, "import": "desk"})
        with pytest.raises(Unsigned):
            messages(hook, Delivery({}, b"{}", "batch"), NOW)
