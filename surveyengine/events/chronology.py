"""Events of any file in the order in which they happened, of which only some are in memory at a time."""

from __future__ import annotations

import heapq
import pickle
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Self

from .event import Event

RUN = 20_000  # events that are sorted in memory


class Chronology:
    """Events that are added in any order and yielded in that of their times; what comes again is left out.

    They wait in temporary files, which are gone with the block that it is used in; `len` is how many were added.
    Something comes again where source, id and time are the same.
    """

    def __init__(self) -> None:
        self._stack, self._runs, self._waiting, self._length = ExitStack(), list[IO[bytes]](), list[Event](), 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def __len__(self) -> int:
        return self._length

    def add(self, event: Event) -> None:
        """Keep an event until all are there."""
        self._waiting.append(event)
        self._length += 1
        if len(self._waiting) == RUN:
            self._runs.append(self._written())

    def __iter__(self) -> Iterator[Event]:
        """Yield all events; those of the same moment in the order in which they were added."""
        self._waiting.sort(key=_time)
        runs: list[Iterable[Event]] = [*map(_read, self._runs), self._waiting]
        moment, seen = None, set[tuple[str, str]]()
        for one in heapq.merge(*runs, key=_time):
            if one.time != moment:
                moment, seen = one.time, set()
            if (one.source, one.id) not in seen:
                seen.add((one.source, one.id))
                yield one

    def _written(self) -> IO[bytes]:
        file = self._stack.enter_context(TemporaryFile())  # noqa: SIM115  # the stack closes it
        for one in sorted(self._waiting, key=_time):
            pickle.dump(one, file, pickle.HIGHEST_PROTOCOL)
        self._waiting = []
        return file


def _time(event: Event) -> float:
    return event.time.timestamp()


def _read(file: IO[bytes]) -> Iterator[Event]:
    file.seek(0)
    while True:
        try:
            yield pickle.load(file)  # noqa: S301  # nobody else can write into a file without a name
        except EOFError:
            return
