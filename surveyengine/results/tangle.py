"""Groups by several fields and blocks of days at once: which hidden group follows from all that are shown together."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import NamedTuple

from ..values.anonymity import LEAST
from . import bounds, crosstab, equations
from .crosstab import Crosstab
from .ledger import AnswerGroup
from .suppression import hidden

Members = frozenset[int]
"""Which answers are in a group, by their places in a list."""
Key = tuple[str, AnswerGroup]
"""A field and a group by it."""
Cell = tuple[Key, ...]
Asked = tuple[int, tuple[AnswerGroup | None, ...]]
"""What somebody was asked about: the block, and the group by each field; None where nobody knows it before."""


@dataclass(frozen=True)
class Margin:
    """The groups of some answers by a field, over the blocks in which they come out; each answer is in one of them."""

    field: str
    groups: Mapping[AnswerGroup, Members]
    blocks: Crosstab

    @cached_property
    def sizes(self) -> Mapping[AnswerGroup, int]:
        """The number of answers in each group."""
        return {group: len(members) for group, members in self.groups.items()}

    @cached_property
    def families(self) -> list[Mapping[AnswerGroup, int]]:
        """The sizes of the groups whose total the blocks tell, together."""
        return [{group: self.sizes[group] for group in one} for one in crosstab.families(self.blocks)]

    @cached_property
    def open(self) -> frozenset[AnswerGroup]:
        """The groups that are all of some blocks, and so cannot be hidden; they are large enough."""
        return frozenset(group for one in self.families if len(one) == 1 for group, n in one.items() if n >= LEAST)

    def hidden(self, already: Collection[AnswerGroup] = ()) -> frozenset[AnswerGroup]:
        """The groups that are not shown where some are hidden `already`."""
        chosen = frozenset(already) - self.open
        return frozenset(group for one in self.families for group in hidden(one, one.keys() & chosen))


class Place(NamedTuple):
    """A cell in a block in which it was asked, the groups of one who was by the other fields, how many answered."""

    block: int
    cell: int
    beside: frozenset[Key]
    n: int


class Givers(NamedTuple):
    """In which blocks, and in which groups, an answer was given."""

    blocks: set[int]
    groups: set[Key]


class Cells(NamedTuple):
    """Who may have answered: of each group the cells in which it is, and of each cell how many answered.

    A cell is a group of every field together, as of those in Haifa whose order came by post, but for fields by which
    nothing is shown. Whoever knows what was asked on which day knows the places, and that no other has an answer.
    """

    groups: Mapping[Key, frozenset[int]]
    sizes: Sequence[int]
    places: Collection[Place]
    said: Mapping[str, Givers]

    def n(self, cells: Collection[int]) -> int:
        """The number of answers in these cells."""
        return sum(self.sizes[one] for one in cells)


def gone(
    margins: Sequence[Margin],
    already: Mapping[str, frozenset[AnswerGroup]],
    about: Collection[Asked],
    given: Sequence[tuple[int, str]],
) -> Mapping[str, frozenset[AnswerGroup]]:
    """The groups that are hidden, by field: those `already` are, and more while what is shown tells of a hidden one.

    `about` is what was asked in which block, and `given` are the blocks of the answers, with what these say. Of the
    groups that tell together, the smallest is hidden, and with it those of its field that could be told from it.
    """
    margins = sorted(margins, key=lambda one: one.field)
    found, of = dict(already), {one.field: one for one in margins}
    cells = _cells(margins, {name for name in of if of[name].groups.keys() - already[name]}, about, given)
    while telling := next(_telling(cells, margins, found), None):
        field, group = min(telling, key=lambda key: (of[key[0]].sizes[key[1]], key))
        alike = {one for one, n in of[field].sizes.items() if n == of[field].sizes[group]}
        found[field] = of[field].hidden({*found[field], *alike})
    return found


def _cells(
    margins: Sequence[Margin], fields: Collection[str], about: Collection[Asked], given: Sequence[tuple[int, str]]
) -> Cells:
    """The cells of these fields.

    Where nobody knows the group of a field before, as a language, each may be in all that was asked. So all that sums
    of them and others tell is told by one that was asked in each language, and all others in one.
    """
    of = [{at: group for group, members in one.groups.items() for at in members} for one in margins]
    counts = Counter[Cell]()
    places = Counter[tuple[int, Cell, frozenset[Key]]]()
    said: dict[str, Givers] = {}
    for at, (block, value) in enumerate(given):
        keys = said.setdefault(value, Givers(set(), set()))
        keys.blocks.add(block)
        keys.groups.update((one.field, each[at]) for one, each in zip(margins, of, strict=True))
        cell, beside = _parted(margins, [one[at] for one in of], fields)
        counts[cell] += 1
        places[block, cell, beside] += 1
    every = [[*one.groups] for one in margins]
    for number, (block, asked) in enumerate(sorted(about, key=str)):
        whole = [[one] if one else each for one, each in zip(asked, every, strict=True)]
        for at, groups in enumerate(product(*whole)):
            cell, beside = _parted(margins, groups, fields)
            counts[cell] += 0
            if not number or not at:
                places[block, cell, beside] += 0
    numbers = {cell: at for at, cell in enumerate(counts)}
    those: dict[Key, set[int]] = {(one.field, group): set() for one in margins for group in one.groups}
    for cell, at in numbers.items():
        for key in cell:
            those.get(key, set()).add(at)
    found = [Place(block, numbers[cell], beside, n) for (block, cell, beside), n in places.items()]
    return Cells({key: frozenset(cells) for key, cells in those.items()}, [*counts.values()], found, said)


def _parted(
    margins: Sequence[Margin], groups: Sequence[AnswerGroup], fields: Collection[str]
) -> tuple[Cell, frozenset[Key]]:
    """The groups of one answer by these fields, and by the others."""
    keys = [(one.field, group) for one, group in zip(margins, groups, strict=True)]
    return tuple(key for key in keys if key[0] in fields), frozenset(key for key in keys if key[0] not in fields)


def _telling(
    cells: Cells, margins: Sequence[Margin], gone: Mapping[str, frozenset[AnswerGroup]]
) -> Iterator[Collection[Key]]:
    """Yield shown groups that can be hidden, and by which one that is, or few answers, can be worked out."""
    open_ones = {(one.field, group) for one in margins for group in one.open}
    for one in margins:
        can_be = [group for group in one.groups if group not in gone[one.field] | one.open]
        for found in crosstab.telling(one.blocks, can_be):
            yield [(one.field, group) for group in found]
    shown = {key: those for key, those in cells.groups.items() if key[1] not in gone[key[0]]}
    for within in _within(cells, shown):
        if chosen := [key for key in within if key not in open_ones]:
            yield chosen
    yield from _summed(cells, shown.keys() - open_ones, open_ones)


def _within(cells: Cells, shown: Mapping[Key, frozenset[int]]) -> Iterator[Collection[Key]]:
    """Yield each group with those of another field that leave few of it, or nobody of some who were asked."""
    for (field, group), whole in shown.items():
        for other in dict.fromkeys(name for name, _ in shown if name != field):
            inside = [key for key, those in shown.items() if key[0] == other and those <= whole]
            left = whole.difference(*(shown[key] for key in inside))
            if inside and left and cells.n(left) < LEAST:
                yield [(field, group), *inside]


def _summed(cells: Cells, shown: Collection[Key], open_ones: Collection[Key]) -> Iterator[Collection[Key]]:
    """Yield for each hidden group that follows from sums of groups and blocks the groups that it follows from.

    And for each of which so follows how often an answer was given in it: where some groups and blocks lack an answer,
    those who gave it are in cells of the others.
    """
    names = sorted(key for key in cells.groups if key not in open_ones)
    each_row = [*_rows(cells, names, shown)]
    rows = equations.alike(each_row)
    for _, used in sorted(equations.derived(rows).items()):
        yield [names[one] for one in used if one >= 0]
    for _, said in sorted(cells.said.items()):
        never = {at for at, key in enumerate(names) if key in shown and key not in said.groups}
        lacking = never | {-one.block for one in cells.places if one.block not in said.blocks}
        left = {known: each for known, each in rows.items() if lacking.isdisjoint(known)}
        beside = {one for known in rows.keys() - left.keys() for one in known & never}
        for wanted, used in sorted(equations.derived(left).items()) if lacking else ():
            if names[wanted] in said.groups and (telling := [names[one] for one in {*used, *beside} if one >= 0]):
                yield telling
    counts = Counter[frozenset[int]]()
    for place, (known, _) in zip(cells.places, each_row, strict=True):
        counts[known] += place.n
    yield from _bounded(names, rows, counts)


def _bounded(
    names: Sequence[Key], rows: Mapping[frozenset[int], equations.Alike], counts: Mapping[frozenset[int], int]
) -> Iterator[Collection[Key]]:
    """Yield for each hidden group whose number follows because no cell is below 0 the shown groups of its cells."""
    of: defaultdict[int, list[frozenset[int]]] = defaultdict(list)
    for known, one in rows.items():
        for wanted in one.all | one.some:
            of[wanted].append(known)
    found = bounds.decided(counts)
    for wanted, those in sorted(of.items()):
        told = all(found.get(known) == 0 or known in found and wanted in rows[known].all for known in those)
        if told and (telling := [names[one] for one in sorted(frozenset[int]().union(*those)) if one >= 0]):
            yield telling


def _rows(
    cells: Cells, names: Sequence[Key], shown: Collection[Key]
) -> Iterator[tuple[frozenset[int], frozenset[int]]]:
    """Yield for each place the numbers of its block, below 0, and of its groups that are shown; and of the others."""
    known: list[list[int]] = [[] for _ in cells.sizes]
    wanted: list[list[int]] = [[] for _ in cells.sizes]
    numbers = {key: at for at, key in enumerate(names)}
    for key, number in numbers.items():
        for at in cells.groups[key]:
            (known if key in shown else wanted)[at].append(number)
    beside = {one: [numbers[key] for key in one if key in numbers] for one in {place.beside for place in cells.places}}
    for place in cells.places:
        yield (
            frozenset([-place.block, *known[place.cell]]),
            frozenset([*wanted[place.cell], *beside[place.beside]]),
        )
