"""kill -9 of `run`: of all of it, its main process or one of its children, while customers answer and events come."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from datetime import UTC, datetime
from random import Random

from surveyengine.invitations.planning import take
from tests.serving.test_worker import slow_server
from tests.support import business
from tests.support.running import Running, free_port, until

from .audit import Promised, audit
from .crowd import Crowd
from .figures import Figures
from .ground import Ground
from .program import end, working
from .sink import address, mailed

KILLS = 3  # in a trial


def trial(ground: Ground, chance: Random, kills: int = KILLS) -> Figures:
    """Kill some processes, let what is under way be done, and look whether all that was promised was kept."""
    with slow_server() as server:
        key, port = ground.project(address(server)), free_port()
        engine = Running(ground.root, port).wait()
        try:
            with Crowd(engine, key) as crowd:
                for _ in range(kills):
                    time.sleep(chance.uniform(0.3, 1.2))
                    engine = kill(engine, port, ground, chance)
                served = crowd.served
                until(lambda: crowd.served > served + 5, "nobody is served again")
            engine.stop()
        finally:
            end(engine)
        ground.settle()
        found = audit(crowd.promised(mailed(server)), ground.stored())
    return found + Figures(faults=tuple(crowd.faults), seen=Counter(kills=kills))


def kill(engine: Running, port: int, ground: Ground, chance: Random) -> Running:
    """Kill some of an engine; return the one that runs then."""
    what, children = chance.choice(("all", "main", "child")), engine.children()
    if what == "child" and children:
        os.kill(chance.choice(children), signal.SIGKILL)
        return engine
    if what == "all":
        os.killpg(engine.process.pid, signal.SIGKILL)
    engine.kill()
    return Running(ground.root, port).wait()


def control(ground: Ground, chance: Random) -> Figures:
    """A worker that sends again what the mail server may have, killed when it has it."""
    with slow_server() as server:
        ground.project(address(server))
        with ground.engine() as engine:
            now = datetime.now(UTC)
            take(engine, [business.delivered(time=now)], now)
        server.may_reply.clear()
        for count in (1, 2):
            with working(ground.root, "repeating,impatient"):
                until(lambda count=count: server.waiting == count, "no mail came", 60)  # type: ignore[misc]
        return audit(Promised(mailed=mailed(server)), ground.stored())
