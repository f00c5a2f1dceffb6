"""Starts what is measured: the engine and the bare applications, each with two workers, on a free port."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.running import free_port

REPOSITORY = Path(__file__).parents[1]
WORKERS = 2
PATIENCE = 30.0


@dataclass(frozen=True)
class Server:
    """A server that answers; `pid` is the root of its processes."""

    port: int
    pid: int

    def read(self, path: str) -> bytes:
        """Return the body of a page in Persian."""
        return _read(self.port, path)


def project(root: Path, database: str = "sqlite:///data/surveyengine.db") -> Path:
    """Make a project at `root` with the example business of the repository, and return it."""
    shutil.copytree(REPOSITORY / "surveys", root / "surveys")
    config = (REPOSITORY / "config.toml").read_text(encoding="utf-8")
    (root / "config.toml").write_text(f'{config}\n[database]\nurl = "{database}"\n', encoding="utf-8")
    return root


@contextmanager
def engine(root: Path, command: str = "serve", workers: int = WORKERS) -> Iterator[Server]:
    """The engine, serving the project."""
    port = str(free_port())
    arguments = ["-m", "surveyengine", "--project", str(root), command, "--port", port, "--workers", str(workers)]
    with _started(arguments, int(port), "/healthz", root) as server:
        yield server


@contextmanager
def bare(kind: str, target: str, root: Path) -> Iterator[Server]:
    """A bare application of that kind."""
    port = str(free_port())
    path = "/page" if kind == "page" else "/thanks"
    with _started(["-m", "benchmarks.bare", kind, target, port], int(port), path, root) as server:
        yield server


@contextmanager
def _started(arguments: list[str], port: int, path: str, root: Path) -> Iterator[Server]:
    log = root / "server.log"
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=REPOSITORY, stdout=file, stderr=file, start_new_session=True
        )
    try:
        _wait(port, path, log)
        yield Server(port, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(port: int, path: str, log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            _read(port, path)
        except OSError as error:
            if time.monotonic() > end:
                raise RuntimeError(f"the server did not start: {log.read_text(encoding='utf-8')}") from error
            time.sleep(0.05)
        else:
            return


def _read(port: int, path: str) -> bytes:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Accept-Language": "fa"})
    with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310  # our own address
        content: bytes = response.read()
        return content
