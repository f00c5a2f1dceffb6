"""The application on eight threads that wait for bodies themselves: what slow clients do hold, for comparison."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from flask import Flask
from granian import Granian
from granian.constants import Interfaces

from surveyengine.app import create_app
from surveyengine.engine import start

ROOT = "BLOCKING_ROOT"


def application() -> Flask:
    """Return the application of the project that the environment names."""
    return create_app(start(Path(os.environ[ROOT])))


def main(root: str, port: str) -> None:
    """Serve it until SIGTERM."""
    os.environ[ROOT] = root
    server = Granian(
        "tests.support.blocking:application",
        factory=True,
        port=int(port),
        interface=Interfaces.WSGI,
        blocking_threads=8,
        websockets=False,
        log_enabled=False,
    )
    server.serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
