"""Scores in which each answer stands for all occasions that had the same chance of being asked about.

The weights are 1 / that chance (Hájek 1971, in Foundations of Statistical Inference, 236), trimmed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from . import score
from .interval import shares, wilson
from .record import ABSENT, Absent, Record
from .score import INDICATIVE, OK, Score, State, Verdict, Weighted

TRIM = 3.0
"""No weight counts as more than so many times the mean one."""
LEAST = 100
"""From this effective number of answers on a target is compared with a weighted score."""
DIGITS = 9
"""To which sums of weights are exact."""


@dataclass(frozen=True, kw_only=True)
class WeighedAnswers:
    """Sums over the answers at a touchpoint, by their weights: how many, w, w², and w of the satisfied.

    `own`, `mixed` and `own_good` are sums over its `customers`: of the square of a customer's weight, of the product of
    that with the weight of their satisfied answers, and of the square of this. Of its `occasions`, `uncovered` had no
    chance.
    """

    n: int = 0
    weights: float = 0.0
    squares: float = 0.0
    good: float = 0.0
    customers: int = 0
    own: float = 0.0
    mixed: float = 0.0
    own_good: float = 0.0
    occasions: int = 0
    uncovered: int = 0


Parts = Mapping[str, Mapping[str, Weighted]]
"""The touchpoints of each stage, as terms of a mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedScore(Record):
    """A score that stands for all occasions alike, however likely each was asked about.

    It is that of answers to invitations alone, and not of anonymous or confidential ones. `n_eff` says how many answers
    of equal weights would tell as much; a `verdict` on the target is told from 100 of these on.
    """

    csat: Score
    n_eff: float
    uncovered: Annotated[float | None, "The percentage of the occasions that had no chance."] | Absent = ABSENT
    verdict: Verdict | Absent = ABSENT
    without: Annotated[Sequence[str], "Touchpoints that only the plain score is made of."] | Absent = ABSENT


def effective(weights: float, squares: float) -> float:
    """The effective number of answers, of the sum of their weights and of the squares of these.

    Kish (1965), Survey Sampling, 11.7: (Σw)² / Σw².
    """
    return round(weights * weights / squares, DIGITS) if squares else 0.0


def csat(found: WeighedAnswers) -> Score:
    """The weighted percentage of the satisfied; below ten effective answers it is `few`.

    Its limits are Wilson's, of as many answers as the variance of a ratio over customers as clusters leaves (Cochran
    1977, Sampling Techniques, 2.11), at most the effective ones. Where all weights are equal that is the plain score.
    """
    n_eff = effective(found.weights, found.squares)
    if n_eff < INDICATIVE:
        return score.few(found.n)
    share = found.good / found.weights
    share = end if (end := round(share, DIGITS)) in (0.0, 1.0) else share  # sums in another order miss it by a hair
    independent = min(n_eff, _independent(found, share))
    interval = wilson(share * independent, independent).scaled(100)
    told = Score(100 * share, interval.low, interval.high, found.n, _state(n_eff))
    return replace(told, design_effect=found.n / independent) if independent < found.n else told


def _independent(found: WeighedAnswers, share: float) -> float:
    """The number of independent answers whose share would vary as much; without variance, that of equal customers."""
    dependent = effective(found.weights, found.own)
    if share in (0.0, 1.0) or found.customers <= 1:
        return dependent
    errors = found.own_good - 2 * share * found.mixed + share**2 * found.own
    if errors <= found.own * 10.0**-DIGITS:
        return float(found.n)
    few = found.customers / (found.customers - 1) if found.customers < found.n else 1.0
    return share * (1 - share) * found.weights**2 / (errors * few)


def of_touchpoint(found: WeighedAnswers, target: float | None) -> WeightedScore:
    """The weighted score of a touchpoint, with the share of its occasions that had no chance."""
    told, n_eff = csat(found), effective(found.weights, found.squares)
    uncovered = 100 * found.uncovered / found.occasions if found.occasions else None
    return WeightedScore(csat=told, n_eff=n_eff, uncovered=uncovered, verdict=_verdict(told, n_eff, target))


def of_mean(
    weighed: Mapping[str, WeighedAnswers], plain: Parts, target: float | None = None, names: str = "{touchpoint}"
) -> WeightedScore:
    """The weighted score of some stages: the mean of their touchpoints, in which each weighs as in the plain one.

    It names the touchpoints that only the plain mean is made of.
    """
    parts = {stage: _weighted(weighed, own) for stage, own in plain.items()}
    told, n_eff = score.journey(own.values() for own in parts.values()), _of_all(weighed, parts)
    without = [
        names.format(stage=stage, touchpoint=name)
        for stage, own in plain.items()
        for name, one in own.items()
        if _is_part(one) and not (name in parts[stage] and _is_part(parts[stage][name]))
    ]
    verdict = _verdict(told, n_eff, target)
    return WeightedScore(csat=told, n_eff=n_eff, verdict=verdict, without=without or ABSENT)


def _weighted(weighed: Mapping[str, WeighedAnswers], plain: Mapping[str, Weighted]) -> dict[str, Weighted]:
    """The weighted scores of the touchpoints that can have one, as terms of a mean."""
    return {name: Weighted(one.weight, csat(weighed[name])) for name, one in plain.items() if name in weighed}


def _of_all(weighed: Mapping[str, WeighedAnswers], parts: Parts) -> float:
    """The effective number of answers behind a mean, whose touchpoints have the weights of their answers by shares."""
    made = [{name: one.weight for name, one in own.items() if _is_part(one)} for own in parts.values()]
    stages = [own for own in made if own]
    squares = [
        (share / len(stages)) ** 2 / effective(weighed[name].weights, weighed[name].squares)
        for own in stages
        for name, share in zip(own, shares(own.values()), strict=True)
    ]
    return effective(1.0, sum(squares))


def _is_part(one: Weighted) -> bool:
    return one.weight > 0 and one.score.value is not None


def _verdict(told: Score, n_eff: float, target: float | None) -> Verdict | Absent:
    return ABSENT if target is None or n_eff < LEAST else score.verdict(told, target)


def _state(n_eff: float) -> State:
    return "ok" if n_eff >= OK else "indicative"
