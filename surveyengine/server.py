"""Starts Granian, the server of the pages and of the API; the only door to it."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from granian import Granian
from granian.constants import Interfaces

ROOT = "SURVEYENGINE_PROJECT"
KILL_AFTER = 25  # seconds that a worker has to finish what it is doing


def serve(root: Path, host: str, port: int, workers: int, on_start: Callable[[], None]) -> None:
    """Serve the project until SIGTERM or SIGINT; a worker process that dies is replaced."""
    os.environ[ROOT] = str(root)
    server = Granian(
        "surveyengine.server:application",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=8,
        backlog=1024,
        respawn_failed_workers=True,
        respawn_interval=0.1,
        workers_kill_timeout=KILL_AFTER,
        websockets=False,
        log_enabled=False,
    )
    server.on_startup(on_start)
    server.serve()


def application() -> Any:
    """Return the WSGI application of the project that the environment names; called in each worker process."""
    from .app import create_app
    from .engine import start
    from .supervisor import die_with

    die_with(os.getppid())
    return create_app(start(Path(os.environ[ROOT])))


def is_free(host: str, port: int) -> bool:
    """Whether the port can be served on, so that a second engine says so instead of sharing it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
