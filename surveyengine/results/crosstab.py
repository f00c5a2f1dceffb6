"""Groups of a field against the blocks of days in which answers come out: what both tell together."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from ..values.anonymity import LEAST
from .ledger import AnswerGroup

Crosstab = Mapping[AnswerGroup, Mapping[int, int]]
"""The number of answers of each group in each block in which it was asked; also where nobody answered."""


def families(table: Crosstab) -> list[frozenset[AnswerGroup]]:
    """The groups, parted so that no two parts have a block in common.

    Exports tell the total of each block, and so that of a family, as they tell that of all.
    """
    found: list[tuple[set[int], set[AnswerGroup]]] = []
    for group, blocks in table.items():
        joined = set(blocks), {group}
        for one in [one for one in found if one[0] & blocks.keys()]:
            found.remove(one)
            joined = joined[0] | one[0], joined[1] | one[1]
        found.append(joined)
    return [frozenset(groups) for _, groups in found]


def telling(table: Crosstab, shown: Collection[AnswerGroup]) -> Iterator[Collection[AnswerGroup]]:
    """Yield shown groups that leave few answers: of a group beside blocks of it alone, or of blocks beside groups."""
    for group in shown:
        alone = set(table[group]).difference(*(blocks for other, blocks in table.items() if other != group))
        left = table[group].keys() - alone
        if alone and left and sum(table[group][block] for block in left) < LEAST:
            yield [group]
        if inside := _filling(table, shown, group):
            yield inside


def _filling(table: Crosstab, shown: Collection[AnswerGroup], group: AnswerGroup) -> Collection[AnswerGroup]:
    """Groups that leave few answers of all blocks in which they were asked; () where there are none.

    The blocks of a group are looked at first, then those of the groups besides that have most answers in these too.
    """
    blocks = set(table[group])
    while True:
        inside = [one for one in shown if table[one].keys() <= blocks]
        beside = {one: [n for block, n in table[one].items() if block in blocks] for one in table.keys() - {*inside}}
        left = {one: sum(counts) for one, counts in beside.items() if counts}
        if left and sum(left.values()) < LEAST:
            return inside
        further = left.keys() & {*shown}
        if not further:
            return ()
        blocks |= table[max(further, key=lambda one: (left[one], one))].keys()
