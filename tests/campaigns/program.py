"""The engine as a program, whole or with something broken in it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.running import Running

from .variant import command


class Served(Running):
    """A `run` with something broken in it, or under a tracer."""

    def __init__(self, root: Path, port: int, broken: str = "", tracer: Sequence[str] = ()) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self._log = root / "run.log"
        run = [*tracer, *command(broken, "--project", str(root), "run", "--port", str(port))]
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(run, stdout=log, stderr=log, start_new_session=True)


def end(engine: Running) -> None:
    """Leave nothing of an engine behind."""
    if engine.process.poll() is None:
        os.killpg(engine.process.pid, signal.SIGKILL)
        engine.process.wait()


@contextmanager
def working(root: Path, broken: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """A worker for as long as the block runs; then it is killed."""
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command(broken, "--project", str(root), "work"), stdout=quiet, stderr=quiet)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
