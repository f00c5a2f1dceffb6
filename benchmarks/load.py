"""The load: requests over kept-alive connections, from a process of its own that does little but wait."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from multiprocessing import get_context
from typing import Self

CONNECTIONS = 16
SILENCE = 30.0  # seconds without any answer


class Wrong(Exception):
    """An answer that was not the expected one, or none at all."""


@dataclass(frozen=True)
class Load:
    """What is asked of whom, for how long: every request once where `once`, else again and again."""

    port: int
    requests: Sequence[bytes]
    seconds: float
    expected: bytes = b"HTTP/1.1 200"
    once: bool = False


class Client:
    """A process that asks; close it with the block that it is used in."""

    def __init__(self) -> None:
        self._process = ProcessPoolExecutor(1, mp_context=get_context("spawn"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._process.shutdown()

    def rate(self, load: Load) -> float:
        """Return how many requests were answered in a second."""
        return self._process.submit(rate, load).result()


def get(path: str) -> bytes:
    """Return a GET as a browser of a Persian speaker sends it."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Language: fa\r\n\r\n".encode()


def post(path: str, body: bytes) -> bytes:
    """Return the POST of a form."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def rate(load: Load) -> float:
    """Ask over all connections at once until the time is up or the requests are used up."""
    requests = iter(load.requests) if load.once else cycle(load.requests)
    with selectors.DefaultSelector() as selector:
        started = time.perf_counter()
        for _ in range(CONNECTIONS):
            _Connection(load, requests).register(selector)
        answered = _answered(selector, started + load.seconds)
        return answered / (time.perf_counter() - started)


def _answered(selector: selectors.BaseSelector, end: float) -> int:
    """Serve the connections until each has its last answer; return how many answers there were."""
    count = 0
    while selector.get_map():
        if not (ready := selector.select(SILENCE)):
            raise Wrong("no answer")
        for key, _ in ready:
            connection: _Connection = key.data
            if connection.has_answer():
                count += 1
                if time.perf_counter() >= end or not connection.ask():
                    selector.unregister(connection.socket)
                    connection.socket.close()
    return count


class _Connection:
    """One request at a time."""

    def __init__(self, load: Load, requests: Iterator[bytes]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", load.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._expected, self._requests = load.expected, requests
        self._received, self._whole = b"", 0

    def register(self, selector: selectors.BaseSelector) -> None:
        if self.ask():
            selector.register(self.socket, selectors.EVENT_READ, self)

    def ask(self) -> bool:
        """Send the next request; False where there is none."""
        if (request := next(self._requests, None)) is None:
            return False
        self._received, self._whole = b"", 0
        self.socket.sendall(request)
        return True

    def has_answer(self) -> bool:
        """Read what has come; whether the answer is whole."""
        self._received += self.socket.recv(1 << 18)
        if not self._received.startswith(self._expected):
            raise Wrong(f"{self._expected!r} was expected, and came {self._received[:400]!r}")
        if not self._whole and (head := self._received.find(b"\r\n\r\n")) > 0:
            length = self._received[:head].lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
            self._whole = head + 4 + int(length or 0)
        return bool(self._whole) and len(self._received) >= self._whole
