"""Writes rows as files of each format, a few at a time, so that memory does not grow with their number."""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

import xlsxwriter

from .report_csv import ENCODING, guarded, is_formula
from .shape import EXACT, Cell, Field, Made, Row

ROWS_OF_A_SHEET = 1_048_576
LONGEST_CELL = 32_767  # characters, in a spreadsheet
FIRST_DAY = date(1900, 3, 1)  # of a spreadsheet; before it they count a day that never was, and then none
GROUP = 10_000  # rows of a Parquet row group


class Missing(Exception):
    """A format needs what is not installed; says what to install."""


def write_csv(out: IO[bytes], fields: Sequence[Field], rows: Iterable[Row]) -> None:
    """Write CSV (RFC 4180) in UTF-8 with a byte order mark, in which no text of others is a formula."""
    text = io.TextIOWrapper(out, ENCODING, newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow([guarded(field.name) for field in fields])
    writer.writerows([_safe(*each) for each in zip(fields, row, strict=True)] for row in rows)
    text.detach()


def write_jsonl(out: IO[bytes], fields: Sequence[Field], rows: Iterable[Row]) -> None:
    """Write a JSON object a line."""
    names = [field.name for field in fields]
    for row in rows:
        values = map(_native, row)
        out.write(json.dumps(dict(zip(names, values, strict=True)), ensure_ascii=False).encode() + b"\n")


def write_xlsx(out: IO[bytes], fields: Sequence[Field], rows: Iterable[Row]) -> None:
    """Write a workbook of typed cells: text stays text. What one sheet cannot hold goes on in the next.

    Moments are in UTC, which their format says.
    """
    book = xlsxwriter.Workbook(out, {"constant_memory": True})
    styles = {name: book.add_format(style) for name, style in STYLES.items()}
    left = iter(rows)
    while (first := next(left, None)) is not None or not book.worksheets():
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        for column, field in enumerate(fields):
            sheet.write_string(0, column, field.name, styles["bold"])
        page = islice(left, ROWS_OF_A_SHEET - 2)
        for line, row in enumerate(chain([first] if first is not None else [], page), 1):
            for column, (field, value) in enumerate(zip(fields, row, strict=True)):
                kind, written, style = _written(field, value)
                getattr(sheet, f"write_{kind}")(line, column, written, styles.get(style))
    book.close()


STYLES: Mapping[str, Mapping[str, Any]] = {
    "bold": {"bold": True},
    "quoted": {"quote_prefix": True},
    "whole": {"num_format": "0"},  # every digit, of long ones too
    "day": {"num_format": "yyyy-mm-dd"},
    "moment": {"num_format": 'yyyy-mm-dd"T"hh:mm:ss"Z"'},
}


def write_parquet(out: IO[bytes], fields: Sequence[Field], rows: Iterable[Row]) -> None:
    """Write Apache Parquet; raises Missing without pyarrow. Numbers are doubles, moments are in UTC."""
    import pyarrow
    from pyarrow import parquet

    types = {
        "whole": pyarrow.int64(), "number": pyarrow.float64(), "flag": pyarrow.bool_(), "day": pyarrow.date32(),
        "moment": pyarrow.timestamp("us", tz="UTC"),
    }  # fmt: skip
    schema = pyarrow.schema([(field.name, types.get(field.kind, pyarrow.string())) for field in fields])
    left = iter(rows)
    with parquet.ParquetWriter(out, schema) as writer:
        while group := list(islice(left, GROUP)):
            columns = zip(*group, strict=True)
            arrays = [pyarrow.array(map(_BOXED.get(field.kind, _text), values), type_)
                      for field, values, type_ in zip(fields, columns, schema.types, strict=True)]  # fmt: skip
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))


WRITERS: Mapping[str, Callable[[IO[bytes], Sequence[Field], Iterable[Row]], None]] = {
    "csv": write_csv,
    "xlsx": write_xlsx,
    "jsonl": write_jsonl,
    "parquet": write_parquet,
}
STREAMS = ("csv", "jsonl")  # what can go to standard output
NESTED = ("jsonl",)  # what holds objects as they are, with their types, so that it needs no columns for their fields


def require(style: str) -> None:
    """See that a format can be written; raises Missing."""
    if style == "parquet":
        try:
            import pyarrow  # noqa: F401  # only whether it is there
        except ImportError as error:
            raise Missing("Parquet needs pyarrow; install it with: pip install 'surveyengine[parquet]'") from error


@contextmanager
def whole(path: Path) -> Iterator[IO[bytes]]:
    """A file that appears under its name when it is whole and on disk, or not at all; only its owner may read it."""
    path = path.resolve()
    if path.exists() and not path.is_file():  # a device or a pipe, which must not be replaced
        with path.open("wb") as stream:
            yield stream
        return
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as draft:
        try:
            yield draft.file
            draft.flush()
            os.fsync(draft.fileno())
            os.replace(draft.name, path)
        except BaseException:
            os.unlink(draft.name)
            raise


def _text(value: Cell) -> str | None:
    """The value as text: dates in ISO 8601, moments in UTC, digits in ASCII."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False)
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _safe(field: Field, value: Cell) -> str:
    text = _text(value) or ""
    return text if _is_made(field, value) else guarded(text)


def _is_made(field: Field, value: Cell) -> bool:
    """Whether we wrote it in a form of our own, as ids, numbers and days are: nobody can have written a formula."""
    return field.kind == "id" or isinstance(value, Made) or not isinstance(value, str | Mapping)


def _native(value: Cell) -> Any:
    """The value as JSON has it; a number that a double cannot hold is a text."""
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else _double(value)
    return value if value is None or isinstance(value, str | int | float | Mapping) else _text(value)


def _double(value: Decimal) -> float | str:
    return float(value) if Decimal(repr(float(value))) == value else format(value, "f")


def _written(field: Field, value: Cell) -> tuple[str, Any, str]:
    """Return the kind of a spreadsheet's cell, what stands in it, and its style ("" for none)."""
    if isinstance(value, bool):
        return "boolean", value, ""
    if isinstance(number := _double(value) if isinstance(value, Decimal) else value, int | float) and _fits(number):
        return "number", number, "whole" if isinstance(value, int) else ""
    if isinstance(value, datetime):
        return "datetime", value.astimezone(UTC).replace(tzinfo=None), "moment"
    if isinstance(value, date) and value >= FIRST_DAY:
        return "datetime", value, "day"
    if not (text := _text(value)):
        return "blank", None, ""
    text = text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"
    return "string", text, "quoted" if is_formula(text) and not _is_made(field, value) else ""


def _fits(number: float) -> bool:
    return abs(number) < EXACT


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _same(value: Any) -> Any:
    return value


_BOXED: Mapping[str, Callable[[Any], Any]] = {
    "whole": _same, "number": _float, "flag": _same, "day": _same, "moment": _same,
}  # fmt: skip
