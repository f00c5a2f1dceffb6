"""The report: what was asked and counted in, the scores of touchpoints, stages and the journey out.

Nothing here reads a database or a clock; `assemble` returns the very JSON that users get.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from ..definitions.survey import APART
from ..values.msgid import N_
from . import score
from .composition import composition
from .ledger import CSAT, INDEX, Answers, AskedSurvey, FunnelCounts, Ledger, Role, Tally, VersionQuestion, asks, ledger
from .score import SCORES, Histogram, Score, Weighted
from .split import limited

Report = dict[str, Any]
"""The JSON of a report, and each object inside it."""

JOURNEY = ("pre-purchase", "purchase", "post-purchase")
STAGES = (*JOURNEY, "relationship")
STAGE_NAMES = {
    "pre-purchase": N_("Pre-purchase"),
    "purchase": N_("Purchase"),
    "post-purchase": N_("Post-purchase"),
    "relationship": N_("Relationship"),
}
SCALE = range(1, 6)
ASKED = (*(kind for kind, metric in SCORES.items() if metric), INDEX)
"""The scores that a survey may ask for, in the order in which they are told."""


@dataclass(frozen=True)
class StageRule:
    """What a business declares for a stage: weights of touchpoints (1 where not listed), its target, its name."""

    weights: Mapping[str, float] = field(default_factory=dict)
    target_csat: float | None = None
    name: str = ""


@dataclass(frozen=True)
class Terms:
    """What a report is made under: its period (both days inclusive), the stages' rules, the field it is split by.

    `today` is the day in the business's time zone, by which a period is over or still runs.
    """

    since: date | None = None
    until: date | None = None
    timezone: str = "UTC"
    rules: Mapping[str, StageRule] = field(default_factory=dict)
    by: str | None = None
    today: date = date.max

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
    counted = ledger(tallies, funnels)
    journey = {stage: _touchpoints(asked, stage) for stage in STAGES}
    stages = [_stage(counted, terms, stage, surveys) for stage, surveys in journey.items() if surveys]
    whole = score.journey(_weighted(terms.rule(stage), _csats(counted, journey[stage])) for stage in JOURNEY)
    return {
        "period": {"from": _day(terms.since), "to": _day(terms.until), "timezone": terms.timezone},
        "journey": {"csat": _told(whole)},
        "stages": stages,
    }


def only(report: Report, stage: str) -> Report:
    """The report with one stage listed; the journey is still that of all."""
    return {**report, "stages": [each for each in report["stages"] if each["stage"] == stage]}


def _touchpoints(asked: Iterable[AskedSurvey], stage: str) -> dict[str, list[AskedSurvey]]:
    touchpoints: dict[str, list[AskedSurvey]] = {}
    for survey in asked:
        if survey.stage == stage:
            touchpoints.setdefault(survey.touchpoint, []).append(survey)
    return touchpoints


def _stage(counted: Ledger, terms: Terms, stage: str, touchpoints: Mapping[str, Sequence[AskedSurvey]]) -> Report:
    rule = terms.rule(stage)
    answers = _csats(counted, touchpoints)
    csat = score.stage(_weighted(rule, answers))
    pooled = _together(answers.values()).score(score.csat)
    parts = _parts(answers, rule, touchpoints)
    return {
        "stage": stage,
        "name": rule.name or STAGE_NAMES[stage],
        "csat": _told(csat),
        "pooled": _told(pooled),
        **_verdict(csat, rule.target_csat, terms),
        "touchpoints": [
            {**_touchpoint(counted, terms, name, surveys), **parts[name]} for name, surveys in touchpoints.items()
        ],
    }


def _parts(
    answers: Mapping[str, Answers], rule: StageRule, touchpoints: Mapping[str, Sequence[AskedSurvey]]
) -> Mapping[str, Report]:
    """What part each touchpoint has in its stage's score."""
    scores = {
        name: answers[name].score(score.csat) if name in answers and _scored(surveys) else None
        for name, surveys in touchpoints.items()
    }
    shares = composition(scores, rule.weights)
    return {
        name: {"included": one.included, **({"weight": one.weight} if one.included else {"excluded": one.excluded})}
        for name, one in shares.items()
    }


def _csats(counted: Ledger, touchpoints: Mapping[str, Sequence[AskedSurvey]]) -> dict[str, Answers]:
    """The answers of each touchpoint that its stage's score is made of."""
    return {
        name: counted.answers(_scored(surveys), Role(CSAT)) for name, surveys in touchpoints.items() if name != APART
    }


def _weighted(rule: StageRule, answers: Mapping[str, Answers]) -> list[Weighted]:
    return [Weighted(rule.weights.get(name, 1), each.score(score.csat)) for name, each in answers.items()]


def _touchpoint(counted: Ledger, terms: Terms, name: str, surveys: Sequence[AskedSurvey]) -> Report:
    """A touchpoint's surveys as one; where none of them is scored, what came in is counted and scored nowhere."""
    scored = _scored(surveys)
    answers = counted.answers(scored, Role(CSAT))
    shown = counted.answers(scored or surveys, Role(CSAT))
    funnel = counted.funnels.get(name, FunnelCounts(name))
    csat = answers.score(score.csat)
    return {
        "touchpoint": name,
        "name": _name(name, surveys),
        "asks": [kind for kind in ASKED if any(_asks(survey, kind) for survey in surveys)],
        **({} if scored else {"scored": False, "responses": _responses(surveys)}),
        "csat": _told(csat),
        "dsat": _told(answers.score(score.dsat)),
        "mean": _told(answers.score(score.mean)),
        **_others(counted, scored),
        **_index(counted, scored),
        **_verdict(csat, next((each.target_csat for each in scored if each.target_csat is not None), None), terms),
        **({"withheld": True} if shown.histogram is None else {"counts": _counts(shown.histogram)}),
        **_funnel(funnel, any(survey.anonymous for survey in surveys)),
        **({"by": _by(counted, scored or surveys)} if terms.by else {}),
    }


def _responses(surveys: Sequence[AskedSurvey]) -> int | None:
    """How many responses there are; None where there may be anonymous ones, and none of them is out."""
    total = sum(survey.responses for survey in surveys)
    return None if not total and any(survey.anonymous for survey in surveys) else total


def _name(touchpoint: str, surveys: Sequence[AskedSurvey]) -> str:
    """What people call a touchpoint: the name of the survey that it is named after, or else of its first one."""
    first = next((survey for survey in surveys if survey.survey == touchpoint), surveys[0])
    return first.name or touchpoint


def _asks(survey: AskedSurvey, kind: str) -> bool:
    return any(one.weight for one in survey.questions) if kind == INDEX else asks(survey, kind)


def _scored(surveys: Iterable[AskedSurvey]) -> list[AskedSurvey]:
    return [survey for survey in surveys if survey.scored]


def _others(counted: Ledger, surveys: Sequence[AskedSurvey]) -> Report:
    """The scores of other kinds than csat, where they are asked."""
    return {
        kind: _told(counted.answers(surveys, Role(kind)).score(metric.score))
        for kind, metric in SCORES.items()
        if metric and kind != CSAT and any(asks(survey, kind) for survey in surveys)
    }


def _index(counted: Ledger, surveys: Sequence[AskedSurvey]) -> Report:
    """The satisfaction index, where it is asked."""
    items = [Weighted(weight, answers.score(score.item)) for weight, answers in counted.items(surveys)]
    return {"csi": _told(score.csi(items))} if items else {}


def _by(counted: Ledger, surveys: Sequence[AskedSurvey]) -> Report:
    """Each group's score and counts; what is not scored, or only claimed, is counted and fills no score."""
    is_scored = any(survey.scored for survey in surveys)
    return {
        group.name: {
            "csat": _told(score.csat(answers) if is_scored and group.kind != "claim" else score.few(answers.n)),
            "counts": _counts(answers),
        }
        for group, answers in limited(counted.split(surveys, Role(CSAT)))
    }


def _counts(answers: Histogram) -> dict[str, int]:
    """Every value of the scale with its count, zeros too."""
    return {str(value): answers.of((value,)) for value in SCALE}


def _together(parts: Iterable[Answers]) -> Answers:
    """Their sum; withheld where nothing is known of them but that there may be anonymous ones."""
    known = list(parts)
    total = sum((part.histogram for part in known if part.histogram is not None), Histogram())
    return Answers(None if not total.n and any(part.histogram is None for part in known) else total)


def _told(one: Score) -> Report:
    """A score as users get it: `withheld` is said where it is so."""
    found = asdict(one)
    return found if one.withheld else {key: value for key, value in found.items() if key != "withheld"}


def _funnel(funnel: FunnelCounts, is_anonymous: bool) -> Report:
    """The funnel, and the share of answers among what was sent; both are provisional while more can come."""
    refused, rated = dict(sorted(funnel.refused.items())), funnel.sent - funnel.secret
    is_hidden = is_anonymous and not rated
    rate = score.withheld() if is_hidden else score.proportion(min(funnel.answered, rated), rated)
    return {
        "funnel": {
            "eligible": funnel.invited + sum(refused.values()),
            "refused": refused,
            "invited": funnel.invited,
            "failed": funnel.failed,
            "sent": funnel.sent,
            "uncertain": funnel.uncertain,
            "answered": None if is_hidden else funnel.answered,
        },
        "response_rate": _told(rate),
        "provisional_until": _day(funnel.open_until),
    }


def _verdict(csat: Score, target: float | None, terms: Terms) -> Report:
    """The verdict, which holds for a period that is over, and else for the answers so far."""
    found = score.verdict(csat, target)
    return {"target": target, "verdict": found, **({"so_far": True} if found != "none" and terms.is_running else {})}


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
