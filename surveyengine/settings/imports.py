"""How a file, or a message, of another system is read as events: [import.NAME] in config.toml."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from ..definitions.condition import Condition
from ..definitions.model import Many, Model, nearest
from ..i18n import written_date
from ..values.clean import digits
from ..values.enumeration import CUSTOMER_DETAILS
from . import column_text
from .value import Zone

CUSTOMER = "customer."
ATTRIBUTES = ("type", "source", "id", "time")
ENCODINGS = ("utf-8", "utf-16", "cp1255", "cp1256", "cp1252")
OTHER_ENCODINGS = {
    "utf8": "utf-8", "utf-8-sig": "utf-8", "unicode": "utf-16", "utf16": "utf-16", "windows-1255": "cp1255",
    "iso-8859-8": "cp1255", "iso8859-8": "cp1255", "hebrew": "cp1255", "windows-1256": "cp1256", "arabic": "cp1256",
    "windows-1252": "cp1252", "latin-1": "cp1252", "iso-8859-1": "cp1252", "1255": "cp1255", "1256": "cp1256",
}  # fmt: skip
# Between the thousands, and before the decimals, of the one number that an example may be.
_EXAMPLE = re.compile(r"1([,. '’\u00a0\u202f]?)234(?:([.,])56?)?")


def _encoding(name: str) -> str:
    if name.lower() not in ENCODINGS:
        meant = OTHER_ENCODINGS.get(name.lower().replace("_", "-"))
        hint = f'write "{meant}"' if meant else nearest(name, ENCODINGS)
        raise PydanticCustomError("encoding", "cannot be `{name}`; {hint}", {"name": name, "hint": hint})
    return name.lower()


def _example(number: str) -> str:
    found = _EXAMPLE.fullmatch(digits(number))
    if found is None or found[1] and found[1] == found[2]:
        hint = 'write the number 1234.56 as the file would, such as "1,234.56", "1.234,56" or "1234.56"'
        raise PydanticCustomError("example", "cannot be `{number}`; {hint}", {"number": number, "hint": hint})
    return number


def _format(format: str) -> str:
    if reason := written_date.fault(format):
        hint = 'write one such as "%d/%m/%Y" or "%Y-%m-%d %H:%M:%S %z"'
        raise PydanticCustomError("format", "{reason}; {hint}", {"reason": reason, "hint": hint})
    return format


def _formats(formats: tuple[str, ...]) -> tuple[str, ...]:
    if pair := written_date.contradiction(formats):
        reason = f"reads the same day in two ways, by `{pair[0]}` and by `{pair[1]}`"
        raise PydanticCustomError("formats", "{reason}; keep one of them", {"reason": reason})
    return formats


def _text(text: str) -> str:
    if column_text.is_column_text(text) and (reason := column_text.fault(text)):
        hint = 'write one such as "{Name}-paid"'
        raise PydanticCustomError("column_text", "{reason}; {hint}", {"reason": reason, "hint": hint})
    if not text.strip():
        raise PydanticCustomError("column_text", "is empty; write the name of a column")
    return text


def _target(name: str) -> str:
    """Return the name of a field; raises for what an event does not have there."""
    whom, _, detail = name.partition(".")
    if name in ATTRIBUTES or whom == "customer" and detail not in CUSTOMER_DETAILS:
        details = [CUSTOMER + known for known in CUSTOMER_DETAILS]
        hint = nearest(name, details) if whom == "customer" else f"write it beside `fields`: {name} = …"
        raise PydanticCustomError("target", "is not a field; {hint}", {"hint": hint})
    return name


def _listed(raw: object) -> object:
    return [raw] if isinstance(raw, str) else raw


def _shorthand(raw: object) -> object:
    """A bare text is a column, or a text with columns in braces; of a list of columns the first filled one counts."""
    if isinstance(raw, str):
        return {"text" if column_text.is_column_text(raw) else "column": raw}
    if isinstance(raw, int | float):
        raise PydanticCustomError("constant", "is a number; write {hint}", {"hint": f"{{ value = {raw} }}"})
    return {"column": raw} if isinstance(raw, list) else raw


def _cases(raw: object) -> object:
    return [{"type": raw}] if isinstance(raw, str) else raw


ColumnText = Annotated[str, AfterValidator(_text)]
Columns = Annotated[Many[Annotated[str, Field(min_length=1)]], BeforeValidator(_listed)]
Formats = Annotated[Many[Annotated[str, AfterValidator(_format)]], AfterValidator(_formats), BeforeValidator(_listed)]


class ImportTime(Model):
    """The columns, the first filled one of which says when it happened, and how it is written."""

    column: Columns
    format: Formats = ()


class ImportField(Model):
    """Where the value of a field comes from, and how it is read."""

    column: Columns = ()
    text: ColumnText | None = None
    value: bool | int | float | str | None = None
    number: Annotated[str, AfterValidator(_example)] | None = None
    times: float | None = None
    format: Formats = ()
    lines: Literal["first", "all", "sum", "count"] = "first"  # of an event that is made of several
    empty: Annotated[Many[str], BeforeValidator(_listed)] = ()  # words that mean that there is nothing
    optional: bool = False  # whether the file may lack the column

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that it reads."""
        return self.column or (column_text.columns(self.text) if self.text else ())

    @property
    def mark(self) -> Literal[".", ","]:
        """What stands before the decimals of its numbers."""
        found = _EXAMPLE.fullmatch(digits(self.number or "1234.56"))
        thousands, decimals = (found[1], found[2]) if found else ("", ".")
        return "," if decimals == "," or decimals is None and thousands == "." else "."


Time = Annotated[ImportTime, BeforeValidator(_shorthand)]


class ImportCase(Model):
    """A type of event, and when it is that one; `id` and `time` hold instead of those of the import."""

    type: Annotated[str, Field(min_length=1)]
    when: Condition | None = None
    id: ColumnText | None = None
    time: Time | None = None


class ImportSettings(Model):
    """How rows become events."""

    type: Annotated[Many[ImportCase], BeforeValidator(_cases), Field(min_length=1)]
    id: ColumnText
    time: Time | None = None
    fields: Mapping[Annotated[str, AfterValidator(_target)], Annotated[ImportField, BeforeValidator(_shorthand)]]
    source: Annotated[str, Field(min_length=1)] | None = None  # else the import's name
    zone: Zone | None = None  # of times that name none; else the business's
    encoding: Annotated[str, AfterValidator(_encoding)] = "utf-8"
    one_per: Annotated[str, Field(min_length=1)] | None = None  # the column that is the same in all lines of an event

    @classmethod
    def instead(cls, value: object, languages: Any) -> str:
        return 'write a table with `type`, `id` and `fields`, such as [import.orders] type = "order.paid"'

    def zoned(self, business: tzinfo) -> tzinfo:
        """Return the zone of moments that name none; that of the business unless the import has its own."""
        return ZoneInfo(self.zone) if self.zone else business

    def id_of(self, case: ImportCase) -> str:
        """Return how the id of an event of that case is written."""
        return case.id or self.id

    def needed(self) -> Iterator[tuple[str, ...]]:
        """Yield the columns that a file must have, each with those that do as well."""
        for case in self.type:
            yield from ((column,) for column in named(self.id_of(case)))
            yield from ((name,) for _, name, _ in case.when.walk()) if case.when else ()
            if at := case.time or self.time:
                yield at.column
        yield from ((self.one_per,),) if self.one_per else ()
        for field in self.fields.values():
            if not field.optional:
                yield from (field.column,) if field.column else ((name,) for name in field.columns)

    def known(self) -> frozenset[str]:
        """All columns that it reads where they are."""
        return frozenset(
            {name for some in self.needed() for name in some} | {n for one in self.fields.values() for n in one.columns}
        )


def named(text: str) -> tuple[str, ...]:
    """Return the columns of a text: those in its braces, or the one that it names without any."""
    return column_text.columns(text) if column_text.is_column_text(text) else (text,)
