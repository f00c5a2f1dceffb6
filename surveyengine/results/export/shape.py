"""The shape of an export: which columns it has, and what stands in their cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from ...definitions.kinds.registry import NOT_APPLICABLE, SCALES, Part
from ...values import period

Kind = Literal["text", "id", "whole", "number", "flag", "day", "moment", "json"]
"""What a column holds; an `id` is a text that we made, which is no formula whatever it begins with."""
Cell = str | int | float | Decimal | bool | date | datetime | Mapping[str, Any] | None
Row = Sequence[Cell]
Series = tuple[str, str]
"""What a part of a question is answered under, and its series."""

EXACT = 10**15  # below it a double, and a spreadsheet, keeps and shows every digit of a whole number
SPREAD = {"responses": "context", "events": "data"}
"""The columns of objects with fields of the sender's choice, each of which has a column such as `context.branch`."""

WHOLE = frozenset({*SCALES, "rating"})
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_PHONE = re.compile(r"\+[1-9][0-9]{1,14}")


class Made(str):
    """A text that we wrote in a form of our own, such as a telephone number: no formula, whatever it begins with."""


@dataclass(frozen=True)
class Field:
    """A column: its name, and what its cells hold."""

    name: str
    kind: Kind = "text"


FIELDS: Mapping[str, tuple[Field, ...]] = {
    "responses": (
        Field("response", "id"), Field("survey"), Field("stage"), Field("touchpoint"), Field("version", "id"),
        Field("day", "day"), Field("answered_at", "moment"), Field("language"), Field("direction"), Field("layout"),
        Field("customer"), Field("invitation", "id"), Field("context", "json"), Field("claimed", "flag"),
        Field("shuffled", "json"), Field("test", "flag"),
    ),
    "answers": (
        Field("response", "id"), Field("survey"), Field("stage"), Field("touchpoint"), Field("version", "id"),
        Field("day", "day"), Field("answered_at", "moment"), Field("language"), Field("customer"), Field("question"),
        Field("series"), Field("position", "whole"), Field("value"), Field("number", "number"), Field("date", "day"),
        Field("test", "flag"),
    ),
    "invitations": (
        Field("invitation", "id"), Field("survey"), Field("stage"), Field("touchpoint"), Field("version", "id"),
        Field("customer"), Field("event_source"), Field("event_id"), Field("state"), Field("reason"), Field("channel"),
        Field("language"), Field("probability", "number"), Field("day", "day"), Field("planned_at", "moment"),
        Field("due_at", "moment"), Field("sent_at", "moment"), Field("expires_at", "moment"),
        Field("answered_at", "moment"), Field("reminders", "whole"), Field("reminded_at", "moment"),
        Field("test", "flag"),
    ),
    "events": (
        Field("source"), Field("id"), Field("type"), Field("time", "moment"), Field("customer"), Field("data", "json"),
        Field("received_at", "moment"), Field("test", "flag"),
    ),
}  # fmt: skip


def names(asked: Iterable[Series], taken: Collection[str]) -> dict[Series, str]:
    """The column of each question, by its id; `asked` begins with the oldest.

    What comes under a name that is taken, as a changed kind or scale does, is named after its series too; so is a row
    of a table called `context`, whose name a field of the context could have.
    """
    found: dict[Series, str] = {}
    used = set(taken)
    for question, series in asked:
        if (question, series) in found:
            continue
        name = base = question
        if name in used or name.startswith(f"{SPREAD['responses']}."):
            name = base = f"{question}__{re.sub(r'[^0-9a-z]+', '_', series)}"
        again = 1
        while name in used:
            name = f"{base}_{(again := again + 1)}"
        used.add(name)
        found[question, series] = name
    return found


def kind(series: str, parts: Iterable[Part] = ()) -> Kind:
    """What the cells of a series hold, given the parts that made it: numbers only where nothing else is offered."""
    if series in ("number", "date"):
        return "number" if series == "number" else "day"
    offered = [option.value for part in parts for option in part.offered]
    return "whole" if _is_scale(series) and offered and NOT_APPLICABLE not in offered else "text"


def cell(series: str, values: Sequence[str]) -> Cell:
    """What stands for the answers to one question: a number, a day, a text, or option ids joined by commas."""
    if len(values) != 1:
        return ",".join(values) or None
    (value,) = values
    if _is_scale(series) and _WHOLE.fullmatch(value):
        return int(value)
    form, read = READ.get(series, (None, str))
    return read(value) if form and form.fullmatch(value) else value


READ: Mapping[str, tuple[re.Pattern[str], Callable[[str], Cell]]] = {
    "number": (_NUMBER, Decimal), "date": (period.DAY, period.day), "phone": (_PHONE, Made),
}  # fmt: skip


def _is_scale(series: str) -> bool:
    kind, _, scale = series.partition(":")
    return (scale if kind == "matrix" else kind) in WHOLE
