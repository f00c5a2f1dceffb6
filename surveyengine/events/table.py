"""Tables as other systems export them: CSV in any of their encodings, or a workbook, read row by row."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import IO, NamedTuple

from ..definitions.model import most_alike
from ..values.strict_json import Undecodable
from . import workbook
from .delimited import DELIMITERS, cells_of, readable, records
from .event import Malformed
from .lines import UTF_16, TextLines
from .mapping import Row, folded

SEARCHED = 30  # lines at the beginning among which the header is looked for
MOST_ROWS = 1_000_000
LOOKED_AT = 1_000  # lines whose bytes tell the encoding
MOST_SHOWN = 12  # names of columns in a message
_TOGETHER = re.compile(rb"[\x80-\xff]{2,}")
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
Cells = Sequence[object]


class TableLayout(NamedTuple):
    """What a table must look like: its encoding, the columns it must have (one of each), and those that are read."""

    encoding: str
    needed: Sequence[tuple[str, ...]]
    known: Collection[str]


class HeaderPlace(NamedTuple):
    """Where the header stands: its line, its names, and the delimiter of the cells ("" in a workbook)."""

    line: int
    names: tuple[str, ...]
    delimiter: str = ""


def rows(stream: IO[bytes], layout: TableLayout) -> Iterator[tuple[int, Row | Malformed]]:
    """Yield each row below the header with its line; a bad one is Malformed.

    The stream must be one that can be rewound. Raises Undecodable, before the first row or at it, where the file is in
    another encoding, or lacks a column.
    """
    start = stream.tell()
    head = stream.read(8)
    stream.seek(start)
    if head.startswith(OLD_WORKBOOK):
        raise Undecodable("is a workbook of an older kind (.xls); save it as .xlsx")
    found = _of_workbook(stream, layout) if head.startswith(workbook.MAGIC) else _of_text(stream, layout)
    for number, (line, row) in enumerate(found):
        if number >= MOST_ROWS:
            raise Undecodable(f"has more than {MOST_ROWS:,} rows; split it")
        yield line, row


class Sample(NamedTuple):
    """What a table of which nothing is known seems to be: its encoding, and the columns of its header."""

    encoding: str
    names: tuple[str, ...]


def sample(stream: IO[bytes]) -> Sample:
    """Return what the table seems to be; raises Undecodable where it has no header, and rewinds the stream."""
    start = stream.tell()
    try:
        if stream.read(4) == workbook.MAGIC:
            with workbook.opened(stream) as sheets:
                tops = [[*map(str, filter(None, cells))] for one in sheets for _, cells in islice(one.rows(), SEARCHED)]
            encoding = "utf-8"
        else:
            encoding, tops = _guessed(stream, start)
        names = max(tops, key=len, default=[])
        if len(names) < 2:
            raise Undecodable("has no header with names of columns in its first lines")
        return Sample(encoding, tuple(dict.fromkeys(names)))
    finally:
        stream.seek(start)


def _guessed(stream: IO[bytes], start: int) -> tuple[str, list[list[str]]]:
    """Return the encoding of a text, and its first lines as cells, by the delimiter that finds most in them."""
    stream.seek(start)
    told = _encoding(stream.read(4), "utf-8")
    stream.seek(start)
    lines = [*islice(TextLines(stream), LOOKED_AT)]
    other = b"".join(line for line in lines if not line.isascii() and not _is_utf_8(line))
    encoding = _likely(other) if other else told
    texts = [line.decode(encoding, "replace") for line in lines[:SEARCHED]]
    found = ([[*filter(None, cells_of(text, mark))] for text in texts] for mark in DELIMITERS)
    return encoding, max(found, key=lambda cells: max(map(len, cells), default=0))


def _of_workbook(stream: IO[bytes], layout: TableLayout) -> Iterator[tuple[int, Row | Malformed]]:
    with workbook.opened(stream) as sheets:
        tops = [_top(islice(sheet.rows(), SEARCHED), layout) for sheet in sheets]
        best = max(range(len(tops)), key=lambda index: len(_hits(tops[index].names, layout)))
        _check(tops[best], layout)
        yield from _below(islice(sheets[best].rows(), tops[best].line, None), tops[best], layout)


def _top(found: Iterable[tuple[int, Cells]], layout: TableLayout) -> HeaderPlace:
    """Return where the header of a sheet is likeliest: the row with the most names that are known."""
    placed = [HeaderPlace(line, tuple(map(_name, cells))) for line, cells in found]
    return max(placed, key=lambda one: len(_hits(one.names, layout)), default=HeaderPlace(1, ()))


def _name(cell: object) -> str:
    return folded(str(cell)) if cell is not None else ""


def _of_text(stream: IO[bytes], layout: TableLayout) -> Iterator[tuple[int, Row | Malformed]]:
    start = stream.tell()
    encoding = _encoding(stream.read(4), layout.encoding)
    stream.seek(start)
    header = _header(stream, encoding, layout)
    _check(header, layout)
    stream.seek(start)
    lines = TextLines(stream)
    for _ in range(header.line):
        next(lines)
    decoded = (_decoded(line, lines.number, encoding) for line in lines)
    yield from _below(readable(lines, records(decoded, header.delimiter)), header, layout)


def _encoding(head: bytes, told: str) -> str:
    """Return the encoding of the lines; a byte order mark is surer than what was told."""
    if head.startswith((b"\xef\xbb\xbf", *UTF_16)):  # TextLines makes UTF-8 of UTF-16
        return "utf-8"
    if told == "utf-16" or head.count(0) > 1:
        raise Undecodable("is not UTF-16 with a byte order mark; save it as UTF-8")
    return told


def _header(stream: IO[bytes], encoding: str, layout: TableLayout) -> HeaderPlace:
    lines = TextLines(stream)
    placed = [
        HeaderPlace(lines.number, tuple(map(folded, cells_of(text, mark))), mark)
        for line in islice(lines, SEARCHED)
        if (text := _decoded(line, lines.number, encoding)).strip()
        for mark in DELIMITERS
    ]
    if not placed:
        raise Undecodable("is empty")
    return max(placed, key=lambda one: (len(_hits(one.names, layout)), len(one.names) if one.line == 1 else 0))


def _hits(names: Collection[str], layout: TableLayout) -> set[str]:
    return {folded(name) for name in layout.known}.intersection(names)


def _check(header: HeaderPlace, layout: TableLayout) -> None:
    """Raise Undecodable where the header lacks a column, or has one twice that is read."""
    there = [name for name in header.names if name]
    lacking = [some for some in layout.needed if not {folded(name) for name in some} & {*there}]
    if lacking:
        missing = ", ".join(dict.fromkeys(" or ".join(f"`{name}`" for name in some) for some in lacking))
        hints = (most_alike(folded(some[0]), there, 0.75) for some in lacking)
        near = "".join(f"; did you mean `{hint}`?" for hint in dict.fromkeys(hints) if hint)
        shown = ", ".join(f"`{name}`" for name in there[:MOST_SHOWN]) + (", …" if len(there) > MOST_SHOWN else "")
        shown = shown or "no columns"
        where = f"line {header.line}"
        raise Undecodable(f"has no column {missing} ({where}){near or f'; it has {shown}'}")
    if twice := [name for name in sorted(_hits(there, layout)) if there.count(name) > 1]:
        raise Undecodable(f"has the column `{twice[0]}` twice (line {header.line}); rename the one that is not meant")


def _below(
    found: Iterable[tuple[int, Cells | Malformed]], header: HeaderPlace, layout: TableLayout
) -> Iterator[tuple[int, Row | Malformed]]:
    """Yield the rows below a header, with the columns that are read; not the empty ones, nor repeated headers."""
    read, width = _hits(header.names, layout), len(header.names)
    wanted = [(index, name) for index, name in enumerate(header.names) if name in read]
    for line, cells in found:
        if isinstance(cells, Malformed):
            yield line, cells
        elif len(cells) > width and any(cells[width:]):
            count = f"{len(cells)} cells, but the header has {width}"
            yield line, Malformed(f"the line has {count}; a cell with the delimiter in it stands in quotes")
        elif any(cell not in (None, "") and str(cell).strip() for cell in cells):
            row = {name: cells[index] for index, name in wanted if index < len(cells)}
            if any(_name(cell) != name for name, cell in row.items()):  # concatenated files repeat the header
                yield line, row


def _decoded(line: bytes, number: int, encoding: str) -> str:
    """Return the text of a line; raises Undecodable with its place, and the encoding that it seems to have."""
    try:
        if encoding not in ("utf-8", "ascii") and not line.isascii() and _is_utf_8(line):
            raise Undecodable(f'is UTF-8, not {encoding} (line {number}); write encoding = "utf-8"')
        return line.decode(encoding)
    except UnicodeDecodeError as error:
        column = len(line[: error.start].decode(encoding, "replace")) + 1
        where = f"line {number}, column {column}: byte 0x{line[error.start]:02x}"
        hint = f'write encoding = "{_likely(line)}"' if encoding == "utf-8" else "save it as UTF-8"
        raise Undecodable(f"is not {encoding.upper()} ({where}); {hint}") from None


def _is_utf_8(line: bytes) -> bool:
    try:
        return bool(line.decode())
    except UnicodeDecodeError:
        return False


def _likely(text: bytes) -> str:
    """Return the encoding in which most of the bytes beyond ASCII that stand together are letters of words."""
    high = b"".join(_TOGETHER.findall(text))
    hebrew = sum(0xE0 <= byte <= 0xFA for byte in high)
    arabic = sum(0xC0 <= byte <= 0xED or byte in (0x81, 0x8D, 0x8E, 0x90) for byte in high)
    if not high:  # single letters within words of Latin ones
        return "cp1252"
    return "cp1255" if hebrew >= 0.75 * len(high) else "cp1256" if arabic >= 0.6 * len(high) else "cp1252"
