"""Chance that can be repeated: the same seed and the same circumstances always draw the same."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

Luck = random.Random
Chosen = TypeVar("Chosen")


def luck(*circumstances: object) -> Luck:
    """Return the chance of these circumstances."""
    return random.Random("\0".join(map(str, circumstances)))  # noqa: S311  # nothing secret is made of it


def weighted(chance: Luck, weights: Mapping[Chosen, float]) -> Chosen:
    """Return one of the keys, each as often as its weight says."""
    return chance.choices([*weights], [*weights.values()])[0]


def step(chance: Luck, lean: float, cuts: Sequence[float]) -> int:
    """Return how many of the ascending cuts are passed by `lean` and a logistic error (proportional odds)."""
    drawn = min(max(chance.random(), 1e-9), 1 - 1e-9)
    at = lean + math.log(drawn / (1 - drawn))
    return sum(at > cut for cut in cuts)


def count(chance: Luck, mean: float) -> int:
    """Return a number of a Poisson distribution (Knuth's method, for small means)."""
    limit, product, n = math.exp(-mean), chance.random(), 0
    while product > limit:
        product, n = product * chance.random(), n + 1
    return n
