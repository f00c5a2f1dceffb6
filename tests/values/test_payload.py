from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.events.http import from_http
from surveyengine.values.strict_json import Undecodable, decode_json, is_crowded, is_json


@pytest.mark.parametrize(("body", "value"), [
    (b'{"a": [1, 2.5, "\\u05d0", null, true]}', {"a": [1, 2.5, "א", None, True]}),
    (b"\xef\xbb\xbf[]", []),
    ('"‏שלום"'.encode(), "‏שלום"),
    (b" 7 \r\n", 7),
    (b"[" * 64 + b"]" * 64, None),
    (b'["' + b"[" * 100 + b'\\"{"]', ["[" * 100 + '"{']),
    (b"[[]" + b",[]" * 200 + b"]", [[]] * 201),
])
def test_json_is_read(body: bytes, value: object) -> None:
    assert value is None or decode_json(body) == value
    decode_json(body)


@pytest.mark.parametrize(("body", "reason"), [
    (b"", "is empty"),
    (b" \n", "is empty"),
    (b'{"a": \xe9}', "is not valid UTF-8: byte 7 is 0xe9"),
    (b'{"a": 1,\n "b" 2}', "is not JSON: line 2, column 6: expecting ':' delimiter"),
    (b"{}{}", "is not JSON: line 1, column 3: extra data"),
    (b'{"a": NaN}', "holds NaN"),
    (b"[-Infinity]", "holds -Infinity"),
    (b"[1e400]", "holds 1e400, which is too large"),
    (b"9" * 5000, "holds a number of more than 100 digits"),
    (b'{"a": {"b": 1, "b": 1}}', "gives 'b' twice in one object"),
    (b"{%b}" % b",".join(b'"%d":1' % (n % 99_999) for n in range(100_000)), "gives '0' twice in one object"),
    (b"[" * 65 + b"]" * 65, "is nested more than 64 levels deep"),
    (b"[" * 100_000, "is nested more than 64 levels deep"),
    (b'{"a":' * 100_000, "is nested more than 64 levels deep"),
    (b'["a\tb"]', "is not JSON"),
])
def test_what_json_does_not_allow_is_told(body: bytes, reason: str) -> None:
    with pytest.raises(Undecodable) as caught:
        decode_json(body)
    assert reason in caught.value.reason


@pytest.mark.parametrize("body", [
    b"[" * 8_000_000, b'"' + b'\\"' * 4_000_000, b'{"a":[' * 1_000_000, b'"\\', b"[" * 70 + b'"' + b"\\" * 4_000_001,
])
def test_a_hostile_body_is_refused_quickly(body: bytes) -> None:
    started = time.process_time()
    with pytest.raises(Undecodable):
        decode_json(body)
    assert time.process_time() - started < 1


@given(st.binary() | st.text(alphabet='[]{}",:\\x1 ').map(str.encode))
def test_any_bytes_are_json_or_refused(body: bytes) -> None:
    try:
        value = decode_json(body)
    except Undecodable:
        return
    assert json.loads(body.removeprefix(b"\xef\xbb\xbf")) == value


@pytest.mark.parametrize(("media", "expected"), [
    ("application/json", True), ("Application/JSON; charset=utf-8", True), ("text/json", True),
    ("application/vnd.shop+json", True), ("application/xml", False), ("", False), ("application/jsonp", False),
])
def test_json_is_known_by_its_media_type(media: str, expected: bool) -> None:
    assert is_json(media) is expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [(b"[" + b"[]," * 5 + b"[]]", True), (b"{" * 11, True), (b"1," * 11, True),
     (b'{"a": "[[[[[[,,,,,,{{{{{{", "b": []}', False), (b'["\\"[[[[[[[[[[[[[", 1]', False), (b'["' + b"," * 99, False)],
)  # fmt: skip
def test_what_makes_many_values_is_counted_outside_texts(body: bytes, expected: bool) -> None:
    assert is_crowded(body, 10) is expected


def test_a_body_of_empty_lists_is_refused_before_it_is_decoded() -> None:
    for body in (b"[" + b"[]," * 600_000 + b"[]]", b'{"data": {"a": [' + b"{}," * 600_000 + b"{}]}}"):
        with pytest.raises(Undecodable, match="more than 1,000,000 brackets and commas"):
            from_http("application/json", {}, body, datetime.now(UTC))
    packed = base64.b64encode(b'{"a": [' + b"[]," * 100_000 + b"[]]}").decode()
    event = from_http("application/json", {}, json.dumps({"data_base64": packed}).encode(), datetime.now(UTC))
    assert "(given as `data_base64`) is larger than 64 KB" in str(event)
