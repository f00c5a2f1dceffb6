"""The points of a trend on a page: from when on, how far apart, and what they are called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TypeVar

from ...i18n.calendar import month_start, parts
from ...i18n.speech import Speech
from ...results.report import MeanPoint, NewVersion, TrendPoint
from ...results.score import OK
from ...results.smoothing import BASELINE, Smoothed, smoothed
from ...values.enumeration import TrendUnit
from ...values.msgid import N_
from .course_chart import CoursePoint, ScoreCourse, UprightMark
from .period import PagePeriod, PeriodLink, named
from .phrases import Phrases

Dated = TypeVar("Dated", TrendPoint, MeanPoint)
LONG = {TrendUnit.DAY: 28, TrendUnit.WEEK: 26, TrendUnit.MONTH: 18}
"""How many points the trend of a touchpoint has."""
CARD = {TrendUnit.DAY: 14, TrendUnit.WEEK: 13, TrendUnit.MONTH: 12}
"""How many each chart of the map has: there are many, and a page is not to grow large."""
SHORT = 14
"""Days of a period for which a point for each day may say more than one for each week."""
TITLES = {
    TrendUnit.DAY: N_("Day by day"),
    TrendUnit.WEEK: N_("Week by week"),
    TrendUnit.MONTH: N_("Month by month"),
}


def unit(shown: PagePeriod, n: int, today: date) -> TrendUnit:
    """Return for what a trend has a point, so that most of them have enough answers, at the pace of the period."""
    days = max((min(shown.until, today) - shown.since).days + 1, 1)
    if days <= SHORT and n >= OK * days:
        return TrendUnit.DAY
    return TrendUnit.WEEK if 7 * n >= OK * days else TrendUnit.MONTH


@dataclass(frozen=True)
class Timeline:
    """The points up to the end of a period, in the words of a reader; weeks begin on `first`, 0 for Monday."""

    phrases: Phrases
    shown: PagePeriod
    every: TrendUnit
    first: int = 0

    @property
    def speech(self) -> Speech:
        """The language of the words."""
        return self.phrases.speech

    def since(self, points: Mapping[TrendUnit, int] = LONG) -> date:
        """Return the day on which the trend begins, so that the first point is whole; raises OverflowError."""
        until, before = self.shown.until, points[self.every] - 1
        if self.every is TrendUnit.DAY:
            return until - timedelta(days=before)
        if self.every is TrendUnit.WEEK:
            begun = until - timedelta(days=(until.weekday() - self.first) % 7)
            return begun - timedelta(weeks=before)
        return month_start(until, self.speech.language, -before)

    def course(self, points: Sequence[CoursePoint], low: float, target: float | None) -> ScoreCourse:
        """Return the points as a chart draws them."""
        is_now = bool(points) and points[-1].from_ == self.shown.since
        return ScoreCourse(points, low, target, self.told, is_now, marks=list(self._marks(points)))

    def renewed(self, points: Sequence[CoursePoint], versions: Sequence[NewVersion]) -> Iterator[UprightMark]:
        """Yield the days of new versions as marks of a chart: each where its day lies in its point."""
        for day in dict.fromkeys(one.from_ for one in versions):
            for at, point in enumerate(points):
                if point.from_ <= day <= point.to:
                    share = (day - point.from_).days / ((point.to - point.from_).days + 1)
                    yield UprightMark(at + share - 0.5, self.speech.date(day))

    def units(self) -> Iterator[PeriodLink]:
        """Yield how far apart points can be, each as a link to the same page."""
        for every, words in TITLES.items():
            yield PeriodLink(self.speech.gettext(words), replace(self.shown, every=every).query, every is self.every)

    def called(self, one: CoursePoint) -> str:
        """Return what a point is called: the month, or the first day."""
        return self._month(one, False) if self.every is TrendUnit.MONTH else self.speech.date(one.from_)

    def told(self, one: CoursePoint) -> str:
        """Return a point with its score, interval and base, on one line."""
        say, score = self.phrases, one.csat
        figures = say.lack(score) or f"{say.value(score)} ({say.limits(score)})"
        return f"{self.called(one)}: {', '.join(filter(None, [figures, say.base(score.n)]))}"

    def _marks(self, points: Sequence[CoursePoint]) -> Iterator[tuple[int, str]]:
        """Yield the points that are named: months by their names, days and weeks where a month begins."""
        months = [parts(one.from_, self.speech.language)[:2] for one in points]
        for at, one in enumerate(points):
            begins = at > 0 and months[at] != months[at - 1]
            if begins or at == 0:
                yield at, self._month(one, at > 0)

    def _month(self, one: CoursePoint, is_near: bool) -> str:
        start = month_start(one.from_, self.speech.language)
        end = month_start(start, self.speech.language, 1) - timedelta(days=1)
        return named(start, end, self.speech, start if is_near else None)


def begun(points: Sequence[Dated]) -> Sequence[Dated]:
    """Return the points from the first answer on: that there was nothing before is no gap."""
    return points[next((at for at, one in enumerate(points) if one.csat.n != 0), 0) :]


def level(course: ScoreCourse) -> list[Smoothed | None]:
    """Return the points of a course smoothed, each measured against the first half; None for each gap.

    It begins anew where the question is another one, and is not told where there are too few points.
    """
    found: list[Smoothed | None] = []
    for part in _parts(course):
        known = [(one.csat.value, one.csat.n) for one in part if one.csat.value is not None and one.csat.n]
        baseline = max(BASELINE, len(known) // 2)
        values = iter(smoothed(known, baseline) if len(known) > baseline else ())
        found += [next(values, None) if one.csat.value is not None and one.csat.n else None for one in part]
    return found


def _parts(course: ScoreCourse) -> Iterator[Sequence[CoursePoint]]:
    """Yield the points between two changes of the question."""
    starts = sorted(at for at in course.breaks if at)
    for start, end in zip([0, *starts], [*starts, len(course.points)], strict=True):
        yield course.points[start:end]
