"""Records: what is absent is not told, and JSON and its schema follow the fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

import pytest
from pydantic import TypeAdapter, ValidationError

from surveyengine.results.record import ABSENT, Absent, Flag, Record, plain
from surveyengine.results.report import Report
from surveyengine.web.api.record_shape import shape
from tests.results.test_table import REPORT


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf(Record):
    """A leaf."""

    from_: date | None
    size: Annotated[float, "In metres."] = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree(Record):
    """A tree."""

    leaves: Sequence[Leaf]
    best: Leaf | None | Absent = ABSENT
    heights: Mapping[str, Sequence[int]] | Absent = ABSENT
    kind: Literal["oak", "fir"] | None = None
    old: Flag = ABSENT


LEAF = {"from": "2026-10-01", "size": 1.5}


@pytest.mark.parametrize(("said", "told"), [
    ({}, {}),
    ({"best": None}, {"best": None}),
    ({"best": Leaf(from_=None, size=2)}, {"best": {"from": None, "size": 2}}),
    ({"heights": {"a": (1, 2)}}, {"heights": {"a": [1, 2]}}),
    ({"heights": {}}, {"heights": {}}),
    ({"kind": "oak", "old": True}, {"kind": "oak", "old": True}),
])
def test_null_is_told_and_what_is_absent_is_not(said: dict[str, Any], told: dict[str, Any]) -> None:
    found = plain(Tree(leaves=[Leaf(from_=date(2026, 10, 1))], **said))
    assert found == {"leaves": [LEAF], "kind": None, **told}
    TypeAdapter(shape(Tree)).validate_python(found, strict=False)


def test_what_json_cannot_say_is_an_error() -> None:
    with pytest.raises(TypeError, match="cannot say"):
        plain(Tree(leaves=[object()]))    # type: ignore[list-item]


@pytest.mark.parametrize("wrong", [
    {"leaves": [LEAF]}, {"leaves": [{**LEAF, "colour": "red"}], "kind": None}, {"leaves": [], "kind": "elm"},
    {"leaves": [], "kind": None, "old": False}, {"leaves": [], "kind": None, "heights": None},
])
def test_a_shape_takes_nothing_but_what_a_record_says(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(shape(Tree)).validate_python(wrong)


def test_a_schema_says_what_docstrings_and_fields_say() -> None:
    found = TypeAdapter(shape(Tree)).json_schema()
    assert (found["description"], found["required"]) == ("A tree.", ["leaves", "kind"])
    leaf = found["$defs"]["Leaf"]
    assert leaf["properties"]["size"] == {"description": "In metres.", "title": "Size", "type": "number"}
    assert leaf["properties"]["from"]["anyOf"] == [{"format": "date", "type": "string"}, {"type": "null"}]


def test_a_report_has_its_shape() -> None:
    TypeAdapter(shape(Report)).validate_python(plain(REPORT))
