"""A sync of the disk fails: nothing more is promised, the engine ends, and what it promised before is there."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from random import Random

from tests.support.running import Running, free_port, until

from .audit import audit
from .crowd import Crowd
from .figures import Figures
from .ground import Ground
from .program import Served, end

ENDING = 25.0  # seconds in which an engine that can promise nothing more must have ended


def trial(ground: Ground, chance: Random, broken: str = "", ending: float = ENDING) -> Figures:
    """Let one sync of each thread fail, start again, and look whether all that was promised was kept."""
    key, port, when = ground.project(), free_port(), chance.randint(8, 20)    # after the start
    failing = ["strace", "-f", "--seccomp-bpf", "-o", str(ground.root / "trace"), "-e", "trace=fdatasync",
               "-e", f"inject=fdatasync:error=EIO:when={when}"]  # fmt: skip
    engine: Running = Served(ground.root, port, broken, failing)
    try:
        engine.wait()
        with Crowd(engine, key) as crowd:
            ended = _ends(engine, ground, ending)
            end(engine)
            engine = Running(ground.root, port).wait()
            served = crowd.served
            until(lambda: crowd.served > served + 3, "nobody is served again")
        engine.stop()
    finally:
        end(engine)
    ground.settle()
    found = audit(crowd.promised(ground.mailed()), ground.stored())
    return found + Figures(faults=(*crowd.faults, *ended), seen=Counter(refused=crowd.statuses[503]))


def _ends(engine: Running, ground: Ground, ending: float) -> list[str]:
    """Return what is wrong with how the engine behaves once a sync has failed."""
    trace = ground.root / "trace"
    until(lambda: "INJECTED" in trace.read_text(), "no sync failed", 60)
    began = time.monotonic()
    try:
        status = engine.process.wait(ending)
    except subprocess.TimeoutExpired:
        return [f"the engine goes on {time.monotonic() - began:.0f} seconds after the disk has failed"]
    return [] if status == 1 else [f"the engine ended with {status} after the disk has failed"]


def control(ground: Ground, chance: Random) -> Figures:
    """An engine that syncs once more, and takes that for a success."""
    return trial(ground, chance, "forgiving", ending=2)
