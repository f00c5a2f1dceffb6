"""How the score of the whole journey went, beside those of its stages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from markupsafe import Markup

from ...results.report import JOURNEY, MeanPoint
from . import charts, course_chart
from .card import Drawer
from .course_chart import LONG, SHORT, ScoreCourse
from .timeline import TITLES, begun
from .trend_table import PointRow, TrendTable


class JourneyCourse(NamedTuple):
    """A panel: its title, what the charts show as words and drawn, and a table of the `places`."""

    title: str
    words: str
    charts: Sequence[Markup]
    places: Sequence[str]
    rows: Sequence[PointRow]


def panel(drawer: Drawer) -> JourneyCourse | None:
    """Return the panel of the journey's trend; None where the journey had no score in this time."""
    course = drawn(drawer)
    if all(one.csat.value is None for one in course.points):
        return None
    speech, stages = drawer.phrases.speech, [one for one in drawer.report.stages if one.stage in JOURNEY]
    points = _points(drawer)
    others = [drawer.trends.stages.get(one.stage, ())[-len(points) :] for one in stages]
    table = TrendTable(drawer.phrases, drawer.timeline, names=drawer.report.names)
    said = words(drawer)
    return JourneyCourse(
        speech.gettext(TITLES[drawer.timeline.every]),
        said,
        [course_chart.large(speech, course, said, size) for size in (LONG, SHORT)],
        [speech.gettext("Whole journey"), *(one.name for one in stages)],
        table.rows(points, *others),
    )


def drawn(drawer: Drawer) -> ScoreCourse:
    """Return the journey's trend from the first answer on, as a chart draws it."""
    speech, points = drawer.phrases.speech, _points(drawer)
    course = drawer.timeline.course(points, charts.lowest(one.csat for one in points), None)
    return replace(course, words=("", speech.gettext("provisional")))


def words(drawer: Drawer) -> str:
    """Return the sentence about the chart."""
    return drawer.course_words([one for one in _points(drawer) if one.csat.value is not None])


def _points(drawer: Drawer) -> Sequence[MeanPoint]:
    return begun(drawer.trends.journey)
