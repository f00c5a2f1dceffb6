"""What the scores of touchpoints are made of: their surveys, and the answers that count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..definitions.survey import APART
from . import score
from .ledger import CSAT, AnswerRole, Answers, AskedSurvey, Ledger, asks
from .record import ABSENT, Absent
from .score import SCORES, Histogram, Score, Weighted

SCALE = range(1, 6)


def touchpoints(asked: Iterable[AskedSurvey], stage: str) -> dict[str, list[AskedSurvey]]:
    """The surveys of each touchpoint of a stage."""
    found: dict[str, list[AskedSurvey]] = {}
    for survey in asked:
        if survey.stage == stage:
            found.setdefault(survey.touchpoint, []).append(survey)
    return found


def csats(counted: Ledger, touchpoints: Mapping[str, Sequence[AskedSurvey]]) -> dict[str, Answers]:
    """The answers of each touchpoint that its stage's score is made of."""
    return {
        name: counted.answers(scored(surveys), AnswerRole(CSAT))
        for name, surveys in touchpoints.items()
        if name != APART
    }


def weighted(weights: Mapping[str, float], answers: Mapping[str, Answers]) -> dict[str, Weighted]:
    """Each touchpoint as a term of its stage's score; one that is not listed weighs 1."""
    return {name: Weighted(weights.get(name, 1), each.score(score.csat)) for name, each in answers.items()}


def scored(surveys: Iterable[AskedSurvey]) -> list[AskedSurvey]:
    """Those that count in scores."""
    return [survey for survey in surveys if survey.scored]


def others(counted: Ledger, surveys: Sequence[AskedSurvey]) -> dict[str, Any]:
    """The scores of other kinds than csat, where they are asked."""
    found: dict[str, Any] = {
        kind: counted.answers(surveys, AnswerRole(kind)).score(metric.score)
        for kind, metric in SCORES.items()
        if metric and kind != CSAT and any(asks(survey, kind) for survey in surveys)
    }
    return {**found, "csi": _index(counted, surveys)}


def _index(counted: Ledger, surveys: Sequence[AskedSurvey]) -> Score | Absent:
    """The satisfaction index, where it is asked."""
    items = [Weighted(weight, answers.score(score.item)) for weight, answers in counted.items(surveys)]
    return score.csi(items) if items else ABSENT


def counts(answers: Histogram) -> dict[str, int]:
    """Every value of the scale with its count, zeros too."""
    return {str(value): answers.of((value,)) for value in SCALE}
