"""Marks that nobody sees, and numbers that a spreadsheet has shortened: what becomes of them at every gate."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from surveyengine.definitions.toml.document import parse
from surveyengine.events.event import Event, Malformed, event
from surveyengine.events.fields import UnusedDetail
from surveyengine.events.files import EventFile, from_file
from surveyengine.responses.form import read
from surveyengine.settings.config import config
from surveyengine.values.clean import unmarked
from tests.support.samples import question, survey

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
VISIBLE = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD, *range(0x13430, 0x13456)}
NAMED = [chr(n) for n in (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF, 0xAD, 0x61C)
         if unicodedata.name(chr(n), "")]  # fmt: skip


@cache
def marks() -> Sequence[str]:
    """All invisible marks. To look at every character takes a while, which whoever collects the tests need not wait."""
    known = (chr(n) for n in range(0x110000) if n not in VISIBLE)
    return sorted({*NAMED, "\u034f", "\ufe0f", "\u115f", "\u3164"}.union(one for one in known if category(one) == "Cf"))


MARKS = st.deferred(lambda: st.sampled_from(marks()))

Path = tuple[str, ...]
IDENTITIES: list[tuple[str, Path]] = [  # as an event is at fault, and where that stands in it
    ("id", ("id",)), ("source", ("source",)), ("type", ("type",)),
    ("data.customer.id", ("data", "customer", "id")), ("data.customer.account", ("data", "customer", "account")),
    ("data.order", ("data", "order")), ("data.ticket", ("data", "ticket")),
]  # fmt: skip


def raw() -> dict[str, Any]:
    customer = {"id": "c-17", "account": "acme", "email": "dana@example.com", "name": "Dana"}
    data = {"customer": customer, "order": "A-1", "ticket": "T-1", "note": "x"}
    return {"specversion": "1.0", "type": "ticket.solved", "source": "shop", "id": "e-1", "data": data}


def told(value: str, *path: str) -> dict[str, Any]:
    """An event with that value at a place."""
    whole = raw()
    table = whole
    for step in path[:-1]:
        table = table[step]
    table[path[-1]] = value
    return whole


def in_every_file(whole: dict[str, Any]) -> list[Event | Malformed]:
    """What an event is as JSON, as a line and in a row of CSV."""
    data = dict(whole["data"])
    flat = {f"customer.{key}": value for key, value in data.pop("customer").items()}
    cells = {**{key: whole[key] for key in ("type", "source", "id")}, **flat, **data}
    table = io.StringIO()
    csv.writer(table).writerows([cells.keys(), cells.values()])
    files = {"json": json.dumps(whole), "jsonl": json.dumps(whole, ensure_ascii=False), "csv": table.getvalue()}
    opened = [EventFile(io.BytesIO(body.encode()), kind) for kind, body in files.items()]
    return [one for file in opened for _, one in from_file(file, NOW)]


@pytest.mark.parametrize(("name", "path"), IDENTITIES)
@pytest.mark.parametrize("mark", NAMED)
def test_an_identifier_with_an_invisible_mark_is_refused_by_the_name_of_the_mark(
    name: str, path: Path, mark: str
) -> None:
    reason = f"`{name}` holds U+{ord(mark):04X} {unicodedata.name(mark)}, which cannot be seen; delete it"
    for value in (f"A{mark}1", f"{mark}A1", f"A1{mark}"):
        assert in_every_file(told(value, *path)) == [Malformed(reason)] * 3


@given(MARKS, st.integers(0, 3), st.sampled_from(IDENTITIES))
def test_two_identifiers_that_look_the_same_are_the_same(mark: str, at: int, place: tuple[str, Path]) -> None:
    for one in in_every_file(told("A-1"[:at] + mark + "A-1"[at:], *place[1])):
        assert isinstance(one, Malformed)


SHORTENED = ["1.00123E+11", "1,00123E+11", "1E+11", "9.8e+15", "-1.5E+20", " 1.00123E+11 ", "۱٫۲E+۱۲"]


@pytest.mark.parametrize("value", SHORTENED)
@pytest.mark.parametrize(("name", "path"), IDENTITIES)
def test_a_number_that_a_spreadsheet_has_shortened_is_refused_with_the_remedy(
    name: str, path: Path, value: str
) -> None:
    remedy = "a spreadsheet has shortened a long number; format the column as text and export again"
    for one in in_every_file(told(value, *path)):
        assert isinstance(one, Malformed)
        assert one.reason == f"`{name}` is {value.strip()}: {remedy}"
    for one in in_every_file(told(value, "data", "customer", "phone")):
        assert isinstance(one, Event)
        assert one.unused == (UnusedDetail("customer.phone", f"is {value.strip()}: {remedy}"),)


@pytest.mark.parametrize("value", ["می\u200cخواهم", "👩\u200d👧 ❤\ufe0f", "1.00123E+11", "a\u200fb"])
def test_other_texts_keep_what_their_spelling_needs(value: str) -> None:
    for field in (("data", "note"), ("data", "customer", "name")):
        for one in in_every_file(told(value, *field)):
            assert isinstance(one, Event), one
            assert value in (one.data["note"], one.customer and one.customer.name)


def test_a_field_that_the_event_is_not_about_may_be_any_text() -> None:
    whole = told("a\u200fb", "data", "ticket") | {"type": "order.paid"}
    assert isinstance(event(whole, NOW), Event)


@pytest.mark.parametrize("type", ["customer.inactive", "customer"])
def test_the_customer_is_never_what_an_event_is_about(type: str) -> None:
    assert isinstance(event(raw() | {"type": type}, NOW), Event)


@given(st.lists(MARKS, min_size=1, max_size=3), st.integers(0, 16))
def test_marks_are_taken_away_from_addresses_and_phones_wherever_they_come_in(marks: list[str], at: int) -> None:
    address, phone = ("".join((text[:at], *marks, text[at:])) for text in ("dana@example.com", "+972501234567"))
    whole = raw()
    whole["data"]["customer"] |= {"email": address, "phone": phone}
    for one in in_every_file(whole):
        assert isinstance(one, Event)
        assert one.customer
        assert (one.customer.email, one.customer.phone) == ("dana@example.com", "+972501234567")
    asked = survey(question("mail", "email"), question("call", "phone"))
    answers = read(asked, MultiDict({"mail": address, "call": phone})).answers
    assert {one.question: one.value for one in answers} == {"mail": "dana@example.com", "call": "+972501234567"}
    text = f'business.name = {{ en = "A" }}\nsending.test_only = ["{address}"]\nemail.from = "A <{address}>"\n'
    found, faults = config(parse(text.encode(), "config.toml"), ["en"])
    assert found, faults
    assert (found.sending.test_only, found.email.from_) == (("dana@example.com",), "A <dana@example.com>")


def test_a_column_is_known_by_what_is_seen_of_its_name() -> None:
    header = "type,source,\u200fid\u200f,customer.id,customer.email\u200b,order\ufeff"
    body = f"{header}\nticket.solved,shop,e-1,c-17,a@b.co,A-1\n"
    [(_, one)] = from_file(EventFile(io.BytesIO(body.encode()), "csv"), NOW)
    assert isinstance(one, Event)
    assert one.customer
    assert (one.id, one.customer.email, one.data) == ("e-1", "a@b.co", {"order": "A-1"})


@given(st.text(), MARKS)
def test_what_is_left_of_a_text_is_seen(text: str, mark: str) -> None:
    assert unmarked(text + mark) == unmarked(text)
    assert not set(marks()) & set(unmarked(text + mark))
