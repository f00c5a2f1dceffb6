"""Lines that make one event together, such as those of an order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from .event import Malformed
from .mapping import Row, folded

Lines = list[Row]


@dataclass
class _Group:
    """The lines that were read of one event, and why they cannot be used."""

    place: int
    key: str
    lines: Lines = field(default_factory=list)
    broken: str = ""

    @property
    def content(self) -> Lines | Malformed:
        return Malformed(self.broken) if self.broken else self.lines


def joined(rows: Iterable[tuple[int, Row | Malformed]], one_per: str | None) -> Iterator[tuple[int, Lines | Malformed]]:
    """Yield the lines of each event with the place of the first; those of one event stand together in the file.

    What comes later of an event that is over is Malformed, and so is an event with a bad line between its lines.
    """
    if one_per is None:
        yield from ((place, row if isinstance(row, Malformed) else [row]) for place, row in rows)
        return
    seen: set[int] = set()
    group: _Group | None = None
    bad: list[tuple[int, Malformed]] = []  # that follow the group
    for place, row in rows:
        if isinstance(row, Malformed):
            bad.append((place, row))
            continue
        key = folded(str(row.get(folded(one_per)) or ""))
        if group is None or not key or key != group.key:
            yield from _done(group, bad)
            group, bad = _begun(place, key, one_per, seen), []
        elif bad:
            group.broken = f"its line {bad[0][0]} cannot be read, so that it would be taken by halves"
        group.lines.append(row)
    yield from _done(group, bad)


def _begun(place: int, key: str, one_per: str, seen: set[int]) -> _Group:
    is_again = key and hash(key) in seen
    seen.add(hash(key))
    apart = f"its other lines stand further up; sort the file by `{one_per}`, so that they stand together"
    return _Group(place, key, broken=apart if is_again else "")


def _done(group: _Group | None, bad: list[tuple[int, Malformed]]) -> Iterator[tuple[int, Lines | Malformed]]:
    if group:
        yield group.place, group.content
    yield from bad
