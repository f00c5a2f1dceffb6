"""How a score went: a small chart for a card, and a large one with what chance allows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from markupsafe import Markup

from ...i18n.speech import Speech
from ...look.canvas import Canvas, Point
from ...results.report import MeanPoint, TrendPoint
from ...results.smoothing import Smoothed
from .charts import ScoreScale

SMALL, HERO, SHORT, LONG = (180.0, 70.0), (420.0, 168.0), (322.0, 270.0), (846.0, 320.0)
APART = 66.0
"""The least distance between two words below a chart."""
DATED = 128.0
"""The least distance between two dates above a chart."""
CoursePoint = TrendPoint | MeanPoint
CourseDrawing = Callable[[Speech, "ScoreCourse", str], Markup]
"""A way to draw a course, with the sentence about it."""


class UprightMark(NamedTuple):
    """What happened in between: at which point it lies, in parts of one, and how that is called above the chart."""

    at: float
    words: str


class Whisker(NamedTuple):
    """The top and the bottom of what a score may be, at a place."""

    at: float
    high: float
    low: float


@dataclass(frozen=True)
class ScoreCourse:
    """The points of a score in their order, with what belongs to them.

    The scale begins at `low`. `smoothed` has an entry for each point, None where it is a gap. `now` is whether the last
    point is the period shown. `name` says what a point is called, `marks` which points are named below the
    chart, `uprights` what happened.
    """

    points: Sequence[CoursePoint]
    low: float
    target: float | None
    name: Callable[[CoursePoint], str]
    now: bool = False
    smoothed: Sequence[Smoothed | None] = ()
    marks: Sequence[tuple[int, str]] = ()
    uprights: Sequence[UprightMark] = ()
    words: Sequence[str] = field(default=("", ""))
    """What the target and what provisional points are called."""

    @property
    def breaks(self) -> Collection[int]:
        """The points to which no line leads, because the question is another one."""
        return {
            at for at, one in enumerate(self.points) if isinstance(one, TrendPoint) and "csat" in (one.breaks or ())
        }

    def runs(self) -> Iterator[list[int]]:
        """Yield the points that a line connects, which breaks at gaps and where the question is another one."""
        run: list[int] = []
        breaks = self.breaks
        for at, one in enumerate(self.points):
            is_gap = one.csat.value is None
            if run and (is_gap or at in breaks):
                yield run
                run = []
            if not is_gap:
                run.append(at)
        if run:
            yield run


@dataclass(frozen=True)
class CoursePlot:
    """Where the points of a course lie on a canvas."""

    canvas: Canvas
    course: ScoreCourse
    across: tuple[float, float]
    down: ScoreScale

    def x(self, at: float) -> float:
        """Return where the point of that number lies."""
        start, end = self.across
        return start + (at + 0.5) * (end - start) / max(len(self.course.points), 1)

    def spot(self, at: int) -> Point:
        """Return the place of a point that has a value."""
        return self.x(at), self.down.at(self.course.points[at].csat.value or 0.0)

    def limits(self, run: Iterable[int]) -> list[Whisker]:
        """Return the intervals of these points, as far as they have one."""
        scores = [(self.x(at), self.course.points[at].csat) for at in run]
        return [
            Whisker(x, self.down.at(one.high), self.down.at(one.low))
            for x, one in scores
            if one.high is not None and one.low is not None
        ]

    def band(self, limits: Sequence[Whisker]) -> None:
        """Fill what lies between these limits."""
        there, back = [(one.at, one.high) for one in limits], [(one.at, one.low) for one in reversed(limits)]
        self.canvas.area([*there, *back], "band full")

    def target(self) -> None:
        """Draw the target from end to end."""
        if self.course.target is not None:
            at = self.down.at(self.course.target)
            self.canvas.line((self.across[0], at), (self.across[1], at), "target")

    def whisker(self, at: int, kind: str) -> None:
        """Draw the interval of a point."""
        for one in self.limits([at]):
            self.canvas.line((one.at, one.high), (one.at, one.low), kind)


def small(speech: Speech, course: ScoreCourse, words: str) -> Markup:
    """Return the chart of a card: the area of the intervals, the line of the scores, and the period shown as a dot."""
    plot = _plot(Canvas(*SMALL, speech.direction), course, (2, SMALL[0] - 2), (4, 49))
    plot.canvas.line((2, 52), (SMALL[0] - 2, 52), "hair")
    for run in course.runs():
        plot.band(plot.limits(run))
    plot.target()
    _lines(plot)
    _ends(plot, SMALL[1] - 5)
    return plot.canvas.svg("small", words)


def hero(speech: Speech, course: ScoreCourse, words: str) -> Markup:
    """Return the chart beside the one thing to look at: that of a card, larger, with its scale and the last score."""
    plot = _plot(Canvas(*HERO, speech.direction), course, (34, HERO[0] - 44), (8, 138))
    _grid(plot, speech)
    for run in course.runs():
        plot.band(plot.limits(run))
    plot.target()
    _lines(plot)
    _named(plot, HERO[1] - 8)
    _at_the_end(plot, speech)
    return plot.canvas.svg("hero", words)


def large(speech: Speech, course: ScoreCourse, words: str, size: tuple[float, float]) -> Markup:
    """Return the large chart of a page: dots with whiskers, the smoothed line, and what chance allows.

    A course that is not smoothed has a line from score to score.
    """
    kind = "long" if size is LONG else "short"
    plot = _plot(Canvas(*size, speech.direction), course, (38, size[0] - 40), (20, size[1] - 30))
    _unfinished(plot, size[1] - 30)
    _grid(plot, speech)
    for run in _smoothed_runs(course):
        found = [(plot.x(at), course.smoothed[at]) for at in run]
        plot.band([Whisker(x, plot.down.at(one.high), plot.down.at(one.low)) for x, one in found if one])
    plot.target()
    _uprights(plot, size[1] - 30)
    for run in course.runs():
        if not course.smoothed:
            plot.canvas.path([plot.spot(at) for at in run], "scores")
        for at in run:
            plot.whisker(at, "whisker")
            _dot(plot, at, 3.2)
    for run in _smoothed_runs(course):
        values = [(plot.x(at), one.value) for at in run if (one := course.smoothed[at])]
        plot.canvas.path([(x, plot.down.at(value)) for x, value in values], "smooth")
    _named(plot, size[1] - 10)
    _at_the_end(plot, speech)
    return plot.canvas.svg(f"large {kind}", words)


def _plot(canvas: Canvas, course: ScoreCourse, across: tuple[float, float], down: tuple[float, float]) -> CoursePlot:
    top, bottom = down
    return CoursePlot(canvas, course, across, ScoreScale(course.low, bottom, top - bottom))


def _grid(plot: CoursePlot, speech: Speech) -> None:
    """Draw the lines of the scale with their numbers."""
    step = 10 if plot.course.low >= 50 else 20
    for value in range(100, int(plot.course.low) - 1, -step):
        at = plot.down.at(value)
        plot.canvas.line((plot.across[0], at), (plot.across[1], at), "hair")
        words = speech.percent(value) if value == 100 else speech.number(value)
        plot.canvas.text((plot.across[0] - 6, at + 4), words, anchor="end")


def _lines(plot: CoursePlot) -> None:
    """Draw the line of the scores; the period shown is its filled dot."""
    last = len(plot.course.points) - 1
    for run in plot.course.runs():
        plot.canvas.path([plot.spot(at) for at in run], "scores")
        for at in run:
            if at == last and plot.course.now:
                plot.whisker(at, "whisker now")
                _dot(plot, at, 4.5)
            elif _is_reserved(plot.course.points[at]) or len(run) == 1:
                plot.canvas.dot(plot.spot(at), "hollow", 2.2)


def _is_reserved(one: CoursePoint) -> bool:
    """Whether a point is only indicative, or more answers can come to it."""
    return one.csat.state != "ok" or one.provisional


def _dot(plot: CoursePlot, at: int, radius: float) -> None:
    """Draw a point, hollow where it is provisional or only indicative; the mouse is told its name."""
    one = plot.course.points[at]
    is_shown = plot.course.now and at == len(plot.course.points) - 1
    is_sure = one.csat.state == "ok" and (not one.provisional or is_shown)
    plot.canvas.dot(plot.spot(at), "dot" if is_sure else "hollow", radius, plot.course.name(one))


def _ends(plot: CoursePlot, at: float) -> None:
    """Name the first and the last point."""
    if plot.course.marks:
        plot.canvas.text((plot.across[0], at), plot.course.marks[0][1])
        plot.canvas.text((plot.across[1], at), plot.course.marks[-1][1], anchor="end")


def _named(plot: CoursePlot, at: float) -> None:
    """Name points from the last one back, as many as there is room for."""
    free = plot.canvas.width + APART
    for number, words in reversed(plot.course.marks):
        x = plot.x(number)
        room = APART if number else 1.5 * APART  # the first one has its year
        if free - x >= room and x > plot.across[0]:
            plot.canvas.text((x, at), words, anchor="middle")
            free = x


def _at_the_end(plot: CoursePlot, speech: Speech) -> None:
    """Write the last value and the target where reading ends, apart from each other."""
    end, target = plot.across[1] + 8, plot.course.target
    last = _last(plot.course)
    at = plot.down.at(last) + 4 if last is not None else None
    if last is not None and at is not None:
        plot.canvas.text((end, at), speech.percent(last), "ink")
    if target is not None:
        place = plot.down.at(target) + 4
        if at is not None and abs(place - at) < 13:
            place = at + (13 if place > at else -13)
        plot.canvas.text((end, place), speech.number(target, 0))


def _last(course: ScoreCourse) -> float | None:
    """Return the value at the end of the line that the chart draws."""
    if course.smoothed:
        return next((one.value for one in reversed(course.smoothed) if one), None)
    return course.points[-1].csat.value if course.now else None  # that of another period would be taken for this one


def _unfinished(plot: CoursePlot, bottom: float) -> None:
    """Lay paper under the points at the end to which answers still come, and name them."""
    open_ones = [at for at, one in enumerate(plot.course.points) if one.provisional]
    if open_ones:
        half = (plot.x(1) - plot.x(0)) / 2
        start, end = plot.x(open_ones[0]) - half, plot.x(len(plot.course.points) - 1) + half
        plot.canvas.bar((start, plot.down.at(100)), (end, bottom), "paper")
        plot.canvas.text((end - 2, bottom - 6), plot.course.words[1], anchor="end")


def _uprights(plot: CoursePlot, bottom: float) -> None:
    """Draw what happened as upright lines, and name them from the last one back, as many as there is room for."""
    free = plot.canvas.width + DATED
    for one in reversed(plot.course.uprights):
        x = plot.x(one.at)
        plot.canvas.line((x, 16), (x, bottom), "upright")
        if free - x >= DATED:
            is_near_end = x > plot.canvas.width - DATED
            plot.canvas.text((x, 12), one.words, "ink", "end" if is_near_end else "start")
            free = x - (DATED if is_near_end else 0)


def _smoothed_runs(course: ScoreCourse) -> Iterator[list[int]]:
    """Yield the points that the smoothed line connects: it goes on over a gap, but not where the question changed."""
    known = [at for at, one in enumerate(course.smoothed) if one]
    breaks = [at for at in known if at in course.breaks]
    for first, after in pairwise([0, *breaks, len(course.points)]):
        if run := [at for at in known if first <= at < after]:
            yield run
