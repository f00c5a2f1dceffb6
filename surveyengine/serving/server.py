"""Starts Granian, the server of the pages and of the API; the only door to it."""

from __future__ import annotations

import ctypes
import errno
import gc
import logging
import os
import resource
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops

from .. import log
from .address import Listener
from .signals import reach_main_thread
from .supervisor import GIVE_UP

ROOT = "SURVEYENGINE_PROJECT"
CONNECTIONS, FILES = 2048, 256  # connections of each process at once; its other open files
KILL_AFTER = 20  # seconds that a worker has to finish what it is doing
MOST_HEAPS = -8  # M_ARENA_MAX in glibc's malloc.h
PAUSE = 2.0  # seconds between two looks for a database that is away


def serve(root: Path, listener: Listener, on_start: Callable[[], None], on_stop: Callable[[], None]) -> bool:
    """Serve the project until SIGTERM or SIGINT; a worker process that dies is replaced.

    `on_stop` is called as soon as the signal comes, while the requests under way are finished. Returns False where a
    process had to give up, and the others with it.
    """
    os.environ[ROOT] = str(root)
    reach_main_thread()
    given_up = _stop_when_given_up()
    server = Granian(
        "surveyengine.serving.server:application",
        factory=True,
        address=listener.host,
        port=listener.port,
        interface=Interfaces.RSGI,
        loop=Loops.uvloop,  # with asyncio's own, an answer costs a fifth more
        http=HTTPModes.http1,  # with HTTP/2 allowed too, an idle connection is never closed
        workers=listener.workers,
        backlog=1024,
        backpressure=_connections(),
        respawn_failed_workers=True,
        respawn_interval=0.1,
        workers_kill_timeout=KILL_AFTER,
        websockets=False,
        log_enabled=False,
    )
    server.on_startup(lambda: _when_stopped(on_stop))
    server.on_startup(on_start)
    server.serve()
    return not given_up


def share() -> None:
    """Load what the forked processes share, and keep the garbage collector from copying it into each."""
    import_module("..app", __package__)
    import_module(".worker", __package__)
    import_module("..look.markup", __package__).compile_all()
    _hold_together()
    gc.collect()
    gc.freeze()


def _hold_together() -> None:
    """Keep what all threads allocate in one heap: glibc gives each its own, most of which then lies idle."""
    with suppress(AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(MOST_HEAPS, 1)


def _connections() -> int:
    """Raise the limit of open files as far as needed; return how many connections a process may have at once."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < CONNECTIONS + FILES:
        soft = CONNECTIONS + FILES if hard == resource.RLIM_INFINITY else min(CONNECTIONS + FILES, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return CONNECTIONS if soft == resource.RLIM_INFINITY else max(min(soft - FILES, CONNECTIONS), 1)


def _stop_when_given_up() -> list[int]:
    """Stop as at a SIGTERM when one of our processes gives up; the returned list is not empty then."""
    heard: list[int] = []

    def handle(signum: int, _: object) -> None:
        heard.append(signum)
        os.kill(os.getpid(), signal.SIGTERM)

    signal.signal(GIVE_UP, handle)
    return heard


def _when_stopped(then: Callable[[], None]) -> None:
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, _both(then, signal.getsignal(signum)))


def _both(then: Callable[[], None], before: Any) -> Callable[..., None]:
    def handle(*arguments: Any) -> None:
        then()
        before(*arguments)

    return handle


def application() -> Any:
    """Return the RSGI application of the project that the environment names; called in each worker process.

    A process that is started while the database is away waits for it, so that the server is not given up.
    """
    from ..app import create_gate
    from ..engine import start
    from ..store.engine.database import Unavailable
    from .supervisor import die_with

    main = os.getppid()
    die_with(main)
    reach_main_thread()
    log.configure(os.environ.get(log.STYLE, "text"))
    log.catch_all()
    while True:
        try:
            engine = start(Path(os.environ[ROOT]))
            engine.database.when_lost = lambda: os.kill(main, GIVE_UP)
            engine.timekeeper.moment()  # from here on a jump of the clock is seen
            return create_gate(engine)
        except Unavailable as error:
            logging.getLogger("surveyengine").error("no pages are served while the database is away: %s", error)
            time.sleep(PAUSE)


def obstacle(listener: Listener) -> str | None:
    """Return why the port cannot be used, for instance because another engine has it; None where it can."""
    family = socket.AF_INET6 if ":" in listener.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((listener.host, listener.port))
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            return "is taken; choose another with --port" if taken else f"cannot be served on: {error.strerror}"
    return None
