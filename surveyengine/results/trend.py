"""How scores went: a point for each day, week or month of a period."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import get_args

from ..values.period import Days
from . import score
from .assembly import Terms
from .ledger import CSAT, AnswerRole, AskedSurvey, Ledger
from .place import counts, csats, others, scored, touchpoints, weighted
from .record import ABSENT
from .report import JOURNEY, MeanPoint, NewVersion, Report, ScoredKind, StageReport, Touchpoint, TrendPoint
from .score import Weighted

KINDS: Sequence[ScoredKind] = [kind for kind in get_args(ScoredKind) if score.SCORES.get(kind)]
"""The scores that one question alone makes."""
Asked = Mapping[str, Sequence[AskedSurvey]]
"""The surveys of each touchpoint of a stage."""


@dataclass(frozen=True)
class Piece:
    """Some days of a period, and what was counted in them.

    `questions` says to which question most answers of a survey in a role were given. More answers can come while the
    days are `running`, and to the touchpoints that are `open`.
    """

    days: Days
    counted: Ledger
    questions: Mapping[tuple[str, AnswerRole], str] = field(default_factory=dict)
    open: Collection[str] = ()
    running: bool = False

    def provisional(self, touchpoints: Collection[str]) -> bool:
        """Whether more answers can come to one of these."""
        return self.running or any(name in self.open for name in touchpoints)


@dataclass(frozen=True)
class Course:
    """The pieces of a period in their order, and the journey whose scores are told of each of them.

    `renewed` are the versions that are new in it, of any survey.
    """

    pieces: Sequence[Piece]
    asked: Sequence[AskedSurvey]
    terms: Terms
    renewed: Sequence[NewVersion] = ()

    def places(self, stage: str) -> Asked:
        """The surveys of each touchpoint of a stage."""
        return touchpoints(self.asked, stage)


def with_trend(report: Report, course: Course) -> Report:
    """The report with the trend of each of its scores."""
    whole = _means(course, JOURNEY, "{stage}/{touchpoint}")
    stages = [_stage(stage, course) for stage in report.stages]
    return replace(report, journey=replace(report.journey, trend=whole), stages=stages)


def _stage(stage: StageReport, course: Course) -> StageReport:
    places = course.places(stage.stage)
    found = [_touchpoint(one, course, places[one.touchpoint]) for one in stage.touchpoints]
    return replace(stage, touchpoints=found, trend=_means(course, [stage.stage], "{touchpoint}"))


def _touchpoint(one: Touchpoint, course: Course, surveys: Sequence[AskedSurvey]) -> Touchpoint:
    ids = {survey.survey for survey in surveys}
    renewed = [version for version in course.renewed if version.survey in ids]
    return replace(one, trend=points(course.pieces, surveys), new_versions=renewed or ABSENT)


def points(pieces: Sequence[Piece], surveys: Sequence[AskedSurvey]) -> list[TrendPoint]:
    """The points of a touchpoint; one that more answers were given to another question before begins a new line."""
    found: list[TrendPoint] = []
    before: dict[tuple[str, AnswerRole], str] = {}
    for piece in pieces:
        keys = {(one.survey, AnswerRole(kind)): kind for one in scored(surveys) for kind in KINDS}
        now = {key: piece.questions[key] for key in keys if key in piece.questions}
        broken = {keys[key] for key, question in now.items() if before.get(key, question) != question}
        before |= now
        found.append(replace(_point(piece, surveys), breaks=[kind for kind in KINDS if kind in broken] or ABSENT))
    return found


def _point(piece: Piece, surveys: Sequence[AskedSurvey]) -> TrendPoint:
    judged = scored(surveys)
    shown = piece.counted.answers(judged or surveys, AnswerRole(CSAT)).histogram
    return TrendPoint(
        from_=piece.days.since,
        to=piece.days.until,
        csat=piece.counted.answers(judged, AnswerRole(CSAT)).score(score.csat),
        counts=ABSENT if shown is None else counts(shown),
        provisional=piece.provisional([surveys[0].touchpoint]),
        **others(piece.counted, judged),
    )


def _means(course: Course, stages: Sequence[str], names: str) -> list[MeanPoint]:
    """The points of the mean of some stages; `names` says how touchpoints are called that are not in all of them."""
    made = [_terms(piece, course, stages) for piece in course.pieces]
    counted = [_counted(terms, names) for terms in made]
    ever = dict.fromkeys(name for one in counted for name in one)
    return [
        MeanPoint(
            from_=piece.days.since,
            to=piece.days.until,
            csat=score.journey(parts.values() for parts in terms.values()),
            provisional=piece.provisional([name for parts in terms.values() for name in parts]),
            without=[name for name in ever if name not in own] if own else (),
        )
        for piece, terms, own in zip(course.pieces, made, counted, strict=True)
    ]


def _terms(piece: Piece, course: Course, stages: Sequence[str]) -> dict[str, dict[str, Weighted]]:
    """The touchpoints of each stage as terms of its score."""
    return {
        stage: weighted(course.terms.rule(stage).weights, csats(piece.counted, course.places(stage)))
        for stage in stages
    }


def _counted(terms: Mapping[str, Mapping[str, Weighted]], names: str) -> list[str]:
    """The touchpoints that a score is made of."""
    return [
        names.format(stage=stage, touchpoint=name)
        for stage, parts in terms.items()
        for name, term in parts.items()
        if term.weight > 0 and term.score.value is not None
    ]
