"""Collects request bodies piece by piece, within limits, while no thread waits for them."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from enum import Enum
from io import BytesIO

from .rsgi import Exchange


class BodyOutcome(Enum):
    """What became of a body."""

    WHOLE = "whole"
    CUT = "cut"  # it broke off
    LARGE = "large"  # larger than allowed
    FULL = "full"  # there was no room for it
    SLOW = "slow"  # it was not there in time


TICK = 0.2  # seconds between two looks at the deadlines
MOST = 64_000_000  # bytes of all bodies in a process
SMALL, SPARED = 65_536, 16_000_000  # bytes of a body, and of the room that only bodies of that size may use


@dataclass(frozen=True)
class Measure:
    """The most bytes that a body may have, and the seconds within which it has to be there."""

    most: int
    seconds: float


class Room:
    """The memory that all bodies of a process share; large ones leave some of it to small ones, which most are."""

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


class Deadline:
    """A block's time limit within a task; the block raises TimeoutError after it."""

    def __init__(self, open_ones: set[Deadline], end: float) -> None:
        self._open, self.end, self._is_over = open_ones, end, False
        self._task = asyncio.current_task()

    def __enter__(self) -> None:
        self._open.add(self)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: object) -> None:
        self._open.discard(self)
        if self._is_over and self._task and kind is asyncio.CancelledError:
            self._task.uncancel()
            raise TimeoutError from error

    def end_at(self, now: float) -> None:
        """Wake the task where its time is over."""
        if now >= self.end and self._task and not self._is_over:
            self._is_over = True
            self._task.cancel()


class Deadlines:
    """The deadlines of all bodies, looked at by one timer: most are met, and one of their own would cost each more."""

    def __init__(self) -> None:
        self._open = set[Deadline]()
        self._last = math.inf
        self._timer: asyncio.TimerHandle | None = None

    def within(self, seconds: float) -> Deadline:
        """Return a block's deadline, in so many seconds."""
        loop = asyncio.get_running_loop()
        if self._timer is None:
            self._timer = loop.call_later(TICK, self._look, loop)
        return Deadline(self._open, min(loop.time() + seconds, self._last))

    def hurry(self, seconds: float) -> None:
        """Wait no longer than that for anything, from now on."""
        self._last = asyncio.get_running_loop().time() + seconds
        for one in self._open:
            one.end = min(one.end, self._last)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        for one in tuple(self._open):
            one.end_at(loop.time())
        self._timer = loop.call_later(TICK, self._look, loop) if self._open else None


class Pieces:
    """The pieces of a body, which can be gone on with after a pause."""

    def __init__(self, exchange: Exchange) -> None:
        self._next = aiter(exchange).__anext__

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    def __anext__(self) -> Awaitable[bytes]:
        return self._next()


class CollectedBody:
    """The body of one request; `held` is the room that it takes, which is to be given back."""

    def __init__(self, room: Room) -> None:
        self.content, self.held = BytesIO(), 0
        self._room = room

    async def collect(self, pieces: AsyncIterator[bytes], announced: int | None, most: int) -> BodyOutcome:
        """Take the pieces until the body is there, or will not be; `announced` is the length that its sender has said.

        Where no length was said, an end and a breaking off differ in what comes behind them.
        """
        ends = 0
        if announced and announced > most:
            return BodyOutcome.LARGE
        async for piece in pieces:
            if not piece:
                ends += 1
            elif self.held + len(piece) > most:
                return BodyOutcome.LARGE
            elif not self._room.take(len(piece), self.held + len(piece)):
                return BodyOutcome.FULL
            else:
                self.held += self.content.write(piece)
                if self.held == announced:
                    return BodyOutcome.WHOLE
        return BodyOutcome.CUT if announced is not None or ends > 1 else BodyOutcome.WHOLE

    def give_back(self) -> None:
        """Give back the room, and keep nothing."""
        self._room.give_back(self.held)
        self.content, self.held = BytesIO(), 0
