"""Which groups of confidential answers are hidden, and of which days groups are shown at all."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from ..values.anonymity import LEAST, Block
from ..values.period import DateRange, month_end
from .ledger import AnswerGroup
from .split import OTHER

FACT = "fact"


def months(released: Iterable[Block], days: DateRange) -> list[tuple[Block, ...]]:
    """The blocks by the month of their last day, without months of which the period has only a part.

    Groups are counted by whole months, so that two periods never differ by a part of a group.
    """
    found: defaultdict[date, list[Block]] = defaultdict(list)
    for block in released:
        found[month_end(block.until)].append(block)
    return [tuple(each) for each in found.values() if all(one.is_within(days) for one in each)]


def hidden(sizes: Mapping[AnswerGroup, int], least: int = LEAST) -> frozenset[AnswerGroup]:
    """The groups of some answers that are not shown, by their sizes, where their total is.

    1. Those with fewer than `least` answers.
    2. If these could be worked out from the total, the smallest other ones too, one size after the other: while only
       one is hidden; while together they have fewer than `least` answers; or while, few as each must be, they almost
       fill that. All of a size are hidden together, so that whoever knows this rule cannot tell hidden groups apart.
    """
    chosen = {group for group, n in sizes.items() if n < least}
    others = sorted({n for n in sizes.values() if n >= least})
    while chosen and others and _can_be_worked_out([sizes[group] for group in chosen], least):
        smallest = others.pop(0)
        chosen |= {group for group, n in sizes.items() if n == smallest}
    return frozenset(chosen)


def _can_be_worked_out(sizes: Sequence[int], least: int) -> bool:
    total, most = sum(sizes), (least - 1) * len(sizes)
    is_known_small = max(sizes) < least  # then whoever knows the rule knows that none has more than `most` allows
    return len(sizes) < 2 or total < least or is_known_small and total >= most - 1


class GroupCount(NamedTuple):
    """How often a value was given by the answers of a group."""

    group: AnswerGroup
    value: str
    n: int


class ShownGroups(NamedTuple):
    """Groups of some answers: the counts of those that are shown, and those that are hidden."""

    shown: Sequence[GroupCount]
    hidden: Collection[AnswerGroup]


def separated(counted: Sequence[GroupCount], asked: Collection[AnswerGroup]) -> ShownGroups:
    """Hide what must be hidden of the groups.

    Of the groups that were `asked` nothing is told by naming them, and none of them is told to have answered nothing.
    Small groups of facts besides them are put into one, or their names would tell who answered.
    """
    n = Counter[AnswerGroup]()
    for one in counted:
        n[one.group] += one.n
    unnamed = {group for group in n if group.kind == OTHER.kind or _is_unnamed(group, n[group], asked)}
    merged = [one._replace(group=OTHER) if one.group in unnamed else one for one in counted]
    sizes = Counter(dict.fromkeys(asked, 0))
    for one in merged:
        sizes[one.group] += one.n
    gone = hidden(sizes)
    return ShownGroups([one for one in merged if one.group not in gone], gone)


def _is_unnamed(group: AnswerGroup, n: int, asked: Collection[AnswerGroup]) -> bool:
    return group.kind == FACT and n < LEAST and group not in asked
