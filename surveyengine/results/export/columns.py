"""Columns for what is said in fields of nobody's choice but the sender's: context of responses, data of events.

A first look at all objects decides which fields have a column and what each holds; a second lays the objects out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ...values.period import day, is_day
from .shape import EXACT, Cell, Field, Kind

MOST = 200  # fields of one export with a column of their own

# What would be written differently as a number, as 007, +5, -0, .5 and 1e5 would, is a name and no number.
_NUMBER = re.compile(r"(?!-0(?:\.0*)?$)-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,30})?")


@dataclass(frozen=True)
class Spread:
    """How objects are laid out: a column for each field in `kinds`, and where there is a `rest`, one for all others."""

    name: str
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    rest: bool = False

    @property
    def fields(self) -> tuple[Field, ...]:
        """The columns, such as `context.branch`; that of the others holds JSON and has the bare name."""
        own = (Field(f"{self.name}.{name}", kind) for name, kind in self.kinds.items())
        return (*own, *((Field(self.name, "json"),) if self.rest else ()))

    def cells(self, given: Mapping[str, Any]) -> tuple[Cell, ...] | None:
        """The object's cells in these columns; None if a column cannot hold it, as with an object that came later."""
        others = {name: value for name, value in given.items() if name not in self.kinds}
        said = [(kind, given.get(name)) for name, kind in self.kinds.items()]
        if (others and not self.rest) or not all(kind == "text" or holds(kind, value) for kind, value in said):
            return None
        return (*(cell(kind, value) for kind, value in said), *((others or None,) if self.rest else ()))


def spread(name: str, frequent: Iterable[str], objects: Iterable[Mapping[str, Any]], most: int = MOST) -> Spread:
    """How these objects are laid out; `frequent` fields have a column first, at most as many as `most` have one."""
    kinds: dict[str, Kind | None] = dict.fromkeys(frequent)
    rest = False
    for given in objects:
        for field_, value in given.items():
            if field_ not in kinds and len(kinds) >= most:
                rest = True
            elif (known := kinds.setdefault(field_, None)) != "text":
                kinds[field_] = _both(known, kind(value))
    return Spread(name, {field_: kinds[field_] or "text" for field_ in sorted(kinds)}, rest)


def kind(value: object) -> Kind | None:
    """The kind of a column with such values; None for null, which fits every kind."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, str):
        return _kind_of_text(value)
    return _kind_of_number(Decimal(str(value))) if isinstance(value, int | float) else "text"


def holds(kind_: Kind, value: object) -> bool:
    """Whether a column of this kind can hold the value without loss."""
    return _both(kind_, kind(value)) == kind_


def cell(kind_: Kind, value: Any) -> Cell:
    """The value as it stands in a column of this kind, which holds it."""
    if value is None or kind_ == "text":
        return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if value == "":
        return None
    if kind_ == "day":
        return day(value)
    return value if kind_ == "flag" else int(value) if kind_ == "whole" else Decimal(str(value))


def _kind_of_text(text: str) -> Kind:
    if _NUMBER.fullmatch(text):
        return _kind_of_number(Decimal(text))
    return "day" if is_day(text) else "text"


def _kind_of_number(number: Decimal) -> Kind:
    """A number with more digits than a double holds is text, or its last ones would change."""
    if abs(number) >= EXACT or Decimal(repr(float(number))) != number:
        return "text"
    return "whole" if number.as_tuple().exponent == 0 else "number"


def _both(one: Kind | None, other: Kind | None) -> Kind | None:
    if one is None or other is None or one == other:
        return one or other
    return "number" if {one, other} == {"whole", "number"} else "text"
