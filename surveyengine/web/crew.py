"""Threads that work for an event loop: `concurrent.futures` does the same, at several times the price of an answer."""

from __future__ import annotations

from asyncio import AbstractEventLoop, Future
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any

Job = tuple[AbstractEventLoop, "Future[Any]", Callable[[], Any]]


class Crew:
    """So many threads; what is done in them must not raise."""

    def __init__(self, size: int) -> None:
        self._size, self._jobs = size, SimpleQueue[Job | None]()
        for number in range(size):
            Thread(target=self._work, name=f"request-{number}", daemon=True).start()

    def done(self, loop: AbstractEventLoop, do: Callable[[], Any]) -> Future[Any]:
        """Have a thread do it; what that returns is awaited in the loop."""
        future: Future[Any] = loop.create_future()
        self._jobs.put((loop, future, do))
        return future

    def stop(self) -> None:
        """Let each thread end after what is still to be done."""
        for _ in range(self._size):
            self._jobs.put(None)

    def _work(self) -> None:
        while job := self._jobs.get():
            loop, future, do = job
            result = do()
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(_settle, future, result)


def _settle(future: Future[Any], result: Any) -> None:
    if not future.done():  # whoever asked may have gone
        future.set_result(result)
