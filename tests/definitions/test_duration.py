from __future__ import annotations

import contextlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from surveyengine.definitions.duration import SECONDS, duration


@pytest.mark.parametrize(
    ("written", "span"),
    [
        ("90 minutes", timedelta(minutes=90)),
        ("12 hours", timedelta(hours=12)),
        ("1 day", timedelta(days=1)),
        ("1 days", timedelta(days=1)),
        ("2 weeks", timedelta(weeks=2)),
        ("13 months", timedelta(days=390)),
        ("3 years", timedelta(days=1095)),
        ("30 seconds", timedelta(seconds=30)),
        ("5minutes", timedelta(minutes=5)),
        (" 7 days ", timedelta(days=7)),
        ("007 days", timedelta(days=7)),
        ("0 days", timedelta(0)),
        ("100 years", timedelta(days=36_500)),
        (0, timedelta(0)),
    ],
)
def test_a_span_is_read_as_it_is_written(written: object, span: timedelta) -> None:
    assert duration(written) == span


@pytest.mark.parametrize(
    "written",
    ["", "days", "7", "-1 day", "1.5 hours", "1 fortnight", "1 day 2 hours", "٧ days", "1  day", "1 Day", "1\nday",
     5, 1.5, True, False, None, [], {}],
)  # fmt: skip
def test_what_is_no_span_is_refused_with_examples(written: object) -> None:
    with pytest.raises(PydanticCustomError, match="must be a span of time; "):
        duration(written)


@pytest.mark.parametrize("written", ["101 years", "999999999 years", "36501 days", "999999999 minutes"])
def test_a_span_may_not_be_longer_than_a_century(written: str) -> None:
    with pytest.raises(PydanticCustomError, match="longer than a hundred years"):
        duration(written)


@given(st.integers(0, 365 * 100), st.sampled_from(sorted(SECONDS)), st.sampled_from(["", "s"]))
def test_a_count_of_a_unit_is_so_many_of_its_seconds(count: int, unit: str, plural: str) -> None:
    if count * SECONDS[unit] <= 36_500 * 86_400:
        assert duration(f"{count} {unit}{plural}") == timedelta(seconds=count * SECONDS[unit])


@given(st.text() | st.integers() | st.floats() | st.none() | st.booleans())
def test_anything_is_a_span_or_is_refused(written: object) -> None:
    with contextlib.suppress(PydanticCustomError):
        assert duration(written) >= timedelta(0)
