"""The points of a trend as rows, and what is to be known of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ...results.report import MeanPoint, NewVersion, TrendPoint
from ...results.score import Score
from ...results.terminal.trend import ANOTHER, NEW_VERSION, WITHOUT
from .course_chart import CoursePoint
from .phrases import Phrases
from .timeline import Timeline


class PointFigures(NamedTuple):
    """A score with its interval and base."""

    value: str
    limits: str
    n: str


class PointRow(NamedTuple):
    """A point: when it was, what is to be known of it, and its figures."""

    day: str
    notes: Sequence[str]
    figures: Sequence[PointFigures]


@dataclass(frozen=True)
class TrendTable:
    """Makes rows of points; `names` are those of touchpoints, by their ids."""

    phrases: Phrases
    timeline: Timeline
    renewed: Sequence[NewVersion] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    def rows(self, *trends: Sequence[CoursePoint]) -> list[PointRow]:
        """Return a row for the same point of each trend, the newest first; notes are those of the first one."""
        both = reversed(list(zip(*trends, strict=True)))
        return [
            PointRow(self.timeline.called(of[0]), list(self._notes(of[0])), [self._figures(one.csat) for one in of])
            for of in both
        ]

    def _figures(self, score: Score) -> PointFigures:
        say = self.phrases
        return PointFigures(
            say.value(score), say.limits(score), say.speech.number(score.n) if score.n is not None else "–"
        )

    def _notes(self, one: CoursePoint) -> Iterator[str]:
        say = self.phrases
        if one.provisional:
            yield say.speech.gettext("provisional")
        if isinstance(one, TrendPoint) and "csat" in (one.breaks or ()):
            yield say.speech.gettext(ANOTHER)
        if isinstance(one, MeanPoint) and one.without:
            yield say.speech.gettext(WITHOUT, names=say.list([self.names.get(id, id) for id in one.without]))
        for day in dict.fromkeys(new.from_ for new in self.renewed if one.from_ <= new.from_ <= one.to):
            yield say.speech.gettext(NEW_VERSION, day=say.speech.date(day))
