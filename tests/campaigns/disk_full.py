"""The disk is full while customers answer and events come, and has room again."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection
from random import Random

from tests.store.test_outage import Limited
from tests.support.running import Running, free_port, until

from .audit import audit
from .crowd import GULLIBLE, TAKEN, THANKS, Crowd
from .figures import Figures
from .ground import Ground
from .program import end

FULL, LONG = 20, 8_000  # refusals in a trial; characters of an answer


def trial(ground: Ground, chance: Random, believes: Collection[int] = (THANKS, TAKEN)) -> Figures:
    """Leave no room for longer files until enough was refused; look whether all that was promised was kept."""
    key, disk = ground.project(), Limited(ground.root)
    engine = Running(ground.root, free_port()).wait()
    try:
        with Crowd(engine, key, customers=4, shops=1, size=LONG, believes=believes) as crowd:
            until(lambda: len(crowd.thanked) > 5, "nobody is served")
            time.sleep(chance.uniform(0, 0.5))
            disk.fill(engine)
            until(lambda: crowd.statuses[503] >= FULL, "everything still fits", 60)
            assert engine.get("/healthz")[0] == 200, "it is not alive"
            disk.free(engine)
            before = crowd.statuses[THANKS]
            until(lambda: crowd.statuses[THANKS] > before + 3, "it did not recover")
        assert engine.stop() == 0, "it did not stop as it should"
    finally:
        end(engine)
    ground.settle()
    found = audit(crowd.promised(ground.mailed()), ground.stored())
    seen = Counter(refused=crowd.statuses[503])
    return found + Figures(faults=tuple(crowd.faults), seen=seen)


def control(ground: Ground, chance: Random) -> Figures:
    """Customers who take a refusal for a thank-you: what they were promised is not there."""
    return trial(ground, chance, GULLIBLE)
