"""Events in files: JSON lines, JSON, and CSV as spreadsheets save it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import BinaryIO, NamedTuple

from ..values.clean import Unclean
from ..values.strict_json import Undecodable, decode_json
from .event import Event, Malformed, event
from .lines import TextLines, body
from .spreadsheet import Spreadsheet
from .vocabulary import Vocabulary

Placed = tuple[int, Event | Malformed]
NOTHING = Vocabulary()


class EventFile(NamedTuple):
    """An open file of events; its kind is "jsonl", "json" or "csv"."""

    stream: BinaryIO
    kind: str


def from_file(
    file: EventFile,
    received: datetime,
    words: Vocabulary = NOTHING,
    tell: Callable[[str], None] = lambda remark: None,
) -> Iterator[Placed]:
    """Yield each event of a file with its line; in "json", with its place in the array, from 1.

    Lines are read one by one, so that a file may have any length; a bad one is Malformed, and the next is read.
    The `words` that a project knows help to read a CSV file; `tell` gets the remarks about such a file as a whole.
    Raises Undecodable when nothing in the file can be read; its reason goes on from the file's name.
    """
    if file.kind == "csv":
        return _csv(Spreadsheet(file.stream, words), received, tell)
    if file.kind not in _KINDS:
        raise Undecodable(f"has the unknown format {file.kind!r}; use {', '.join([*_KINDS, 'csv'])}")
    return _KINDS[file.kind](file.stream, received)


def _jsonl(stream: BinaryIO, received: datetime) -> Iterator[Placed]:
    lines = TextLines(stream)
    while True:
        try:
            line = next(lines)
        except StopIteration:
            return
        except Unclean as error:
            yield lines.number, Malformed(f"the line {error.reason}")
            continue
        if line.strip():
            yield lines.number, _from_line(line, received)


def _from_line(line: bytes, received: datetime) -> Event | Malformed:
    try:
        return event(decode_json(line), received)
    except Undecodable as error:
        return Malformed(f"the line {error.reason}")


def _json(stream: BinaryIO, received: datetime) -> Iterator[Placed]:
    value = decode_json(body(stream))
    for place, item in enumerate(value if isinstance(value, list) else [value], start=1):
        yield place, event(item, received)


def _csv(sheet: Spreadsheet, received: datetime, tell: Callable[[str], None]) -> Iterator[Placed]:
    for line, item in sheet.rows(tell):
        yield line, item if isinstance(item, Malformed) else event(item, received)


_KINDS: Mapping[str, Callable[[BinaryIO, datetime], Iterator[Placed]]] = {"jsonl": _jsonl, "json": _json}
