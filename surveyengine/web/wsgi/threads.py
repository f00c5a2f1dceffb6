"""Threads that work for an event loop: `concurrent.futures` does the same, at several times the price of an answer."""

from __future__ import annotations

import logging
from asyncio import AbstractEventLoop, Future, TimerHandle
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any

log = logging.getLogger("surveyengine")
TICK = 0.2  # seconds after which the loop looks, at the latest, which jobs have ended meanwhile


class RequestThreads:
    """So many threads; a result must be returned, not raised."""

    def __init__(self, loop: AbstractEventLoop, size: int) -> None:
        self._loop, self._size = loop, size
        self._jobs = SimpleQueue[Callable[[], None] | None]()
        self._open, self._ended = 0, deque[Future[None]]()
        self._timer: TimerHandle | None = None
        for number in range(size):
            Thread(target=self._work, name=f"request-{number}", daemon=True).start()

    def result(self, do: Callable[[], Any]) -> Future[Any]:
        """Have a thread do it; what that returns is awaited in the loop."""
        future: Future[Any] = self._loop.create_future()

        def job() -> None:
            result = do()
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(_settle, future, result)

        self._jobs.put(job)
        return future

    def end(self, do: Callable[[], None]) -> Future[None]:
        """Have a thread do it; the loop hears of its end when it next looks, as waking it costs an answer a tenth."""
        future: Future[None] = self._loop.create_future()

        def job() -> None:
            try:
                do()
            finally:
                self._ended.append(future)

        self._open += 1
        if self._timer is None:
            self._timer = self._loop.call_later(TICK, self._tick)
        self._jobs.put(job)
        return future

    def look(self) -> None:
        """Go on behind each job that has ended."""
        while self._ended:
            self._open -= 1
            _settle(self._ended.popleft(), None)

    def stop(self) -> None:
        """Let each thread end after what is still to be done."""
        for _ in range(self._size):
            self._jobs.put(None)

    def _tick(self) -> None:
        self.look()
        self._timer = self._loop.call_later(TICK, self._tick) if self._open else None

    def _work(self) -> None:
        while job := self._jobs.get():
            try:
                job()
            except Exception:
                log.exception("a request failed")


def _settle(future: Future[Any], result: Any) -> None:
    if not future.done():  # whoever asked may have gone
        future.set_result(result)
