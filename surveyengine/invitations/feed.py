"""Events as they come in files: JSON lines, JSON, and CSV as spreadsheets save it."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, BinaryIO

from ..responses.clean import Unclean, text, unmarked
from .event import Event, Malformed, event
from .payload import Undecodable, decode_json

LONGEST_LINE = 8 * 1024 * 1024  # bytes
BOM = b"\xef\xbb\xbf"

Placed = tuple[int, Event | Malformed]


def from_file(stream: BinaryIO, kind: str, received: datetime) -> Iterator[Placed]:
    """Yield each event of a "jsonl", "json" or "csv" file with its line (in json: its place in the array, from 1).

    Lines are read one by one, so that a file of any length fits; a bad one is Malformed and the next is read.
    Raises Undecodable when nothing in the file can be read; its reason goes on from the file's name.
    """
    if kind not in _KINDS:
        raise Undecodable(f"is of the kind {kind!r}, which is not understood; use {', '.join(_KINDS)}")
    return _KINDS[kind](stream, received)


class _Lines:
    """The lines of a file as bytes. It refuses a line that is too long, and then goes on with the next."""

    def __init__(self, stream: BinaryIO) -> None:
        self.number = 0
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        line = self._stream.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        self.number += 1
        if self.number == 1 and line.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise Undecodable("is UTF-16; save it as UTF-8")
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            self._pass_the_rest()
            raise Unclean("is longer than 8 MB")
        return line.removeprefix(BOM) if self.number == 1 else line

    def _pass_the_rest(self) -> None:
        while (rest := self._stream.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
            pass


def _readable(lines: _Lines, items: Iterator[Any]) -> Iterator[tuple[int, Any]]:
    """Yield the line on which each item begins, and the item, or a Malformed in its place."""
    while True:
        line = lines.number + 1
        try:
            yield line, next(items)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, Malformed(f"{_span(line, lines.number)} not CSV ({error}); is a quote left open?")
        except Unclean as error:
            yield line, Malformed(f"the line {error.reason}")


def _span(first: int, last: int) -> str:
    return "the line is" if first >= last else f"lines {first} to {last} are"


# ── JSON


def _jsonl(stream: BinaryIO, received: datetime) -> Iterator[Placed]:
    lines = _Lines(stream)
    for line, item in _readable(lines, lines):
        if isinstance(item, Malformed):
            yield line, item
        elif item.strip():
            yield line, _from_line(item, received)


def _from_line(line: bytes, received: datetime) -> Event | Malformed:
    try:
        return event(decode_json(line), received)
    except Undecodable as error:
        return Malformed(f"the line {error.reason}")


def _json(stream: BinaryIO, received: datetime) -> Iterator[Placed]:
    body = stream.read()
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Undecodable("is UTF-16; save it as UTF-8")
    value = decode_json(body)
    for place, item in enumerate(value if isinstance(value, list) else [value], start=1):
        yield place, event(item, received)


# ── CSV

REQUIRED = ("type", "source", "id")
ATTRIBUTES = (*REQUIRED, "time", "specversion", "test")
CUSTOMER = "customer."


def _csv(stream: BinaryIO, received: datetime) -> Iterator[Placed]:
    lines = _Lines(stream)
    names, delimiter = _header(lines)
    # Bytes that are not UTF-8 pass as surrogates here, so that they spoil their own record and no other.
    records = _reader(map(_text, lines), delimiter)
    for line, record in _readable(lines, records):
        if isinstance(record, Malformed):
            yield line, record
        elif any(map(str.strip, record)):
            yield line, _from_record(names, record, received)


def _text(line: bytes) -> str:
    return line.decode("utf-8", "surrogateescape")


def _header(lines: _Lines) -> tuple[list[str], str]:
    """Return the column names and the delimiter that finds most of those we know."""
    try:
        first = next((line for line in lines if line.strip()), b"").decode()
        names, delimiter = max(((_split(first, mark), mark) for mark in ",;\t"), key=lambda split: _known(split[0]))
        names = [_named(name) for name in names]
    except (UnicodeDecodeError, Unclean):
        raise Undecodable("has no header that can be read; save it as CSV in UTF-8") from None
    if not first:
        raise Undecodable("is empty")
    _check_header(names)
    return names, delimiter


def _named(column: str) -> str:
    """Return a column's name, without invisible marks where they stand beside one of plain letters."""
    plain = unmarked(text(column)).strip()
    return plain if plain.isascii() else text(column)


def _split(header: str, delimiter: str) -> list[str]:
    try:
        return [name.strip() for name in next(_reader(iter([header]), delimiter))]
    except csv.Error:
        return []  # quotes do not fit this delimiter


def _known(names: list[str]) -> int:
    return len(set(ATTRIBUTES) & set(names))


def _reader(lines: Iterator[str], delimiter: str) -> Iterator[list[str]]:
    return csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)


def _check_header(names: list[str]) -> None:
    if missing := [name for name in REQUIRED if name not in names]:
        raise Undecodable(f"has no column {', '.join(map(repr, missing))} in its header (line 1)")
    if twice := {name for name in names if name and names.count(name) > 1}:
        raise Undecodable(f"has the column {min(twice)!r} twice in its header")
    if "customer" in names:
        raise Undecodable("has a column 'customer'; write 'customer.id', 'customer.email' and so on")


def _from_record(names: list[str], record: list[str], received: datetime) -> Event | Malformed:
    try:
        "".join(record).encode()
    except UnicodeEncodeError:
        return Malformed("the line is not valid UTF-8; save the file as CSV in UTF-8")
    if len(record) != len(names):
        return Malformed(f"the line has {len(record)} cells, but the header has {len(names)}")
    cells = {name: cell.strip() for name, cell in zip(names, record, strict=True) if cell.strip()}
    if "" in cells:
        return Malformed(f"the cell {cells['']!r} stands in a column without a name")
    return event(_raw(cells), received)


def _raw(cells: Mapping[str, str]) -> dict[str, Any]:
    """The structured form of a record: an empty cell is absent."""
    raw: dict[str, Any] = {"specversion": "1.0", **{name: cells[name] for name in ATTRIBUTES if name in cells}}
    if "test" in raw:
        raw["test"] = raw["test"].lower()
    data: dict[str, Any] = {
        name: _value(cell) for name, cell in cells.items() if name not in ATTRIBUTES and not name.startswith(CUSTOMER)
    }
    if whom := {name.removeprefix(CUSTOMER): cell for name, cell in cells.items() if name.startswith(CUSTOMER)}:
        data["customer"] = whom
    return raw | {"data": data}


_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")


def _value(cell: str) -> str | float | bool:
    """A plain number or a boolean as such; anything else, such as 007, +1 or a number too long to be exact, as text."""
    if _NUMBER.fullmatch(cell) and len(cell) <= 15:
        return float(cell) if "." in cell else int(cell)
    return cell.lower() == "true" if cell.lower() in ("true", "false") else cell


_KINDS: Mapping[str, Callable[[BinaryIO, datetime], Iterator[Placed]]] = {"jsonl": _jsonl, "json": _json, "csv": _csv}
