"""The report: the records that JSON, the document of the API, CSV files and tables are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Literal

from ..values.enumeration import STAGES
from ..values.msgid import N_
from .change import Change
from .composition import Why
from .difference import GroupDifference
from .distribution import Distribution
from .record import ABSENT, Absent, Flag, Record
from .score import Score, Verdict
from .weighting import WeightedScore

JOURNEY = STAGES[:3]
STAGE_NAMES = {
    "pre-purchase": N_("Pre-purchase"),
    "purchase": N_("Purchase"),
    "post-purchase": N_("Post-purchase"),
    "relationship": N_("Relationship"),
}
StageId = Literal["pre-purchase", "purchase", "post-purchase", "relationship"]
ScoredKind = Literal["csat", "nps", "ease", "ces", "expectation", "csi"]
COUNTED = N_("Of answers up to {day} only the counts are left.")
"""What is said where a report and a list of answers therefore differ."""
Name = Annotated[str, "What people call it, in the report's language."]
Place = tuple[str, str]
"""A stage and a touchpoint."""


@dataclass(frozen=True, slots=True)
class Period(Record):
    """Both days are included."""

    from_: date | None
    to: date | None
    timezone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint(Record):
    """The scores of some days, both included; `provisional` while more answers to them can come.

    `breaks` names the scores whose question is another than at the points before: no line leads to this one.
    """

    from_: date
    to: date
    csat: Score
    nps: Score | Absent = ABSENT
    ease: Score | Absent = ABSENT
    ces: Score | Absent = ABSENT
    expectation: Score | Absent = ABSENT
    csi: Score | Absent = ABSENT
    counts: Mapping[str, int] | Absent = ABSENT
    provisional: bool
    breaks: Sequence[ScoredKind] | Absent = ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanPoint(Record):
    """The mean of touchpoints, of some days; `without` names those that other points of the trend are made of too."""

    from_: date
    to: date
    csat: Score
    provisional: bool
    without: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVersion(Record):
    """The version of a survey that is served from that day on, in place of another one.

    `breaks` names the scores whose question is another one in it.
    """

    survey: str
    from_: date
    breaks: Sequence[ScoredKind] | Absent = ABSENT


@dataclass(frozen=True, slots=True)
class Journey(Record):
    """The mean of the three stages that have a score."""

    csat: Score
    change: Change | Absent = ABSENT
    trend: Sequence[MeanPoint] | Absent = ABSENT
    weighted: WeightedScore | Absent = ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel(Record):
    """What became of the events that a touchpoint's surveys could have followed; each counts once.

    `refused` counts them by reason, `uncertain` those of the `sent` that may not have arrived.
    """

    eligible: int
    refused: Mapping[str, int]
    invited: int
    failed: int
    sent: int
    uncertain: int
    answered: int | None


@dataclass(frozen=True, slots=True)
class Group(Record):
    """The answers of one value of the field that the report is split by; without a score where it was only claimed.

    Where some of them are `hidden`, because they are too few or would tell of others, only the others are counted.
    """

    csat: Score
    counts: Mapping[str, int] | Absent = ABSENT
    difference: GroupDifference | Absent = ABSENT
    hidden: Flag = ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Touchpoint(Record):
    """A touchpoint's scores; `withheld` where there are anonymous answers only, and none of them is out."""

    touchpoint: str
    name: Name
    asks: Annotated[Sequence[ScoredKind], "The scores that its surveys of today ask for."]
    scored: bool | Absent = ABSENT
    responses: int | None | Absent = ABSENT  # where it is not scored
    csat: Score
    dsat: Score
    mean: Score
    nps: Score | Absent = ABSENT
    ease: Score | Absent = ABSENT
    ces: Score | Absent = ABSENT
    expectation: Score | Absent = ABSENT
    csi: Score | Absent = ABSENT
    target: float | None
    verdict: Verdict
    so_far: Flag = ABSENT
    change: Change | Absent = ABSENT
    mean_change: Change | Absent = ABSENT  # in points of the scale
    nps_change: Change | Absent = ABSENT
    weighted: WeightedScore | Absent = ABSENT
    counts: Mapping[str, int] | Absent = ABSENT
    withheld: Flag = ABSENT
    funnel: Funnel
    response_rate: Score
    provisional_until: date | None
    provisional_open: Annotated[int | None, "How many invitations can be answered till then; null where it would tell."]
    by: Mapping[str, Group] | Absent = ABSENT
    included: bool
    weight: float | Absent = ABSENT
    excluded: Why | Absent = ABSENT
    counted_until: Annotated[date, "Up to this day only counts are left, and an export has fewer rows."] | Absent = (
        ABSENT
    )
    trend: Sequence[TrendPoint] | Absent = ABSENT
    new_versions: Annotated[Sequence[NewVersion], "Of its surveys, in the days of the trend."] | Absent = ABSENT
    questions: Sequence[Distribution] | Absent = ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class StageReport(Record):
    """A stage: the weighted mean of its touchpoints, and every answer counted once (`pooled`)."""

    stage: StageId
    name: Name
    csat: Score
    pooled: Score
    target: float | None
    verdict: Verdict
    so_far: Flag = ABSENT
    change: Change | Absent = ABSENT
    weighted: WeightedScore | Absent = ABSENT
    trend: Sequence[MeanPoint] | Absent = ABSENT
    touchpoints: Sequence[Touchpoint]

    @property
    def is_thin(self) -> bool:
        """Whether it has no score because each touchpoint in it has too few answers, though there are some."""
        if self.csat.value is not None or self.csat.withheld:
            return False
        return any(one.csat.n for one in self.touchpoints if one.excluded == "few")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Record):
    """The scores of the journey."""

    period: Period
    journey: Journey
    stages: Sequence[StageReport]
    language: Annotated[str, "Of names, and of the questions' words."]

    @property
    def touchpoints(self) -> Sequence[Touchpoint]:
        """Those of all stages."""
        return [one for stage in self.stages for one in stage.touchpoints]

    @property
    def names(self) -> Mapping[str, str]:
        """What touchpoints are called, by their ids, with and without their stages."""
        both = [(stage.stage, one) for stage in self.stages for one in stage.touchpoints]
        return {key: one.name for stage, one in both for key in (one.touchpoint, f"{stage}/{one.touchpoint}")}

    def only(self, stage: str) -> Report:
        """The report with one stage listed; the journey is still that of all."""
        return replace(self, stages=[each for each in self.stages if each.stage == stage])

    def with_trends(self, other: Report) -> Report:
        """The report with the trends of another one, which lists the same stages and touchpoints."""
        stages = [_with_trends(one, of) for one, of in zip(self.stages, other.stages, strict=True)]
        return replace(self, journey=replace(self.journey, trend=other.journey.trend), stages=stages)

    def with_questions(self, asked: Mapping[Place, Sequence[Distribution]]) -> Report:
        """The report with the distributions of each touchpoint's questions."""
        return replace(self, stages=[_with_questions(stage, asked) for stage in self.stages])


def _with_trends(stage: StageReport, other: StageReport) -> StageReport:
    both = zip(stage.touchpoints, other.touchpoints, strict=True)
    touchpoints = [replace(one, trend=of.trend, new_versions=of.new_versions) for one, of in both]
    return replace(stage, trend=other.trend, touchpoints=touchpoints)


def _with_questions(stage: StageReport, asked: Mapping[Place, Sequence[Distribution]]) -> StageReport:
    touchpoints = [replace(one, questions=asked.get((stage.stage, one.touchpoint), ())) for one in stage.touchpoints]
    return replace(stage, touchpoints=touchpoints)
