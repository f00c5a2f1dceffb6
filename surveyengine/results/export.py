"""The shape of an export: which columns it has, and what stands in their cells."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from ..definitions.question import NOT_APPLICABLE, SCALES, Part

Kind = Literal["text", "whole", "number", "flag", "day", "moment", "json"]
Cell = str | int | float | Decimal | bool | date | datetime | Mapping[str, Any] | None
Row = Sequence[Cell]
Series = tuple[str, str]
"""What a part of a question is answered under, and its series."""

WHOLE = frozenset({*SCALES, "rating"})
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True)
class Field:
    """A column: its name, and what its cells hold."""

    name: str
    kind: Kind = "text"


FIELDS: Mapping[str, tuple[Field, ...]] = {
    "responses": (
        Field("response"), Field("survey"), Field("stage"), Field("touchpoint"), Field("version"), Field("day", "day"),
        Field("answered_at", "moment"), Field("language"), Field("direction"), Field("layout"), Field("customer"),
        Field("invitation"), Field("context", "json"), Field("claimed", "flag"), Field("shuffled", "json"),
        Field("test", "flag"),
    ),
    "answers": (
        Field("response"), Field("survey"), Field("stage"), Field("touchpoint"), Field("version"), Field("day", "day"),
        Field("answered_at", "moment"), Field("language"), Field("customer"), Field("question"), Field("series"),
        Field("position", "whole"), Field("value"), Field("test", "flag"),
    ),
    "invitations": (
        Field("invitation"), Field("survey"), Field("stage"), Field("touchpoint"), Field("version"), Field("customer"),
        Field("event_source"), Field("event_id"), Field("state"), Field("reason"), Field("channel"), Field("language"),
        Field("probability", "number"), Field("day", "day"), Field("planned_at", "moment"), Field("due_at", "moment"),
        Field("sent_at", "moment"), Field("expires_at", "moment"), Field("answered_at", "moment"),
        Field("test", "flag"),
    ),
    "events": (
        Field("source"), Field("id"), Field("type"), Field("time", "moment"), Field("customer"), Field("data", "json"),
        Field("received_at", "moment"), Field("test", "flag"),
    ),
}  # fmt: skip


def names(asked: Iterable[Series], taken: Collection[str]) -> dict[Series, str]:
    """The column of each question, by its id; `asked` begins with the oldest.

    What comes under a name that is taken, as a changed kind or scale does, is named after its series too.
    """
    found: dict[Series, str] = {}
    used = set(taken)
    for question, series in asked:
        if (question, series) in found:
            continue
        name = base = question
        if name in used:
            name = base = f"{question}__{re.sub(r'[^0-9a-z]+', '_', series)}"
        again = 1
        while name in used:
            name = f"{base}_{(again := again + 1)}"
        used.add(name)
        found[question, series] = name
    return found


def kind(series: str, parts: Iterable[Part] = ()) -> Kind:
    """What the cells of a series hold, given the parts that made it: numbers only where nothing else is offered."""
    if series == "number":
        return "number"
    offered = [option.value for part in parts for option in part.offered]
    return "whole" if _is_scale(series) and offered and NOT_APPLICABLE not in offered else "text"


def cell(series: str, values: Sequence[str]) -> Cell:
    """What stands for the answers to one question: a number, a text, or option ids joined by commas."""
    if len(values) != 1:
        return ",".join(values) or None
    (value,) = values
    if _is_scale(series) and _WHOLE.fullmatch(value):
        return int(value)
    return Decimal(value) if series == "number" and _NUMBER.fullmatch(value) else value


def _is_scale(series: str) -> bool:
    kind, _, scale = series.partition(":")
    return (scale if kind == "matrix" else kind) in WHOLE
