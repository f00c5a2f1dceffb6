"""The memory of `run`: web, worker and what keeps them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from . import serving
from .bench import FORM, Bench, forms, posted
from .figure import Figure


class Memory(NamedTuple):
    """What processes hold, in MB: shared pages counted in parts (PSS), and counted in every process (RSS)."""

    pss: float
    rss: float


def memory(bench: Bench) -> Iterator[Figure]:
    """Memory of `run` without options: before anybody came, and the most while pages and answers come."""
    project = serving.project(bench.folder("memory") / "project")
    with serving.engine(project, "run", workers=1) as engine:
        time.sleep(0.2 if bench.quick else 5)
        idle = held(engine.pid)
        busy = _most(lambda: held(engine.pid), lambda: _work(bench, engine, project))
    yield _figure("idle", "Memory of `run`, idle", idle)
    yield _figure("busy", "Memory of `run`, the most under load", busy)


def held(pid: int) -> Memory:
    """Return the memory of a process and of all that it has started."""
    found = [_rollup(one) for one in _tree(pid)]
    return Memory(*(sum(column) / 1000 for column in zip(*found, strict=True)))


def _figure(name: str, what: str, found: Memory) -> Figure:
    return Figure(name, f"{what} (PSS)", (found.pss,), "MB", "≤ 150", f"RSS {found.rss:.0f} MB")


def _work(bench: Bench, engine: serving.Server, project: Path) -> None:
    for _ in range(bench.rounds):
        bench.gets(engine.port, FORM)
        bench.posts(engine.port, posted(FORM, forms(project, int(2_000 * bench.seconds))))


def _most(measure: Callable[[], Memory], work: Callable[[], None]) -> Memory:
    """Return the largest memory while the work is done."""
    done, seen = threading.Event(), [measure()]

    def watch() -> None:
        while not done.wait(0.25):
            seen.append(measure())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        work()
    finally:
        done.set()
        watcher.join()
    return max(seen)


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text(encoding="ascii").split():
            yield from _tree(int(child))


def _rollup(pid: int) -> tuple[int, int]:
    """Return PSS and RSS of a process in KB; nothing of one that has just ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    except (FileNotFoundError, ProcessLookupError):
        return 0, 0
    sizes = {line.partition(":")[0]: int(line.split()[1]) for line in lines}
    return sizes["Pss"], sizes["Rss"]
