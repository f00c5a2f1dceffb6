"""How many events go into one transaction, so that one sender of many does not make other writers wait."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

FIRST, MOST = 16, 1_000  # events in a transaction
GOAL = 0.3  # seconds that a transaction takes before it is committed, where nobody waits for it
ENOUGH = 0.5  # seconds after which it takes no further event, however few it has
SHARE = 0.05  # seconds after which it takes none either, where somebody waits
PAUSE = 0.01  # seconds between two transactions for which others are left their turn, where they wait for it
RECENT = 5  # transactions that the median is taken of


class Chunk(NamedTuple):
    """How many events a transaction took, and how long it lasted."""

    size: int
    seconds: float


def next_size(last: Sequence[Chunk]) -> int:
    """Return how many events the next transaction takes: as many as fit into GOAL, by the median of recent ones.

    It is at most twice the size of the last transaction, and at most MOST.
    """
    if not last:
        return FIRST
    fitting = median(chunk.size * GOAL / max(chunk.seconds, 1e-6) for chunk in last[-RECENT:])
    return max(1, min(int(fitting), 2 * last[-1].size, MOST))
