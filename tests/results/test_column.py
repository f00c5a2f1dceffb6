from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.results.export.columns import Spread, cell, holds, kind, spread
from surveyengine.results.export.shape import Field, Kind

TEXTS = st.one_of(
    st.text(max_size=8), st.from_regex(r"\A[-+]?[0-9]{0,20}(\.[0-9]{0,20})?\Z"), st.dates().map(date.isoformat),
    st.sampled_from(["007", "1e5", "1E5", "-0", "0.10", "true", "2026-02-30", "20261120", "۱۲", "1_000", " 1", "NaN"]),
)  # fmt: skip
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXTS)
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=2), st.dictionaries(st.text(max_size=3), SCALARS, max_size=2))
OBJECTS = st.lists(st.dictionaries(st.sampled_from("abcd"), VALUES), max_size=6)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("18472", "whole"), ("0", "whole"), ("-5", "whole"), ("999999999999999", "whole"), (18472, "whole"),
        ("249.90", "number"), ("-0.5", "number"), (249.9, "number"), (249.0, "number"), (1e-05, "number"),
        ("007", "text"), ("00", "text"), ("+5", "text"), ("-0", "text"), ("-0.0", "text"), (".5", "text"),
        ("5.", "text"), ("1e5", "text"), ("1E5", "text"), ("1,000", "text"), (" 1", "text"), ("۱۲", "text"),
        ("1" * 16, "text"), ("9007199254740993", "text"), (10**15, "text"), (-(10**15), "text"), (1e300, "text"),
        ("0.1234567890123456789", "text"), ("=1+1", "text"), ("NaN", "text"), ("+972501234567", "text"),
        ("2026-11-20", "day"), ("2026-02-30", "text"), ("20261120", "whole"), ("2026-11-20T10:00:00Z", "text"),
        ("0000-01-01", "text"), (True, "flag"), ("true", "text"), ([1], "text"), ({"a": 1}, "text"),
        (None, None), ("", None),
    ],
)  # fmt: skip
def test_only_what_cannot_be_anything_else_is_a_number_or_a_day(value: object, expected: Kind | None) -> None:
    assert kind(value) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1", "2"], "whole"), (["1", "2.5"], "number"), ([1, "2", None, ""], "whole"), (["1", "007"], "text"),
        (["1", "x", "2"], "text"), (["2026-11-20", "1"], "text"), (["2026-11-20", ""], "day"), ([True, 1], "text"),
        ([None, ""], "text"), ([True, False], "flag"), ([2.5, "2026-11-20", 1], "text"),
    ],
)  # fmt: skip
def test_a_column_is_of_a_kind_where_all_its_values_are(values: list[object], expected: Kind) -> None:
    laid = spread("context", [], [{"x": value} for value in values])
    assert laid.fields == (Field("context.x", expected),)


@given(OBJECTS)
def test_every_object_that_was_looked_at_has_room_and_loses_nothing(objects: list[dict[str, Any]]) -> None:
    laid = spread("data", [], objects)
    assert not laid.rest
    for given_ in objects:
        cells = laid.cells(given_)
        assert cells is not None
        for (name, kind_), found in zip(laid.kinds.items(), cells, strict=True):
            assert means(kind_, given_.get(name)) == found


def means(kind_: Kind, value: Any) -> object:
    """What a value is, said in another way than the engine does."""
    if value is None or (value == "" and kind_ != "text"):
        return None
    if kind_ in ("whole", "number"):
        assert Decimal(str(value)) == Decimal(repr(float(value)))
        return Decimal(str(value))
    if kind_ == "day":
        return date(*map(int, value.split("-")))
    return value if isinstance(value, str) or kind_ == "flag" else json.dumps(value, ensure_ascii=False)


@given(OBJECTS, st.integers(0, 4))
def test_what_has_no_column_stands_with_the_others(objects: list[dict[str, Any]], most: int) -> None:
    laid = spread("data", [], objects, most)
    assert len(laid.kinds) <= most
    for given_ in objects:
        cells = laid.cells(given_)
        assert cells is not None
        others = (cells[-1] or {}) if laid.rest else {}
        assert others == {name: value for name, value in given_.items() if name not in laid.kinds}
    assert [field.name for field in laid.fields] == [f"data.{name}" for name in laid.kinds] + ["data"] * laid.rest


def test_the_frequent_have_a_column_first() -> None:
    laid = spread("data", ["y", "z"], [{"a": 1, "z": 1}, {"y": 2, "b": 3}], most=2)
    assert (list(laid.kinds), laid.cells({"a": 1, "z": 1})) == (["y", "z"], (None, 1, {"a": 1}))


def test_what_came_since_and_has_no_room_is_left_out() -> None:
    laid = Spread("context", {"order": "whole", "note": "text"})
    assert laid.cells({"order": "1", "note": "=1"}) == (1, "=1")
    assert laid.cells({"order": "A-1"}) is laid.cells({"branch": "x"}) is None
    assert Spread("context", {"order": "whole"}, rest=True).cells({"branch": "x"}) == (None, {"branch": "x"})


@given(st.sampled_from(["whole", "number", "flag", "day", "text"]), VALUES)
def test_a_cell_is_of_its_column(kind_: Kind, value: object) -> None:
    if holds(kind_, value):
        found = cell(kind_, value)
        wanted = {"whole": int, "number": Decimal, "flag": bool, "day": date, "text": str}[kind_]
        assert found is None or isinstance(found, wanted)
