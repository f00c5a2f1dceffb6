"""A first [import.NAME] for a file that no import fits yet, made of what its columns seem to hold."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import IO

from ..definitions.model import slug
from ..i18n import written_date
from ..settings.imports import ImportSettings
from ..values.email_address import is_address
from ..values.strict_json import Undecodable
from .alias import detail
from .amount import Column
from .event import Malformed
from .mapping import Row, folded
from .table import Sample, TableLayout, rows, sample

LOOKED_AT = 1_000  # rows
EXAMPLES = {".": "1,234.56", ",": "1.234,56"}


def fitting(stream: IO[bytes], ready: Mapping[str, ImportSettings]) -> str | None:
    """Return the name of the import that the file has all columns for, in its encoding; None where none fits."""
    start = stream.tell()
    for name, how in ready.items():
        try:
            stream.seek(start)
            if any(rows(stream, TableLayout(how.encoding, [*how.needed()], how.known()))):
                return name
        except Undecodable:
            continue
        finally:
            stream.seek(start)
    return None


def draft(stream: IO[bytes], name: str) -> str:
    """Return a table [import.NAME] for the file, which can be pasted and changed; raises Undecodable."""
    found = sample(stream)
    layout = TableLayout(found.encoding, (), found.names)
    good = (row for _, row in islice(rows(stream, layout), LOOKED_AT) if not isinstance(row, Malformed))
    table = [*good]
    columns = [_seen(column, table) for column in found.names]
    return "\n".join(_lines(name, found, columns)) + "\n"


@dataclass(frozen=True)
class GuessedColumn:
    """A column with what it seems to hold."""

    name: str
    cells: tuple[str, ...]  # that are not empty
    formats: tuple[str, ...] = ()  # that all of its days fit; () where they begin with the year
    is_date: bool = False
    mark: str = ""  # before the decimals of its numbers
    whom: str = ""  # what it tells of the customer

    @property
    def is_unique(self) -> bool:
        """Whether every row has its own."""
        return len({*self.cells}) == len(self.cells) > 0


def _seen(name: str, table: Sequence[Row]) -> GuessedColumn:
    cells = tuple(text for row in table if (text := str(row.get(folded(name)) or "").strip()))
    whom = "email" if cells and all(map(is_address, cells)) else detail(name) or ""
    if not cells or whom:
        return GuessedColumn(name, cells, whom=whom)
    if all(written_date.written(cell) for cell in cells):
        return GuessedColumn(name, cells, is_date=True)
    formats = [one for one in written_date.fitting(cells[0]) if all(written_date.written(c, [one]) for c in cells)]
    if formats:
        return GuessedColumn(name, cells, tuple(formats), is_date=True)
    numbers = Column(";", "unknown")
    for cell in cells:
        numbers.see(cell)
    is_number = numbers.numbers == len(cells) and (numbers.by_dot or numbers.by_comma or numbers.priced)
    return GuessedColumn(name, cells, mark=(numbers.mark or ".") if is_number else "")


def _lines(name: str, found: Sample, columns: Sequence[GuessedColumn]) -> Iterator[str]:
    plain = [one for one in columns if not (one.is_date or one.mark or one.whom)]
    key = next((one for one in plain if one.is_unique), plain[0] if plain else columns[0])
    yield f"# A first draft by the columns of the file ({len(columns)}): look at every line of it, then try it with"
    yield f"# surveyengine events FILE --import {name} --dry-run"
    yield f"[import.{name}]"
    yield 'type = "order.paid"    # or [{ type = "…", when = { "…" = "…" } }, …], by what a column says'
    yield f"id   = {_quoted('{' + key.name + '}-paid')}"
    if found.encoding != "utf-8":
        yield f"encoding = {_quoted(found.encoding)}"
    if not key.is_unique:
        yield f"one_per  = {_quoted(key.name)}    # its lines are one event"
    if (date := next((one for one in columns if one.is_date), None)) is not None:
        yield from _time(date)
    else:
        yield '# time = "…"    # no column holds dates alone; without it, all of it happens when it is imported'
    yield ""
    yield f"[import.{name}.fields]"
    yield f"order = {_quoted(key.name)}"
    yield from _customer(columns)
    for one in columns:
        if one.mark:
            read = f"{{ column = {_quoted(one.name)}, number = {_quoted(EXAMPLES[one.mark])} }}"
            yield f"{_quoted(slug(one.name) or folded(one.name))} = {read}"
    left = [one.name for one in plain if one is not key]
    if left:
        yield f"# not read: {', '.join(map(_quoted, left))}"


def _time(date: GuessedColumn) -> Iterator[str]:
    """Yield how the time is read; `check` refuses two formats that read it in two ways, until one is chosen."""
    if not date.formats:
        yield f"time = {_quoted(date.name)}"
        return
    formats = [*map(_quoted, date.formats)]
    if len(formats) > 1:
        yield f"# {date.cells[0]} can be in two months: keep the format that the system writes"
    shown = formats[0] if len(formats) == 1 else f"[{', '.join(formats)}]"
    yield f"time = {{ column = {_quoted(date.name)}, format = {shown} }}"


def _customer(columns: Sequence[GuessedColumn]) -> Iterator[str]:
    told: set[str] = set()
    for one in columns:
        if one.whom and one.whom not in told:
            told.add(one.whom)
            yield f'"customer.{one.whom}" = {_quoted(one.name)}'
    if not told & {"email", "id"}:
        yield '# "customer.email" = "…"    # without it, nobody is asked'


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
