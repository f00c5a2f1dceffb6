"""Workers whose clock jumps, and is set right again: nothing leaves before its time, and nothing is given up."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from surveyengine.engine import Engine
from surveyengine.invitations.planning import take
from tests.support import business
from tests.support.running import until

from .audit import Promised, audit
from .figures import Figures
from .ground import Ground
from .program import working
from .variant import CLOCK

JUMPS = 3
SPANS = [timedelta(hours=13), timedelta(days=2), timedelta(days=29), timedelta(days=400)]
WRONG = 1.5  # seconds for which a worker has something to do by a clock that is wrong
PATIENCE = 60.0
RIGHT, LONG_AGO = timedelta(), timedelta(hours=13)


def trial(ground: Ground, chance: Random, jumps: int = JUMPS) -> Figures:
    """Set a worker's clock ahead or back while a message is due and another one is not yet, and then right."""
    return _tried(ground, [chance.choice((1, -1)) * chance.choice(SPANS) for _ in range(jumps)], "shifted")


def control(ground: Ground, _: Random) -> Figures:
    """A worker that believes its clock, which is set ahead."""
    return _tried(ground, [timedelta(days=2)], "shifted,believing")


def _tried(ground: Ground, jumps: list[timedelta], broken: str) -> Figures:
    ground.project(surveys={"purchase/delivery": business.DELIVERY})
    faults = list[str]()
    _set(ground.root / CLOCK, RIGHT)
    with working(ground.root, broken) as worker, ground.engine() as engine:
        _deliver(engine, "due", LONG_AGO)
        _await(ground, "due")  # a worker that has not begun would take the jump for the time in which it did not run
        for number, off in enumerate(jumps):
            faults += _jumped(ground, engine, off, (f"early-{number}", f"due-{number}"))
        worker.terminate()
        worker.wait()
    stored = ground.stored()
    faults += [f"{who} is {state}" for who, state in stored.messages if "early" in who and state != "planned"]
    seen = Counter(jumps=len(jumps))
    return audit(Promised(mailed=ground.mailed()), stored) + Figures(faults=tuple(faults), seen=seen)


def _jumped(ground: Ground, engine: Engine, off: timedelta, customers: tuple[str, str]) -> list[str]:
    """Return who got a mail while the clock was wrong; the first customer is asked in twelve hours, the second now."""
    early, due = customers
    _deliver(engine, early, RIGHT)
    _set(ground.root / CLOCK, off)
    _deliver(engine, due, LONG_AGO)
    until(lambda: _is_paused(engine) or _mailed(ground, early), "the jump is not seen", PATIENCE)
    time.sleep(WRONG)
    faults = [f"with a clock off by {off}, {one} got a mail" for one in customers if _mailed(ground, one)]
    _set(ground.root / CLOCK, RIGHT)
    _await(ground, due)
    return faults


def _deliver(engine: Engine, customer: str, ago: timedelta) -> None:
    """Take an event of that long ago; the customer is asked twelve hours after it."""
    now = datetime.now(UTC)
    take(engine, [business.delivered(customer, now - ago, customer)], now)


def _set(clock: Path, off: timedelta) -> None:
    """Set the worker's clock wrong by so much, at once."""
    (new := clock.with_suffix(".new")).write_text(str(off.total_seconds()))
    new.replace(clock)


def _is_paused(engine: Engine) -> bool:
    return any(engine.timekeeper.doubts())


def _mailed(ground: Ground, customer: str) -> bool:
    return f"{customer}@example.com" in ground.mailed()


def _await(ground: Ground, customer: str) -> None:
    until(lambda: _mailed(ground, customer), "what is due is not sent", PATIENCE)
