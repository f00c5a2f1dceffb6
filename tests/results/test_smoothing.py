"""The smoothed course of a score, with published values."""

from __future__ import annotations

import pytest

from surveyengine.results.smoothing import since, smoothed

WEEKS = [(41, 50), (36, 48), (47, 52), (30, 44), (52, 60), (39, 55), (28, 47), (26, 45)]
POINTS = [(100 * hits / n, n) for hits, n in WEEKS]
VALUES = [80.0361, 78.7771, 81.6790, 78.3047, 80.3952, 78.0236, 73.4114, 69.5030]
LOWER = [75.0904, 73.9466, 73.5231, 73.0388, 73.2192, 73.2090, 72.9768, 72.7835]


def test_the_course_and_its_limits_are_those_of_the_reference() -> None:
    found = smoothed(POINTS, 4, 0.25)
    assert [round(one.value, 4) for one in found] == VALUES
    assert [round(one.low, 4) for one in found] == LOWER
    assert [one.signal for one in found] == [0] * 7 + [-1]


@pytest.mark.parametrize(("count", "first"), [(8, 7), (7, None), (1, None), (0, None)])
def test_a_signal_is_told_from_its_first_point_on(count: int, first: int | None) -> None:
    assert since(smoothed(POINTS, 4, 0.25)[:count]) == first


def test_a_level_of_all_or_none_is_no_reason_to_fail() -> None:
    assert [one.signal for one in smoothed([(100.0, 40), (100.0, 50), (90.0, 50)], 2)] == [0, 0, -1]


def test_without_points_there_is_no_level() -> None:
    with pytest.raises(ValueError, match="no point"):
        smoothed([], 4)
