"""Sums over cells as linear equations: which sums follow from others, whatever number each cell has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

Row = dict[tuple[bool, int], int]
"""Factors of sums by their numbers: of those that are looked for (True), and of known ones (False)."""
PRIME = 2**61 - 1
"""Factors are taken modulo it: what follows by fractions does so there too, and the numbers stay short."""


class Alike(NamedTuple):
    """Cells of the same known sums: the looked-for sums to which all of them belong, and those to which some do."""

    all: frozenset[int]
    some: frozenset[int]


def alike(cells: Iterable[tuple[frozenset[int], frozenset[int]]]) -> Mapping[frozenset[int], Alike]:
    """Cells by their known sums; of each it is given to which known and to which looked-for sums it belongs."""
    found: dict[frozenset[int], Alike] = {}
    for known, wanted in cells:
        if (one := found.get(known)) is None:
            found[known] = Alike(wanted, frozenset())
        elif wanted != one.all:
            found[known] = Alike(one.all & wanted, one.some | one.all ^ wanted)
    return found


def derived(cells: Mapping[frozenset[int], Alike]) -> Mapping[int, Collection[int]]:
    """The looked-for sums that follow from known ones, each with the known ones that it is made of, by their numbers.

    A sum follows if factors of the known sums can be found that add up in each of its cells to 1, and in each other one
    to 0. Two cells of the same known sums, of which one belongs to it, make that impossible; most are settled by such
    a pair.
    """
    free = set[int]().union(*(one.some for one in cells.values()))
    everything = free.union(*(one.all for one in cells.values()))
    basis: dict[tuple[bool, int], Row] = {}
    for known, one in sorted(cells.items(), key=lambda each: each[1].all <= free):
        if everything <= free:
            return {}
        row = {(False, number): 1 for number in known} | {(True, number): 1 for number in one.all - free}
        row = _reduced(row, basis)
        if all(is_wanted for is_wanted, _ in row):
            free |= {number for _, number in row}
        else:
            _add(basis, min(row), row)
    found: defaultdict[int, list[int]] = defaultdict(list)
    for (_, number), row in sorted(basis.items()):
        for wanted in [one for is_wanted, one in row if is_wanted and one not in free]:
            found[wanted].append(number)
    return found


def _reduced(row: Row, basis: Mapping[tuple[bool, int], Row]) -> Row:
    """A row without the pivots of the basis, none of whose rows has the pivot of another."""
    for pivot in [key for key in row if key in basis]:
        row = _without(row, row[pivot], basis[pivot])
    return row


def _without(row: Row, factor: int, other: Row) -> Row:
    found = dict(row)
    for key, n in other.items():
        if left := (found.get(key, 0) - factor * n) % PRIME:
            found[key] = left
        else:
            found.pop(key, None)
    return found


def _add(basis: dict[tuple[bool, int], Row], pivot: tuple[bool, int], row: Row) -> None:
    inverse = pow(row[pivot], -1, PRIME)
    whole = {key: n * inverse % PRIME for key, n in row.items()}
    for key, other in basis.items():
        if pivot in other:
            basis[key] = _without(other, other[pivot], whole)
    basis[pivot] = whole
