from __future__ import annotations

import io
import json
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.events import files
from surveyengine.events.event import Customer, Event, Malformed
from surveyengine.events.vocabulary import Vocabulary
from surveyengine.values.strict_json import Undecodable

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
RAW: dict[str, Any] = {"specversion": "1.0", "type": "order.paid", "source": "shop", "id": "o-1"}
LINE = json.dumps(RAW).encode()
KINDS = ("json", "jsonl", "csv")
HEADER = b"type,source,id\n"
ROW = b"order.paid,shop,o-1\n"


def read(kind: str, body: bytes) -> list[tuple[int, Event | Malformed]]:
    return list(files.from_file(files.EventFile(io.BytesIO(body), kind), NOW))


def only(body: bytes) -> Event:
    [(_, event)] = read("csv", body)
    assert isinstance(event, Event), event
    return event


def outcomes(kind: str, body: bytes) -> list[tuple[int, str]]:
    """The place of each event with its id, or with what is wrong with it."""
    return [(place, item.id if isinstance(item, Event) else item.reason) for place, item in read(kind, body)]


def refusal(kind: str, body: bytes) -> str:
    with pytest.raises(Undecodable) as caught:
        read(kind, body)
    return caught.value.reason


def test_each_line_of_json_is_an_event() -> None:
    body = b"\xef\xbb\xbf" + LINE + b"\r\n\n  \n" + LINE.replace(b"o-1", b"o-2")
    assert outcomes("jsonl", body) == [(1, "o-1"), (4, "o-2")]


def test_a_bad_line_of_json_does_not_spoil_the_next() -> None:
    body = b"\n".join([b"{", b'"\xff"', b"[" * 10_000, b'{"a": 1, "a": 2}', b"[]", LINE])
    assert [place for place, item in read("jsonl", body) if isinstance(item, Malformed)] == [1, 2, 3, 4, 5]
    assert outcomes("jsonl", body)[1] == (2, "the line is not valid UTF-8: byte 2 is 0xff")
    assert outcomes("jsonl", body)[5] == (6, "o-1")


@pytest.mark.parametrize(("kind", "start", "good"), [("jsonl", b"", LINE), ("csv", HEADER, ROW)])
@pytest.mark.parametrize("size", [8, 17])
def test_a_line_that_is_too_long_does_not_spoil_the_next(kind: str, start: bytes, good: bytes, size: int) -> None:
    outcome = outcomes(kind, start + b"x" * (size << 20) + b"\n" + good)
    assert [reason for _, reason in outcome] == ["the line is longer than 8 MB", "o-1"]


@pytest.mark.parametrize("body", [b"", b"\n\n"])
def test_a_file_of_no_lines_has_no_events(body: bytes) -> None:
    assert read("jsonl", body) == []


def test_a_json_file_holds_one_event_or_a_list_of_them() -> None:
    assert outcomes("json", LINE) == [(1, "o-1")]
    assert outcomes("json", b"\xef\xbb\xbf[" + LINE + b",{}," + LINE + b"]")[::2] == [(1, "o-1"), (3, "o-1")]


@pytest.mark.parametrize(("kind", "body", "reason"), [
    ("json", b"", "is empty"),
    ("json", b"[" + LINE, "is not JSON: line 1"),
    *((kind, b"\xff\xfe[\0]", "begins as UTF-16 and is damaged further on; save it as UTF-8") for kind in KINDS),
    ("csv", "type,source,id".encode("utf-16-le"), "has no header that can be read; save it as CSV in UTF-8"),
    ("csv", b"", "is empty"),
    ("csv", b"\n \n", "is empty"),
    ("csv", b"type,source\n", "has no column 'id' in its header"),
    ("csv", b"hello", "has no column 'type', 'source', 'id' in its header"),
    ("csv", b"\nevent_type,source,Event ID\n", "in its header (line 2); did you mean `event_type` to be the `type`?"),
    ("csv", b"type,source,id,total,total\n", "has the column 'total' twice"),
    ("csv", b"type,source,id,ID\n", "has the column 'id' twice"),
    ("csv", HEADER + ROW + b"type,source,id,id\n", "has the column 'id' twice in its header (line 3)"),
    ("csv", b"type,source,id,customer\n", "write 'customer.id'"),
    ("csv", b'type,source,"id\n', "has no column 'type'"),
    ("csv", b"type,source,id,\xf9\n", "has no header that can be read"),
    ("csv", b"type,source,id,\0\n", "has no header that can be read"),
    ("csv", b"x" * (9 << 20), "has no header that can be read"),
    ("xml", b"<a/>", "use jsonl, json, csv"),
])
def test_a_file_that_cannot_be_read_at_all_is_refused(kind: str, body: bytes, reason: str) -> None:
    assert reason in refusal(kind, body)


def test_a_spreadsheet_row_is_the_same_event() -> None:
    assert only(
        "type,source,id,time,customer.id,customer.name,customer.phone,customer.email,order,total,country\n"
        "order.paid,shop,o-1,2026-11-20T14:03:00Z,017,דנה,0501234567,,A-1001,249.9,IL\n".encode()
    ) == Event(
        source="shop", id="o-1", type="order.paid", time=datetime(2026, 11, 20, 14, 3, tzinfo=UTC),
        data={"order": "A-1001", "total": 249.9, "country": "IL"},
        customer=Customer("017", name="דנה", phone="0501234567"), test=False,
    )


@pytest.mark.parametrize("body", [
    b"\xef\xbb\xbf" + HEADER + ROW,
    b"type;source;id\r\norder.paid;shop;o-1\r\n",
    b"type\tsource\tid\norder.paid\tshop\to-1",
    b'"type", "source","id"\n"order.paid",  "shop", o-1 \n',
    b'"type";"source";"id"\n"order.paid";"shop";"o-1"\n',
    b"\n\n" + HEADER + b"\n,,\n" + ROW,
    b"type,source,id,,\norder.paid,shop,o-1,,\n",
    b"specversion;type;source;id;a,b\n1.0;order.paid;shop;o-1;\n",
    b" Type,SOURCE,Id \norder.paid,shop,o-1\n",
    b"type|source|id\norder.paid|shop|o-1\n",
    b"sep=;\ntype;source;id\norder.paid;shop;o-1\n",
    b"\xef\xbb\xbf\"sep=,\"\r\ntype,source,id\r\norder.paid,shop,o-1\r\n",
    b"type,source,id\rorder.paid,shop,o-1\r",
    b"type,source,id,a,b\norder.paid,shop,o-1\n",
    "type\tsource\tid\r\norder.paid\tshop\to-1\r\n".encode("utf-16"),
    b"\xfe\xff" + "type,source,id\norder.paid,shop,o-1".encode("utf-16-be"),
    HEADER + b"Type,source,id\n" + ROW + b"\xef\xbb\xbf" + HEADER,
])
def test_spreadsheets_differ_in_form_and_mean_the_same(body: bytes) -> None:
    assert only(body) == Event("shop", "o-1", "order.paid", NOW, {}, None, False)


@pytest.mark.parametrize(("cell", "value"), [
    ("249.9", 249.9), ("3", 3), ("-1", -1), ("0", 0), ("0.50", 0.5), ("true", True), ("FALSE", False),
    ("007", "007"), ("+1", "+1"), ("1e5", "1e5"), ("1,5", "1,5"), ("۳", 3), ("1.", "1."), ("NaN", "NaN"),
    ("1234567890123456", "1234567890123456"), ("2026-11-20", "2026-11-20"), ("yes", "yes"), ("a\nb", "a\nb"),
    (' say "hi" ', 'say "hi"'),
])
def test_a_data_cell_is_a_number_only_when_it_is_plainly_one(cell: str, value: object) -> None:
    quoted = '"' + cell.replace('"', '""') + '"'
    data = only(f"type,source,id,x\norder.paid,shop,o-1,{quoted}\n".encode()).data
    assert data == {"x": value}
    assert type(data["x"]) is type(value)


def test_a_test_row_says_so() -> None:
    assert only(b"type,source,id,test\norder.paid,shop,o-1,TRUE\n").test


@pytest.mark.parametrize(("row", "reason"), [
    (b"order.paid,shop\n", "`id` is missing"),
    (b"order.paid,shop,o-1,,,\n", "the line has 6 cells, but the header has 5"),
    (b"order.paid,shop,,,\n", "`id` is missing"),
    (b"order.paid,shop,o-1,20/11/2026 14:03,\n", "`time` must be a date and time with a zone"),
    (b"order.paid,shop,o-1,2026-11-20T14:03:00,\n", "`time` must be a date and time with a zone"),
    (b"order.paid,shop,o-1,,x\n", "the cell 'x' stands in a column without a name"),
    (b"order.paid,shop,\xe0\xe1,,\n", "the line is not valid UTF-8; save the file as CSV in UTF-8"),
    (b'order.paid,shop,"\xe0\n",,\n', "the line is not valid UTF-8; save the file as CSV in UTF-8"),
    (b"order.paid,shop,o\0,,\n", "`id` holds a control character"),
    (b'order.paid,"sh"op,o-1,,\n', "the line is not CSV"),
])
def test_a_bad_row_does_not_spoil_the_next(row: bytes, reason: str) -> None:
    first, second = outcomes("csv", b"type,source,id,time,\n" + row + b"order.paid,shop,o-2,,\n")
    assert reason in first[1]
    assert (first[0], second[1]) == (2, "o-2")


def test_a_row_begins_on_the_line_that_is_told() -> None:
    body = b'type,source,id,note\na,b,1,"x\ny\n"\na,b,2,\n\na,b,3,"open\na,b,4,\n'
    assert [place for place, _ in outcomes("csv", body)] == [2, 5, 7]
    assert outcomes("csv", body)[2][1].startswith("lines 7 to 8 are not CSV")


@pytest.mark.parametrize("kind", ["json", "jsonl"])
def test_json_may_be_utf_16_and_end_its_lines_as_on_old_macs(kind: str) -> None:
    text = json.dumps(RAW | {"data": {"note": "שלום"}}, ensure_ascii=False)
    for body in (f"{text}\r\n".encode("utf-16"), f"{text}\r".encode()):
        [(place, item)] = read(kind, body)
        assert (place, isinstance(item, Event) and item.data) == (1, {"note": "שלום"})


def test_a_second_header_may_name_other_columns() -> None:
    body = HEADER + ROW + b"id,source,type,total\no-2,till,order.paid,7\n"
    assert [(item.id, item.source, item.data) for _, item in read("csv", body) if isinstance(item, Event)] == [
        ("o-1", "shop", {}), ("o-2", "till", {"total": 7})
    ]  # fmt: skip


def test_a_column_is_spelt_as_the_project_spells_it() -> None:
    words = Vocabulary(fields={"order.paid": frozenset({"order", "promisedAt"})})
    header = b"TYPE,Source,ID,Customer.ID,CUSTOMER.EMAIL,Order,PROMISEDAT,Branch\n"
    body = header + b"order.paid,shop,o-1,c-1,a@b.co,A-1,x,y\n"
    [(_, item)] = files.from_file(files.EventFile(io.BytesIO(body), "csv"), NOW, words)
    assert isinstance(item, Event)
    assert item.customer == Customer("c-1", "a@b.co")
    assert item.data == {"order": "A-1", "promisedAt": "x", "Branch": "y"}


def test_a_file_that_cannot_be_read_twice_is_read_all_the_same() -> None:
    stream = io.BufferedReader(Endless(b"type;source;id;total\n", b"order.paid;shop;o;1.250\n", 3))
    stream.peek()
    items = [item for _, item in files.from_file(files.EventFile(stream, "csv"), NOW)]
    assert [isinstance(item, Event) and item.data for item in items] == [{"total": "1.250"}] * 3


@pytest.mark.parametrize(("words", "told"), [
    (Vocabulary(), ["column `total`: `1,250` can be two numbers, and its column does not tell whether it has thousands"
                    " or decimals, so it is kept as text; list `total` in `amounts` of its event"]),
    (Vocabulary(amounts=frozenset({"total"})), []),
])  # fmt: skip
def test_a_number_that_can_be_two_is_told(words: Vocabulary, told: list[str]) -> None:
    remarks: list[str] = []
    body = b'type,source,id,total\na,b,1,"1,250"\na,b,2,980\n'
    items = [item for _, item in files.from_file(files.EventFile(io.BytesIO(body), "csv"), NOW, words, remarks.append)]
    assert remarks == told
    assert [isinstance(item, Event) and item.data["total"] for item in items] == ["1,250" if told else 1250, 980]


class Endless(io.RawIOBase):
    """A file of very many lines, made while it is read."""

    def __init__(self, first: bytes, line: bytes, count: int) -> None:
        self._lines: Iterator[bytes] = iter([first, *([line] * count)])

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        line = next(self._lines, b"")
        buffer[:len(line)] = line
        return len(line)


@pytest.mark.parametrize(("kind", "first", "line"), [("jsonl", b"\n", LINE + b"\n"), ("csv", HEADER, ROW)])
def test_a_long_file_is_read_line_by_line(kind: str, first: bytes, line: bytes) -> None:
    stream = io.BufferedReader(Endless(first, line, 3_000))
    tracemalloc.start()
    try:
        count = sum(isinstance(item, Event) for _, item in files.from_file(files.EventFile(stream, kind), NOW))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 3_000
    assert peak < 500_000


BODIES = st.binary() | st.text(alphabet='a,;\t"\n\r{}[]\0\ufeffא').map(str.encode)
STARTS = st.sampled_from([b"", HEADER, LINE + b"\n", b"\xef\xbb\xbf", b"type;source;id;x;\n"])


@given(st.sampled_from(["jsonl", "json", "csv"]), BODIES, STARTS)
def test_any_file_holds_events_or_is_refused(kind: str, body: bytes, start: bytes) -> None:
    try:
        items = read(kind, start + body)
    except Undecodable:
        return
    assert all(place > 0 and isinstance(item, Event | Malformed) for place, item in items)
