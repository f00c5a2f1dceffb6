"""Tables of events in CSV, as spreadsheets, shops and databases save it.

A file is read twice, because all of a column decides how its numbers are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import IO, Any, NamedTuple

from ..values.clean import Unclean, text, unmarked
from ..values.strict_json import Undecodable
from .alias import attribute
from .amount import Column
from .customer import DETAILS
from .delimited import DELIMITERS, SEP, again, cells_of, readable, records
from .event import Malformed
from .lines import TextLines
from .vocabulary import Vocabulary

REQUIRED = ("type", "source", "id")
ATTRIBUTES = (*REQUIRED, "time", "specversion", "test")
CUSTOMER = "customer."

UNSEEN = Column()  # of a column that was added while the file was read


class Header(NamedTuple):
    """The names of the columns, and the delimiter of the cells."""

    names: tuple[str, ...]
    delimiter: str


Record = tuple[int, Header, Sequence[str] | Malformed]


class Spreadsheet:
    """A CSV file; columns get the spelling of the project's `words`."""

    def __init__(self, stream: IO[bytes], words: Vocabulary) -> None:
        self._stream, self._words = stream, words
        known = (*ATTRIBUTES, *(CUSTOMER + detail for detail in DETAILS), *sorted(words.names, reverse=True))
        self._spelling = {name.casefold(): name for name in known} | {name: name for name in known}

    def rows(self, tell: Callable[[str], None]) -> Iterator[tuple[int, dict[str, Any] | Malformed]]:
        """Yield the first line of each row and its raw event; `tell` gets the remarks about columns.

        Raises Undecodable.
        """
        with again(self._stream) as (stream, rewind):
            columns = self._columns(stream)
            for name, column in columns.items():
                if column.doubt:
                    tell(_doubt(name, column.doubt))
            rewind()
            for line, header, record in self._records(stream):
                yield line, record if isinstance(record, Malformed) else _raw(header.names, record, columns)

    def _columns(self, stream: IO[bytes]) -> dict[str, Column]:
        """Return the counts of each column of data."""
        columns: dict[str, Column] = {}
        for _, header, record in self._records(stream):
            for name, cell in zip(header.names, () if isinstance(record, Malformed) else record, strict=False):
                if cell and _is_data(name):
                    if name not in columns:
                        columns[name] = Column(header.delimiter, self._kind(name))
                    columns[name].see(cell)
        return columns

    def _kind(self, name: str) -> Any:
        known = {**dict.fromkeys(self._words.identifiers, "identifier"), **dict.fromkeys(self._words.amounts, "amount")}
        return known.get(name, "unknown")

    def _records(self, stream: IO[bytes]) -> Iterator[Record]:
        """Yield the first line of each row, the header that applies to it, and its cells."""
        lines = TextLines(stream)
        header = self._header(lines)
        # Bytes that are not UTF-8 pass as surrogates here, so that they refuse only their own row.
        rows = records(map(_text, lines), header.delimiter)
        for line, record in readable(lines, rows):
            if isinstance(record, Malformed):
                yield line, header, record
            elif any(map(str.strip, record)):
                cells = [cell.strip() for cell in record]
                if _is_header(cells):  # concatenated files repeat it
                    header = self._read(cells, header.delimiter, line)
                else:
                    yield line, header, _checked(header, cells)

    def _header(self, lines: TextLines) -> Header:
        """Return the column names and the delimiter: that of a `sep=` line, or the one that finds most known names."""
        try:
            first = next(filter(bytes.strip, lines), b"")
            told = SEP.fullmatch(first.strip(b"\r\n") or b" ") if lines.number == 1 else None
            written = (next(filter(bytes.strip, lines), b"") if told else first).decode()
            marks = told[1].decode() if told else DELIMITERS
            cells, mark = max(((cells_of(written, mark), mark) for mark in marks), key=lambda split: _known(split[0]))
        except (UnicodeDecodeError, Unclean):
            raise Undecodable("has no header that can be read; save it as CSV in UTF-8") from None
        if not written:
            raise Undecodable("is empty")
        return self._read(cells, mark, lines.number)

    def _read(self, cells: Sequence[str], delimiter: str, line: int) -> Header:
        try:
            names = tuple(self._named(cell) for cell in cells)
        except Unclean:
            raise Undecodable("has no header that can be read; save it as CSV in UTF-8") from None
        _check(names, line)
        return Header(names, delimiter)

    def _named(self, column: str) -> str:
        """Return a column's name in its known spelling; invisible marks are removed from an ASCII name."""
        plain = unmarked(text(column)).strip()
        plain = plain if plain.isascii() else text(column)
        return self._spelling.get(plain) or self._spelling.get(plain.casefold()) or _lowered(plain)


def _lowered(name: str) -> str:
    """Return the name with its prefix `customer.`, if it has it, in small letters."""
    return CUSTOMER + name[len(CUSTOMER) :] if name.casefold().startswith(CUSTOMER) else name


def _text(line: bytes) -> str:
    return line.decode("utf-8", "surrogateescape")


def _known(names: list[str]) -> int:
    return len({*ATTRIBUTES} & {unmarked(name).strip().casefold() for name in names})


def _is_header(cells: list[str]) -> bool:
    if {*REQUIRED}.isdisjoint(map(str.casefold, cells)):
        return False
    return {*REQUIRED} <= {unmarked(cell).strip().casefold() for cell in cells}


NEEDED = "every row says its `type`, its `source` (the system it comes from) and an `id` that is its own there"


def _check(names: Sequence[str], line: int) -> None:
    if missing := [name for name in REQUIRED if name not in names]:
        hint = next(filter(None, (attribute(name, names) for name in missing)), "")
        told = f"has no column {', '.join(map(repr, missing))} in its header (line {line})"
        raise Undecodable(f"{told}; {hint or NEEDED}")
    if twice := {name for name in names if name and names.count(name) > 1}:
        raise Undecodable(f"has the column {min(twice)!r} twice in its header (line {line})")
    if "customer" in names:
        raise Undecodable("has a column 'customer'; write 'customer.id', 'customer.email' and so on")


def _checked(header: Header, cells: list[str]) -> Sequence[str] | Malformed:
    """Return the cells of a row, or why it is Malformed; a row may end early, as empty cells do not matter."""
    try:
        "".join(cells).encode()
    except UnicodeEncodeError:
        return Malformed("the line is not valid UTF-8; save the file as CSV in UTF-8")
    if len(cells) > len(header.names):
        return Malformed(f"the line has {len(cells)} cells, but the header has {len(header.names)}")
    astray = (cell for name, cell in zip(header.names, cells, strict=False) if cell and not name)
    if stray := next(astray, ""):
        return Malformed(f"the cell {stray!r} stands in a column without a name")
    return cells


def _is_data(name: str) -> bool:
    return name not in ATTRIBUTES and not name.startswith(CUSTOMER)


def _raw(names: Sequence[str], record: Sequence[str], columns: Mapping[str, Column]) -> dict[str, Any]:
    """Return the raw event of a row, without its empty cells."""
    cells = {name: cell for name, cell in zip(names, record, strict=False) if cell}
    raw: dict[str, Any] = {"specversion": "1.0", **{name: cells[name] for name in ATTRIBUTES if name in cells}}
    if "test" in raw:
        raw["test"] = raw["test"].lower()
    data: dict[str, Any] = {
        name: columns.get(name, UNSEEN).value(cell) for name, cell in cells.items() if _is_data(name)
    }
    if whom := {name.removeprefix(CUSTOMER): cell for name, cell in cells.items() if name.startswith(CUSTOMER)}:
        data["customer"] = whom
    return raw | {"data": data}


def _doubt(name: str, cell: str) -> str:
    both = "its column does not tell whether it has thousands or decimals, so it is kept as text"
    return f"column `{name}`: `{cell}` can be two numbers, and {both}; list `{name}` in `amounts` of its event"
