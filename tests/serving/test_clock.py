"""A clock that is wrong sends nothing, and gives nothing up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveyengine.clock import AGREED, DOWNTIME, STEP, ClockReading, Known, Watch, span

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
STARTED = Watch().after(ClockReading(NOW, 0.0), Known(NOW - MINUTE))


def reading(later: float, off: timedelta = timedelta(), witness: timedelta | None = None) -> ClockReading:
    """What is seen so many seconds later, with a clock that is off, and one of the database that is off otherwise."""
    moment = NOW + timedelta(seconds=later)
    return ClockReading(moment + off, later, None if witness is None else moment + witness)


@pytest.mark.parametrize(
    ("watch", "seen", "known", "said"),
    [
        (STARTED, reading(1), Known(NOW), None),
        (STARTED, reading(86_400 * 400), Known(NOW), None),                 # a laptop that slept for a year
        (STARTED, reading(1, STEP), Known(NOW), None),
        (STARTED, reading(1, -STEP), Known(NOW), None),
        (STARTED, reading(1, DAY + HOUR), Known(NOW), "the clock jumped ahead by 25 hours"),
        (STARTED, reading(1, -2 * HOUR), Known(NOW), "the clock was set back by 2 hours"),
        (STARTED, reading(86_400, -DAY), Known(NOW), "the clock was set back by 24 hours"),     # frozen
        (STARTED, reading(61, 3_600 * SECOND + SECOND), Known(NOW), "the clock jumped ahead by 60 minutes"),
        (Watch(), reading(0), Known(None), None),
        (Watch(), reading(0), Known(NOW + STEP), None),
        (Watch(), reading(0), Known(NOW + DAY),
         "the clock is 24 hours behind the time at which the engine last worked"),
        (Watch(), reading(0), Known(NOW - DOWNTIME), None),
        (Watch(), reading(0), Known(NOW - 366 * DAY),
         "the clock is 366 days ahead of the time at which the engine last worked"),
        (Watch(), reading(0, witness=timedelta()), Known(NOW), None),
        (Watch(), reading(0, DAY, timedelta()), Known(NOW), "the clock is 24 hours ahead of the database's"),
        (STARTED, reading(1, witness=2 * HOUR), Known(NOW), "the clock is 2 hours behind the database's"),
        (STARTED, reading(1, witness=-DAY), Known(NOW, ahead=DAY), None),                    # said to be right
        (STARTED, reading(1, witness=timedelta()), Known(NOW, ahead=DAY), None),             # the database's was mended
        (STARTED, reading(1, witness=DAY), Known(NOW, ahead=DAY), "the clock is 24 hours behind the database's"),
    ],
)  # fmt: skip
def test_what_speaks_against_a_clock_is_said(watch: Watch, seen: ClockReading, known: Known, said: str | None) -> None:
    doubt = watch.after(seen, known).doubt
    assert (str(doubt) if doubt else None) == said


def test_a_doubt_ends_when_the_clock_has_been_right_for_ten_minutes() -> None:
    known = Known(NOW)
    watch = STARTED.after(reading(10, DAY), known)
    for later, off, is_doubted in [
        (20, DAY, True), (30, timedelta(), True), (30 + AGREED - 1, timedelta(), True),
        (700, 2 * HOUR, True), (710, timedelta(), True), (710 + AGREED - 1, timedelta(), True),  # begins anew
        (710 + AGREED, timedelta(), False), (2_000, timedelta(), False), (2_001, -DAY, True),
    ]:  # fmt: skip
        watch = watch.after(reading(later, off), known)
        assert bool(watch.doubt) is is_doubted, later


def test_a_clock_that_was_behind_at_the_start_is_believed_after_ten_minutes_without_a_jump() -> None:
    known = Known(NOW + DAY)
    watch = Watch().after(reading(0), known)
    for later, off in [(1, timedelta()), (10, 2 * DAY), (300, 5 * DAY), (300 + AGREED - 1, 5 * DAY)]:
        watch = watch.after(reading(later, off), known)
        assert watch.doubt
    assert watch.after(reading(300 + AGREED, 5 * DAY), known) == Watch(reading(300 + AGREED, 5 * DAY))


RIGHT, WRONG = st.integers(-1_800, 1_800), st.integers(3_602, 200_000)


@given(st.lists(st.tuples(st.floats(0, 1_000), RIGHT | WRONG | WRONG.map(int.__neg__)), max_size=40))
def test_no_sequence_of_steps_lets_a_wrong_clock_through(steps: list[tuple[float, int]]) -> None:
    watch, later, right_since = STARTED, 0.0, 0.0
    for passed, off in steps:
        later += passed
        watch = watch.after(reading(later, off * SECOND), Known(NOW))
        right = abs(off) <= 3_600
        right_since = min(right_since, later) if right else float("inf")
        if not right:
            assert watch.doubt
        elif later - right_since >= AGREED:
            assert watch.doubt is None


@pytest.mark.parametrize(
    ("off", "words"),
    [(90 * MINUTE, "90 minutes"), (-24 * HOUR, "24 hours"), (HOUR - 3 * DAY, "3 days"), (366 * DAY, "366 days")],
)
def test_a_span_is_told_in_one_unit(off: timedelta, words: str) -> None:
    assert span(off) == words
