"""What the journey map shows of a touchpoint and of a stage, in words and charts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from markupsafe import Markup

from ...results.report import JOURNEY, MeanPoint, Report, StageReport, Touchpoint, TrendPoint
from ...results.score import INDICATIVE, Score
from ...results.terminal.table import ALONE
from . import charts, course_chart
from .coded import coded
from .course_chart import CourseDrawing, CoursePoint
from .phrases import Phrases, Remark
from .timeline import Timeline


@dataclass(frozen=True, kw_only=True)
class Card:
    """A touchpoint: its score with interval and base, what it is measured against, and how it has changed.

    `people` is the address of the list of those who answered.
    """

    name: str
    url: str
    state: str
    score: Markup
    beside: Sequence[str]
    people: str = ""
    verdict: Remark | None = None
    remarks: Sequence[Remark] = ()
    chart: Markup = field(default=Markup(""))


@dataclass(frozen=True, kw_only=True)
class StageView:
    """A stage: its score on a line, and the cards of its touchpoints."""

    name: str
    state: str
    score: Markup
    beside: str
    gauge: Markup
    verdict: Remark | None
    remarks: Sequence[Remark]
    chart: Markup
    cards: Sequence[Card]


@dataclass(frozen=True)
class Trends:
    """How scores went: that of the journey, of stages, and of touchpoints by stage and touchpoint."""

    journey: Sequence[MeanPoint] = ()
    stages: Mapping[str, Sequence[MeanPoint]] = field(default_factory=dict)
    touchpoints: Mapping[tuple[str, str], Sequence[TrendPoint]] = field(default_factory=dict)

    @classmethod
    def of(cls, report: Report) -> Trends:
        """Return the trends of a report."""
        return cls(
            report.journey.trend or (),
            {one.stage: one.trend or () for one in report.stages},
            {(stage.stage, one.touchpoint): one.trend or () for stage in report.stages for one in stage.touchpoints},
        )

    @property
    def points(self) -> Iterator[CoursePoint]:
        """Every point that a small chart shows."""
        for stage in self.stages.values():
            yield from stage
        for touchpoint in self.touchpoints.values():
            yield from touchpoint


@dataclass(frozen=True)
class Drawer:
    """Makes views of a report, each leading below that address; `trends` are those up to the end of its period.

    `asked` says of touchpoints when their customers will be asked, as long as nobody has answered, `people` where
    those who have are listed.
    """

    phrases: Phrases
    report: Report
    address: str
    timeline: Timeline
    trends: Trends = field(default_factory=Trends)
    asked: Mapping[tuple[str, str], str] = field(default_factory=dict)
    people: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @property
    def low(self) -> float:
        """Where the scale of every chart of the page begins."""
        scores = [leading(one)[1] for one in self.report.touchpoints] + [one.csat for one in self.report.stages]
        return charts.lowest([*scores, *(one.csat for one in self.trends.points)])

    def stage(self, stage: StageReport) -> StageView:
        """Return the view of a stage."""
        say, score = self.phrases, stage.csat
        several = len([one for one in stage.touchpoints if one.included]) > 1
        scores = (score, stage.pooled if several else None)
        return StageView(
            name=stage.name,
            state=score.state,
            score=say.large(score),
            beside=" · ".join(filter(None, [say.limits(score), say.base(score.n)])) or self._aim(stage),
            gauge=charts.gauge(say.speech, scores, stage.target, self.low) if score.n else Markup(""),
            verdict=say.verdict(stage),
            remarks=[*self._beside(stage), *self._reserve(stage)],
            chart=self._drawn(self.trends.stages.get(stage.stage, ()), stage.target, course_chart.small),
            cards=[self.card(stage, one) for one in stage.touchpoints],
        )

    def card(self, stage: StageReport, touchpoint: Touchpoint) -> Card:
        """Return the card of a touchpoint."""
        say, (kind, score) = self.phrases, leading(touchpoint)
        return Card(
            name=touchpoint.name,
            url=f"{self.address}{stage.stage}/{quote(touchpoint.touchpoint)}{self.timeline.shown.query}",
            state=score.state,
            score=say.large(score, kind),
            beside=[one for one in (say.limits(score), say.base(base(touchpoint))) if one],
            people=self.people.get((stage.stage, touchpoint.touchpoint), "") if kind == "csat" else "",
            verdict=say.verdict(touchpoint) if kind == "csat" else None,
            remarks=[*self._beside(touchpoint), *self._words(stage, touchpoint)],
            chart=self.chart(stage.stage, touchpoint, course_chart.small),
        )

    def _beside(self, scores: StageReport | Touchpoint) -> Sequence[Remark]:
        """Return how a score has changed, and what it is weighted, where that is told."""
        names = self.report.names
        return [*self.phrases.changes(scores, names), *self.phrases.weighted(scores, names)]

    def chart(self, stage: str, touchpoint: Touchpoint, drawn: CourseDrawing) -> Markup:
        """Return how a touchpoint's satisfaction went, drawn so; nothing where it had no score in this time."""
        if leading(touchpoint)[0] != "csat":
            return Markup("")
        return self._drawn(self.trends.touchpoints.get((stage, touchpoint.touchpoint), ()), touchpoint.target, drawn)

    def _drawn(self, points: Sequence[CoursePoint], target: float | None, drawn: CourseDrawing) -> Markup:
        known = [one for one in points if one.csat.value is not None]
        if not known:
            return Markup("")
        low = self.low if drawn is course_chart.small else charts.lowest(one.csat for one in known)
        course = self.timeline.course(points, low, target)
        return drawn(self.phrases.speech, course, self.course_words(known))

    def course_words(self, known: Sequence[CoursePoint]) -> str:
        """Return what a chart of these points shows: between which scores, and when; nothing without a score."""
        if not known:
            return ""
        low, high = (pick(known, key=lambda one: one.csat.value or 0.0) for pick in (min, max))
        said = {"lowest": self.phrases.value(low.csat), "low_day": self.timeline.called(low)}
        said |= {"highest": self.phrases.value(high.csat), "high_day": self.timeline.called(high)}
        return self.phrases.speech.gettext("Lowest {lowest} ({low_day}), highest {highest} ({high_day})", **said)

    def _words(self, stage: StageReport, touchpoint: Touchpoint) -> Sequence[Remark]:
        """Return what else is to be said of a touchpoint."""
        say, (kind, score) = self.phrases, leading(touchpoint)
        found: list[str | Markup] = [
            say.lack(score) if kind else say.capital("no satisfaction question"),
            *say.others(touchpoint, kind),
        ]
        if touchpoint.scored is False:
            found = [say.capital("not scored")]
        elif touchpoint.excluded == "apart" and stage.stage in JOURNEY:
            found.append(say.speech.gettext("Not in the score of its stage"))
        when = coded(self.asked.get((stage.stage, touchpoint.touchpoint), ""))
        return [Remark(words) for words in (*found, when) if words]

    def _aim(self, stage: StageReport) -> str:
        """Return the target of a stage that has no answer yet."""
        say = self.phrases
        return say.speech.gettext("Target {target}", target=say.percent(stage.target)) if stage.target else ""

    def _reserve(self, stage: StageReport) -> Sequence[Remark]:
        """Return which touchpoints make a stage's score indicative, or why there is none."""
        say = self.phrases
        if stage.is_thin:
            return [Remark(say.capital(ALONE, n=INDICATIVE))]
        if stage.csat.value is None:
            return [Remark(say.lack(stage.csat))]
        thin = [one.name for one in stage.touchpoints if one.included and one.csat.state == "indicative"]
        said = say.speech.gettext("Indicative: fewer than {n} answers at {names}", n=30, names=say.list(thin))
        return [Remark(said)] if thin else []


def leading(touchpoint: Touchpoint) -> tuple[str, Score]:
    """Return the score that a touchpoint is about: its satisfaction, else the first one that its surveys ask for."""
    if "csat" in touchpoint.asks or touchpoint.csat.n or not touchpoint.asks:
        return "csat" if "csat" in touchpoint.asks or touchpoint.csat.n else "", touchpoint.csat
    for kind in ("csi", *touchpoint.asks):
        if score := getattr(touchpoint, kind):
            return kind, score
    return "", touchpoint.csat


def base(touchpoint: Touchpoint) -> int | None:
    """Return how many answers a touchpoint's score is made of; where nothing is scored, how many there are."""
    return touchpoint.responses or None if touchpoint.scored is False else leading(touchpoint)[1].n
