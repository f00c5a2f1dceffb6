"""What a stage's score is made of: which touchpoints, with which share of the weight, and why not the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from .interval import shares
from .score import Score

Why = Literal["few", "weight", "apart"]


@dataclass(frozen=True)
class Share:
    """A touchpoint's part in its stage: `weight` is its share of all weights, 0 to 1; else `excluded` says why not.

    `few`: it has too few answers, or none that is out; `weight`: it weighs nothing; `apart`: it is never part of it.
    """

    weight: float = 0.0
    excluded: Why | None = None

    @property
    def included(self) -> bool:
        """Whether the stage's score is made of it too."""
        return self.excluded is None


def composition(scores: Mapping[str, Score | None], weights: Mapping[str, float]) -> Mapping[str, Share]:
    """The part of each touchpoint of a stage; None stands for the score of one that is apart."""
    excluded = {name: _why_not(one, weights.get(name, 1)) for name, one in scores.items()}
    counted = {name: weights.get(name, 1) for name, why in excluded.items() if why is None}
    part = dict(zip(counted, shares(counted.values()), strict=True))
    return {name: Share(part[name]) if name in part else Share(excluded=why) for name, why in excluded.items()}


def _why_not(one: Score | None, weight: float) -> Why | None:
    if one is None:
        return "apart"
    if weight <= 0:
        return "weight"
    return "few" if one.value is None else None
