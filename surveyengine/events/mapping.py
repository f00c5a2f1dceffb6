"""Rows of another system as events: which column becomes which field, wherever the row comes from."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import lru_cache, partial
from math import isfinite
from typing import Any

from ..definitions.condition import Condition, Test, holds
from ..i18n import written_date
from ..i18n.written_date import WrittenDate
from ..settings import column_text
from ..settings.imports import CUSTOMER, ImportCase, ImportField, ImportSettings, ImportTime
from ..values.clean import Unclean, number, unmarked
from .amount import plain_number
from .event import Event, Malformed, event
from .fields import shown

Row = Mapping[str, object]
"""What stands in each column, by its folded name; of a message, by the path that leads there."""
LONGEST_PATH = 255  # characters
_SAME = str.maketrans({"ي": "ی", "ى": "ی", "ك": "ک", "״": '"', "׳": "'", "’": "'"})
_GUARD = re.compile(r"'(?=[0-9=+@-])")  # by which exports keep spreadsheets from reading a number or a formula


@dataclass(frozen=True)
class Unread(Malformed):
    """A row with a date of which nobody said how it is written: until that is said, no row is taken."""


class Unsure(Unclean):
    """A date that is written in a way that was not told."""


@lru_cache(10_000)
def folded(name: str) -> str:
    """Return a name or a word as it is compared: without case, marks, needless blanks, and the keyboard's variants."""
    plain = unmarked(unicodedata.normalize("NFKC", name)).translate(_SAME)
    return " ".join(plain.casefold().split())


class RowMapping:
    """Makes events of rows as an import says; `zone` is that of moments which name none."""

    def __init__(self, how: ImportSettings, name: str, zone: tzinfo) -> None:
        self._how, self._source, self._zone = how, how.source or name, zone
        self._conditions = [(case, _folded(case.when) if case.when else None) for case in how.type]

    def event(self, lines: Sequence[Row], received: datetime) -> Event | Malformed | None:
        """Return the event of the lines that belong together, or why it is refused; None where none of its types fits.

        Of lines that differ, the first that has something in a column counts.
        """
        row = lines[0] if len(lines) == 1 else _joined(lines)
        case = next((case for case, when in self._conditions if holds(when, _values(when, row))), None)
        if case is None:
            return None
        faults: list[str] = []
        raw: dict[str, Any] = {"specversion": "1.0", "type": case.type, "source": self._source}
        try:
            raw["id"] = self._id(case, row)
            raw["time"] = self._time(case.time or self._how.time, row)
        except Unsure as error:
            return Unread(error.reason)
        except Unclean as error:
            faults.append(error.reason)
        try:
            raw["data"] = self._data(lines, row, faults)
        except Unsure as error:
            return Unread(error.reason)
        return Malformed("; ".join(faults)) if faults else event(raw, received)

    def _id(self, case: ImportCase, row: Row) -> str:
        text = self._how.id_of(case)
        cell = partial(_needed, row)
        return column_text.filled(text, cell) if column_text.is_column_text(text) else cell(text)

    def _time(self, how: ImportTime | None, row: Row) -> str | None:
        if how is None:
            return None
        column, cell = _first(row, how.column)
        if cell is None:
            raise Unclean(f"column `{how.column[0]}` is empty, and says when it happened")
        return self._moment(_date(column, cell, how.format))

    def _moment(self, at: WrittenDate) -> str:
        try:
            return at.moment(self._zone).isoformat()
        except (OverflowError, ValueError):
            raise Unclean(f"{at.day} is beyond the calendar") from None

    def _data(self, lines: Sequence[Row], row: Row, faults: list[str]) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for name, field in self._how.fields.items():
            try:
                value = self._value(field, lines, row)
            except Unsure:
                raise
            except Unclean as error:
                faults.append(error.reason)
                continue
            if value is not None:
                whom, _, detail = name.partition(".")
                place = data.setdefault(whom, {}) if name.startswith(CUSTOMER) else data
                place[detail if name.startswith(CUSTOMER) else name] = value
        if not data.get("customer", {}).keys() & {"id", "email"}:  # nobody, as of what is sold without a name
            data.pop("customer", None)
        return data

    def _value(self, field: ImportField, lines: Sequence[Row], row: Row) -> Any:
        if field.value is not None:
            return field.value
        if field.text is not None:
            return self._text(field.text, row)
        if field.lines == "first":
            return self._read(field, row)
        found = [value for line in lines if (value := self._read(field, line)) is not None]
        if field.lines == "count":
            return len(found)
        if field.lines == "sum":
            return _tidy(sum(map(float, found))) if found else None
        return found or None

    def _text(self, text: str, row: Row) -> str | None:
        """Return a text with what its columns hold; None where all of them are empty."""
        cells = [_plain(row.get(folded(column))) for column in column_text.columns(text)]
        written = column_text.filled(text, lambda column: _plain(row.get(folded(column))) or "")
        return " ".join(written.split()) if any(cells) else None

    def _read(self, field: ImportField, row: Row) -> Any:
        column, cell = _first(row, field.column, field.empty)
        if cell is None:
            return None
        if field.number:
            return _number(column, cell, field)
        if field.format or isinstance(cell, datetime):
            at = _date(column, cell, field.format)
            return at.day.isoformat() if at.time is None else self._moment(at)
        return cell if isinstance(cell, bool) else _plain(cell)


def _joined(lines: Sequence[Row]) -> Row:
    """Return one row of several: in each column the first that is not empty."""
    joined: dict[str, object] = {}
    for line in lines:
        for name, cell in line.items():
            if _plain(cell) is not None:
                joined.setdefault(name, cell)
    return joined


def _first(row: Row, columns: Sequence[str], empty: Sequence[str] = ()) -> tuple[str, object | None]:
    """Return the first of the columns that holds something, and what; None where none does."""
    nothing = {folded(word) for word in empty}
    for column in columns:
        plain = _plain(cell := row.get(folded(column)))
        if plain is not None and (not nothing or folded(plain) not in nothing):
            return column, cell
    return columns[0], None


def _needed(row: Row, column: str) -> str:
    plain = _plain(row.get(folded(column)))
    if plain is None:
        raise Unclean(f"column `{column}` is empty, and is part of the event's id")
    return plain


def _plain(cell: object) -> str | None:
    """Return what a cell says as a text; None for an empty one."""
    if isinstance(cell, str):
        plain = cell.strip()
        return (_GUARD.sub("", plain, count=1) if plain[:1] == "'" else plain) or None
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    return str(cell) if isinstance(cell, int | float) else None


def _number(column: str, cell: object, field: ImportField) -> int | float:
    found = cell if isinstance(cell, int | float) else plain_number(str(_plain(cell)), field.mark)
    if found is None:
        raise Unclean(f"column `{column}`: {shown(_plain(cell))} is not a number like {field.number}")
    return _tidy(found * field.times) if field.times is not None else found


def _tidy(exact: float) -> int | float:
    """Return a number without the noise of binary fractions; raises Unclean for one that no number can be."""
    if not isfinite(exact):
        raise Unclean("a number is too large")
    rounded = round(exact, 6)
    return int(rounded) if rounded == int(rounded) else rounded


def _date(column: str, cell: object, formats: Sequence[str]) -> WrittenDate:
    """Return the day, and the time of day, in a cell; raises Unsure where nobody said how it is written."""
    if isinstance(cell, datetime):  # of a workbook, which has no day without a time of day
        is_day = (cell.hour, cell.minute, cell.second) == (0, 0, 0)
        return WrittenDate(cell.date(), None if is_day else cell.time(), cell.tzinfo)
    text = str(_plain(cell))
    if found := written_date.written(text, formats):
        return found
    if formats:
        raise Unclean(f"column `{column}`: {shown(text)} is not a date like {' or '.join(formats)}")
    fitting = written_date.fitting(text)
    if not fitting:
        raise Unclean(f"column `{column}`: {shown(text)} is not a date; say how it is written with `format`")
    both = f"can be {_both(text, fitting)}" if len(fitting) > 1 else "does not begin with the year"
    hint = f'{{ column = "{column}", format = "{fitting[0]}" }}'
    raise Unsure(f"column `{column}`: {shown(text)} {both}; write {hint} for the way in which that system writes days")


def _both(text: str, formats: Sequence[str]) -> str:
    days = [found.day for one in formats if (found := written_date.written(text, [one]))]
    return " or ".join(dict.fromkeys(f"{day:%d %B %Y}" for day in days))


def _folded(condition: Condition) -> Condition:
    """Return the condition with its words as they are compared."""
    tests = {name: _folded_test(test) for name, test in condition.tests.items()}
    return condition.model_copy(update={"tests": tests, "any_": tuple(map(_folded, condition.any_))})


def _folded_test(test: Test) -> Test:
    one: Callable[[Any], Any] = lambda value: folded(value) if isinstance(value, str) else value  # noqa: E731
    single = {key: one(getattr(test, key)) for key in ("is_", "is_not", "contains")}
    several = {key: tuple(map(one, values)) for key in ("in_", "not_in") if (values := getattr(test, key)) is not None}
    return test.model_copy(update={**single, **several})


def _values(condition: Condition | None, row: Row) -> dict[str, object]:
    """Return what the condition's columns hold, as numbers where it compares them with numbers."""
    return {name: _value(test, row.get(folded(name))) for _, name, test in condition.walk()} if condition else {}


def _value(test: Test, cell: object) -> object:
    plain = _plain(cell)
    if plain is None or isinstance(cell, bool):
        return cell if isinstance(cell, bool) else None
    if test.compares or any(isinstance(one, int | float) and not isinstance(one, bool) for one in test.named):
        return _counted(plain)
    return folded(plain)


def _counted(plain: str) -> object:
    try:
        return number(plain)
    except Unclean:
        return folded(plain)


def flattened(message: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Yield the values in a JSON message by the folded paths that lead to them, such as `customer.email`.

    What a path longer than LONGEST_PATH leads to is passed over: a name is repeated in the paths of all below it.
    """
    if len(path) > LONGEST_PATH:
        return
    if isinstance(message, Mapping | list):
        for key, value in message.items() if isinstance(message, Mapping) else enumerate(message):
            yield from flattened(value, f"{path}.{key}" if path else str(key))
    else:
        yield folded(path), message
