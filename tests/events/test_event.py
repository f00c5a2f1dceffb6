from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.events.event import Customer, Event, Malformed, event
from surveyengine.events.fields import UnusedDetail

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
DELIVERED = {"specversion": "1.0", "type": "shipment.delivered", "source": "shop", "id": "o-1001-delivered"}
DANA = {"id": "c-17", "email": "dana@example.com", "phone": "+972501234567", "name": "דנה", "language": "he",
        "timezone": "Asia/Jerusalem", "account": "acme", "role": "buyer"}


def good(**changes: Any) -> Event:
    result = event(DELIVERED | changes, NOW)
    assert isinstance(result, Event), result
    return result


def fault(raw: Any) -> str:
    result = event(raw, NOW)
    assert isinstance(result, Malformed), result
    return result.reason


def whom(**details: Any) -> Customer:
    customer = good(data={"customer": {"id": "c-17"} | details}).customer
    assert customer is not None
    return customer


def test_a_whole_event_is_read() -> None:
    data = {"customer": DANA, "order": "A-1001", "total": 249.9, "paid": True, "items": [{"sku": "x", "n": 2}, None]}
    assert good(time="2026-11-20T14:03:00Z", data=data) == Event(
        source="shop", id="o-1001-delivered", type="shipment.delivered", time=datetime(2026, 11, 20, 14, 3, tzinfo=UTC),
        data={"order": "A-1001", "total": 249.9, "paid": True, "items": [{"sku": "x", "n": 2}, None]},
        customer=Customer(**DANA), test=False,
    )


def test_the_least_event_happened_when_it_was_received_to_nobody_we_know() -> None:
    assert good() == Event("shop", "o-1001-delivered", "shipment.delivered", NOW, {}, None, False)


@pytest.mark.parametrize("absent", [{"time": None}, {"test": None}, {"data": None}, {"data": {"customer": None}}])
def test_null_means_absent(absent: dict[str, Any]) -> None:
    assert good(**absent) == good()


def test_attributes_that_are_not_ours_are_ignored() -> None:
    assert good(subject="A-1001", dataschema="https://example.com/x", traceparent="00-ab", comexample=7) == good()


def test_what_nobody_reads_is_named_and_nothing_else() -> None:
    ours = {"time": "2026-11-20T14:03:00Z", "test": True, "datacontenttype": "application/json", "data_base64": None}
    assert good(**ours, data={"customer": DANA, "order": "A-1001"}).strangers == ()
    assert good(**ours, subject="A", data={"customer": DANA | {"mail": "x"}}).strangers == ("customer.mail", "subject")
    assert len(good(**{f"n{i}": i for i in range(1000)}).strangers) == 100


@pytest.mark.parametrize(("written", "meant"), [
    ("2026-11-20T14:03:00Z", datetime(2026, 11, 20, 14, 3, tzinfo=UTC)),
    ("2026-11-20t14:03:00z", datetime(2026, 11, 20, 14, 3, tzinfo=UTC)),
    ("2026-11-20T16:03:00+02:00", datetime(2026, 11, 20, 14, 3, tzinfo=UTC)),
    ("2026-11-20 16:03:00+02:00", datetime(2026, 11, 20, 14, 3, tzinfo=UTC)),
    ("2026-11-19T22:33:00-03:30", datetime(2026, 11, 20, 2, 3, tzinfo=UTC)),
    ("2026-11-20T14:03:00.5Z", datetime(2026, 11, 20, 14, 3, 0, 500_000, tzinfo=UTC)),
    ("2026-11-20T14:03:00.12345678901234567890Z", datetime(2026, 11, 20, 14, 3, 0, 123_456, tzinfo=UTC)),
    ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
    ("2026-11-21T14:59:59Z", datetime(2026, 11, 21, 14, 59, 59, tzinfo=UTC)),
    ("2026-11-20 16:03:00 +0200", datetime(2026, 11, 20, 14, 3, tzinfo=UTC)),
    ("2026-11-20 16:03:00 +02:00", datetime(2026, 11, 20, 14, 3, tzinfo=UTC)),
    ("2026-11-20 16:03:00.25+02", datetime(2026, 11, 20, 14, 3, 0, 250_000, tzinfo=UTC)),
    ("2026-11-20 14:03:00 UTC", datetime(2026, 11, 20, 14, 3, tzinfo=UTC)),
])
def test_a_time_is_any_that_rfc_3339_can_write_or_shops_and_databases_export(written: str, meant: datetime) -> None:
    assert good(time=written).time == meant
    assert good(time=written).time.tzinfo is UTC


@pytest.mark.parametrize("written", [
    "2026-11-20T14:03:00", "2026-11-20", "20.11.2026 14:03", "2026-11-20T14:03Z", "2026-13-01T00:00:00Z", "", "now",
    "2026-11-20T24:00:00Z", "2026-11-20T14:03:00+25:00", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+23:00",
    "2026-11-20T14:03:00.Z", "۲۰۲۶-11-20T14:03:00Z", 1763647380, True, [], {},
])
def test_a_time_that_could_be_misread_is_refused(written: object) -> None:
    assert fault(DELIVERED | {"time": written}) == (
        "`time` must be a date and time with a zone (RFC 3339), such as 2026-11-20T14:03:00Z"
    )


def test_a_time_more_than_a_day_ahead_is_refused() -> None:
    assert "more than a day in the future" in fault(DELIVERED | {"time": "2026-11-21T15:00:01Z"})


@pytest.mark.parametrize(("written", "meant"), [(True, True), ("true", True), (False, False), ("false", False)])
def test_a_test_event_says_so(written: object, meant: bool) -> None:
    assert good(test=written).test is meant


@pytest.mark.parametrize("written", ["yes", 1, 0, "", "TRUE", [], {}])
def test_a_test_mark_that_is_neither_true_nor_false_is_refused(written: object) -> None:
    assert "`test` must be true or false, and is " in fault(DELIVERED | {"test": written})


@pytest.mark.parametrize("name", ["id", "source", "type"])
@pytest.mark.parametrize(("value", "reason"), [
    (None, "is missing"),
    (17, "must be text; write it in quotes"),
    ([], "must be text; write it in quotes"),
    ("", "is empty"),
    ("  ", "is empty"),
    ("a\nb", "holds a control character"),
    ("a\0", "holds a control character"),
    ("a\u202eb", "holds U+202E RIGHT-TO-LEFT OVERRIDE, which cannot be seen; delete it"),
    ("a\uffff", "holds a control character"),
    ("a\ud800", "holds half a character (a lone surrogate)"),
    ("x" * 256, "is longer than 255 characters"),
])
def test_an_identity_is_plain_text(name: str, value: object, reason: str) -> None:
    assert fault(DELIVERED | {name: value}) == f"`{name}` {reason}"


@pytest.mark.parametrize("value", ["x" * 255, "הזמנה-7", "سفارش-ها", "urn:uuid:1", "1E-05", "E+11", "12E+11", "/a b/c"])
def test_an_identity_may_be_in_any_script(value: str) -> None:
    assert good(id=value).id == value


def test_every_fault_of_an_event_is_told_at_once() -> None:
    reason = fault({"time": "yesterday", "test": 2, "data": {"customer": {"email": "x"}, "total": float("nan")}})
    for name in ("specversion", "id", "source", "type", "time", "test", "data.customer.id", "data.customer.email",
                 "data.total"):
        assert f"`{name}` " in reason


def test_very_many_faults_are_counted_rather_than_listed() -> None:
    many = {f"n{i}": float("inf") for i in range(1000)}
    assert fault(DELIVERED | {"id": None, "data": many}).endswith("; and 981 more")
    unused = good(data=many).unused
    assert (len(unused), unused[-1]) == (21, UnusedDetail("data", "has 980 more such faults"))


@pytest.mark.parametrize("raw", [None, [], "x", 1, 1.5, True, [DELIVERED]])
def test_only_an_object_is_an_event(raw: object) -> None:
    assert "an event is a JSON object" in fault(raw)


def test_a_missing_version_is_told_with_what_to_write() -> None:
    assert fault({**DELIVERED, "specversion": None}) == '`specversion` is missing; write "1.0"'


@pytest.mark.parametrize("version", ["0.3", "1", 1.0, "1.0.2", "", []])
def test_other_versions_are_refused(version: object) -> None:
    assert "only \"1.0\" is understood" in fault(DELIVERED | {"specversion": version})


@pytest.mark.parametrize(("detail", "given", "kept"), [
    ("id", 17, "17"),
    ("id", " c-17 ", "c-17"),
    ("email", " dana@example.com ", "dana@example.com"),
    ("email", "dana+shop@חברה.co.il", "dana+shop@חברה.co.il"),
    ("email", "\u202ada\u00adna@ex\u2060ample.com\ufeff", "dana@example.com"),
    ("email", "\u200b", None),
    ("email", "", None),
    ("email", None, None),
    ("phone", 972501234567, "972501234567"),
    ("phone", "\u200e+۹۸ ۹۱۲", "+98 912"),
    ("phone", "\u202a+972 50\u200b-1234567\u202c", "+972 50-1234567"),
    ("phone", "", None),
    ("name", "می\u200cنا", "می\u200cنا"),
    ("language", "fa\u200f", "fa"),
    ("timezone", "\ufeffAsia/Tehran", "Asia/Tehran"),
    ("name", "e\u0301\u202e", "é"),
    ("name", "Dana\r\nBcc: x@example.com", "Dana Bcc: x@example.com"),
    ("language", "fa_IR", "fa_IR"),
    ("language", "Persian", "fa"),
    ("language", "heb", "he"),
    ("timezone", "Asia/Tehran", "Asia/Tehran"),
    ("timezone", "UTC+2", "+02:00"),
    ("timezone", "Iran Standard Time", "Asia/Tehran"),
    ("timezone", None, None),
    ("account", 7, "7"),
])
def test_customers_are_read_as_senders_write_them(detail: str, given: object, kept: str | None) -> None:
    assert getattr(whom(**{detail: given}), detail) == kept


@pytest.mark.parametrize(("detail", "given"), [
    ("id", None), ("id", ""), ("id", " "), ("id", True), ("id", 1.5), ("id", "a\nb"), ("id", "x" * 256), ("id", []),
    ("account", "a\u200fb"),
])
def test_a_customer_who_cannot_be_told_apart_is_refused_by_the_name_of_the_field(detail: str, given: object) -> None:
    assert fault(DELIVERED | {"data": {"customer": {"id": "c-17", detail: given}}}).startswith(
        f"`data.customer.{detail}` "
    )


@pytest.mark.parametrize(("detail", "given"), [
    ("email", "dana"), ("email", "a@b@c"), ("email", "a b@c"), ("email", "a@b,c@d"), ("email", "a@b＠c"),
    ("email", "a＠b"), ("email", "a@b\uff0cc"), ("email", "@b"), ("email", "a@"), ("email", "a\x07@b"),
    ("email", "a@b\r\nBcc: c"), ("email", "Dana <a@b>"), ("email", "a@\u202e"), ("email", 7),
    ("phone", 1.5), ("phone", []), ("phone", "a\0"), ("name", {}), ("name", "x" * 256), ("name", "\ud800"),
    ("timezone", "Mars/Olympus"), ("timezone", "../../etc/passwd"), ("timezone", "UTC+20"), ("timezone", "Asia"),
    ("language", ["he"]), ("language", "klingon"), ("language", "xx"), ("language", "he-" + "x" * 8 + "-abcdefgh" * 4),
    ("role", False), ("role", "x" * 256), ("account", "x" * 256), ("account", 1.5), ("phone", "1" * 65),
    ("email", "a" * 250 + "@b.co"), ("timezone", "x" * 65),
])
def test_a_detail_that_cannot_be_used_or_does_not_fit_is_left_out_with_a_word(detail: str, given: object) -> None:
    found = good(data={"customer": {"id": "c-17", "role": "buyer", detail: given}, "order": "A-1"})
    assert found.customer == Customer("c-17", role=None if detail == "role" else "buyer")
    [left_out] = found.unused
    assert left_out.name == f"customer.{detail}"
    assert left_out.reason.startswith(("is ", "must be ", "holds "))
    assert left_out.reason.isprintable()


def test_what_else_a_sender_knows_of_a_customer_is_ignored() -> None:
    assert whom(loyalty={"points": 7}) == Customer("c-17")


@pytest.mark.parametrize("customer", ["c-17", 17, [], True])
def test_a_customer_is_an_object(customer: object) -> None:
    assert "`data.customer` must be a JSON object" in fault(DELIVERED | {"data": {"customer": customer}})


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def test_data_is_kept_clean() -> None:
    data = {"note": "a\r\nb\x07 ", "e\u0301": ["\u202ex"], "": 0, "big": 10**30}
    assert good(data=data).data == {"note": "a\nb", "é": ["x"], "": 0, "big": 10**30}


@pytest.mark.parametrize(("data", "reason"), [
    ([], "`data` must be a JSON object"),
    ("{}", "`data` must be a JSON object"),
    ({"order": "A\0"}, "`data.order` holds a NUL character"),
    ({"shipment": "x" * 10_001}, "`data.shipment` is longer than 10,000 characters"),
    ({"é": 1, "e\u0301": 2}, "`data` gives two names that read the same"),
    ({"a": nested(21)}, "`data` is nested more than 20 levels deep"),
    ({"a": nested(5000)}, "`data` is nested more than 20 levels deep"),
    ({"a": ["x" * 9_000] * 8}, "`data` is larger than 64 KB"),
    ({"a": ["א" * 9_000] * 4}, "`data` is larger than 64 KB"),
    ({"a": [[0] * 1000] * 1000}, "`data` is larger than 64 KB"),
    ({"x" * 200 + str(i): 1 for i in range(400)}, "`data` is larger than 64 KB"),
])
def test_data_that_cannot_be_taken_apart_or_says_nothing_of_its_occasion_is_refused(data: object, reason: str) -> None:
    assert reason in fault(DELIVERED | {"data": data})


@pytest.mark.parametrize(("value", "kept", "name", "reason"), [
    (float("nan"), {}, "a", "must be text"),
    ([1, float("-inf")], {"a": [1]}, "a[1]", "must be text"),
    ([10**5000], {"a": []}, "a[0]", "must be text"),
    ({"b": "\0", "c": 1}, {"a": {"c": 1}}, "a.b", "holds a NUL character"),
    ("\udc80", {}, "a", "holds half a character"),
    ({"\ud800": 1}, {"a": {}}, "a.'\\ud800'", "holds half a character"),
    ({"k\0": 1}, {"a": {}}, "a.'k\\x00'", "holds a NUL character"),
    ("x" * 10_001, {}, "a", "is longer than 10,000 characters"),
    ((1, 2), {}, "a", "must be text"),
])
def test_data_that_cannot_be_stored_faithfully_is_left_out_with_a_word(
    value: object, kept: dict[str, Any], name: str, reason: str
) -> None:
    found = good(data={"order": "A-1", "a": value})
    assert found.data == {"order": "A-1"} | kept
    [left_out] = found.unused
    assert (left_out.name, left_out.reason.startswith(reason)) == (name, True)


def test_data_may_be_nested_twenty_deep() -> None:
    assert good(data={"a": nested(19)}).data == {"a": nested(19)}


def encoded(body: bytes) -> str:
    return base64.b64encode(body).decode()


def test_data_in_base64_is_read_when_it_is_json() -> None:
    plain = good(data={"customer": DANA, "order": "A-1"})
    assert good(data_base64=encoded(json.dumps({"customer": DANA, "order": "A-1"}).encode())) == plain


@pytest.mark.parametrize(("value", "reason"), [
    ("####", "is not base64"),
    ("eyJ9", "is not JSON"),
    (encoded(b"\xff"), "is not valid UTF-8"),
    (encoded(b"[1]"), "must be a JSON object"),
    (encoded(b'{"a": NaN}'), "NaN"),
    (7, "is not base64"),
    ("é", "is not base64"),
])
def test_data_in_base64_that_is_not_json_is_refused(value: object, reason: str) -> None:
    assert reason in fault(DELIVERED | {"data_base64": value})


def test_data_is_given_once() -> None:
    assert "both given" in fault(DELIVERED | {"data": {}, "data_base64": encoded(b"{}")})


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "text/json", "a", None])
def test_data_is_json_by_its_type(kind: str | None) -> None:
    raw = DELIVERED | {"data": {"a": 1}, "datacontenttype": kind}
    assert isinstance(event(raw, NOW), Malformed if kind == "a" else Event)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)
KEYS = ("specversion", "id", "source", "type", "time", "test", "data", "data_base64", "datacontenttype")
CUSTOMERS = st.dictionaries(st.sampled_from(list(DANA)), JSON | st.sampled_from(list(DANA.values())))


@given(JSON)
def test_any_json_is_an_event_or_malformed(raw: object) -> None:
    assert isinstance(event(raw, NOW), Event | Malformed)


@given(st.dictionaries(st.sampled_from(KEYS), JSON), CUSTOMERS)
def test_whatever_stands_in_an_event_it_can_be_stored_or_is_refused(changes: dict[str, Any], customer: object) -> None:
    for raw in (DELIVERED | changes, DELIVERED | {"data": {"customer": customer, "more": changes}}):
        result = event(raw, NOW)
        if isinstance(result, Event):
            json.dumps(dict(result.data), allow_nan=False, ensure_ascii=False).encode()
            assert result.time <= NOW + timedelta(days=1)
        else:
            assert result.reason.isprintable()
            result.reason.encode()
