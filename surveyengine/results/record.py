"""Records: what a report is made of, typed; the data for JSON is made of their fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from enum import Enum
from functools import cache
from typing import Any, Literal


class Absent(Enum):
    """The type of what is not said at all, which is another thing than null."""

    ABSENT = "absent"

    def __bool__(self) -> Literal[False]:
        return False


ABSENT = Absent.ABSENT
Flag = Literal[True] | Absent
"""What is said only where it is so."""


@dataclass(frozen=True, slots=True)
class Record:
    """A thing of a report; it has a field for everything that can be said of it.

    The docstring of a record, and a text beside a field's type, is what the document of the API says of it.
    """

    def said(self) -> Iterator[tuple[str, Any]]:
        """Yield each field that is not absent, under its name in JSON."""
        record: Any = type(self)
        for field, name in names(record).items():
            if (value := getattr(self, field)) is not ABSENT:
                yield name, value


@cache
def names(record: type[Any]) -> Mapping[str, str]:
    """Return the name in JSON of each field; a `_` keeps a field's name apart from a word of Python."""
    return {field.name: field.name.removesuffix("_") for field in fields(record)}


def plain(value: Any) -> Any:
    """Return a record, or anything inside one, as data for JSON."""
    if value is None or isinstance(value, (str, int, float)):  # a tuple is faster than a union
        return value
    if isinstance(value, Record):
        return {name: plain(each) for name, each in value.said()}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, Sequence):
        return [plain(each) for each in value]
    raise TypeError(f"a report cannot say {value!r}")
