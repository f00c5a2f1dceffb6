"""Weighted scores in words."""

from __future__ import annotations

from collections.abc import Iterator

from ...values.msgid import N_
from ..score import INDICATIVE
from ..weighting import LEAST, WeightedScore
from .score_rows import ScoreRows

SCORE = N_("weighted {score} {limits}, worth {n} answers of equal weight")
FEW = N_("no weighted score: the answers of known chance are worth fewer than {n}")
UNCOVERED = N_("{share} of the occasions had no chance of being asked about")
WITHOUT = N_("weighted without {names}")
UNJUDGED = N_("weighted, no verdict on the target: worth fewer than {n} answers")
JUDGED = N_("weighted, {verdict}")
MEANT = N_("weighted: each answer stands for all occasions with the same chance of being asked about")


def weighted(rows: ScoreRows, one: WeightedScore, score: str, verdict: str | None) -> Iterator[str]:
    """What a weighted score is, shown as `score`, and what may be concluded from it.

    `verdict` says what that is, in words, "" that it is too little for any; None where there is no target.
    """
    if one.csat.value is None:
        yield rows.say(FEW, n=rows.speech.number(INDICATIVE))
    else:
        worth = rows.speech.number(round(one.n_eff))
        yield rows.say(SCORE, score=score, limits=rows.limits(one.csat), n=worth)
        if one.without:
            yield rows.say(WITHOUT, names=rows.called(one.without))
        if verdict is not None:
            yield rows.say(JUDGED, verdict=verdict) if verdict else rows.say(UNJUDGED, n=rows.speech.number(LEAST))
    if one.uncovered:
        yield rows.say(UNCOVERED, share=rows.speech.percent(one.uncovered, int(one.uncovered < 1)))
