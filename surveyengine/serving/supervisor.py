"""Keeps the worker process of `run` alive beside the server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from queue import Empty, SimpleQueue

from ..channels import registry
from ..engine import Engine

PATIENCE = 22.0  # seconds that the worker has to finish what it is doing
PARENT = "SURVEYENGINE_PARENT"
PAUSE = 1.0  # seconds before a worker that died is started again
GIVE_UP = signal.SIGUSR1  # tells the engine that one of its processes cannot go on

# A process forked by the server during Popen would keep Popen's pipe open, for whose end Popen waits.
SPAWNING = threading.Lock()
os.register_at_fork(before=SPAWNING.acquire, after_in_parent=SPAWNING.release, after_in_child=SPAWNING.release)


def welcome(engine: Engine, address: str, first: str | None = None) -> str:
    """Return the message that is shown when the engine has started; `first` is the path that makes the first admin."""
    surveys = engine.library.live.values()
    lines = [f"surveyengine is ready at {address}", ""]
    lines += [f"  {address}/s/{survey.id}" for survey in surveys]
    if first:
        lines += [
            "",
            "Nobody may see the results yet. This link makes the first admin, once:",
            "",
            f"  {address}{first}",
        ]
    lines += [
        "",
        f"{registry.told(engine.config)} Stop with Ctrl-C.",
    ]
    return "\n".join(lines)


@contextmanager
def nothing() -> Iterator[Callable[[], None]]:
    """No worker."""
    yield lambda: None


@contextmanager
def worker(root: Path, work: Callable[[], None]) -> Iterator[Callable[[], None]]:
    """Run a worker process that does `work` during the block, and start it again when it dies.

    The block gets a function that asks the worker to finish, without waiting. One that does not finish is killed.
    """
    told: list[float] = []
    stopping: SimpleQueue[None] = SimpleQueue()  # unlike an Event, it can be told by a signal that comes twice
    current: list[subprocess.Popen[bytes] | BaseProcess] = [_forked(work)]

    def keep() -> None:
        while True:
            _wait(current[0])
            try:
                return stopping.get(timeout=PAUSE)
            except Empty:
                current[:] = [_started(root)]

    def stop() -> None:
        told.append(time.monotonic())
        stopping.put(None)
        for process in current:
            process.terminate()

    keeper = threading.Thread(target=keep, name="worker-keeper", daemon=True)
    keeper.start()
    try:
        yield stop
    finally:
        stop()
        keeper.join(max(0.0, told[0] + PATIENCE - time.monotonic()))
        if keeper.is_alive():
            current[0].kill()
            keeper.join(PAUSE)


def _forked(work: Callable[[], None]) -> BaseProcess:
    """Start the worker as a fork, which shares memory; only safe while this process has a single thread."""
    process = get_context("fork").Process(target=_work, args=(work, os.getpid()), daemon=True)
    process.start()
    return process


def _work(work: Callable[[], None], parent: int) -> None:
    os.environ[PARENT] = str(parent)
    work()


def _started(root: Path) -> subprocess.Popen[bytes]:
    """Start the worker as a new process: by now this one has threads, and a port that a fork would hold."""
    command = [sys.executable, "-m", "surveyengine", "--project", str(root), "work"]
    with SPAWNING:
        return subprocess.Popen(command, env={**os.environ, PARENT: str(os.getpid())})  # noqa: S603  # our own command


def _wait(process: subprocess.Popen[bytes] | BaseProcess) -> None:
    if isinstance(process, subprocess.Popen):
        process.wait()
    else:
        process.join()


def give_up() -> None:
    """Stop the engine that this worker belongs to; nothing happens for a worker that was started alone."""
    if parent := os.environ.get(PARENT):
        os.kill(int(parent), GIVE_UP)


def die_with(parent: int) -> None:
    """End this process when its parent is gone, so that a killed engine keeps no port and leaves no worker."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.2)
        os._exit(1)

    threading.Thread(target=watch, name="die-with-parent", daemon=True).start()
