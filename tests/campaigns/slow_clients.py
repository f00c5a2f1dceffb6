"""Two hundred clients begin to send a body and never end it: pages, answers, the API and health go on."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from random import Random

from tests.support import business
from tests.support.running import Running, free_port

from .audit import Promised, audit
from .figures import Figures
from .ground import Ground
from .program import end

CLIENTS, ASKED, LONGEST = 200, 10, 3.0  # seconds that anybody else may have to wait
PATHS = ("/s/delivery", "/api/v1/events", "/u/x", "/r/x")


def trial(ground: Ground, chance: Random) -> Figures:
    """Have the clients wait, and everybody else served."""
    return _tried(ground, lambda engine: held(engine))


def control(ground: Ground, chance: Random) -> Figures:
    """An engine that stands still, as one does whose threads are all held."""
    return _tried(ground, still)


def _tried(ground: Ground, hold: Callable[[Running], AbstractContextManager[None]]) -> Figures:
    ground.project()
    engine = Running(ground.root, free_port()).wait()
    engine.patience, thanked = LONGEST, list[str]()
    try:
        with hold(engine):
            faults = next((found for number in range(ASKED) if (found := _asked(engine, f"{number}", thanked))), [])
        engine.stop()
    finally:
        end(engine)
    return audit(Promised(tuple(thanked)), ground.stored()) + Figures(faults=tuple(faults), seen=Counter(held=CLIENTS))


def _asked(engine: Running, name: str, thanked: list[str]) -> list[str]:
    """Return what is wrong with how a customer, and whoever looks after the engine, are served."""
    for path in ("/healthz", "/readyz", "/s/delivery"):
        began = time.monotonic()
        status, page = engine.get(path)
        took = time.monotonic() - began
        if status != 200 or took > LONGEST:
            return [f"{path}: {status} after {took:.1f} seconds"]
    status = engine.submit("/s/delivery", form=business.token(page), satisfaction="2", reason=name)
    if status != 303:
        return [f"an answer got {status}"]
    thanked.append(name)
    return []


@contextmanager
def held(engine: Running) -> Iterator[None]:
    """So many connections, each in the middle of a body."""
    host, _, port = engine.address.removeprefix("http://").partition(":")
    with ExitStack() as stack:
        for number in range(CLIENTS):
            one = stack.enter_context(socket.create_connection((host, int(port))))
            head = f"POST {PATHS[number % len(PATHS)]} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 1000\r\n"
            one.sendall(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\nform=a".encode())
        time.sleep(0.5)
        yield


@contextmanager
def still(engine: Running) -> Iterator[None]:
    """The engine's processes, none of which goes on."""
    os.killpg(engine.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(engine.process.pid, signal.SIGCONT)
