"""How many events go into one transaction, so that nobody who writes waits long for one who sends many."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

FIRST, MOST = 16, 500  # events in a transaction
GOAL = 0.04  # seconds that a transaction takes before it is committed
ENOUGH = 0.15  # seconds after which it takes no further event, however few it has
PAUSE = 0.01  # seconds between two transactions, in which others get their turn
RECENT = 5  # transactions that are looked back at


class Chunk(NamedTuple):
    """A transaction's worth of events that were taken."""

    size: int
    seconds: float


def next_size(last: Sequence[Chunk]) -> int:
    """Return how many events the next transaction takes: as many as take GOAL by the median of the recent ones.

    It is never more than twice as many as the last one took.
    """
    if not last:
        return FIRST
    fitting = median(chunk.size * GOAL / max(chunk.seconds, 1e-6) for chunk in last[-RECENT:])
    return max(1, min(int(fitting), 2 * last[-1].size, MOST))
