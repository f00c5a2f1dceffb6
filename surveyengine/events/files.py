"""Events as they come in files: JSON lines, JSON, and CSV as spreadsheets save it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import BinaryIO

from ..values.clean import Unclean
from ..values.strict_json import Undecodable, decode_json
from .event import Event, Malformed, event
from .lines import TextLines, body
from .spreadsheet import Spreadsheet
from .vocabulary import Vocabulary

Placed = tuple[int, Event | Malformed]
NOTHING = Vocabulary()


def from_file(
    stream: BinaryIO,
    kind: str,
    received: datetime,
    words: Vocabulary = NOTHING,
    tell: Callable[[str], None] = lambda remark: None,
) -> Iterator[Placed]:
    """Yield each event of a "jsonl", "json" or "csv" file with its line (in json: its place in the array, from 1).

    Lines are read one by one, so that a file of any length fits; a bad one is Malformed and the next is read. What
    `words` a project knows helps to read a CSV file; `tell` gets what is to be known of such a file as a whole.
    Raises Undecodable when nothing in the file can be read; its reason goes on from the file's name.
    """
    if kind == "csv":
        return _csv(Spreadsheet(stream, words), received, tell)
    if kind not in _KINDS:
        raise Undecodable(f"is of the kind {kind!r}, which is not understood; use {', '.join([*_KINDS, 'csv'])}")
    return _KINDS[kind](stream, received)


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
