"""Sums over cells that hold a number of answers each: which cells they decide because none is below 0."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

ROUNDS = 20
"""How often bounds are drawn closer; what they decide, few do."""
Known = frozenset[int]
"""The sums to which cells belong, by their numbers."""


def decided(counts: Mapping[Known, int]) -> Mapping[Known, int]:
    """Those cells whose number follows, with it; `counts` are all cells by the sums that are known."""
    cells: defaultdict[int, list[Known]] = defaultdict(list)
    for known in counts:
        for one in known:
            cells[one].append(known)
    sums = {one: sum(counts[known] for known in those) for one, those in cells.items()}
    low, high = dict.fromkeys(counts, 0), {known: min(sums[one] for one in known) for known in counts}
    for _ in range(ROUNDS):
        if not any([_drawn(sums[one], those, low, high) for one, those in cells.items()]):
            break
    return {known: n for known, n in low.items() if n == high[known]}


def _drawn(total: int, cells: list[Known], low: dict[Known, int], high: dict[Known, int]) -> bool:
    """Draw the bounds of the cells of a sum closer; whether one has moved."""
    least, most = sum(low[one] for one in cells), sum(high[one] for one in cells)
    moved = False
    for one in cells:
        below, above = max(low[one], total - most + high[one]), min(high[one], total - least + low[one])
        if (below, above) != (low[one], high[one]):
            least, most = least + below - low[one], most + above - high[one]
            low[one], high[one], moved = below, above, True
    return moved
