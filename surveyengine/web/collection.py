"""Bodies of requests on their way to us: collected piece by piece, within limits, while no thread waits for them."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import Enum
from io import BytesIO

from .rsgi import Exchange


class Outcome(Enum):
    """What became of a body."""

    WHOLE = "whole"
    CUT = "cut"  # it broke off
    LARGE = "large"  # larger than allowed
    FULL = "full"  # there was no room for it
    SLOW = "slow"  # it was not there in time


MOST = 64_000_000  # bytes of all bodies in a process
SMALL, SPARED = 65_536, 16_000_000  # bytes of a body, and of the room that only bodies of that size may use


@dataclass(frozen=True)
class Measure:
    """The most bytes that a body may have, and the seconds within which it has to be there."""

    most: int
    seconds: float


class Room:
    """The memory that all bodies of a process share; large ones leave some of it to the small ones, which most are."""

    def __init__(self, most: int = MOST, spared: int = SPARED) -> None:
        self._free, self._spared = most, spared

    def take(self, size: int, whole: int) -> bool:
        """Take room for so many more bytes of a body that has `whole` of them then; False where there is none."""
        fits = self._free - size >= (0 if whole <= SMALL else self._spared)
        if fits:
            self._free -= size
        return fits

    def give_back(self, size: int) -> None:
        """Give back room that was taken."""
        self._free += size


class Deadlines:
    """The moments until which something is waited for; `hurry` brings all of them nearer."""

    def __init__(self) -> None:
        self._open = set[asyncio.Timeout]()
        self._last = math.inf

    @asynccontextmanager
    async def within(self, seconds: float) -> AsyncIterator[None]:
        """Give the block so many seconds; raises TimeoutError after them."""
        end = min(asyncio.get_running_loop().time() + seconds, self._last)
        async with asyncio.timeout_at(end) as timeout:
            self._open.add(timeout)
            try:
                yield
            finally:
                self._open.discard(timeout)

    def hurry(self, seconds: float) -> None:
        """Wait no longer than that for anything, from now on."""
        self._last = asyncio.get_running_loop().time() + seconds
        for timeout in self._open:
            timeout.reschedule(min(timeout.when() or self._last, self._last))


class Pieces:
    """The pieces of a body, which can be gone on with after a pause."""

    def __init__(self, exchange: Exchange) -> None:
        self._next = aiter(exchange).__anext__

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    def __anext__(self) -> Awaitable[bytes]:
        return self._next()


class Body:
    """The body of one request; `held` is the room that it takes, which is to be given back."""

    def __init__(self, room: Room) -> None:
        self.content, self.held = BytesIO(), 0
        self._room = room

    async def collect(self, pieces: AsyncIterator[bytes], announced: int | None, most: int) -> Outcome:
        """Take the pieces until the body is there, or will not be; `announced` is the length that its sender has said.

        Where no length was said, an end and a breaking off differ in what comes behind them.
        """
        ends = 0
        if announced and announced > most:
            return Outcome.LARGE
        async for piece in pieces:
            if not piece:
                ends += 1
            elif self.held + len(piece) > most:
                return Outcome.LARGE
            elif not self._room.take(len(piece), self.held + len(piece)):
                return Outcome.FULL
            else:
                self.held += self.content.write(piece)
                if self.held == announced:
                    return Outcome.WHOLE
        return Outcome.CUT if announced is not None or ends > 1 else Outcome.WHOLE

    def give_back(self) -> None:
        """Give back the room, and keep nothing."""
        self._room.give_back(self.held)
        self.content, self.held = BytesIO(), 0
