"""Runs the engine's commands, in this process or as its users do, as programs, and talks to it over HTTP."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from click.testing import CliRunner, Result

from surveyengine import log
from surveyengine.cli import main

COMMAND = [sys.executable, "-m", "surveyengine", "--project"]
PATIENCE = 20.0


def command(root: Path, *arguments: str, given: str = "", **environment: str | None) -> Result:
    """Run a command of the engine to its end in this process, where what it says is all that matters."""
    everything = {log.STYLE: None, log.ACCESS: None, **environment}
    with _unhooked():
        return CliRunner().invoke(main, ["--project", str(root), *arguments], given, everything)


@contextmanager
def _unhooked() -> Iterator[None]:
    """Undo what a command that serves changes in its process."""
    caught = sys.excepthook, threading.excepthook
    try:
        yield
    finally:
        sys.excepthook, threading.excepthook = caught
        logging.captureWarnings(False)


def program(root: Path, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command of the engine to its end in a process of its own."""
    return subprocess.run([*COMMAND, str(root), *arguments], input=given, capture_output=True, text=True, timeout=60)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Running:
    """A running engine; `address` is where its pages are."""

    patience = 10.0  # seconds that an answer is waited for

    def __init__(self, root: Path, port: int, *arguments: str) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self._log = root / "run.log"
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [*COMMAND, str(root), "run", "--port", str(port), *arguments],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait(self) -> Running:
        """Wait until pages are served."""
        until(lambda: self.get("/healthz")[0] == 200, f"the engine did not start: {self.log()}")
        return self

    def log(self) -> str:
        """What it has printed."""
        return self._log.read_text(encoding="utf-8")

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
        """The status and the text of a page; status 0 where nobody answers."""
        return self._asked(self._request(path, None, headers))

    def post(self, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
        """The status and the text after a POST; status 0 where nobody answers."""
        return self._asked(self._request(path, body, headers))

    def submit(self, path: str, **fields: str) -> int:
        """The status after a form was sent."""
        return self.post(path, urllib.parse.urlencode(fields).encode())[0]

    def children(self) -> list[int]:
        """The processes that it has started."""
        found = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True).stdout
        return [int(pid) for pid in found.split()]

    def kill(self) -> None:
        """Kill the main process as a crash does, and wait for its children to notice."""
        children = self.children()
        self.process.kill()
        self.process.wait()
        until(lambda: not any(_lives(pid) for pid in children), "children outlived the engine")

    def stop(self) -> int:
        """Ask it to stop, and return its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def _request(self, path: str, body: bytes | None, headers: Mapping[str, str] | None) -> urllib.request.Request:
        return urllib.request.Request(self.address + path, body, dict(headers or {}))  # noqa: S310  # our own address

    def _asked(self, request: urllib.request.Request) -> tuple[int, str]:
        try:
            with urllib.request.build_opener(_Stay).open(request, timeout=self.patience) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *arguments: object) -> None:
        return None


@contextmanager
def running(root: Path, *arguments: str) -> Iterator[Running]:
    """An engine that serves the project for as long as the block runs."""
    engine = Running(root, free_port(), *arguments)
    try:
        yield engine.wait()
    finally:
        if engine.process.poll() is None:
            os.killpg(engine.process.pid, signal.SIGKILL)
            engine.process.wait()


def until(happened: Callable[[], bool], complaint: str, patience: float = PATIENCE) -> None:
    """Wait until a condition holds; fail with the complaint where it does not in time."""
    end = time.monotonic() + patience
    while not happened():
        assert time.monotonic() < end, complaint
        time.sleep(0.05)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
