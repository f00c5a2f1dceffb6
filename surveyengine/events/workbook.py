"""The sheets of a workbook (.xlsx). The only door to openpyxl.

A workbook is a ZIP archive of XML, which can be small and unfold to any size; what it says of its size is held against
limits before any of it is unfolded.
"""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import IO, Any

import openpyxl

from ..values.strict_json import Undecodable

MAGIC = b"PK\x03\x04"
LARGEST = 512 * 1024 * 1024  # bytes of all parts, unfolded
LARGEST_PART = 64 * 1024 * 1024  # of a part that is no sheet, which is kept in memory
MOST_PARTS = 2_000
FOLDED = 200  # how many times smaller a large archive may be than its content
LARGE = 32 * 1024 * 1024
MOST_COLUMNS = 500
PROLOG = 64 * 1024  # bytes in which a document type would be declared
UNREADABLE = "cannot be read as a workbook (.xlsx); open it in a spreadsheet program and save it again, or as CSV"
ERRORS = ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!")  # what a formula shows that failed


class WorkbookSheet:
    """One sheet; `rows` can be called more than once."""

    def __init__(self, sheet: Any) -> None:
        self._sheet = sheet

    def rows(self) -> Iterator[tuple[int, list[object]]]:
        """Yield each row with its number: texts, numbers, booleans and moments; of a formula, what the sheet shows."""
        self._sheet.reset_dimensions()  # what the file says of them may be wrong
        for number, row in enumerate(self._sheet.iter_rows(values_only=True), start=1):
            yield number, [_value(cell) for cell in row[:MOST_COLUMNS]]


@contextmanager
def opened(stream: IO[bytes]) -> Iterator[list[WorkbookSheet]]:
    """The sheets with something in them; raises Undecodable for a file that is no workbook, or a hostile one."""
    size = stream.seek(0, 2)
    try:
        with zipfile.ZipFile(stream) as archive:
            _check(archive, size)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles that it does not know
            book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
            yield [WorkbookSheet(one) for one in book.worksheets] or [WorkbookSheet(book.create_sheet())]
    except Undecodable:
        raise
    except Exception as error:  # of a damaged file, openpyxl raises whatever comes of it
        raise Undecodable(UNREADABLE) from error


def _check(archive: zipfile.ZipFile, size: int) -> None:
    parts = archive.infolist()
    whole = sum(part.file_size for part in parts)
    if len(parts) > MOST_PARTS or whole > LARGEST or whole > max(LARGE, FOLDED * size):
        raise Undecodable(f"would unfold to {whole:,} bytes in {len(parts):,} parts; save it as CSV")
    for part in parts:
        is_sheet = part.filename.startswith("xl/worksheets/")
        if part.file_size > LARGEST_PART and not is_sheet:
            raise Undecodable(f"holds a part of {part.file_size:,} bytes that is no sheet; save it as CSV")
        with archive.open(part) as content:
            if b"<!DOCTYPE" in content.read(PROLOG).replace(b"\0", b"").upper():
                raise Undecodable(f"declares a document type in {part.filename}, which no spreadsheet program does")


def _value(cell: object) -> object:
    if cell in ERRORS:
        return None
    if isinstance(cell, date) and not isinstance(cell, datetime):
        return datetime.combine(cell, time())
    return cell if isinstance(cell, str | int | float | datetime | None) else str(cell)
