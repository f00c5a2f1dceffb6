"""The report: what was asked and counted in, the scores of touchpoints, stages and the journey out.

Nothing here reads a database or a clock; `assemble` returns the very JSON that users get.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from . import score
from .ledger import Answers, Asked, Funnel, Ledger, Question, Tally, first, ledger
from .score import SCORES, Score, Weighted

__all__ = ["Asked", "Funnel", "Question", "Report", "Rule", "Tally", "Terms", "assemble", "only"]

Report = dict[str, Any]
"""The JSON of a report, and each object inside it."""

JOURNEY = ("pre-purchase", "purchase", "post-purchase")
STAGES = (*JOURNEY, "relationship")
APART = "post-resolution"
"""A touchpoint that only complainers meet: shown in its stage, but no part of its score."""


@dataclass(frozen=True)
class Rule:
    """What a business declares for a stage: weights of touchpoints (1 where not listed) and its target."""

    weights: Mapping[str, float] = field(default_factory=dict)
    target_csat: float | None = None


@dataclass(frozen=True)
class Terms:
    """What a report is made under: its period (both days inclusive), the stages' rules, the field it is split by."""

    since: date | None = None
    until: date | None = None
    timezone: str = "UTC"
    rules: Mapping[str, Rule] = field(default_factory=dict)
    anonymous_minimum: int = 10
    by: str | None = None

    def rule(self, stage: str) -> Rule:
        """The rule of a stage; the default where none is declared."""
        return self.rules.get(stage, Rule())


def assemble(asked: Sequence[Asked], tallies: Iterable[Tally], funnels: Iterable[Funnel], terms: Terms) -> Report:
    """The report, in the order in which it is read; percentages are not rounded."""
    counted = ledger(tallies, funnels, terms.anonymous_minimum)
    journey = {stage: _touchpoints(asked, stage) for stage in STAGES}
    stages = [_stage(counted, terms, stage, surveys) for stage, surveys in journey.items() if surveys]
    scores = [Score(**stage["csat"]) for stage in stages if stage["stage"] in JOURNEY]
    return {
        "period": {"from": _day(terms.since), "to": _day(terms.until), "timezone": terms.timezone},
        "journey": {"csat": asdict(score.journey(scores))},
        "stages": stages,
    }


def only(report: Report, stage: str) -> Report:
    """The report with one stage listed; the journey is still that of all."""
    return {**report, "stages": [each for each in report["stages"] if each["stage"] == stage]}


def _touchpoints(asked: Iterable[Asked], stage: str) -> dict[str, list[Asked]]:
    touchpoints: dict[str, list[Asked]] = {}
    for survey in asked:
        if survey.stage == stage:
            touchpoints.setdefault(survey.touchpoint, []).append(survey)
    return touchpoints


def _stage(counted: Ledger, terms: Terms, stage: str, touchpoints: Mapping[str, Sequence[Asked]]) -> Report:
    rule = terms.rule(stage)
    answers = {name: counted.answers(_scored(surveys), "csat")[None]
               for name, surveys in touchpoints.items() if name != APART}
    csat = score.stage(Weighted(rule.weights.get(name, 1), each.score(score.csat)) for name, each in answers.items())
    pooled = score.pooled(each.histogram for each in answers.values() if each.histogram)
    return {
        "stage": stage,
        "csat": asdict(csat),
        "pooled": asdict(pooled),
        **_verdict(csat, rule.target_csat),
        "touchpoints": [_touchpoint(counted, terms, *touchpoint) for touchpoint in touchpoints.items()],
    }


def _touchpoint(counted: Ledger, terms: Terms, name: str, surveys: Sequence[Asked]) -> Report:
    """A touchpoint's surveys as one; where none of them is scored, what came in is counted and scored nowhere."""
    scored = _scored(surveys)
    answers = counted.answers(scored, "csat")[None]
    shown = counted.answers(scored or surveys, "csat")
    funnel = counted.funnel(scored or surveys)
    csat = answers.score(score.csat)
    return {
        "touchpoint": name,
        **({} if scored else {"scored": False, "responses": sum(survey.responses for survey in surveys)}),
        "csat": asdict(csat),
        "dsat": asdict(answers.score(score.dsat)),
        "mean": asdict(answers.score(score.mean)),
        **_others(counted, scored),
        **_index(counted, scored),
        **_verdict(csat, next((each.target_csat for each in scored if each.target_csat is not None), None)),
        **_counts(shown[None]),
        "funnel": _funnel(funnel),
        # An answer that came in by an open link was never sent for.
        "response_rate": asdict(score.proportion(min(funnel.answered, funnel.sent), funnel.sent)),
        **(_by(shown, bool(scored)) if terms.by else {}),
    }


def _scored(surveys: Iterable[Asked]) -> list[Asked]:
    return [survey for survey in surveys if survey.scored]


def _others(counted: Ledger, surveys: Sequence[Asked]) -> Report:
    """The scores of other kinds than csat, where they are asked."""
    return {
        kind: asdict(counted.answers(surveys, kind)[None].score(metric.score))
        for kind, metric in SCORES.items()
        if metric and kind != "csat" and any(first(survey, kind) for survey in surveys)
    }


def _index(counted: Ledger, surveys: Sequence[Asked]) -> Report:
    """The satisfaction index, where it is asked."""
    items = [Weighted(weight, answers.score(score.item)) for weight, answers in counted.items(surveys)]
    return {"csi": asdict(score.csi(items))} if items else {}


def _by(answers: Mapping[str | None, Answers], scored: bool) -> Report:
    groups = sorted(group for group in answers if group is not None)
    return {"by": {group: _group(answers[group], scored) for group in groups}}


def _group(answers: Answers, scored: bool) -> Report:
    return {"csat": asdict(answers.score(score.csat) if scored else score.few(0)), **_counts(answers)}


def _counts(answers: Answers) -> Report:
    """Every value of the scale with its count, zeros too; nothing where anonymity withholds them."""
    if answers.histogram is None:
        return {}
    return {"counts": {str(value): answers.histogram.of((value,)) for value in range(1, 6)}}


def _funnel(funnel: Funnel) -> Report:
    refused = dict(sorted(funnel.refused.items()))
    return {
        "eligible": funnel.invited + sum(refused.values()),
        "refused": refused,
        "invited": funnel.invited,
        "sent": funnel.sent,
        "answered": funnel.answered,
    }


def _verdict(csat: Score, target: float | None) -> Report:
    return {"target": target, "verdict": score.verdict(csat, target)}


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
