"""Files of other systems as events: the ready imports, and what is said of files that do not fit."""

from __future__ import annotations

import io
import tomllib
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from surveyengine.events.event import Event, Malformed
from surveyengine.events.imported import ImportFile
from surveyengine.events.mapping import RowMapping
from surveyengine.i18n import written_date
from surveyengine.settings import hooks, ready_imports
from surveyengine.settings.imports import ImportSettings
from surveyengine.values.strict_json import Undecodable
from tests.support import exports
from tests.support.documents import marked

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
JERUSALEM = ZoneInfo("Asia/Jerusalem")
SIMPLE: dict[str, Any] = {
    "type": "order.paid", "id": "{Order}-paid", "time": "When",
    "fields": {"order": "Order", "customer.email": "E-mail"},
}  # fmt: skip
HEADER = "Order,When,E-mail,Sum\n"
ROW = "A-1,2026-11-20 14:05:33,dana@example.org,10\n"


def imported(body: bytes | str, how: Mapping[str, Any] | ImportSettings) -> tuple[list[Any], int]:
    """The events of a file, or what is wrong with them, each with its place; and how many rows were passed over."""
    read = how if isinstance(how, ImportSettings) else ImportSettings.model_validate(how)
    file = ImportFile(io.BytesIO(body.encode() if isinstance(body, str) else body), "orders", read, JERUSALEM)
    file.check(NOW)
    return list(file.events(NOW)), file.passed


def told(item: tuple[int, Event | Malformed]) -> tuple[int, Any]:
    """A place with what is read there, as short as can be."""
    place, one = item
    if isinstance(one, Malformed):
        return place, one.reason
    whom = {key: value for key, value in vars(one.customer).items() if value} if one.customer else {}
    return place, (one.type, one.id, f"{one.time:%Y-%m-%dT%H:%M:%S}", {**one.data}, whom)


def only(body: bytes | str, **more: Any) -> Any:
    [(_, one)], _ = imported(body, {**SIMPLE, **more})
    return one


def reason(body: bytes | str, how: Mapping[str, Any]) -> str:
    """Why a file is refused before anything of it is taken."""
    with pytest.raises(Undecodable) as caught:
        imported(body, how)
    return caught.value.reason


READY: Mapping[str, tuple[bytes, list[Any], int]] = {
    "shopify-orders": (exports.SHOPIFY, [
        (2, ("order.paid", "#2041-paid", "2026-11-20T12:05:40", {"order": "#2041", "total": 349.0, "currency": "ILS"},
             {"email": "dana@example.org", "phone": "+972500000001", "name": "דנה כהן"})),
        (4, ("order.cancelled", "#2040-cancelled", "2026-07-02T05:00:00",
             {"order": "#2040", "total": 1250.5, "currency": "ILS"}, {"email": "noa@example.org", "name": "נועה לוי"})),
        (5, ("return.refunded", "#2039-refunded", "2026-06-01T07:00:00",
             {"order": "#2039", "total": 80.0, "currency": "ILS"}, {"email": "sam@example.org", "name": "Sam"})),
        (7, ("order.paid", "#2037-paid", "2026-06-01T07:00:00",
             {"order": "#2037", "total": 15.0, "currency": "ILS"}, {})),
    ], 1),
    "woocommerce-orders": (exports.WOOCOMMERCE, [
        (2, ("order.paid", "4415-paid", "2026-11-20T12:05:33", {"order": "4415", "total": 349.0},
             {"email": "dana@example.org", "phone": "050-0000001", "name": "דנה כהן"})),
        (5, ("order.cancelled", "4416-cancelled", "2026-11-20T13:00:00", {"order": "4416", "total": 1250.5},
             {"id": "17", "email": "noa@example.org", "name": "Noa Levi"})),
    ], 1),
    "zendesk-tickets": (exports.ZENDESK, [
        (2, ("ticket.solved", "501-solved-2026-11-20 14:05", "2026-11-20T12:05:00",
             {"ticket": "501", "group": "Support", "channel": "Mail"},
             {"id": "C-17", "email": "dana@example.org", "name": "Dana Cohen"})),
        (3, ("ticket.solved", "502-solved-2026-11-19 10:00", "2026-11-19T08:00:00",
             {"ticket": "502", "group": "Support", "channel": "Web form"},
             {"id": "3002", "email": "noa@example.org", "name": "Noa Levi"})),
    ], 1),
    "freshdesk-tickets": (exports.FRESHDESK, [
        (2, ("ticket.solved", "77-solved-2026-11-20 14:05:00", "2026-11-20T12:05:00",
             {"ticket": "77", "group": "Support", "channel": "Email"},
             {"id": "90001", "email": "dana@example.org", "name": "Dana Cohen"})),
    ], 1),
    "priority-orders": (exports.PRIORITY, [
        (4, ("shipment.delivered", "SO26000123-delivered", "2026-11-20T10:00:00",
             {"order": "SO26000123", "total": 1219, "country": "IL"},
             {"id": "10017", "email": "dana@example.org", "phone": "050-0000001", "name": "דנה כהן"})),
        (6, ("order.cancelled", "SO26000124-cancelled", "2026-04-03T09:00:00",
             {"order": "SO26000124", "total": 80, "country": "IL"},
             {"id": "10018", "email": "noa@example.org", "name": "נועה לוי"})),
    ], 1),
    "iranian-shop-orders": (exports.IRANIAN, [
        (2, ("shipment.delivered", "۱۲۰۴-delivered", "2026-11-25T08:30:00",
             {"order": "۱۲۰۴", "total": 12500000, "country": "IR"},
             {"email": "sara@example.org", "phone": "09120000001", "name": "سارا احمدی", "language": "fa"})),
        (3, ("shipment.delivered", "١٢٠٥-delivered", "2026-11-25T08:30:00",
             {"order": "١٢٠٥", "total": 8500000, "country": "IR"},
             {"email": "ali@example.org", "name": "علی رضایی", "language": "fa"})),
        (4, ("order.cancelled", "1206-cancelled", "2026-11-25T08:30:00",
             {"order": "1206", "total": 900000, "country": "IR"},
             {"email": "nima@example.org", "name": "نیما", "language": "fa"})),
    ], 1),
}  # fmt: skip


def test_a_ready_import_is_for_files_or_for_webhooks() -> None:
    assert {*READY, *hooks.READY.values(), "shopify-refunds"} == {*ready_imports.names()}


@pytest.mark.parametrize("name", READY)
def test_a_ready_import_reads_a_file_of_its_system(name: str) -> None:
    body, wanted, passed = READY[name]
    how = ready_imports.named(name, {})
    assert how
    found = imported(body, how)
    for one, right in zip(map(told, found[0]), wanted, strict=True):
        assert one == right
    assert found[1] == passed


def test_the_example_of_the_documents_is_read_as_it_says() -> None:
    (body,), (how,) = marked("list"), marked("import")
    found, _ = imported(body, tomllib.loads(how)["import"]["shop"])
    assert [told(one) for one in found] == [
        (2, ("shipment.delivered", "1001-delivered", "2026-11-20T12:05:00",
             {"order": "1001", "total": 1249.9, "channel": "web"},
             {"email": "dana@example.com", "name": "Dana Cohen"})),
        (3, ("order.cancelled", "1002-cancelled", "2026-11-19T10:00:00",
             {"order": "1002", "total": 80.0, "channel": "web"}, {"email": "noa@example.com", "name": "Noa Levi"})),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ready_imports.names())
def test_a_ready_import_can_be_pasted_into_config(name: str) -> None:
    assert [*tomllib.loads(ready_imports.text(name))["import"]] == [name]
    own = ImportSettings.model_validate(SIMPLE)
    assert ready_imports.named(name, {name: own}) is own


def test_a_workbook_is_read_like_the_sheet_that_it_shows() -> None:
    how = SIMPLE | {"fields": {
        "order": "Order", "total": {"column": "Sum", "number": "1.234,56"}, "note": "Note", "delivered_at": "Delivered",
        "customer.email": "E-mail", "customer.phone": "Mobile",
    }}  # fmt: skip
    found, _ = imported(exports.SHEET, how)
    assert [told(one) for one in found] == [
        (3, ("order.paid", "1001-paid", "2026-11-20T12:05:33",
             {"order": "1001", "total": 249.9, "delivered_at": "2026-11-21"},
             {"email": "dana@example.org", "phone": "501234567"})),
        (4, ("order.paid", "A-2-paid", "2026-11-20T10:00:00", {"order": "A-2", "total": 1250, "note": True},
             {"email": "noa@example.org"})),
    ]  # fmt: skip


@pytest.mark.parametrize(("encoding", "name"), [
    ("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-8-sig", "cp1255"), ("utf-16", "utf-8"), ("utf-16", "utf-16"),
    ("cp1255", "cp1255"), ("cp1255", "windows-1255"),
])  # fmt: skip
def test_a_file_is_read_in_its_encoding(encoding: str, name: str) -> None:
    body = (HEADER + ROW.replace("10\n", "₪ שקל\n")).encode(encoding)
    how = {**SIMPLE, "fields": SIMPLE["fields"] | {"note": "Sum"}, "encoding": name.replace("windows-", "cp")}
    [(_, one)], _ = imported(body, how)
    assert one.data["note"] == "₪ שקל"


@pytest.mark.parametrize(("body", "how", "wanted"), [
    ((HEADER + ROW + "A-2,2026-11-20,דנה,1\n").encode("cp1255"), {},
     'is not UTF-8 (line 3, column 16: byte 0xe3); write encoding = "cp1255"'),
    ((HEADER + "A-2,2026-11-20,سلام علي,1\n").encode("cp1256"), {},
     'is not UTF-8 (line 2, column 16: byte 0xd3); write encoding = "cp1256"'),
    ((HEADER + "A-2,2026-11-20,Müller,1\n").encode("cp1252"), {},
     'is not UTF-8 (line 2, column 17: byte 0xfc); write encoding = "cp1252"'),
    ((HEADER + "A-2,2026-11-20,דנה,1\n").encode(), {"encoding": "cp1255"},
     'is UTF-8, not cp1255 (line 2); write encoding = "utf-8"'),
    ((HEADER + ROW).encode("utf-16-le"), {}, "is not UTF-16 with a byte order mark; save it as UTF-8"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", {}, "is a workbook of an older kind (.xls); save it as .xlsx"),
    (b"PK\x03\x04 and no more", {}, "cannot be read as a workbook (.xlsx); open it in a spreadsheet program and save"
     " it again, or as CSV"),
    (b"\n \n", {}, "is empty"),
    ("Order,Whem,E-mail\n" + ROW, {}, "has no column `When` (line 1); did you mean `whem`?"),
    ("a;b\n1;2\n", {}, "has no column `Order`, `When`, `E-mail` (line 1); it has `a`, `b`"),
    (HEADER.replace("Sum", "order") + ROW, {}, "has the column `order` twice (line 1); rename the one that is not"
     " meant"),
    (HEADER + ROW + "A-2,03/04/2026,dana@example.org,1\n", {},
     "cannot be read by the import `orders` (line 3): column `When`: '03/04/2026' can be 03 April 2026 or"
     ' 04 March 2026; write { column = "When", format = "%d/%m/%Y" } for the way in which that system writes days'),
    (HEADER + "A-2,20/11/2026 14:05,dana@example.org,1\n", {},
     "cannot be read by the import `orders` (line 2): column `When`: '20/11/2026 14:05' does not begin with the year;"
     ' write { column = "When", format = "%d/%m/%Y %H:%M" } for the way in which that system writes days'),
    (HEADER + "A-2,soon,dana@example.org,1\n,2026-11-20,noa@example.org,1\n", {},
     "has nothing that the import `orders` fits (line 2: column `When`: 'soon' is not a date; say how it is written"
     " with `format`)"),
])  # fmt: skip
def test_a_file_that_does_not_fit_is_refused_before_anything_is_taken(
    body: bytes | str, how: Mapping[str, Any], wanted: str
) -> None:
    assert reason(body, {**SIMPLE, **how}) == wanted


@pytest.mark.parametrize(("row", "wanted"), [
    (",2026-11-20,dana@example.org,1", "column `Order` is empty, and is part of the event's id"),
    ("A-2,,dana@example.org,1", "column `When` is empty, and says when it happened"),
    ("A-2,2026-11-20,dana@example.org,1.25", "column `Sum`: '1.25' is not a number like 1.234,56"),
    ("A-2,2026-02-30,dana@example.org,1", "column `When`: '2026-02-30' is not a date; say how it is written with"
     " `format`"),
    ("A-2,2026-11-20,dana@example.org,1,2", "the line has 5 cells, but the header has 4; a cell with the delimiter in"
     " it stands in quotes"),
    ('A-2,2026-11-20,dana@example.org,"1', "the line is not CSV (unexpected end of data); is a quote left open?"),
])  # fmt: skip
def test_a_row_that_does_not_fit_is_refused_and_the_others_are_taken(row: str, wanted: str) -> None:
    fields = SIMPLE["fields"] | {"total": {"column": "Sum", "number": "1.234,56"}}
    found, _ = imported(HEADER + ROW + row, {**SIMPLE, "fields": fields})
    assert [told(one)[1] if isinstance(one[1], Malformed) else one[1].id for one in found] == ["A-1-paid", wanted]


@pytest.mark.parametrize(("number", "cell", "value"), [
    ("1,234.56", "1,250", 1250), ("1,234.56", "1,250.5", 1250.5), ("1234.56", "₪ 9.90", 9.9),
    ("1.234,56", "1.250", 1250),
    ("1 234,56", "1 250,5", 1250.5), ("1'234.56", "1'250", 1250), ("1,234", "15-", -15), ("۱٬۲۳۴٫۵۶", "۱۲٫۵", 12.5),
    ("1.234", "1.250", 1250),
])  # fmt: skip
def test_a_number_is_read_like_the_example(number: str, cell: str, value: float) -> None:
    one = only(HEADER + ROW.replace(",10\n", f',"{cell}"\n'), fields=SIMPLE["fields"] | {
        "total": {"column": "Sum", "number": number}})  # fmt: skip
    assert one.data["total"] == value


@pytest.mark.parametrize(("written", "more", "wanted"), [
    ("2026-11-20 14:05:33 +0200", {}, "2026-11-20T12:05:33"),
    ("2026-11-20T14:05:33Z", {}, "2026-11-20T14:05:33"),
    ("2026-11-20 14:05", {"zone": "America/New_York"}, "2026-11-20T19:05:00"),
    ("1405/09/04 10:00", {"zone": "Asia/Tehran"}, "2026-11-25T06:30:00"),
    ("۱۴۰۳-۱۲-۳۰", {}, "2025-03-20T10:00:00"),
    ("1401/04/10", {"zone": "Asia/Tehran"}, "2022-07-01T07:30:00"),
    ("9/6/2016 6:29:00", {"time": {"column": "When", "format": "%m/%d/%Y %H:%M:%S"}}, "2016-09-06T03:29:00"),
    ("20.11.26", {"time": {"column": "When", "format": ["%d/%m/%Y", "%d.%m.%y"]}}, "2026-11-20T10:00:00"),
    ("Nov 20, 2026 2:05 PM", {"time": {"column": "When", "format": "%b %d, %Y %I:%M %p"}}, "2026-11-20T12:05:00"),
    ("\u200f20/11/2026", {"time": {"column": "When", "format": "%d/%m/%Y"}}, "2026-11-20T10:00:00"),
])  # fmt: skip
def test_a_moment_is_read_as_it_is_written(written: str, more: Mapping[str, Any], wanted: str) -> None:
    one = only(HEADER + ROW.replace("2026-11-20 14:05:33", f'"{written}"'), **more)
    assert f"{one.time:%Y-%m-%dT%H:%M:%S}" == wanted


def test_lines_of_an_order_are_one_event() -> None:
    body = HEADER + "A-1,2026-11-20,dana@example.org,1.5\nA-1,,,2.25\nA-2,2026-11-20,noa@example.org,1\n"
    fields = {
        "order": "Order", "customer.email": "E-mail", "first": "Sum", "items": {"column": "Sum", "lines": "all"},
        "total": {"column": "Sum", "number": "1234.56", "lines": "sum"}, "n": {"column": "Sum", "lines": "count"},
    }  # fmt: skip
    (_, one), (_, other) = imported(body, {**SIMPLE, "one_per": "Order", "fields": fields})[0]
    assert one.data == {"order": "A-1", "first": "1.5", "items": ["1.5", "2.25"], "total": 3.75, "n": 2}
    assert (other.data["total"], other.data["n"]) == (1, 1)


def test_an_order_whose_lines_do_not_stand_together_is_not_taken_by_halves() -> None:
    body = HEADER + ROW + ROW.replace("A-1", "A-2") + ROW + ROW.replace("A-1", "A-3") + "A-3,1,2,3,4\n" + ROW.replace(
        "A-1", "A-3")  # fmt: skip
    found, _ = imported(body, {**SIMPLE, "one_per": "Order"})
    assert [(place, one.id if isinstance(one, Event) else one.reason) for place, one in found] == [
        (2, "A-1-paid"), (3, "A-2-paid"),
        (4, "its other lines stand further up; sort the file by `Order`, so that they stand together"),
        (5, "its line 6 cannot be read, so that it would be taken by halves"),
        (6, "the line has 5 cells, but the header has 4; a cell with the delimiter in it stands in quotes"),
    ]  # fmt: skip


def test_what_a_cell_holds_is_never_a_template_or_a_formula() -> None:
    one = only(HEADER + ROW.replace("A-1", "{When}{0}%s").replace(",10\n", ",=1+1\n"), fields={
        **SIMPLE["fields"], "note": "Sum", "both": "{Order} {Sum}"})  # fmt: skip
    assert (one.id, one.data["note"], one.data["both"]) == ("{When}{0}%s-paid", "=1+1", "{When}{0}%s =1+1")


def test_a_type_holds_when_its_condition_does() -> None:
    cases = [
        {"type": "order.cancelled", "when": {"Sum": {"below": 0}}, "id": "{Order}-cancelled"},
        {"type": "order.paid", "when": {"any": [{"order": "a-1"}, {"Sum": {"at_least": 100}}]}},
    ]
    rows = [ROW, ROW.replace("A-1", "A-2"), ROW.replace("A-1", "A-3").replace("10\n", "100\n")]
    rows.append(ROW.replace("10\n", "-1\n"))
    found, passed = imported(HEADER + "".join(rows), {**SIMPLE, "type": cases})
    assert [one.id for _, one in found] == ["A-1-paid", "A-3-paid", "A-1-cancelled"]
    assert passed == 1


# ── Anything at all

USUAL = ["", "1.234,50", "03/04/2026", "1405/09/04", "2026-11-20", "9" * 400, "'=1"]
CELLS = st.text(max_size=12) | st.sampled_from(USUAL)
VALUES = CELLS | st.floats() | st.integers() | st.booleans() | st.none() | st.datetimes()
ANY = ImportSettings.model_validate({
    "type": [{"type": "a", "when": {"A": {"above": 1}}}, {"type": "b", "id": "{B}{A}", "time": "A"}], "id": "{A}-x",
    "time": {"column": ["B", "C"], "format": ["%d/%m/%Y", "%Y%m%d"]},
    "fields": {"n": {"column": "C", "number": "1,234.56", "times": 1e300}, "d": {"column": "C", "format": "%d/%m/%Y"},
               "s": {"column": "B", "number": "1.234,56", "lines": "sum"}, "customer.email": "{A}@{B}", "t": "C"},
})  # fmt: skip


@given(st.lists(st.dictionaries(st.sampled_from("abc"), VALUES), min_size=1, max_size=3))
def test_whatever_a_row_holds_it_becomes_an_event_or_is_refused(lines: list[dict[str, object]]) -> None:
    one = RowMapping(ANY, "any", JERUSALEM).event(lines, NOW)
    assert isinstance(one, Event | Malformed)
    assert not isinstance(one, Malformed) or one.reason


@given(st.binary(max_size=200), st.sampled_from(["utf-8", "utf-16", "cp1255", "cp1256"]))
@example(b"PK\x03\x04" + b"\0" * 30, "utf-8")
def test_whatever_a_file_holds_it_is_read_or_refused(body: bytes, encoding: str) -> None:
    with suppress(Undecodable):
        imported(body, {**SIMPLE, "encoding": encoding})
    with suppress(Undecodable):
        imported(HEADER.encode() + body, {**SIMPLE, "encoding": encoding})


@pytest.mark.parametrize("format", [*written_date.YEAR_FIRST, *written_date.DAY_OR_MONTH_FIRST, "%d %b %Y", "%Y%m%d"])
@given(moment=st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1)))
@settings(max_examples=5)
def test_what_is_written_by_a_format_is_read_by_it(format: str, moment: datetime) -> None:
    found = written_date.written(moment.replace(tzinfo=UTC).strftime(format), [format])
    assert found
    assert found.day == moment.date()
    assert found.time is None or (found.time.hour, found.time.minute) == (moment.hour, moment.minute)


# ── Hostile workbooks


def packed(**parts: bytes) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return kept.getvalue()


@pytest.mark.parametrize(("body", "wanted"), [
    (packed(**{"xl/worksheets/sheet1.xml": b" " * (64 << 20)}), "would unfold to 67,108,864 bytes in 1 parts"),
    (packed(**{f"p{n}": b"" for n in range(2_001)}), "would unfold to 0 bytes in 2,001 parts"),
    (packed(**{"xl/workbook.xml": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a/>'}), "declares a document"),
    (packed(**{"xl/workbook.xml": b"<a/>"}), "cannot be read as a workbook"),
], ids=["bomb", "parts", "entities", "nothing"])  # fmt: skip
def test_a_hostile_workbook_is_refused_before_it_is_unfolded(body: bytes, wanted: str) -> None:
    assert reason(body, SIMPLE).startswith(wanted)
