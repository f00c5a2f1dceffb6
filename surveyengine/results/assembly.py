"""Assembles a report: what was asked and counted in, the scores of touchpoints, stages and the journey out.

Nothing here reads a database or a clock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, get_args

from . import score
from .change import Change, ComparedPeriod, of_stages, of_touchpoint
from .composition import Share, composition
from .grouping import against_before, against_rest
from .ledger import (
    CSAT,
    INDEX,
    AnswerGroup,
    AnswerRole,
    Answers,
    AskedSurvey,
    FunnelCounts,
    Ledger,
    Tally,
    asks,
    ledger,
)
from .means import of_means
from .place import counts, csats, others, scored, touchpoints, weighted
from .promoters import NPS, of_promoters
from .record import ABSENT, Absent, Flag
from .repeat import Repeats
from .report import (
    JOURNEY,
    STAGE_NAMES,
    Funnel,
    Group,
    Journey,
    Period,
    Report,
    ScoredKind,
    StageId,
    StageReport,
    Touchpoint,
)
from .score import Histogram, Score, Verdict, Weighted
from .split import LANGUAGE, MOST_GROUPS, OTHER, limited
from .weighting import WeighedAnswers, of_mean
from .weighting import of_touchpoint as weighted_touchpoint

ASKED: Sequence[ScoredKind] = get_args(ScoredKind)
"""The scores that a survey may ask for, in the order in which they are told."""


@dataclass(frozen=True)
class StageRule:
    """What a business declares for a stage: weights of touchpoints (1 where not listed), its target, its name."""

    weights: Mapping[str, float] = field(default_factory=dict)
    target_csat: float | None = None
    name: str = ""


@dataclass(frozen=True)
class Before:
    """An earlier period, and what was counted in it."""

    days: ComparedPeriod
    counted: Ledger


@dataclass(frozen=True)
class Terms:
    """What a report is made under: its period (both days inclusive), the stages' rules, the field it is split by.

    `today` is the day in the business's time zone, by which a period is over or still runs; names are in `language`.
    """

    since: date | None = None
    until: date | None = None
    timezone: str = "UTC"
    rules: Mapping[str, StageRule] = field(default_factory=dict)
    by: str | None = None
    today: date = date.max
    language: str = "en"
    before: Before | None = None  # what it is compared with
    repeats: Mapping[tuple[str, str], Repeats] = field(default_factory=dict)  # by touchpoint and kind
    hidden: Mapping[str, Collection[AnswerGroup]] = field(default_factory=dict)  # groups, by survey
    counted_until: Mapping[str, date] = field(default_factory=dict)  # where older rows have gone, by survey
    weighed: Mapping[str, WeighedAnswers] | None = None  # by touchpoint, where weighted scores are told

    @property
    def is_running(self) -> bool:
        """Whether the period is not over."""
        return self.until is None or self.until >= self.today

    def rule(self, stage: str) -> StageRule:
        """The rule of a stage; the default where none is declared."""
        return self.rules.get(stage, StageRule())


def assemble(
    asked: Sequence[AskedSurvey], tallies: Iterable[Tally], funnels: Iterable[FunnelCounts], terms: Terms
) -> Report:
    """The report, in the order in which it is read; percentages are not rounded."""
    counted = replace(ledger(tallies, funnels), repeats=terms.repeats)
    journey = {stage: touchpoints(asked, stage) for stage in get_args(StageId)}
    stages = [_stage(counted, terms, stage, surveys) for stage, surveys in journey.items() if surveys]
    parts: dict[str, dict[str, Weighted]]
    parts = {stage: weighted(terms.rule(stage).weights, csats(counted, journey[stage])) for stage in JOURNEY}
    whole = score.journey(terms.values() for terms in parts.values())
    names = "{stage}/{touchpoint}"
    even = ABSENT if terms.weighed is None else of_mean(terms.weighed, parts, names=names)
    return Report(
        period=Period(terms.since, terms.until, terms.timezone),
        journey=Journey(whole, _changed(terms, parts, journey, names), weighted=even),
        stages=stages,
        language=terms.language,
    )


def _changed(
    terms: Terms,
    now: Mapping[str, Mapping[str, Weighted]],
    asked: Mapping[Any, Mapping[str, Sequence[AskedSurvey]]],
    names: str = "{touchpoint}",
) -> Change | Absent:
    """The change of some stages against the earlier period, where there is one."""
    if terms.before is None:
        return ABSENT
    counted = terms.before.counted
    before = {stage: weighted(terms.rule(stage).weights, csats(counted, asked[stage])) for stage in now}
    return of_stages(now, before, terms.before.days, names)


def _stage(
    counted: Ledger, terms: Terms, stage: StageId, touchpoints: Mapping[str, Sequence[AskedSurvey]]
) -> StageReport:
    rule = terms.rule(stage)
    answers = csats(counted, touchpoints)
    parts = weighted(rule.weights, answers)
    csat = score.stage(parts.values())
    verdict = score.verdict(csat, rule.target_csat)
    made = _parts(answers, rule, touchpoints)
    return StageReport(
        stage=stage,
        name=rule.name or STAGE_NAMES[stage],
        csat=csat,
        pooled=_together(answers.values()).score(score.csat),
        target=rule.target_csat,
        verdict=verdict,
        so_far=_so_far(verdict, terms),
        change=_changed(terms, {stage: parts}, {stage: touchpoints}),
        weighted=ABSENT if terms.weighed is None else of_mean(terms.weighed, {stage: parts}, rule.target_csat),
        touchpoints=[_touchpoint(counted, terms, surveys, made[name]) for name, surveys in touchpoints.items()],
    )


def _parts(
    answers: Mapping[str, Answers], rule: StageRule, touchpoints: Mapping[str, Sequence[AskedSurvey]]
) -> Mapping[str, Share]:
    """The share of each touchpoint in its stage's score."""
    scores = {
        name: answers[name].score(score.csat) if name in answers and scored(surveys) else None
        for name, surveys in touchpoints.items()
    }
    return composition(scores, rule.weights)


def _touchpoint(counted: Ledger, terms: Terms, surveys: Sequence[AskedSurvey], share: Share) -> Touchpoint:
    """The report of a touchpoint, all its surveys together; without a scored one, answers are counted only."""
    name, judged = surveys[0].touchpoint, scored(surveys)
    answers = counted.answers(judged, AnswerRole(CSAT))
    shown = counted.answers(judged or surveys, AnswerRole(CSAT)).histogram
    csat = answers.score(score.csat)
    target = next((each.target_csat for each in judged if each.target_csat is not None), None)
    verdict = score.verdict(csat, target)
    came = counted.funnels.get(name, FunnelCounts(name))
    is_hidden = not came.rated and any(survey.anonymous for survey in surveys)
    weighed = (terms.weighed or {}).get(name)
    found = Touchpoint(
        touchpoint=name,
        name=called(name, surveys),
        asks=[kind for kind in ASKED if any(_asks(survey, kind) for survey in surveys)],
        scored=ABSENT if judged else False,
        responses=ABSENT if judged else _responses(surveys),
        csat=csat,
        dsat=answers.score(score.dsat),
        mean=answers.score(score.mean),
        target=target,
        verdict=verdict,
        so_far=_so_far(verdict, terms),
        change=_change(terms, judged, csat),
        mean_change=_moved(CSAT, counted, terms, judged),
        nps_change=_moved(NPS, counted, terms, judged),
        weighted=weighted_touchpoint(weighed, target) if weighed else ABSENT,
        counts=ABSENT if shown is None else counts(shown),
        withheld=True if shown is None else ABSENT,
        funnel=_funnel(came, is_hidden),
        response_rate=_response_rate(came, is_hidden),
        provisional_until=came.open_until,
        provisional_open=came.open,
        by=_compared(terms, _by(counted, judged or surveys, terms.hidden), judged or surveys) if terms.by else ABSENT,
        included=share.included,
        weight=share.weight if share.included else ABSENT,
        excluded=share.excluded or ABSENT,
        counted_until=max((day for one in surveys if (day := terms.counted_until.get(one.survey))), default=ABSENT),
    )
    return replace(found, **others(counted, judged))


def _change(terms: Terms, scored: Sequence[AskedSurvey], csat: Score) -> Change | Absent:
    """The change of a touchpoint against the earlier period, where there is one, and a score."""
    if terms.before is None or not scored:
        return ABSENT
    before = terms.before.counted.answers(scored, AnswerRole(CSAT)).score(score.csat)
    return of_touchpoint(csat, before, terms.before.days)


CHANGES = {CSAT: of_means, NPS: of_promoters}
"""How answers of a kind are held against earlier ones, beside the percentage of the satisfied."""


def _moved(kind: str, counted: Ledger, terms: Terms, scored: Sequence[AskedSurvey]) -> Change | Absent:
    """The change of a touchpoint's answers of a kind, where it is asked, and there is an earlier period."""
    if terms.before is None or not any(asks(survey, kind) for survey in scored):
        return ABSENT
    now, before = (one.answers(scored, AnswerRole(kind)).histogram for one in (counted, terms.before.counted))
    return CHANGES[kind](now or Histogram(), before or Histogram(), terms.before.days)


def _responses(surveys: Sequence[AskedSurvey]) -> int | None:
    """The number of responses; None if there may be anonymous ones, and none is released yet."""
    total = sum(survey.responses for survey in surveys)
    return None if not total and any(survey.anonymous for survey in surveys) else total


def called(touchpoint: str, surveys: Sequence[AskedSurvey]) -> str:
    """The name of the survey whose id is the touchpoint's, else of its first survey."""
    first = next((survey for survey in surveys if survey.survey == touchpoint), surveys[0])
    return first.name or touchpoint


def _asks(survey: AskedSurvey, kind: str) -> bool:
    return any(one.weight for one in survey.questions) if kind == INDEX else asks(survey, kind)


def _by(
    counted: Ledger, surveys: Sequence[AskedSurvey], hidden: Mapping[str, Collection[AnswerGroup]]
) -> Mapping[str, Group]:
    """Each group's score and counts; unscored surveys and claimed values have counts only."""
    is_scored = any(survey.scored for survey in surveys)
    shown = {
        group.name: Group(
            score.csat(answers) if is_scored and group.kind != "claim" else score.few(answers.n), counts(answers)
        )
        for group, answers in limited(counted.split(surveys, AnswerRole(CSAT)))
    }
    return {**shown, **_hidden(shown, {group.name for survey in surveys for group in hidden.get(survey.survey, ())})}


def _hidden(shown: Mapping[str, Group], gone: Collection[str]) -> Mapping[str, Group]:
    """The groups of which something is hidden; those that are too many to be listed are in the group of others."""
    others = sorted({*gone} - {*shown})
    room = max(0, MOST_GROUPS - len(shown))
    names = [*others[:room], *([OTHER.name] if others[room:] else []), *(name for name in shown if name in gone)]
    wholly = Group(score.withheld(), hidden=True)
    return {name: replace(shown.get(name, wholly), hidden=True) for name in names}


def _compared(terms: Terms, groups: Mapping[str, Group], surveys: Sequence[AskedSurvey]) -> Mapping[str, Group]:
    """The groups with their differences; people answer in the way of their language, which only they are held to."""
    if terms.by != LANGUAGE:
        return against_rest(groups)
    return against_before(groups, _by(terms.before.counted, surveys, {}) if terms.before else {})


def _together(parts: Iterable[Answers]) -> Answers:
    """The sum; withheld if it is empty and anonymous answers are not released yet."""
    known = list(parts)
    total = sum((part.histogram for part in known if part.histogram is not None), Histogram())
    return Answers(None if not total.n and any(part.histogram is None for part in known) else total)


def _funnel(came: FunnelCounts, is_hidden: bool) -> Funnel:
    """The funnel; while it is hidden, without the answers."""
    return Funnel(
        eligible=came.invited + sum(came.refused.values()),
        refused=dict(sorted(came.refused.items())),
        invited=came.invited,
        failed=came.failed,
        sent=came.sent,
        uncertain=came.uncertain,
        answered=None if is_hidden else came.answered,
    )


def _response_rate(came: FunnelCounts, is_hidden: bool) -> Score:
    """The share of answers among what was sent, provisional while more can come."""
    return score.withheld() if is_hidden else came.rate


def _so_far(verdict: Verdict, terms: Terms) -> Flag:
    """Whether the verdict holds for the answers so far only, because the period is not over."""
    return True if verdict != "none" and terms.is_running else ABSENT
