"""Which groups of confidential answers are hidden, and of which days groups are shown at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from ..values.anonymity import LEAST, Block
from ..values.period import DateRange, month_end
from .ledger import AnswerGroup


def months(released: Iterable[Block], days: DateRange) -> list[tuple[Block, ...]]:
    """The blocks by the month of their last day, without months of which the period has only a part.

    Groups are counted by whole months, so that two periods never differ by a part of a group.
    """
    found: defaultdict[date, list[Block]] = defaultdict(list)
    for block in released:
        found[month_end(block.until)].append(block)
    return [tuple(each) for each in found.values() if all(one.is_within(days) for one in each)]


def hidden(sizes: Mapping[AnswerGroup, int], already: Collection[AnswerGroup] = ()) -> frozenset[AnswerGroup]:
    """The groups of some answers that are not shown, by their sizes, where their total is; some are hidden `already`.

    1. Those with fewer than `LEAST` answers.
    2. If these could be worked out from the total, the smallest other ones too, one size after the other: while only
       one is hidden; while together they have fewer than `LEAST` answers; or while, few as each must be, they almost
       fill that. All of a size are hidden together, so that whoever knows this rule cannot tell hidden groups apart.
    """
    chosen = {*already, *(group for group, n in sizes.items() if n < LEAST)}
    others = sorted({n for group, n in sizes.items() if group not in chosen})
    while chosen and others and _can_be_worked_out([sizes[group] for group in chosen]):
        smallest = others.pop(0)
        chosen |= {group for group, n in sizes.items() if n == smallest}
    return frozenset(chosen)


def _can_be_worked_out(sizes: Sequence[int]) -> bool:
    total, most = sum(sizes), (LEAST - 1) * len(sizes)
    is_known_small = max(sizes) < LEAST  # then whoever knows the rule knows that none has more than `most` allows
    return len(sizes) < 2 or total < LEAST or is_known_small and total >= most - 1
