"""A file of another system as events, by an [import.NAME].

It is read twice: until all of it is known to be written as the import says, no event of it is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import IO

from ..settings.imports import ImportSettings
from ..values.strict_json import Undecodable
from .event import Event, Malformed
from .files import Placed
from .joining import joined
from .mapping import RowMapping, Unread
from .table import TableLayout, rows


@dataclass
class ImportFile:
    """An open file that can be rewound, and how it is read; `zone` is the business's.

    `passed` counts the rows that none of the import's types is about.
    """

    stream: IO[bytes]
    name: str
    how: ImportSettings
    zone: tzinfo
    passed: int = field(default=0, init=False)

    def check(self, received: datetime) -> None:
        """Raise Undecodable where the file as a whole is not as the import says, with the line that shows it."""
        start, good, bad = self.stream.tell(), 0, ""
        for place, item in self._events(received):
            if isinstance(item, Unread):
                raise Undecodable(f"cannot be read by the import `{self.name}` (line {place}): {item.reason}")
            good += not isinstance(item, Malformed)
            bad = bad or (f"line {place}: {item.reason}" if isinstance(item, Malformed) else "")
        self.stream.seek(start)
        if bad and not good:
            raise Undecodable(f"has nothing that the import `{self.name}` fits ({bad})")

    def events(self, received: datetime) -> Iterator[Placed]:
        """Yield each event with the line where it begins, or why it is refused."""
        self.passed = 0
        for place, item in self._events(received):
            if item is None:
                self.passed += 1
            else:
                yield place, item

    def _events(self, received: datetime) -> Iterator[tuple[int, Event | Malformed | None]]:
        how = self.how
        layout = TableLayout(how.encoding, [*how.needed()], how.known())
        mapping = RowMapping(how, self.name, how.zoned(self.zone))
        for place, lines in joined(rows(self.stream, layout), how.one_per):
            yield place, lines if isinstance(lines, Malformed) else mapping.event(lines, received)
