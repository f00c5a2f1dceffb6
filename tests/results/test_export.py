from __future__ import annotations

import csv
import gc
import io
import json
import os
import re
import subprocess
import sys
import tracemalloc
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape
from pyarrow import parquet
from sqlalchemy import insert
from werkzeug.datastructures import MultiDict

from surveyengine.cli import main
from surveyengine.engine import Engine, start
from surveyengine.invitations.planning import take
from surveyengine.responses import form
from surveyengine.responses.storing import CompleteForm, keep
from surveyengine.responses.ticket import FormToken, opened
from surveyengine.results.export import extract, shape, writers
from surveyengine.results.export.extract import RowFilter
from surveyengine.results.export.report_csv import guarded, is_formula
from surveyengine.store.schema import answer, event, invitation, response
from surveyengine.values.link_tokens import new_id, unsubscribe_token, unsubscribed_id
from tests.support import business
from tests.support.samples import question

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TEST = replace(business.delivered("3"), test=True)
TITLE = 'title = { en = "T", he = "T", fa = "T" }\n'
EVERY = ("csat", "nps", "choice", "choices", "yes_no", "text", "number", "consent")
ALL = TITLE + "".join(question(kind, kind) for kind in EVERY)
HOSTILE = (
    "=1+1", "+1", "-1", "@SUM(A1)", "  =1", "\t=1", "=cmd|' /C calc'!A0", "＝1", "＋1", "－1", "＠x", "\u200f=1",
    "'=1", "''=1", "'", "'plain", "-5", "- a dash\n=2+2", 'a "quote", a comma; a semicolon', "\u200cنیم‌فاصله: می‌شود",
    "א\u200eב \u200f(2)", "line\nbreak", "emoji 👩‍👩‍👧", "<b>&amp;</b>", "_x000D_", "#NAME?", "1e5", "true", "null",
    "NaN", "۱۲",
)  # fmt: skip


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Engine]:
    engine = start(business.write(tmp_path / "shop", {"purchase/all": ALL}))
    yield engine
    engine.close()


def give(
    engine: Engine, number: int | str, survey: str, answers: Mapping[str, Any], now: datetime = NOW, **ticket: Any
) -> None:
    """Answer a survey in its served version."""
    asked = engine.library.surveys[survey]
    read = form.read(asked, MultiDict(answers))
    assert read.errors == {}
    id = number if isinstance(number, str) else f"r{number:06}"
    keep(engine, CompleteForm(FormToken(id, survey, asked.digest, **ticket), asked, read, "he"), now)


def exported(engine: Engine, subject: str, style: str, *options: str) -> Path:
    """The file that the command makes."""
    path = engine.root / f"out.{style}"
    done = CliRunner().invoke(main, ["--project", str(engine.root), "export", subject, "-o", str(path), *options])
    assert (done.exit_code, done.output) == (0, "")
    return path


def table(engine: Engine, subject: str = "responses", *options: str) -> list[dict[str, str]]:
    """The rows of a CSV export, as a program reads them that knows of the apostrophe."""
    with exported(engine, subject, "csv", *options).open(encoding="utf-8-sig", newline="") as file:
        return [{name: bare(value) for name, value in row.items()} for row in csv.DictReader(file)]


def bare(text: str) -> str:
    return text[1:] if text.startswith("'") and is_formula(text[1:]) else text


# ── Cells and columns


@pytest.mark.parametrize(
    ("series", "values", "expected"),
    [
        ("csat", ["4"], 4), ("nps", ["0"], 0), ("rating:1-10", ["10"], 10), ("csat", ["na"], "na"), ("csat", [], None),
        ("number", ["-12.5"], Decimal("-12.5")), ("number", ["007"], Decimal(7)), ("number", ["=1"], "=1"),
        ("text", ["4"], "4"), ("choice", ["on_time"], "on_time"), ("choices", ["a", "b"], "a,b"),
        ("choices", ["a"], "a"), ("date", ["2026-11-22"], date(2026, 11, 22)), ("date", ["=1"], "=1"),
        ("phone", ["+972501234567"], shape.Made("+972501234567")), ("phone", ["+1-1"], "+1-1"),
        ("consent", ["yes"], "yes"), ("csat", ["=1"], "=1"), ("csat", ["1" * 40], "1" * 40),
    ],
)  # fmt: skip
def test_a_cell_holds_a_number_where_a_number_was_answered(series: str, values: list[str], expected: object) -> None:
    found = shape.cell(series, values)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ([("q", "csat"), ("q", "csat")], ["q"]),
        ([("q", "csat"), ("q", "rating:1-10"), ("r", "text")], ["q", "q__rating_1_10", "r"]),
        ([("day", "choice"), ("survey", "text")], ["day__choice", "survey__text"]),
        ([("q__text", "csat"), ("q", "csat"), ("q", "text")], ["q__text", "q", "q__text_2"]),
        ([("context.branch", "matrix"), ("context", "text")], ["context.branch__matrix", "context"]),
    ],
)
def test_a_changed_series_has_a_column_of_its_own(asked: list[tuple[str, str]], expected: list[str]) -> None:
    assert list(shape.names(asked, ["day", "survey"]).values()) == expected


@given(st.text())
def test_the_guard_loses_nothing_and_lets_no_formula_through(text: str) -> None:
    assert bare(guarded(text)) == text
    assert not guarded(text).lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))


# ── The files


def test_hostile_texts_come_back_from_every_format(shop: Engine) -> None:
    for number, text in enumerate(HOSTILE):
        give(shop, number, "all", {"text": text, "csat": "4", "number": "-12.5"})
    stored = {row["response"]: row["text"] for row in read_jsonl(exported(shop, "responses", "jsonl"))}
    assert [stored[f"r{number:06}"] for number in range(len(HOSTILE))] == [text.strip() for text in HOSTILE]
    assert {row["response"]: row["text"] for row in table(shop)} == stored
    assert {row["response"]: row["text"] for row in read_xlsx(exported(shop, "responses", "xlsx"))} == stored
    assert {row["response"]: row["text"] for row in read_parquet(exported(shop, "responses", "parquet"))} == stored


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


def read_xlsx(path: Path) -> list[dict[str, Any]]:
    header, *rows = openpyxl.load_workbook(path).active.iter_rows()
    assert {cell.data_type for row in rows for cell in row} <= {"s", "n", "b", "d"}  # "f" would be a formula
    return [
        {
            name.value: unescape(cell.value) if cell.data_type == "s" else cell.value
            for name, cell in zip(header, row, strict=True)
        }
        for row in rows
    ]  # as Excel reads _x005F_


def read_parquet(path: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
    return rows


def test_no_cell_and_no_header_of_a_csv_file_is_a_formula(shop: Engine) -> None:
    for number, text in enumerate(HOSTILE):
        give(shop, number, "all", {"text": text})
    with exported(shop, "responses", "csv").open(encoding="utf-8-sig", newline="") as file:
        assert [cell for row in csv.reader(file) for cell in row if is_formula(cell) and cell[0] != "'"] == []
    out = io.BytesIO()
    writers.write_csv(out, [shape.Field("=1+1")], [["\r=1"], ["\n=1"]])
    assert out.getvalue().decode("utf-8-sig") == '\'=1+1\r\n"\'\r=1"\r\n"\'\n=1"\r\n'


def test_a_number_is_a_number_in_ascii_digits(shop: Engine) -> None:
    give(shop, 1, "all", {"csat": "۴", "number": "−۱۲٫۵", "nps": "10", "choices": ["early", "never"], "yes_no": "yes"})
    (row,) = table(shop)
    assert (row["csat"], row["number"], row["nps"], row["yes_no"]) == ("4", "-12.5", "10", "yes")
    assert row["choices"] == "early,never"
    assert ",-12.5," in exported(shop, "responses", "csv").read_text("utf-8")
    for rows in (
        read_jsonl(exported(shop, "responses", "jsonl")),
        read_xlsx(exported(shop, "responses", "xlsx")),
        read_parquet(exported(shop, "responses", "parquet")),
    ):
        assert (rows[0]["csat"], rows[0]["number"], rows[0]["nps"]) == (4, -12.5, 10)
        assert rows[0]["choice"] is None


def test_days_and_moments_are_iso(shop: Engine) -> None:
    give(shop, 1, "all", {"csat": "4"}, datetime(2026, 11, 20, 22, 30, tzinfo=UTC))  # past midnight in Jerusalem
    (row,) = table(shop)
    assert (row["day"], row["answered_at"]) == ("2026-11-21", "2026-11-20T22:30:00Z")
    assert read_parquet(exported(shop, "responses", "parquet"))[0]["day"] == date(2026, 11, 21)
    (cells,) = read_xlsx(exported(shop, "responses", "xlsx"))
    assert (cells["day"], cells["answered_at"]) == (datetime(2026, 11, 21), datetime(2026, 11, 20, 22, 30))
    shown = openpyxl.load_workbook(shop.root / "out.xlsx").active[2]
    assert [cell.number_format for cell in shown if cell.is_date] == ["yyyy-mm-dd", 'yyyy-mm-dd"T"hh:mm:ss"Z"']


@pytest.mark.parametrize(
    ("number", "kept"),
    [
        ("9" * 30, "9" * 30),
        ("9007199254740993", "9007199254740993"),
        ("0.1", "0.1"),
        ("0." + "3" * 25, "0." + "3" * 25),
    ],
)
def test_no_digit_of_a_number_is_lost(shop: Engine, number: str, kept: str) -> None:
    give(shop, 1, "all", {"number": number})
    assert table(shop)[0]["number"] == kept
    assert str(read_jsonl(exported(shop, "responses", "jsonl"))[0]["number"]) == kept
    assert str(read_xlsx(exported(shop, "responses", "xlsx"))[0]["number"]) == kept


def test_what_no_sheet_can_hold_goes_on_in_the_next_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(writers, "ROWS_OF_A_SHEET", 4)
    with writers.whole(tmp_path / "a.xlsx") as out:
        writers.write_xlsx(out, [shape.Field("n", "whole")], ([number] for number in range(7)))
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert [[cell.value for (cell,) in sheet] for sheet in book] == [["n", 0, 1, 2], ["n", 3, 4, 5], ["n", 6]]


def test_a_long_number_is_shown_to_its_last_digit_and_a_day_before_spreadsheets_is_text(tmp_path: Path) -> None:
    fields = [shape.Field("n", "whole"), shape.Field("d", "day")]
    with writers.whole(tmp_path / "a.xlsx") as out:
        writers.write_xlsx(out, fields, [[972501234567890, date(1900, 3, 1)], [10**15, date(1900, 2, 28)]])
    first, second = list(openpyxl.load_workbook(tmp_path / "a.xlsx").active.iter_rows(min_row=2))
    assert [(cell.value, cell.number_format) for cell in first] == [
        (972501234567890, "0"), (datetime(1900, 3, 1), "yyyy-mm-dd")]  # fmt: skip
    assert [cell.value for cell in second] == [str(10**15), "1900-02-28"]


# ── What we made, and what others wrote

OLD_IDS = ("-Zs4fW0Pq1Xy7AbC", "_-s4fW0Pq1Xy7AbC", "=notours")  # the last could not be: a kind decides, not a text
PHONE = TITLE + question("phone", "phone") + question("since", "date") + question("number", "number")


def test_what_we_made_is_not_guarded_and_what_others_wrote_is(tmp_path: Path) -> None:
    engine = start(business.write(tmp_path / "shop", {"purchase/all": ALL + question("phone", "phone")}))
    answers = {"phone": "+972 50-123-4567", "number": "-5", "text": "-5"}
    give(engine, OLD_IDS[0], "all", answers, context=(("branch", "-x"),))
    engine.close()
    path = exported(engine, "responses", "csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["response"], row["phone"], row["number"]) == (OLD_IDS[0], "+972501234567", "-5")
    assert (row["text"], row["context.branch"]) == ("'-5", "'-x")
    with exported(engine, "answers", "csv").open(encoding="utf-8-sig", newline="") as file:
        values = {row["question"]: (row["value"], row["number"]) for row in csv.DictReader(file)}
    assert values == {"phone": ("+972501234567", ""), "number": ("-5", "-5"), "text": ("'-5", "")}


@pytest.mark.parametrize("id", OLD_IDS)
def test_a_column_of_ids_is_never_guarded(tmp_path: Path, id: str) -> None:
    fields, rows = [shape.Field("id", "id"), shape.Field("text")], [[id, id]]
    out = io.BytesIO()
    writers.write_csv(out, fields, rows)
    assert out.getvalue().decode("utf-8-sig").split()[1] == f"{id},{guarded(id)}"
    with writers.whole(tmp_path / "a.xlsx") as book:
        writers.write_xlsx(book, fields, rows)
    cells = openpyxl.load_workbook(tmp_path / "a.xlsx").active[2]
    assert [(cell.value, cell.data_type, bool(cell.quotePrefix)) for cell in cells] == [
        (id, "s", False), (id, "s", is_formula(id))]  # fmt: skip


def test_new_ids_begin_with_a_letter_or_a_digit() -> None:
    ids = [id for _ in range(3000) for id in (new_id(), opened("all", "d", NOW).submission)]
    assert not [id for id in ids if is_formula(id) or not id[0].isalnum() or not re.fullmatch(r"[\w-]{16}", id, re.A)]
    assert len({*ids}) == len(ids)
    assert {len({id[place] for id in ids}) for place in range(1, 16)} == {64}, "of 64 signs each"
    assert unsubscribed_id((b"secret",), unsubscribe_token(b"secret", ids[0])) == ids[0]
    assert unsubscribed_id((b"secret",), unsubscribe_token(b"secret", OLD_IDS[0])) == OLD_IDS[0]


# ── A column for each field

CLAIMS = ({"branch": "007", "order": "18472", "paid": "2026-11-20", "total": "249.90", "סניף": "=חיפה", "code": "1e5"},
          {"branch": "12", "order": "9", "paid": "2026-11-21", "total": "5", "emoji😀\"'": "x"})  # fmt: skip


def test_each_field_of_the_context_has_a_column_of_its_kind(engine: Engine) -> None:
    for number, claims in enumerate(CLAIMS):
        pairs = tuple(claims.items())
        give(engine, number, "delivery", {"satisfaction": "4"}, context=pairs, claimed=number == 1)
    give(engine, 2, "delivery", {"satisfaction": "4"})
    names = sorted({name for claims in CLAIMS for name in claims})
    rows = table(engine)
    assert [name for name in rows[0] if name.startswith("context")] == [f"context.{name}" for name in names]
    for row, claims in zip(rows, (*CLAIMS, {}), strict=True):
        assert {name: row[f"context.{name}"] for name in names} == {name: claims.get(name, "") for name in names}
    assert [row["claimed"] for row in rows] == ["false", "true", "false"]
    day = {"xlsx": datetime(2026, 11, 20), "parquet": date(2026, 11, 20)}
    for style, read in (("xlsx", read_xlsx), ("parquet", read_parquet)):
        first, second, third = read(exported(engine, "responses", style))
        assert (first["context.order"], first["context.total"], first["context.paid"]) == (18472, 249.9, day[style])
        assert (first["context.branch"], second["context.branch"], first["context.code"]) == ("007", "12", "1e5")
        assert first["context.סניף"] == "=חיפה"
        assert {third[f"context.{name}"] for name in names} == {None}
    objects = [row["context"] for row in read_jsonl(exported(engine, "responses", "jsonl"))]
    assert objects == [*CLAIMS, None]
    assert "context" not in exported(engine, "responses", "csv", "--to", "2026-11-19").read_text("utf-8")


def test_each_field_of_an_event_has_a_column_of_its_kind(engine: Engine) -> None:
    facts = ({"total": 249.9, "gift": True, "lines": [{"sku": "1"}], "ref": 12345678901234567890, "customer_no": "-5"},
             {"total": 5, "gift": False, "lines": "none", "ref": 1, "customer_no": "6"})  # fmt: skip
    take(engine, [replace(business.delivered(str(n)), data=data) for n, data in enumerate(facts)], NOW)
    first, second = table(engine, "events")
    assert [name for name in first if name.startswith("data")] == [f"data.{name}" for name in sorted(facts[0])]
    assert (first["data.total"], first["data.gift"], first["data.ref"]) == ("249.9", "true", "12345678901234567890")
    assert (json.loads(first["data.lines"]), second["data.lines"]) == ([{"sku": "1"}], "none")
    for style, read in (("xlsx", read_xlsx), ("parquet", read_parquet)):
        one, other = read(exported(engine, "events", style))
        assert (one["data.total"], other["data.total"], one["data.gift"]) == (249.9, 5, True)
        assert (one["data.customer_no"], one["data.ref"], other["data.ref"]) == (-5, "12345678901234567890", "1")
    assert [row["data"] for row in read_jsonl(exported(engine, "events", "jsonl"))] == [*facts]


def test_of_too_many_fields_the_most_frequent_have_columns(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extract, "MOST", 3)
    data = [{"often": n, f"a{n}": "=1", "customer": {"id": "c"}, **({"also": n} if n % 2 else {})} for n in range(6)]
    with engine.database.write() as connection:
        plain = {"source": "s", "type": "t", "time": NOW, "received_at": NOW, "outcome": {}}
        connection.execute(insert(event), [{**plain, "id": f"e{n}", "data": each} for n, each in enumerate(data)])
    command = ["--project", str(engine.root), "export", "events", "-o", str(engine.root / "out.csv")]
    done = CliRunner().invoke(main, command)
    assert (done.exit_code, done.stdout) == (0, "")
    assert "more than 3 fields" in done.stderr
    assert "`data`" in done.stderr
    with (engine.root / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [name for name in rows[0] if name.startswith("data")] == ["data.a0", "data.also", "data.often", "data"]
    assert [row["data.often"] for row in rows] == [str(n) for n in range(6)]
    assert [row["data"] for row in rows] == ["", *(f'{{"a{n}": "=1"}}' for n in range(1, 6))]


def test_a_row_that_came_since_the_columns_were_found_waits_for_the_next_export(shop: Engine) -> None:
    give(shop, 1, "all", {"csat": "4"}, context=(("order", "1"),))
    found = extract.extract(extract.Source(shop, RowFilter(), NOW), "responses")
    give(shop, 2, "all", {"csat": "4"}, context=(("order", "2"),))
    give(shop, 3, "all", {"csat": "4"}, context=(("order", "A-3"),))
    give(shop, 4, "all", {"csat": "4"}, context=(("branch", "x"),))
    assert [row[0] for row in found.rows] == ["r000001", "r000002"]
    assert len(list(extract.extract(extract.Source(shop, RowFilter(), NOW), "responses").rows)) == 4


def test_what_anonymous_answers_were_given_about_has_no_column(tmp_path: Path) -> None:
    engine = start(business.write(tmp_path / "shop", {"purchase/all": SECRET, "purchase/open": business.asking()}))
    for number in range(12):
        give(engine, number, "all", {"csat": "4"}, SPRING, context=(("branch", "x"),))
    give(engine, 900, "open", {"satisfaction": "2"}, context=(("order", "1"),))
    with engine.database.write() as connection:  # as if it had been kept all the same
        connection.execute(response.update().where(response.c.survey == "all").values(context={"branch": "x"}))
    engine.close()
    rows = table(engine)
    assert [name for name in rows[0] if name.startswith("context")] == ["context.order"]
    assert [row["context.order"] for row in rows if row["survey"] == "all"] == [""] * 12
    assert "branch" not in exported(engine, "responses", "jsonl").read_text()


# ── Versions, answers, days


def test_every_answered_question_is_there_under_its_id_across_two_versions(tmp_path: Path) -> None:
    old = TITLE + question("q", "csat") + question("gone", "choice") + question("kept", "text")
    new = TITLE + question("kept", "text") + question("q", "rating", "max = 10") + question("came", "nps")
    engine = start(business.write(tmp_path / "shop", {"purchase/all": old}))
    give(engine, 1, "all", {"q": "5", "gone": "late", "kept": "old"})
    business.change(engine, {"purchase/all": new})
    give(engine, 2, "all", {"q": "10", "came": "9", "kept": "new"})
    engine.close()
    first, second = table(engine)
    assert list(first)[-5:] == ["q", "gone", "kept", "q__rating_1_10", "came"]
    assert [first[name] for name in ("q", "gone", "kept", "q__rating_1_10", "came")] == ["5", "late", "old", "", ""]
    assert [second[name] for name in ("q", "gone", "kept", "q__rating_1_10", "came")] == ["", "", "new", "10", "9"]
    assert first["version"] != second["version"]
    assert read_parquet(exported(engine, "responses", "parquet"))[1]["q__rating_1_10"] == 10


def test_answers_have_a_row_each(shop: Engine) -> None:
    give(shop, 1, "all", {"csat": "4", "choices": ["late", "early"]})
    rows = [(row["question"], row["series"], row["position"], row["value"]) for row in table(shop, "answers")]
    assert rows == [
        ("choices", "choices", "0", "late"),
        ("choices", "choices", "1", "early"),
        ("csat", "csat", "0", "4"),
    ]


def test_an_answer_is_a_number_or_a_day_also_in_a_row_of_its_own(tmp_path: Path) -> None:
    engine = start(business.write(tmp_path / "shop", {"purchase/all": PHONE}))
    give(engine, 1, "all", {"phone": "+972501234567", "since": "2026-11-22", "number": "12.5"})
    engine.close()
    wide = read_parquet(exported(engine, "responses", "parquet"))[0]
    assert (wide["since"], wide["number"], wide["phone"]) == (date(2026, 11, 22), 12.5, "+972501234567")
    long = {row["question"]: row for row in read_parquet(exported(engine, "answers", "parquet"))}
    assert [long[name]["value"] for name in ("since", "number", "phone")] == ["2026-11-22", "12.5", "+972501234567"]
    assert [long[name]["number"] for name in ("since", "number", "phone")] == [None, 12.5, None]
    assert [long[name]["date"] for name in ("since", "number", "phone")] == [date(2026, 11, 22), None, None]
    cells = {row["question"]: row["value"] for row in read_xlsx(exported(engine, "answers", "xlsx"))}
    assert cells == {"since": datetime(2026, 11, 22), "number": 12.5, "phone": "+972501234567"}


def test_days_and_survey_choose_the_rows(tmp_path: Path) -> None:
    engine = start(business.write(tmp_path / "shop", {"purchase/all": ALL, "purchase/other": business.asking()}))
    for number in range(5):
        give(engine, number, "all", {"csat": "4"}, NOW + timedelta(days=number))
    give(engine, 9, "other", {"satisfaction": "4"})
    engine.close()
    assert [row["day"] for row in table(engine, "responses", "--from", "2026-11-21", "--to", "2026-11-23")] == [
        "2026-11-21", "2026-11-22", "2026-11-23"]  # fmt: skip
    (row,) = table(engine, "responses", "--survey", "other")
    assert "csat" not in row
    assert len(table(engine)) == 6


def test_events_and_invitations_are_there_without_addresses_and_tokens(engine: Engine) -> None:
    take(engine, [business.delivered("1"), business.delivered("2", customer="=c"), TEST], NOW)
    (first, second) = table(engine, "invitations")
    assert (first["customer"], first["event_source"], first["event_id"]) == ("c-17", "shop", "o-1")
    assert (second["customer"], second["state"]) == ("=c", "planned")
    assert [row["data.order"] for row in table(engine, "events")] == ["A-1", "A-2"]
    assert [row["test"] for row in table(engine, "events", "--test")] == ["false", "false", "true"]
    assert len(table(engine, "events", "--to", "2026-11-19")) == 0
    assert len(table(engine, "events", "--from", "2026-11-20", "--survey", "delivery")) == 2
    secrets = business.give_links_out(engine)
    everything = "".join(exported(engine, subject, "csv", "--test").read_text() for subject in shape.FIELDS)
    assert [secret for secret in (*secrets, "@example.com", "Dana") if secret in everything] == []


def test_test_answers_are_left_out_unless_asked_for(engine: Engine) -> None:
    take(engine, [TEST], NOW)
    with engine.database.read() as connection:
        id = connection.execute(invitation.select()).one().id
    give(engine, 1, "delivery", {"satisfaction": "4"}, invitation=id)
    assert table(engine) == table(engine, "answers") == []
    (row,) = table(engine, "responses", "--test")
    assert (row["test"], row["customer"], row["invitation"]) == ("true", "c-17", id)
    assert row["context.order"] == "A-3"
    assert not [name for name in table(engine, "events", "--test")[0] if name.startswith("data.customer")]


# ── Anonymity

SECRET = ALL.replace(TITLE, f'{TITLE}mode = "anonymous"\n')


SPRING = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)  # long over


def anonymous(tmp_path: Path, *months: int) -> Engine:
    """A business with an anonymous survey that was answered in these months after March."""
    engine = start(business.write(tmp_path / "shop", {"purchase/all": SECRET, "purchase/open": business.asking()}))
    for number, month in enumerate(months):
        give(engine, number, "all", {"csat": "4"}, SPRING + month * timedelta(days=30))
    give(engine, 900, "open", {"satisfaction": "2"})
    engine.close()
    return engine


@pytest.mark.parametrize(("n", "shown"), [(9, 0), (10, 10)])
def test_below_the_minimum_no_anonymous_row_leaves(tmp_path: Path, n: int, shown: int) -> None:
    engine = anonymous(tmp_path, *[0] * n)
    for subject in ("responses", "answers"):
        assert [row["survey"] for row in table(engine, subject)].count("all") == shown
        assert [row["survey"] for row in table(engine, subject)].count("open") == 1
    assert len(table(engine, "responses", "--survey", "all")) == shown


def test_an_anonymous_row_tells_no_time_and_nobody(tmp_path: Path) -> None:
    rows = table(anonymous(tmp_path, *[0] * 10), "responses", "--survey", "all")
    assert {(row["day"], row["language"]) for row in rows} == {("2026-03-31", "")}
    hidden = ("answered_at", "direction", "version", "customer", "invitation", "layout", "shuffled")
    assert {row[name] for row in rows for name in hidden} == {""}
    assert not [name for name in rows[0] if name.startswith("context")]


def test_anonymous_rows_come_out_in_blocks_of_whole_months(tmp_path: Path) -> None:
    engine = anonymous(tmp_path, *[0] * 12, *[1] * 3, *[2] * 8, *[3] * 2)
    rows = table(engine, "responses", "--survey", "all")
    assert Counter(row["day"] for row in rows) == {"2026-03-31": 12, "2026-05-31": 11}
    for period, shown in (
        (("--from", "2026-04-01"), 11), (("--to", "2026-05-30"), 12),
        (("--from", "2026-05-31", "--to", "2026-05-31"), 11), (("--from", "2026-04-01", "--to", "2026-04-30"), 0),
    ):  # fmt: skip
        assert len(table(engine, "responses", "--survey", "all", *period)) == shown


def test_invitations_do_not_say_who_answered_an_anonymous_survey(tmp_path: Path) -> None:
    survey = business.asking().replace("closed = false", 'mode = "anonymous"')
    engine = start(business.write(tmp_path / "shop", {"purchase/all": survey}))
    take(engine, [business.delivered(str(number), customer=f"c-{number}") for number in range(10)], NOW)
    with engine.database.read() as connection:
        ids = connection.execute(invitation.select().order_by(invitation.c.key)).all()
    for number, row in enumerate(ids):
        give(engine, number, "all", {"satisfaction": "4"}, SPRING, invitation=row.id)
    engine.close()
    assert {row["answered_at"] for row in table(engine, "invitations")} == {""}
    assert len(table(engine)) == 10


# ── The command


def test_standard_output_takes_csv_and_jsonl_only(shop: Engine) -> None:
    command = [sys.executable, "-m", "surveyengine", "--project", str(shop.root), "export", "responses"]
    give(shop, 1, "all", {"text": "می‌شود"})
    done = subprocess.run(command, capture_output=True, timeout=60)
    assert done.stdout.startswith(b"\xef\xbb\xbfresponse,survey,")
    assert done.stderr == b""
    for style in ("xlsx", "parquet"):
        refused = CliRunner().invoke(main, [*command[3:], "--format", style])
        assert (refused.exit_code, refused.stdout) == (2, "")
        assert "-o" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["responses", "--survey", "al"], 1, "did you mean `all`?"), (["responses", "-o", "x.doc"], 2, "--format"),
        (["responses", "-o", "/nowhere/x.csv"], 1, "No such file"), (["people"], 2, "responses"),
        (["responses", "--from", "2026-11-21", "--to", "2026-11-20"], 2, "after"),
    ],
)  # fmt: skip
def test_a_mistake_is_said_and_leaves_no_file(shop: Engine, arguments: list[str], status: int, said: str) -> None:
    done = CliRunner().invoke(main, ["--project", str(shop.root), "export", *arguments])
    assert (done.exit_code, said in done.output) == (status, True), done.output


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("before")

    def rows() -> Iterator[list[str]]:
        yield ["1"]
        raise RuntimeError("the power goes")

    with pytest.raises(RuntimeError), writers.whole(path) as out:
        writers.write_csv(out, [shape.Field("a")], rows())
    assert path.read_text() == "before"
    assert os.listdir(tmp_path) == ["a.csv"]
    with writers.whole(path) as out:
        writers.write_csv(out, [shape.Field("a")], [["1"]])
    assert (path.read_text("utf-8-sig"), path.stat().st_mode & 0o77) == ("a\n1\n", 0)


def test_parquet_says_what_to_install(shop: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    done = CliRunner().invoke(
        main, ["--project", str(shop.root), "export", "events", "-o", str(shop.root / "e.parquet")]
    )
    assert (done.exit_code, "pip install 'surveyengine[parquet]'" in done.output) == (1, True)
    assert not (shop.root / "e.parquet").exists()


@pytest.mark.parametrize("to_file", [False, True])
def test_the_report_as_csv_is_utf_8_with_a_mark_whatever_the_terminal_has(tmp_path: Path, to_file: bool) -> None:
    shop = start(business.write(tmp_path / "shop", {"purchase/all": business.asking()}))
    for number, branch in enumerate(("תל אביב", "تهران می‌روم")):
        give(shop, number, "all", {"satisfaction": "4"}, context=(("branch", branch),))
    shop.close()
    command = [sys.executable, "-m", "surveyengine", "--project", str(shop.root), "report", "--format", "csv"]
    with (shop.root / "report.csv").open("wb") as file:
        environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
        done = subprocess.run([*command, "--by", "branch"], stdout=file if to_file else subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60, env=environment)  # fmt: skip
    written = (shop.root / "report.csv").read_bytes() if to_file else done.stdout
    assert (done.returncode, done.stderr) == (0, b"")
    assert written.startswith(b"\xef\xbb\xbfstage,touchpoint,metric,value,")
    assert written.count(b"\xef\xbb\xbf") == 1
    assert written.count(b"\n") == written.count(b"\r\n") > 5
    assert "תל אביב".encode() in written
    assert "تهران می‌روم".encode() in written


# ── Memory


def fill(engine: Engine, n: int) -> None:
    """Store responses by the thousand, as they would be after years."""
    digest = engine.library.surveys["all"].digest
    plain = {"survey": "all", "digest": digest, "language": "he", "direction": "rtl", "day": NOW.date(), "context": {}}
    values = {"csat": "4", "nps": "9", "text": "לא רע " * 10, "number": "12.5"}
    with engine.database.write() as connection:
        for begin in range(0, n, 5000):
            ids = [f"{number * 7919 % 1_000_003:020}" for number in range(begin, min(n, begin + 5000))]
            connection.execute(insert(response), [{**plain, "id": id, "answered_at": NOW} for id in ids])
            rows = [{"response": id, "question": name, "position": 0, "series": name, "counted": True, "value": value}
                    for id in ids for name, value in values.items()]  # fmt: skip
            connection.execute(insert(answer), rows)


def test_memory_does_not_grow_with_the_number_of_rows(shop: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extract, "PAGE", 200)
    fill(shop, 1000)
    few = {style: peak(shop, style) for style in ("csv", "xlsx", "jsonl")}
    fill_more(shop, 4000)
    for style, least in few.items():
        assert any(peak(shop, style) < 1.5 * least for _ in range(3)), style


def peak(engine: Engine, style: str) -> int:
    """The most bytes that an export had, and with it whatever other threads of this process did meanwhile."""
    gc.collect()
    tracemalloc.start()
    found = extract.extract(extract.Source(engine, RowFilter(), NOW), "responses")
    with writers.whole(engine.root / "out") as out:
        writers.WRITERS[style](out, found.fields, found.rows)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def fill_more(engine: Engine, n: int) -> None:
    with engine.database.write() as connection:
        connection.execute(answer.delete())
        connection.execute(response.delete())
    fill(engine, n)
