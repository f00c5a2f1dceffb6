"""Workers that stand still for longer than their lease, as on a machine that sleeps, and go on with what they held."""

from __future__ import annotations

import signal
import time
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime
from random import Random

from surveyengine.invitations.planning import take
from tests.support import business
from tests.support.running import until

from .audit import Promised, audit
from .figures import Figures
from .ground import Ground
from .program import working
from .sink import STEPS, Holding, address, holding, mailed

STOPS, CUSTOMERS = 2, 2  # of the second, so many for each of the first
LEASE = 2.2  # seconds until it is over, and seen to be
PATIENCE = 60.0


def trial(ground: Ground, chance: Random, stops: int = STOPS) -> Figures:
    """Stop a worker in the middle of a mail, let another one do its work, and let the first go on."""
    return _tried(ground, [chance.randrange(STEPS) for _ in range(stops)], "impatient")


def control(ground: Ground, chance: Random) -> Figures:
    """Workers that do not look whether what they claimed is still theirs, stopped before the end of a mail."""
    return _tried(ground, [chance.randrange(STEPS - 1)], "impatient,unfenced")


def _tried(ground: Ground, steps: list[int], broken: str) -> Figures:
    with holding() as server, ExitStack() as stack:
        ground.project(address(server))
        first = stack.enter_context(working(ground.root, broken))
        for number, step in enumerate(steps):
            server.hold(step)
            _invite(ground, range(CUSTOMERS * number, CUSTOMERS * (number + 1)))
            assert server.is_holding.wait(PATIENCE), "no mail came"
            first.send_signal(signal.SIGSTOP)
            time.sleep(LEASE)
            second = stack.enter_context(working(ground.root, broken))
            _all_mailed(server, CUSTOMERS * (number + 1))
            server.release.set()
            first.send_signal(signal.SIGCONT)
            assert server.is_over.wait(PATIENCE), "the stopped worker does not go on"
            first.terminate()
            first.wait()
            first = second
        first.terminate()
        first.wait()
        ground.settle()
        found = audit(Promised(mailed=mailed(server)), ground.stored())
    return found + Figures(seen=Counter(stops=len(steps)))


def _all_mailed(server: Holding, count: int) -> None:
    until(lambda: len({*server.accepted}) == count, "the other worker does not do the work", PATIENCE)


def _invite(ground: Ground, numbers: range) -> None:
    with ground.engine() as engine:
        now = datetime.now(UTC)
        take(engine, [business.delivered(f"{n}", now, f"c-{n}") for n in numbers], now)
