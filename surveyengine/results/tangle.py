"""Groups by several fields at once, as equations: which hidden group follows from all that are shown together."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

from ..values.anonymity import LEAST
from .ledger import AnswerGroup
from .suppression import hidden

Members = frozenset[int]
"""Which answers are in a group, by their places in a list."""
Key = tuple[str, AnswerGroup]
"""A field and a group by it."""
PRIME = 2**61 - 1
"""Sums are taken modulo it: what follows from others by fractions does so there too, and the numbers stay short."""


class Margin(NamedTuple):
    """The groups of some answers by a field; each answer is in one of them."""

    field: str
    groups: Mapping[AnswerGroup, Members]


class Cells(NamedTuple):
    """Who may have answered: of each group the cells in which it is, and of each cell how many answered.

    A cell is a group of every field together, as of those in Haifa whose order came by post. Whoever knows what was
    asked knows which cells there are, and that no other has an answer.
    """

    groups: Mapping[Key, frozenset[int]]
    sizes: Sequence[int]

    def n(self, cells: Collection[int]) -> int:
        """The number of answers in these cells."""
        return sum(self.sizes[one] for one in cells)


def gone(
    margins: Sequence[Margin],
    already: Mapping[str, frozenset[AnswerGroup]],
    about: Collection[tuple[AnswerGroup | None, ...]],
) -> Mapping[str, frozenset[AnswerGroup]]:
    """The groups that are hidden, by field: those `already` are, and more while what is shown tells of a hidden one.

    Of the groups that tell together, the smallest is hidden, and with it those of its field that could be told from it.
    """
    found, cells = dict(already), _cells(sorted(margins, key=lambda one: one.field), about)
    sizes = {one.field: {group: len(members) for group, members in one.groups.items()} for one in margins}
    while telling := _telling(cells, {key: key[1] in found[key[0]] for key in cells.groups}):
        field, group = min(telling, key=lambda key: (sizes[key[0]][key[1]], key))
        alike = {one for one, n in sizes[field].items() if n == sizes[field][group]}
        found[field] = hidden(sizes[field], {*found[field], *alike})
    return found


def _cells(margins: Sequence[Margin], about: Collection[tuple[AnswerGroup | None, ...]]) -> Cells:
    of = [{at: group for group, members in one.groups.items() for at in members} for one in margins]
    counts: dict[tuple[AnswerGroup, ...], int] = {}
    for at in of[0] if of else ():
        cell = tuple(one[at] for one in of)
        counts[cell] = counts.get(cell, 0) + 1
    for asked in about:
        for cell in product(*([one] if one else margin.groups for one, margin in zip(asked, margins, strict=True))):
            counts.setdefault(cell, 0)
    groups = {
        (margin.field, group): frozenset(at for at, cell in enumerate(counts) if cell[place] == group)
        for place, margin in enumerate(margins)
        for group in margin.groups
    }
    return Cells(groups, [*counts.values()])


def _telling(cells: Cells, is_hidden: Mapping[Key, bool]) -> Collection[Key]:
    """The shown groups by which one that is hidden, or few answers, can be worked out; none where none can."""
    shown = {key: those for key, those in cells.groups.items() if not is_hidden[key]}
    secret = [those for key, those in cells.groups.items() if is_hidden[key] and those]
    if not shown or not secret:
        return ()
    return next(_within(cells, shown), None) or next(_summed(len(cells.sizes), shown, secret), ())


def _within(cells: Cells, shown: Mapping[Key, frozenset[int]]) -> Iterator[Collection[Key]]:
    """Yield each group with those of another field that leave few of it, or nobody of some who were asked."""
    for (field, group), whole in shown.items():
        for other in {name for name, _ in shown} - {field}:
            inside = [key for key, those in shown.items() if key[0] == other and those <= whole]
            left = whole.difference(*(shown[key] for key in inside))
            if inside and left and cells.n(left) < LEAST:
                yield [(field, group), *inside]


def _summed(
    many: int, shown: Mapping[Key, frozenset[int]], secret: Sequence[frozenset[int]]
) -> Iterator[Collection[Key]]:
    """Yield for each hidden group that follows from the sums the shown ones that it follows from."""
    keys, basis = [*shown], list[tuple[int, list[int]]]()
    rows = [[1] * many, *([int(cell in shown[key]) for cell in range(many)] for key in keys)]
    for at, row in enumerate(rows):
        left = _reduced([*row, *(int(at == one) for one in range(len(rows)))], basis)
        if pivot := next((place for place in range(many) if left[place]), -1) + 1:
            inverse = pow(left[pivot - 1], -1, PRIME)
            basis.append((pivot - 1, [one * inverse % PRIME for one in left]))
    for those in secret:
        left = _reduced([*(int(cell in those) for cell in range(many)), *([0] * len(rows))], basis)
        used = [key for at, key in enumerate(keys) if left[many + 1 + at]]
        if used and not any(left[:many]):
            yield used


def _reduced(row: list[int], basis: Sequence[tuple[int, list[int]]]) -> list[int]:
    """A row without the parts of it that the basis has."""
    for pivot, one in basis:
        if factor := row[pivot]:
            row = [(a - factor * b) % PRIME for a, b in zip(row, one, strict=True)]
    return row
